//! The bot on Telegram: every update becomes commands, durable before it is acknowledged.
//!
//! [`Bot::run`] polls, [`Bot::take`] is handed what a webhook brings; [`updates`] turns one update into commands, all with ids from the bot's and the update's number,
//! so that a repeated update changes nothing; [`reading`] translates Telegram's words into the domain's; [`answering`]
//! says what the bot has to say. Nothing is sent from here: replies are asked for in the log, deliveries send them.

mod answering;
mod polling;
mod reading;
mod typing;
mod updates;
mod waiting;
mod webhook;

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_automations::deliveries::ChatActions;
use chronogram_bot_talk::{Zone, Zones, views::Check};
use chronogram_gateways::telegram::{BotAccount, Telegram, TelegramError};
use chronogram_handlers::{HandleError, Handler};
use chronogram_log::{Clock, Codec, Position, SharedEventStore};
use chronogram_model::{PersonId, channel::Channel, conversation::Talk, person::Person, reminder::Reminder};
use chronogram_read_models::QueryError;
use sqlx::PgPool;

pub use webhook::Taken;

/// What the bot asks of the rest of the house.
#[async_trait]
pub trait House: Send + Sync + 'static {
    /// Returns true once the read models have folded `position`; false after `patience`.
    async fn wait_for(&self, position: Position, patience: Duration) -> bool;

    /// How everything is, for `/health`.
    async fn health(&self) -> Vec<Check>;
}

/// What the bot is built from.
#[derive(Clone)]
pub struct BotParts {
    /// Telegram.
    pub telegram: Arc<dyn Telegram>,
    /// Our account there.
    pub account: BotAccount,
    /// For the lock that makes one process poll.
    pub pool: PgPool,
    /// For reading: its search path holds the live read models.
    pub queries: PgPool,
    /// The log.
    pub store: SharedEventStore,
    /// Reads its events.
    pub codec: Arc<Codec>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The rest of the house.
    pub house: Arc<dyn House>,
    /// Shows that an answer is being prepared.
    pub actions: ChatActions,
    /// Who may ask about the system and about every channel.
    pub admins: HashSet<PersonId>,
    /// The zone of who set none.
    pub default_zone: Zone,
}

/// The bot.
pub struct Bot {
    parts: BotParts,
    zones: Zones,
    talk: Handler<Talk>,
    people: Handler<Person>,
    reminders: Handler<Reminder>,
    channels: Handler<Channel>,
}

impl Bot {
    /// A bot of these parts.
    pub fn new(parts: BotParts) -> Self {
        let (store, codec) = (parts.store.clone(), parts.codec.clone());
        Self {
            zones: Zones::built_in(),
            talk: Handler::new(store.clone(), codec.clone()),
            people: Handler::new(store.clone(), codec.clone()),
            reminders: Handler::new(store.clone(), codec.clone()),
            channels: Handler::new(store, codec),
            parts,
        }
    }
}

/// Why an update is not done with: it is tried again, and those after it wait.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The log, or what it holds, failed.
    #[error("an update cannot be recorded")]
    Log(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A read model failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Telegram failed when it was asked something that the answer needs.
    #[error(transparent)]
    Telegram(#[from] TelegramError),
}

impl<R: std::error::Error + Send + Sync + 'static> From<HandleError<R>> for Trouble {
    fn from(error: HandleError<R>) -> Self {
        Self::Log(Box::new(error))
    }
}
