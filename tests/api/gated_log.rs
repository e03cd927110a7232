//! A log in memory that waits, fails or panics when a message says so.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, Around, Clock, Codec, EventFilter, EventStore, InMemoryEventStore, Position,
    RecordedEvent, StoreError,
};
use chronogram_model::conversation::{ConversationEvent, MessageReceived};

use crate::http_support::Gate;

pub(crate) struct GatedLog {
    log: InMemoryEventStore,
    /// Where a message that says `wait` waits.
    pub(crate) gate: Arc<Gate>,
}

impl GatedLog {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { log: InMemoryEventStore::new(clock), gate: Gate::new() }
    }

    /// The messages in the log, each with its metadata.
    pub(crate) async fn messages(&self) -> Vec<(MessageReceived, RecordedEvent)> {
        let codec = Codec::new().unwrap();
        let page = self.log.read_all(Position::START, &EventFilter::all(), 1_000).await.unwrap();
        let message = |recorded: RecordedEvent| match codec.decode::<ConversationEvent>(&recorded).unwrap() {
            Some(ConversationEvent::MessageReceived(message)) => Some((message, recorded)),
            _ => None,
        };
        page.events.into_iter().filter_map(message).collect()
    }
}

#[async_trait]
impl Around for GatedLog {
    fn inner(&self) -> &dyn EventStore {
        &self.log
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let says = |text: &str| append.events.iter().any(|event| event.data.as_str().contains(text));
        if says(r#""text":"wait""#) {
            self.gate.entered.add_permits(1);
            self.gate.open.acquire().await.unwrap().forget();
        }
        if says(r#""text":"unavailable""#) {
            let source = Arc::new(std::io::Error::other("somebody's secret words"));
            return Err(StoreError::Unavailable { operation: "append", source }.into());
        }
        assert!(!says(r#""text":"panic""#), "somebody's secret words");
        self.log.append(append).await
    }
}
