//! Words on their way into a store.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chronogram_log::{AppendError, StoreError};
use chronogram_model::{EventId, PersonId};
use uuid::Uuid;

use super::{
    cipher::{PersonKey, Place},
    foreign,
    keys::{KeyRing, Known},
    personal::{self, Form, Found},
};

/// The keys that one append needs.
struct Keys {
    /// Of those whose words are to be sealed.
    of_people: HashMap<PersonId, Arc<PersonKey>>,
    /// Of what came sealed, as far as they are ours.
    by_id: HashMap<Uuid, Known>,
}

/// Seals the words in `texts`, each the data of the event with that id: one question for all keys.
pub(super) async fn seal_all<'a>(
    keys: &KeyRing,
    texts: impl Iterator<Item = (EventId, &'a str)>,
) -> Result<Vec<Option<String>>, AppendError> {
    let texts: Vec<(EventId, &str, Vec<Found>)> =
        texts.map(|(event, text)| (event, text, personal::find(text))).collect();
    let keys = keys_for(keys, &texts).await?;
    texts.into_iter().map(|(event, text, found)| seal(event, text, &found, &keys)).collect()
}

async fn keys_for(keys: &KeyRing, texts: &[(EventId, &str, Vec<Found>)]) -> Result<Keys, StoreError> {
    let (mut people, mut ids) = (HashSet::new(), HashSet::new());
    for (_, text, found) in texts {
        for one in found {
            match one.form {
                Form::Plain => _ = people.insert(one.person.clone()),
                Form::Sealed => ids.extend(foreign::key_of(one.text(text))),
            }
        }
    }
    Ok(Keys {
        of_people: if people.is_empty() { HashMap::new() } else { keys.of_people(people).await? },
        by_id: if ids.is_empty() { HashMap::new() } else { keys.by_id(ids).await? },
    })
}

fn seal(event: EventId, text: &str, found: &[Found], keys: &Keys) -> Result<Option<String>, AppendError> {
    if found.is_empty() {
        return Ok(None);
    }
    let sealed: Result<Vec<String>, AppendError> = found
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let place = Place { event, index, person: &one.person };
            let sealed = match one.form {
                Form::Plain => plain(text, one, &place, keys).ok_or("the words of a person cannot be sealed"),
                Form::Sealed => foreign::kept(one.text(text), &place, &keys.by_id).ok_or(
                    "the data holds {\"person\": …, \"sealed\": …} that opens nowhere: words are sent as \
                     {\"person\": …, \"plain\": …}",
                ),
            };
            let sealed = sealed.map_err(|wrong| AppendError::Invalid(wrong.to_owned()))?;
            Ok(format!("{{\"person\":\"{}\",\"sealed\":\"{sealed}\"}}", one.person))
        })
        .collect();
    Ok(Some(personal::replace(text, found, &sealed?)))
}

fn plain(text: &str, one: &Found, place: &Place<'_>, keys: &Keys) -> Option<String> {
    keys.of_people.get(&one.person)?.seal(text.get(one.value.clone())?, place).ok()
}
