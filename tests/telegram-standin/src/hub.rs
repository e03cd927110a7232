//! Where everything meets: the state behind its lock, its journal, and the bell that rings at each change.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::ids::UserId;
use crate::{
    blobs::Blobs,
    call_log::CallLog,
    faults::Faults,
    ids::ChatId,
    journal::{Journal, JournalError},
    limits::{Budget, RateLimits},
    options::Options,
    state::{self, Change, Tables, Update, User, World},
};

/// News that a slow page has not read; it then loads everything again.
const NEWS_MAX: usize = 256;

/// What the page is told.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum News {
    /// People, chats or commands changed.
    Lists,
    /// Messages of a chat changed.
    Chat { chat: ChatId },
    /// The bot does something: `typing` …
    Action { chat: ChatId, action: String },
}

struct Desk {
    world: World,
    journal: Journal,
}

/// Where everything meets.
pub(crate) struct Hub {
    pub(crate) options: Options,
    pub(crate) blobs: Blobs,
    desk: Mutex<Desk>,
    bell: watch::Sender<u64>,
    news: broadcast::Sender<News>,
    faults: Mutex<Faults>,
    calls: Mutex<CallLog>,
    limits: Mutex<RateLimits>,
    budget: Mutex<Budget>,
    /// Counts calls of `getUpdates`: a new one ends the one before.
    pub(crate) polls: watch::Sender<u64>,
    /// Updates that a fault delivers a second time, and whether the next batch comes in reverse.
    pub(crate) disorder: Mutex<Disorder>,
    pub(crate) stop: CancellationToken,
}

/// Faults of delivery that wait for the next `getUpdates`.
#[derive(Debug, Default)]
pub(crate) struct Disorder {
    pub(crate) repeats: Vec<Update>,
    pub(crate) reverse: bool,
}

/// A lock whose holder panicked holds whole records still: each change is one assignment.
pub(crate) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn open(options: Options, bot: UserId) -> Result<Self, JournalError> {
        let (journal, tables) = match &options.state {
            Some(folder) => Journal::open(folder)?,
            None => (Journal::forgetful(), Tables::default()),
        };
        let hub = Self {
            blobs: Blobs::new(options.state.as_ref()),
            desk: Mutex::new(Desk { world: World::new(tables, bot), journal }),
            bell: watch::Sender::new(0),
            news: broadcast::Sender::new(NEWS_MAX),
            faults: Mutex::default(),
            calls: Mutex::default(),
            limits: Mutex::new(options.limits),
            budget: Mutex::default(),
            polls: watch::Sender::new(0),
            disorder: Mutex::default(),
            stop: CancellationToken::new(),
            options,
        };
        hub.write(|world| {
            world.put(Change::User(User {
                id: bot,
                is_bot: true,
                first_name: hub.options.bot_name.clone(),
                last_name: None,
                username: Some(hub.options.bot_username.clone()),
                language_code: None,
                is_premium: false,
            }));
            if hub.options.ready_made {
                state::furnish(world);
            }
        });
        Ok(hub)
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.options.clock.now().as_second()
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&hold(&self.desk).world)
    }

    /// One step: what it changes is in the journal before anybody sees it.
    pub(crate) fn write<T>(&self, step: impl FnOnce(&mut World) -> T) -> T {
        let mut desk = hold(&self.desk);
        let desk = &mut *desk;
        let result = step(&mut desk.world);
        let changes = desk.world.take_unwritten();
        if changes.is_empty() {
            return result;
        }
        if let Err(error) = desk.journal.write(&changes, &desk.world) {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the state can no longer be kept; the stand-in ends");
            self.stop.cancel();
        }
        for news in changes.iter().filter_map(tell) {
            // Nobody may be looking.
            self.news.send(news).ok();
        }
        self.ring();
        result
    }

    /// Wakes everybody who waits for something.
    pub(crate) fn ring(&self) {
        self.bell.send_modify(|rings| *rings += 1);
    }

    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    pub(crate) fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        hold(&self.faults)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, CallLog> {
        hold(&self.calls)
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, RateLimits> {
        hold(&self.limits)
    }

    pub(crate) fn budget(&self) -> MutexGuard<'_, Budget> {
        hold(&self.budget)
    }

    /// Waits until `look` finds something; `None` when the patience is at its end.
    pub(crate) async fn wait<T>(&self, patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let mut bell = self.listen();
        let waiting = async {
            loop {
                bell.borrow_and_update();
                if let Some(found) = look() {
                    return Some(found);
                }
                if bell.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.ok().flatten()
    }
}

fn tell(change: &Change) -> Option<News> {
    match change {
        Change::User(_) | Change::Chat(_) | Change::Commands { .. } => Some(News::Lists),
        Change::Message(message) => Some(News::Chat { chat: message.chat }),
        Change::Action { chat, action } => Some(News::Action { chat: *chat, action: action.clone() }),
        _ => None,
    }
}
