//! A running stand-in.

use std::{io, ops::Deref, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};

use crate::{control::Control, hub::Hub, ids::UserId, journal::JournalError, options::Options, server, webhook};

/// Why a stand-in cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The token is not `number:secret`.
    #[error("the token is not of the form 1234:secret")]
    Token,
    /// The port cannot be had.
    #[error("port {port} on 127.0.0.1 cannot be had")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The state's folder cannot be used.
    #[error(transparent)]
    State(#[from] JournalError),
}

/// A running stand-in: a real server on a real socket. It ends when this is dropped or [`Standin::stop`] is called.
///
/// Everything people do and tests ask is in [`Control`], to which it dereferences.
#[derive(Debug)]
pub struct Standin {
    control: Control,
    url: String,
    token: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Standin {
    /// Starts one within this process, on 127.0.0.1.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (bot, secret) = options.token.split_once(':').ok_or(StartError::Token)?;
        let bot = bot.parse().ok().filter(|bot| *bot > 0).map(UserId).ok_or(StartError::Token)?;
        if secret.is_empty() || secret.contains(['/', '?', '#']) {
            return Err(StartError::Token);
        }
        let port = options.port;
        let refused = |source| StartError::Port { port, source };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(refused)?;
        let url = format!("http://{}", listener.local_addr().map_err(refused)?);
        let token = options.token.clone();
        let hub = Arc::new(Hub::open(options, bot)?);
        let tasks = vec![
            tokio::spawn(server::serve(listener, Arc::clone(&hub))),
            tokio::spawn(webhook::deliver(Arc::clone(&hub))),
        ];
        Ok(Self { control: Control { hub }, url, token, tasks })
    }

    /// Where it listens: `http://127.0.0.1:PORT`. The Bot API's address for clients.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bot's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The bot.
    pub fn bot(&self) -> UserId {
        self.control.hub.read(|world| world.bot)
    }

    /// The people's side, to be taken elsewhere.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Until it ends by itself: when its state can no longer be kept.
    pub async fn ended(&self) {
        self.control.hub.stop.cancelled().await;
    }

    /// Ends it, and waits until the port is free and the state's folder let go.
    pub async fn stop(mut self) {
        self.control.hub.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has ended too.
            task.await.ok();
        }
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.control.hub.stop.cancel();
    }
}

impl Deref for Standin {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}
