//! New messages as the read model holds them: the log says when, the rows say what.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use chronogram_log::{EventFilter, RecordedEvent, Subscription};
use chronogram_model::{
    ConversationId, MessageId,
    conversation::{ConversationEvent, MessageReceived},
};
use chronogram_read_models::conversations::{self, MessageRow};

use crate::{
    errors::{Code, Failure},
    ports::SchemaDeps,
};

/// What is followed in the log.
const MESSAGE_RECEIVED: &str = "MessageReceived";

/// Messages read at once: as many as the largest page of a list.
const PAGE_EVENTS: usize = 100;

/// How long the read models may be behind what is followed, while they make way: longer than a burst of an import takes
/// them, and who waits longer for a message rather wants to know.
const FOLD_PATIENCE: Duration = Duration::from_mins(1);

/// The stream of conversations' names: `conversation-<id>`.
const STREAM_PREFIX: &str = "conversation-";

/// A message, wherever it was observed.
type Key = (ConversationId, MessageId);

/// Follows the messages that come.
pub(crate) struct NewMessages {
    deps: SchemaDeps,
    log: Subscription,
    /// Only of this conversation.
    conversation: Option<ConversationId>,
    /// Read and not yet asked for.
    ready: VecDeque<MessageRow>,
}

/// What a page of the log says of one message.
#[derive(Clone, Copy)]
struct Observed {
    times: i64,
    last: i64,
}

impl Observed {
    /// Whether `row` owes nothing to events before this page. Where events behind this page are folded already, their
    /// number is unknown, but one at least; a message observed that often within moments counts as new.
    fn is_all_of(self, row: &MessageRow) -> bool {
        row.observations == self.times || row.position > self.last
    }
}

impl NewMessages {
    /// Follows what is recorded from now on.
    pub(crate) async fn from_now_on(deps: SchemaDeps, conversation: Option<ConversationId>) -> Result<Self, Failure> {
        let head = deps.store.head().await?;
        let filter = EventFilter::types([MESSAGE_RECEIVED]);
        let log = Subscription::new(Arc::clone(&deps.store), head, filter, PAGE_EVENTS);
        Ok(Self { deps, log, conversation, ready: VecDeque::new() })
    }

    /// The next new message.
    pub(crate) async fn next(&mut self) -> Result<MessageRow, Failure> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(row);
            }
            let mut events = self.log.next().await?.events;
            let stream = self.conversation.as_ref().map(ConversationId::stream);
            events.retain(|event| stream.as_ref().is_none_or(|stream| event.stream == *stream));
            if !events.is_empty() {
                self.ready = self.read(&events).await?.into();
            }
        }
    }

    /// The rows of those messages among `events` that are new, in the order in which they came.
    async fn read(&self, events: &[RecordedEvent]) -> Result<Vec<MessageRow>, Failure> {
        let mut keys: Vec<Key> = Vec::new();
        let mut observed: HashMap<Key, Observed> = HashMap::new();
        for event in events {
            let key = self.key(event)?;
            let known = observed.entry(key.clone()).or_insert_with(|| {
                keys.push(key);
                Observed { times: 0, last: 0 }
            });
            *known = Observed { times: known.times + 1, last: event.position.as_i64() };
        }
        if let Some(last) = events.last()
            && !self.deps.projections.wait_for(last.position, FOLD_PATIENCE).await
        {
            let message = "the read models do not follow the log closely enough; subscribe again";
            return Err(Failure::new(Code::Unavailable, message));
        }
        let rows = conversations::messages_by_id(&self.deps.pool, &keys).await?;
        let mut rows: HashMap<Key, MessageRow> =
            rows.into_iter().map(|row| ((row.conversation.clone(), row.message_id), row)).collect();
        let in_order = keys.into_iter().filter_map(|key| Some((observed.get(&key).copied()?, rows.remove(&key)?)));
        Ok(in_order.filter(|(observed, row)| observed.is_all_of(row)).map(|(_, row)| row).collect())
    }

    /// Which message `event` is about.
    fn key(&self, event: &RecordedEvent) -> Result<Key, Failure> {
        let decoded = self.deps.codec.decode(event).map_err(|error| Failure::internal(Arc::new(error)))?;
        let Some(ConversationEvent::MessageReceived(MessageReceived { message_id, .. })) = decoded else {
            return Err(Failure::miswired("the log gave another event than asked for"));
        };
        let conversation = event.stream.as_str().strip_prefix(STREAM_PREFIX).and_then(|id| id.parse().ok());
        let conversation = conversation.ok_or_else(|| Failure::miswired("a message in a stream of something else"))?;
        Ok((conversation, message_id))
    }
}
