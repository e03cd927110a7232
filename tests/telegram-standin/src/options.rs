//! What a stand-in is started with.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    clock::{Clock, SystemClock},
    limits::RateLimits,
};

/// The token when none is given. It is no secret and no real bot's: Telegram never gave out the number 1.
pub const DEFAULT_TOKEN: &str = "1:standin-AAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a stand-in is started with; `Options::default()` is a strict, empty one in memory for tests.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The bot's token, `number:secret`; the number is the bot's id.
    pub token: String,
    /// Where everything is kept across restarts; `None` keeps it in memory.
    pub state: Option<PathBuf>,
    /// Begin with the bot's people and chats of the chat page, if nothing is there yet.
    pub ready_made: bool,
    /// The bot's username.
    pub bot_username: String,
    /// The bot's first name.
    pub bot_name: String,
    /// Privacy mode, on by default as with Telegram: in groups a bot that is no admin sees only what is meant for it.
    pub privacy: bool,
    /// How many messages are let through.
    pub limits: RateLimits,
    /// How long a pressed button waits for `answerCallbackQuery`.
    pub callback_lifetime: Duration,
    /// First pause before a refused webhook delivery is repeated; it doubles up to sixty-four times this.
    pub webhook_pause: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            token: DEFAULT_TOKEN.to_owned(),
            state: None,
            ready_made: false,
            bot_username: "chronogram_bot".to_owned(),
            bot_name: "Chronogram".to_owned(),
            privacy: true,
            limits: RateLimits::default(),
            callback_lifetime: Duration::from_mins(1),
            webhook_pause: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
        }
    }
}
