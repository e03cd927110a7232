//! Seals the words of events that older releases stored.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_log::{AppendError, Codec, StoreError};

use super::{KeyRing, sealing::seal_all};
use crate::upgrade::{OlderEvent, Renew};

/// Lifts older events to the shapes of this release, in which all words of people are marked as theirs, and seals them.
pub struct SealOlder {
    codec: Codec,
    keys: Arc<KeyRing>,
}

impl SealOlder {
    /// With these shapes and keys.
    pub fn new(codec: Codec, keys: Arc<KeyRing>) -> Self {
        Self { codec, keys }
    }
}

#[async_trait]
impl Renew for SealOlder {
    async fn renew(&self, events: &mut [OlderEvent]) -> Result<(), StoreError> {
        for event in &mut *events {
            let lifted = self.codec.lift(event.event_type(), event.version(), event.data());
            if let Some((version, json)) = lifted.map_err(|error| event.corrupt(error.to_string()))? {
                event.set_data(json, version);
            }
        }
        let texts = events.iter().map(|event| (event.id(), event.data()));
        let sealed = match seal_all(&self.keys, texts).await {
            Ok(sealed) => sealed,
            Err(AppendError::Store(error)) => return Err(error),
            Err(error) => {
                let first = events.first().map(|event| event.corrupt(error.to_string()));
                return first.map_or(Ok(()), Err);
            }
        };
        for (event, sealed) in events.iter_mut().zip(sealed) {
            if let Some(sealed) = sealed {
                event.set_data(sealed, event.version());
            }
        }
        Ok(())
    }
}
