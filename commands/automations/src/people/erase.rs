//! Forgetting a person: the key to their words first, then everything that was derived from these words.
//!
//! The order makes it safe to be cut anywhere and done again. Once the key is destroyed, and no process trusts its memory
//! of it any more, nobody reads these words from the log again; so whatever folds `PersonErased`, which is appended only
//! then, has seen the last of them and can drop them for good.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_engine::{Engine, EngineError};
use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Actor, Clock, Codec, Position, SharedEventStore};
use chronogram_model::{
    Origin, PersonId,
    person::{Person, PersonCommand, PersonErased, PersonRejection},
};
use sqlx::PgPool;

use crate::deliveries::{DeliveryError, erase_deliveries};

/// The keys that people's words are sealed with.
#[async_trait]
pub trait PersonalKeys: Send + Sync + 'static {
    /// Destroys the keys of `people`, and returns when no process uses one of them any more. Gives how many it were.
    async fn destroy(&self, people: &[PersonId]) -> Result<u64, Box<dyn std::error::Error + Send + Sync>>;
}

/// What was done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Erased {
    /// Keys that were destroyed; 0 when there was nothing to read any more.
    pub keys_destroyed: u64,
    /// Where the last `PersonErased` stands: read models that folded it hold no word.
    pub position: Position,
    /// Copies of read models that went because they would have kept words.
    pub copies_dropped: Vec<String>,
}

/// Why a person is not, or not wholly, forgotten. Doing it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The keys cannot be destroyed.
    #[error("the keys cannot be destroyed")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
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

    /// Forgets one person, who may be known by several ids. `origin` is another one each time.
    pub async fn erase(&self, people: &[PersonId], origin: Origin, actor: &Actor) -> Result<Erased, EraseError> {
        let keys_destroyed = self.keys.destroy(people).await.map_err(EraseError::Keys)?;
        let mut position = Position::START;
        for person in people {
            let erased = PersonErased { person: person.clone(), erased_at: self.clock.now() };
            let context = Context::new(origin, actor.clone());
            let handled = self.people.handle(&PersonCommand::Erase(erased), &context).await?;
            position = position.max(handled.position.unwrap_or_default());
        }
        let mut connection = self.pool.acquire().await?;
        for person in people {
            erase_deliveries(&mut connection, person, self.clock.now()).await?;
        }
        let copies_dropped = self.engine.forget_before(position).await?;
        Ok(Erased { keys_destroyed, position, copies_dropped })
    }
}
