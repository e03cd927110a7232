//! Words of people are sealed on their way into any store and opened on their way out.
//!
//! [`Sealed`] turns exactly the objects `{"person": id, "plain": …}` of an event into `{"person": id, "sealed": …}` and
//! back. Once the person's key is destroyed they read as `{"person": id, "erased": true}`, for ever and everywhere: in
//! the log, in backups of it, in other stores that copied it. Ids and fingerprints are made of what was said before it
//! was sealed, so a repeat is recognised although it would be sealed otherwise; see [`EventStore::veil`].
//!
//! A house may keep its log at another one, which serves it by a protocol. Words that the first has sealed stay so in the
//! second, which has no key to them and gives them back as they came.

mod cipher;
mod foreign;
mod keys;
mod opening;
mod personal;
mod renew;
mod sealing;

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, Around, Direction, EventFilter, EventStore, JsonText, Page, Position, RecordedEvent,
    Revision, SharedEventStore, StoreError,
};
use chronogram_model::StreamName;

use opening::open_all;
use sealing::seal_all;

pub use cipher::{KEY_BYTES, MasterKey, Unopened};
pub use keys::{KeyError, KeyRing, has_keys};
pub use renew::SealOlder;

/// Any store, with the words of people sealed in it.
pub struct Sealed {
    store: SharedEventStore,
    keys: Arc<KeyRing>,
}

impl Sealed {
    /// `store`, sealed with `keys`.
    pub fn new(store: SharedEventStore, keys: Arc<KeyRing>) -> Self {
        Self { store, keys }
    }
}

#[async_trait]
impl Around for Sealed {
    fn inner(&self) -> &dyn EventStore {
        &*self.store
    }

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

    async fn read_streams(
        &self,
        streams: &[(StreamName, Revision)],
        limit_each: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.store.read_streams(streams, limit_each).await?;
        open_all(&self.keys, &mut events).await?;
        Ok(events)
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        let mut page = self.store.read_all(after, filter, limit).await?;
        open_all(&self.keys, &mut page.events).await?;
        Ok(page)
    }

    fn veil(&self, digest: &mut [u8]) {
        self.keys.veil().over(digest);
    }
}
