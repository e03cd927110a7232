//! Words on their way out of a store.

use std::collections::{HashMap, HashSet};

use chronogram_log::{JsonText, RecordedEvent, StoreError};
use uuid::Uuid;

use super::{
    cipher::{Place, SealedValue},
    foreign,
    keys::{KeyRing, Known},
    personal::{self, Form, Found},
};

/// Opens the words in `events`: one question for all keys that are not in memory.
pub(super) async fn open_all(keys: &KeyRing, events: &mut [RecordedEvent]) -> Result<(), StoreError> {
    let mut sealed = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let found = personal::find(event.data.as_str());
        if found.iter().any(|one| one.form == Form::Sealed) {
            let values = found.iter().map(|one| read(event, one)).collect::<Result<Vec<_>, _>>()?;
            sealed.push((index, found, values));
        }
    }
    if sealed.is_empty() {
        return Ok(());
    }
    let ours = sealed.iter().flat_map(|(.., values)| values).filter_map(|words| match words {
        Words::Ours(value) => Some(value.key),
        Words::Plain | Words::Foreign(_) => None,
    });
    let ids: HashSet<Uuid> = ours.collect();
    let keys = keys.by_id(ids).await?;
    for (index, found, values) in sealed {
        let Some(event) = events.get_mut(index) else { continue };
        let opened = found
            .iter()
            .zip(&values)
            .enumerate()
            .map(|(index, (one, words))| open(event, index, one, words, &keys))
            .collect::<Result<Vec<_>, _>>()?;
        event.data = JsonText::from_trusted(personal::replace(event.data.as_str(), &found, &opened));
    }
    Ok(())
}

/// How words stand in an event.
enum Words {
    /// In plain words, as older logs do until they are brought up to date.
    Plain,
    Ours(SealedValue),
    /// Sealed by another house; as it gave them.
    Foreign(String),
}

fn read(event: &RecordedEvent, one: &Found) -> Result<Words, StoreError> {
    let text = one.text(event.data.as_str());
    match (one.form, foreign::as_it_came(text)) {
        (Form::Plain, _) => Ok(Words::Plain),
        (Form::Sealed, Some(theirs)) => Ok(Words::Foreign(theirs.to_owned())),
        (Form::Sealed, None) => SealedValue::read(text).map(Words::Ours).map_err(|_| broken(event)),
    }
}

fn open(
    event: &RecordedEvent,
    index: usize,
    one: &Found,
    words: &Words,
    keys: &HashMap<Uuid, Known>,
) -> Result<String, StoreError> {
    let person = &one.person;
    let value = match words {
        Words::Plain => return Ok(event.data.as_str().get(one.object.clone()).unwrap_or_default().to_owned()),
        Words::Foreign(theirs) => return Ok(format!("{{\"person\":\"{person}\",\"sealed\":\"{theirs}\"}}")),
        Words::Ours(value) => value,
    };
    match keys.get(&value.key) {
        Some(Known::Living(key)) => {
            let plain = value.open(key, &Place { event: event.id, index, person }).map_err(|_| broken(event))?;
            Ok(format!("{{\"person\":\"{person}\",\"plain\":{plain}}}"))
        }
        Some(Known::Destroyed) => Ok(format!("{{\"person\":\"{person}\",\"erased\":true}}")),
        // Taken for erased, a lost table of keys would look like everybody's wish.
        None => {
            let detail = format!("words of {person} are sealed with key {}, which is not among the keys", value.key);
            Err(StoreError::Corrupt { position: event.position, detail })
        }
    }
}

fn broken(event: &RecordedEvent) -> StoreError {
    let detail = "sealed words in it cannot be opened with their key: they were changed, or moved".to_owned();
    StoreError::Corrupt { position: event.position, detail }
}
