//! A strict stand-in for Telegram's Bot API server: bots are driven and tested through it without Telegram.
//!
//! It speaks the real protocol over a real socket, with the real limits and the real refusals. People's side is the
//! chat page, the control API under `/standin`, and in tests [`Standin`]. README.md says how, and what differs from the
//! real server.

mod api;
mod blobs;
mod call_log;
mod clock;
mod control;
mod entities;
mod faults;
mod hub;
mod ids;
mod journal;
mod limits;
mod methods;
mod options;
mod page;
mod picture;
mod server;
mod standin;
mod state;
mod updates;
mod webhook;

pub use call_log::CallEntry;
pub use clock::{Clock, ManualClock, SystemClock};
pub use control::{
    Answer, Button, ChatStatistics, ChatType, Control, ControlError, ListedChat, ListedUser, NewChat, NewUser,
    ShownMessage, Speech, SpeechFile,
};
pub use faults::{Fault, FaultKind};
pub use ids::{ChatId, MessageId, UpdateId, UserId};
pub use journal::JournalError;
pub use limits::RateLimits;
pub use options::{DEFAULT_TOKEN, Options};
pub use standin::{Standin, StartError};
