//! Entries become events with ids of their own, in batches of one stream.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chronogram_log::{JsonText, limits};
use chronogram_model::{
    Authored, ConversationId, DomainEvent, EventId, EventShape, MessageId, Origin, Source, StreamName,
    channel::{ChannelEvent, ChannelObserved},
    conversation::{ConversationDescribed, ConversationEvent, ConversationOpened},
    person::PersonEvent,
};
use sha2::{Digest, Sha256};

use crate::{
    BadMessage,
    chat::{Chat, Place},
    fields::Bad,
    message::Entry,
    people::{News, People, Sighting},
};

/// Messages of one append.
pub(crate) const BATCH_MESSAGES_MAX: usize = 500;

/// Bytes of one batch: large messages make small batches, so that the batches ahead stay small in memory.
const BATCH_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of one event's data: what the log takes, less room for the metadata, and for a third more once it is sealed.
const DATA_BYTES_MAX: usize = (limits::EVENT_BYTES_MAX - 8 * 1024) / 4 * 3;

/// Bad messages that a batch carries at most: a file of nothing else must not fill the memory.
const BATCH_BAD_MAX: usize = 500;

/// An event that waits to be appended.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) id: EventId,
    pub(crate) shape: EventShape,
    pub(crate) data: JsonText,
}

/// What is appended together, and what was read on the way.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Derived from the chat alone, so that two runs write the same metadata.
    pub(crate) correlation: uuid::Uuid,
    /// Absent where there is only something bad to tell.
    pub(crate) stream: Option<StreamName>,
    pub(crate) events: Vec<Prepared>,
    /// Appended before the events; each stream holds its events in the order of the file.
    pub(crate) people: BTreeMap<StreamName, Vec<Prepared>>,
    /// Events left out because the same event stands in this batch already.
    pub(crate) repeats: u64,
    pub(crate) bad: Vec<BadMessage>,
    pub(crate) chats: u64,
    pub(crate) messages: u64,
    pub(crate) service: u64,
    pub(crate) unsupported: u64,
    pub(crate) new_people: u64,
    pub(crate) bytes_read: u64,
}

impl Batch {
    /// Nothing but a chat that could not be read.
    pub(crate) fn of_bad(bad: BadMessage, bytes_read: u64) -> Self {
        Self { bad: vec![bad], bytes_read, ..Self::default() }
    }
}

/// Collects the entries of one chat.
#[derive(Debug)]
pub(crate) struct Batcher {
    chat: Arc<Chat>,
    chat_id: String,
    batch: Batch,
    ids: HashSet<EventId>,
    bytes: usize,
}

impl Batcher {
    /// Begins with what is known of the chat itself.
    pub(crate) fn open(chat: Arc<Chat>) -> Self {
        let chat_id = chat.id.to_string();
        let mut batcher = Self { batch: empty(&chat, &chat_id), chat_id, chat, ids: HashSet::new(), bytes: 0 };
        batcher.batch.chats = 1;
        // Labels are bounded where they are read, so these events always fit the log.
        let _ = batcher.introduce();
        batcher
    }

    fn introduce(&mut self) -> Result<(), Bad> {
        let (chat, source) = (Arc::clone(&self.chat), Source::Export);
        match (&chat.place, chat.title.clone()) {
            (Place::Channel { public }, Some(title)) => {
                let observed = ChannelObserved { channel: chat.id, title, public: *public, source };
                self.push(&ChannelEvent::from(observed), "name", |id, digest| vec![id, "observed".into(), digest])
            }
            (Place::Channel { .. }, None) => Ok(()),
            (Place::Conversation(kind), title) => {
                let opened = ConversationOpened { conversation: ConversationId::Export(chat.id), kind: *kind, source };
                self.push(&ConversationEvent::from(opened), "type", |id, _| vec![id, "opened".into()])?;
                let Some(title) = title else { return Ok(()) };
                let described = ConversationDescribed { title: Authored::by(chat.other_person(), title) };
                self.push(&ConversationEvent::from(described), "name", |id, digest| {
                    vec![id, "described".into(), digest]
                })
            }
        }
    }

