//! Words of people are sealed on their way into any store and opened on their way out.
//!
//! [`Sealed`] turns exactly the objects `{"person": id, "plain": …}` of an event into `{"person": id, "sealed": …}` and
//! back. Once the person's key is destroyed they read as `{"person": id, "erased": true}`, for ever and everywhere: in
//! the log, in backups of it, in other stores that copied it. Ids and fingerprints are made of what was said before it
//! was sealed, so a repeat is recognised although it would be sealed otherwise; see [`EventStore::veil`].

mod cipher;
mod keys;
mod personal;
mod renew;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, CommandResult, Direction, EventFilter, EventStore, JsonText, Page, Position,
    RecordedEvent, Revision, StoreError,
};
use chronogram_model::{CommandId, EventId, PersonId, StreamName};
use uuid::Uuid;

use cipher::{PersonKey, Place, SealedValue};
use keys::Known;
use personal::{Form, Found};

pub use cipher::{KEY_BYTES, MasterKey, Unopened};
pub use keys::{KeyError, KeyRing, has_keys};
pub use renew::SealOlder;

/// Any store, with the words of people sealed in it.
pub struct Sealed<S: EventStore + ?Sized> {
    store: Arc<S>,
    keys: Arc<KeyRing>,
}

impl<S: EventStore + ?Sized> Sealed<S> {
    /// `store`, sealed with `keys`.
    pub fn new(store: Arc<S>, keys: Arc<KeyRing>) -> Self {
        Self { store, keys }
    }
}

/// Seals the words in `texts`, each the data of the event with that id: one question for all keys.
async fn seal_all<'a>(
    keys: &KeyRing,
    texts: impl Iterator<Item = (EventId, &'a str)>,
) -> Result<Vec<Option<String>>, AppendError> {
    let found: Vec<(EventId, &str, Vec<Found>)> =
        texts.map(|(event, text)| (event, text, personal::find(text))).collect();
    if found.iter().any(|(.., found)| found.iter().any(|one| one.form == Form::Sealed)) {
        let message = "the data holds {\"person\": …, \"sealed\": …}, which only the store itself writes";
        return Err(AppendError::Invalid(message.to_owned()));
    }
    let people: HashSet<PersonId> = found.iter().flat_map(|(.., found)| found).map(|one| one.person.clone()).collect();
    if people.is_empty() {
        return Ok(vec![None; found.len()]);
    }
    let keys = keys.of_people(people).await?;
    found.into_iter().map(|(event, text, found)| seal(event, text, &found, &keys)).collect()
}

fn seal(
    event: EventId,
    text: &str,
    found: &[Found],
    keys: &HashMap<PersonId, Arc<PersonKey>>,
) -> Result<Option<String>, AppendError> {
    if found.is_empty() {
        return Ok(None);
    }
    let sealed: Option<Vec<String>> = found
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let place = Place { event, index, person: &one.person };
            let sealed = keys.get(&one.person)?.seal(text.get(one.value.clone())?, &place).ok()?;
            Some(format!("{{\"person\":\"{}\",\"sealed\":\"{sealed}\"}}", one.person))
        })
        .collect();
    match sealed {
        Some(sealed) => Ok(Some(personal::replace(text, found, &sealed))),
        None => Err(AppendError::Invalid("the words of a person cannot be sealed".to_owned())),
    }
}

/// Opens the words in `events`: one question for all keys that are not in memory.
async fn open_all(keys: &KeyRing, events: &mut [RecordedEvent]) -> Result<(), StoreError> {
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
    let ids: HashSet<Uuid> = sealed.iter().flat_map(|(.., values)| values).flatten().map(|value| value.key).collect();
    let keys = keys.by_id(ids).await?;
    for (index, found, values) in sealed {
        let Some(event) = events.get_mut(index) else { continue };
        let opened = found
            .iter()
            .zip(&values)
            .enumerate()
            .map(|(index, (one, value))| open(event, index, one, value.as_ref(), &keys))
            .collect::<Result<Vec<_>, _>>()?;
        event.data = JsonText::from_trusted(personal::replace(event.data.as_str(), &found, &opened));
    }
    Ok(())
}

/// `None`: it stands there in plain words, as older logs do until they are brought up to date.
fn read(event: &RecordedEvent, one: &Found) -> Result<Option<SealedValue>, StoreError> {
    match one.form {
        Form::Plain => Ok(None),
        Form::Sealed => {
            let text = event.data.as_str().get(one.value.clone()).unwrap_or_default();
            SealedValue::read(text.trim_matches('"')).map(Some).map_err(|_| broken(event))
        }
    }
}

fn open(
    event: &RecordedEvent,
    index: usize,
    one: &Found,
    value: Option<&SealedValue>,
    keys: &HashMap<Uuid, Known>,
) -> Result<String, StoreError> {
    let person = &one.person;
    let Some(value) = value else {
        return Ok(event.data.as_str().get(one.object.clone()).unwrap_or_default().to_owned());
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

#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Sealed<S> {
    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        let texts = append.events.iter().map(|event| (event.id, event.data.as_str()));
        let sealed = seal_all(&self.keys, texts).await?;
        for (event, sealed) in append.events.iter_mut().zip(sealed) {
            if let Some(sealed) = sealed {
                event.data = JsonText::from_trusted(sealed);
            }
        }
        self.store.append(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.store.read_stream(stream, from, direction, limit).await?;
        open_all(&self.keys, &mut events).await?;
        Ok(events)
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        let mut page = self.store.read_all(after, filter, limit).await?;
        open_all(&self.keys, &mut page.events).await?;
        Ok(page)
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        self.store.wait_past(after, patience).await
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        self.store.find_command(command).await
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        self.store.known_events(ids).await
    }

    fn veil(&self, digest: &mut [u8]) {
        self.keys.veil().over(digest);
    }
}
