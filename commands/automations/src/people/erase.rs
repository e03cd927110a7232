//! Forgetting a person: the key to their words first, then everything that was derived from these words.
//!
//! The order makes it safe to be cut anywhere and done again. Once the key is destroyed, and no process trusts its memory
//! of it any more, nobody reads these words from the log again; so whatever folds `PersonErased`, which is appended only
//! then, has seen the last of them and can drop them for good.

use std::sync::Arc;

use chronogram_engine::{Engine, EngineError};
use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Clock, Codec, KeysError, PersonalKeys, Position, SharedEventStore};
use chronogram_model::{
    Decider as _, PersonId,
    person::{Person, PersonCommand, PersonErased, PersonRejection},
};
use sqlx::PgPool;

use crate::deliveries::{DeliveryError, erase_deliveries};

/// What was done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Erased {
    /// Keys that were destroyed; 0 when there was nothing to read any more.
    pub keys_destroyed: u64,
    /// Where the last `PersonErased` stands: read models that folded it hold no word.
    pub position: Position,
    /// Copies of read models that went because they would have kept words.
    pub copies_dropped: Vec<String>,
    /// The same command was handled before: what was said since stays.
    pub repeated: bool,
}

/// Why a person is not, or not wholly, forgotten. Doing it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The keys cannot be looked up or destroyed.
    #[error("the keys of people cannot be used")]
    Keys(#[source] KeysError),
    /// The log failed.
    #[error(transparent)]
    Handle(#[from] HandleError<PersonRejection>),
    /// A read model failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What is yet to go out cannot be changed.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The database failed.
    #[error("the database cannot be reached")]
    Database(#[from] sqlx::Error),
}

/// Forgets people.
pub struct Eraser {
    pool: PgPool,
    engine: Arc<Engine>,
    people: Handler<Person>,
    keys: Arc<dyn PersonalKeys>,
    clock: Arc<dyn Clock>,
}

impl Eraser {
    /// On this house.
    pub fn new(
        pool: PgPool,
        engine: Arc<Engine>,
        store: SharedEventStore,
        codec: Arc<Codec>,
        keys: Arc<dyn PersonalKeys>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { pool, engine, people: Handler::new(store, codec), keys, clock }
    }

    /// Whether any word of `people` can be read.
    pub async fn is_read(&self, people: &[PersonId]) -> Result<bool, EraseError> {
        Ok(self.keys.readable(people).await.map_err(EraseError::Keys)? > 0)
    }

    /// Forgets one person, who may be known by several ids; a request that was given a key names one. When this returns
    /// the live read models have folded it, and no other is left.
    pub async fn erase(&self, people: &[PersonId], context: &Context) -> Result<Erased, EraseError> {
        let mut position = Position::START;
        let mut erasures = Vec::new();
        for person in people {
            let command = PersonCommand::Erase(PersonErased { person: person.clone(), erased_at: self.clock.now() });
            let (name, stream) = (Person::name(&command), person.stream());
            match self.people.earlier(name, &stream, context).await? {
                // Its key was destroyed before this was appended; the one they may have now is of another life.
                Some(earlier) => position = position.max(earlier.position.unwrap_or_default()),
                None => erasures.push((person.clone(), command)),
            }
        }
        let repeated = erasures.is_empty();
        let mut keys_destroyed = 0;
        if !repeated {
            let people: Vec<PersonId> = erasures.iter().map(|(person, _)| person.clone()).collect();
            keys_destroyed = self.keys.destroy(&people).await.map_err(EraseError::Keys)?;
        }
        for (person, command) in &erasures {
            let handled = self.people.handle(command, context).await?;
            position = position.max(handled.position.unwrap_or_default());
            let mut connection = self.pool.acquire().await?;
            erase_deliveries(&mut connection, person, self.clock.now()).await?;
        }
        let copies_dropped = self.engine.forget_before(position).await?;
        Ok(Erased { keys_destroyed, position, copies_dropped, repeated })
    }
}