    /// Adds an entry; one that does not fit the log is bad and adds nothing.
    pub(crate) fn add(&mut self, entry: Entry, people: &mut People) -> Result<(), Bad> {
        let (message_id, sighting, pushed) = match entry {
            Entry::Unsupported => {
                self.batch.unsupported += 1;
                return Ok(());
            }
            Entry::Message(message, sighting) => {
                let id = message.message_id;
                (id, sighting, self.push_entry(id, &ConversationEvent::from(message)))
            }
            Entry::Post(post, sighting) => {
                let id = post.post_id;
                (id, sighting, self.push_entry(id, &ChannelEvent::from(post)))
            }
            Entry::Service(service, sighting) => {
                let id = service.message_id;
                let pushed = match self.chat.place {
                    Place::Channel { .. } => self.push_entry(id, &ChannelEvent::from(service)),
                    Place::Conversation(_) => self.push_entry(id, &ConversationEvent::from(service)),
                };
                pushed?;
                self.batch.service += 1;
                if let Some(sighting) = sighting {
                    self.meet(id, &sighting, people)?;
                }
                return Ok(());
            }
        };
        pushed?;
        self.batch.messages += 1;
        match sighting {
            Some(sighting) => self.meet(message_id, &sighting, people),
            None => Ok(()),
        }
    }

    /// Adds an entry that could not be read.
    pub(crate) fn add_bad(&mut self, bad: BadMessage) {
        self.batch.bad.push(bad);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.batch.events.len() >= BATCH_MESSAGES_MAX
            || self.bytes >= BATCH_BYTES_MAX
            || self.batch.bad.len() >= BATCH_BAD_MAX
    }

    /// Hands over what was collected and begins anew.
    pub(crate) fn take(&mut self, bytes_read: u64) -> Batch {
        self.ids.clear();
        self.bytes = 0;
        let mut full = std::mem::replace(&mut self.batch, empty(&self.chat, &self.chat_id));
        full.bytes_read = bytes_read;
        full
    }

    fn push_entry<E: DomainEvent>(&mut self, id: MessageId, event: &E) -> Result<(), Bad> {
        self.push(event, "", |chat, digest| vec![chat, id.to_string(), digest])
    }

    fn push<E: DomainEvent>(
        &mut self,
        event: &E,
        field: &str,
        name: impl FnOnce(String, String) -> Vec<String>,
    ) -> Result<(), Bad> {
        let data = json_of(event, field)?;
        let prepared = prepared(event, &name(self.chat_id.clone(), digest_of(&data)), data);
        if self.ids.insert(prepared.id) {
            self.bytes += prepared.data.as_str().len();
            self.batch.events.push(prepared);
        } else {
            self.batch.repeats += 1;
        }
        Ok(())
    }

    /// A person is told once, and again on each change of name along the file.
    fn meet(&mut self, id: MessageId, sighting: &Sighting, people: &mut People) -> Result<(), Bad> {
        let news = people.meet(sighting);
        if news == News::Nothing {
            return Ok(());
        }
        let event = PersonEvent::from(sighting.event(self.chat.id));
        let data = json_of(&event, "from")?;
        let name =
            [self.chat_id.clone(), id.to_string(), sighting.person.to_string(), hex::encode(sighting.name_digest())];
        let prepared = prepared(&event, &name, data);
        if self.ids.insert(prepared.id) {
            self.bytes += prepared.data.as_str().len();
            self.batch.new_people += u64::from(news == News::FirstSighting);
            self.batch.people.entry(sighting.person.stream()).or_default().push(prepared);
        } else {
            self.batch.repeats += 1;
        }
        Ok(())
    }
}

fn empty(chat: &Chat, chat_id: &str) -> Batch {
    Batch { correlation: Origin::of(&["import", chat_id]).event().0, stream: Some(chat.stream()), ..Batch::default() }
}

fn json_of<E: DomainEvent>(event: &E, field: &str) -> Result<String, Bad> {
    let data = event.to_json().map_err(|_| Bad::new(field, "something that JSON can say"))?;
    if data.len() > DATA_BYTES_MAX { Err(Bad::new(field, "small enough for the log (762 KiB)")) } else { Ok(data) }
}

fn digest_of(data: &str) -> String {
    hex::encode(Sha256::digest(data))
}

/// The id of an event of an import: the same observation has the same id, whatever file it comes from.
fn prepared<E: DomainEvent>(event: &E, name: &[String], data: String) -> Prepared {
    let parts: Vec<&str> = std::iter::once("import").chain(name.iter().map(String::as_str)).collect();
    Prepared { id: Origin::of(&parts).event(), shape: event.shape(), data: JsonText::from_trusted(data) }
}
