//! What people do and what tests ask: the functions behind the control API and the page.

mod chats;
mod disorder;
mod error;
mod http;
mod members;
mod people;
mod pressing;
mod shown;
mod speaking;
mod speech;
mod telling;
mod upgrading;
mod waiting;

use std::sync::Arc;

pub use chats::{ChatType, NewChat};
pub use error::ControlError;
pub(crate) use http::routes;
pub use people::NewUser;
pub use pressing::Answer;
pub use shown::{Button, ShownMessage};
pub use speech::{Speech, SpeechFile};
pub use telling::{ChatStatistics, ListedChat, ListedUser};

use crate::hub::Hub;

/// The people's side of the stand-in, and a test's view of everything.
#[derive(Clone)]
pub struct Control {
    pub(crate) hub: Arc<Hub>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Control").finish_non_exhaustive()
    }
}
