//! The client of that server, for as long as it works; a new one when it does not.
//!
//! A client whose first connection failed answers "closed" for ever; one that lost its server later finds it again. So
//! a client that says it is closed is thrown away, and a question is asked again for some seconds.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chronogram_log::StoreError;
use eventstore::{Client, ClientSettings, Error};

/// Attempts before whoever asks is told that the store is unavailable: with the pauses between them about five seconds, a
/// restart of the server.
const ATTEMPTS_MAX: u32 = 9;
/// The first pause between two attempts; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long one attempt may take; a page of large events from a busy server takes seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The client waits so long before each attempt to connect, the first one too; its own default is half a second.
const DISCOVERY_INTERVAL: &str = "discoveryInterval=10";

/// What a failure of the client means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The client is of no use any more.
    ClientGone,
    /// The server is away, or busy with itself: worth another try.
    Away,
    /// The server understood and refuses.
    Refused,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::GrpcConnectionError(_) => Self::ClientGone,
            Error::ServerError(_) | Error::DeadlineExceeded | Error::NotLeaderException(_) => Self::Away,
            _ => Self::Refused,
        }
    }
}

/// What the server does not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("the server gives no answer")]
struct Silent;

pub(super) struct Connection {
    settings: ClientSettings,
    current: Mutex<Option<Client>>,
}

/// The settings in an address `esdb://…` or `kurrentdb://…`; `None`: it is none.
pub(super) fn settings(url: &str) -> Option<ClientSettings> {
    let url = if url.to_ascii_lowercase().contains("discoveryinterval=") {
        url.to_owned()
    } else {
        format!("{url}{}{DISCOVERY_INTERVAL}", if url.contains('?') { '&' } else { '?' })
    };
    url.parse().ok()
}

/// The pause after so many attempts that failed.
pub(super) fn pause(failed: u32) -> Duration {
    PAUSE_MIN.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(PAUSE_MAX)
}

/// Whether so many attempts are enough.
pub(super) fn gives_up(failed: u32) -> bool {
    failed >= ATTEMPTS_MAX
}

/// The store failed while it should `operation`.
pub(super) fn unavailable(operation: &'static str) -> impl FnOnce(Error) -> StoreError {
    move |source| StoreError::Unavailable { operation, source: Arc::new(source) }
}

impl Connection {
    pub(super) fn new(settings: ClientSettings) -> Self {
        Self { settings, current: Mutex::new(None) }
    }

    pub(super) fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// The client in use, or a new one, which connects when it is first asked.
    pub(super) fn client(&self) -> Result<Client, Error> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = current.as_ref() {
            return Ok(client.clone());
        }
        let client =
            Client::new(self.settings.clone()).map_err(|error| Error::InitializationError(error.to_string()))?;
        *current = Some(client.clone());
        Ok(client)
    }

    /// The next question goes to a new client. One that another caller has just made may go with it; that costs a
    /// connection.
    pub(super) fn renew(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Asks until there is an answer, a refusal, or no hope.
    pub(super) async fn ask<T, F, Fut>(&self, operation: &'static str, mut question: F) -> Result<T, StoreError>
    where
        F: FnMut(Client) -> Fut + Send,
        Fut: Future<Output = Result<T, Error>> + Send,
    {
        let mut failed = 0;
        loop {
            let client = self.client().map_err(unavailable(operation))?;
            let Ok(answer) = tokio::time::timeout(PATIENCE, question(client)).await else {
                self.renew();
                return Err(StoreError::Unavailable { operation, source: Arc::new(Silent) });
            };
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let failure = Failure::of(&error);
            if failure == Failure::ClientGone {
                self.renew();
            }
            failed += 1;
            if failure == Failure::Refused || gives_up(failed) {
                return Err(unavailable(operation)(error));
            }
            tokio::time::sleep(pause(failed)).await;
        }
    }
}
