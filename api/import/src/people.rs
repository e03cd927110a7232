//! People as they are met along a file.

use std::collections::HashMap;

use chronogram_model::{
    ChatId, PersonId, Personal, Sender,
    person::{PersonName, PersonSeen},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Somebody under a name in one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) person: PersonId,
    /// Absent for a deleted account.
    pub(crate) name: Option<String>,
    pub(crate) at: Timestamp,
}

impl Sighting {
    /// Of a person; chats in their own name are nobody.
    pub(crate) fn of(sender: &Sender, name: Option<String>, at: Timestamp) -> Option<Self> {
        Some(Self { person: sender.person()?.clone(), name, at })
    }

    pub(crate) fn name_digest(&self) -> [u8; 32] {
        // A leading byte keeps "no name" and "an empty name" apart.
        let mut hash = Sha256::new();
        hash.update([u8::from(self.name.is_some())]);
        hash.update(self.name.as_deref().unwrap_or_default());
        hash.finalize().into()
    }

    pub(crate) fn event(&self, chat: ChatId) -> PersonSeen {
        PersonSeen {
            person: self.person.clone(),
            name: Personal::of(self.person.clone(), PersonName { display: self.name.clone(), username: None }),
            language: None,
            premium: None,
            chat: Some(chat),
            seen_at: self.at,
        }
    }
}

/// Who was met so far and under which name; names as digests, so that memory depends on the number of people only.
#[derive(Debug, Default)]
pub(crate) struct People(HashMap<PersonId, [u8; 32]>);

/// What a sighting adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    FirstSighting,
    NewName,
    Nothing,
}

impl People {
    pub(crate) fn meet(&mut self, sighting: &Sighting) -> News {
        let digest = sighting.name_digest();
        match self.0.insert(sighting.person.clone(), digest) {
            None => News::FirstSighting,
            Some(before) if before != digest => News::NewName,
            Some(_) => News::Nothing,
        }
    }
}
