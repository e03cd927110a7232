//! The keys that people's words are sealed with, as far as others than the store have to do with them.

use async_trait::async_trait;
use chronogram_model::PersonId;

/// Why the keys cannot be used; belongs into the operator's log.
pub type KeysError = Box<dyn std::error::Error + Send + Sync>;

/// The keys of people.
#[async_trait]
pub trait PersonalKeys: Send + Sync + 'static {
    /// How many of `people` have a key, and so words that can be read.
    async fn readable(&self, people: &[PersonId]) -> Result<u64, KeysError>;

    /// Destroys the keys of `people`: nothing that was sealed with them can ever be read again. Gives how many it were.
    /// Returns when no process uses one of them any more.
    async fn destroy(&self, people: &[PersonId]) -> Result<u64, KeysError>;
}
