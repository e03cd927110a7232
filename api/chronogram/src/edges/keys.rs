//! The keys of people, as who erases them sees them.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use chronogram_automations::people::PersonalKeys;
use chronogram_event_store::KeyRing;
use chronogram_model::PersonId;

/// Destroys keys for good.
pub(crate) struct DestroyKeys(pub(crate) Arc<KeyRing>);

#[async_trait]
impl PersonalKeys for DestroyKeys {
    async fn destroy(&self, people: &[PersonId]) -> Result<u64, Box<dyn Error + Send + Sync>> {
        Ok(self.0.destroy(people).await?)
    }
}
