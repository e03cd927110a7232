//! Profiles: whom to ask a strategy about, what it is told, what becomes of its answer.

mod calling;
mod fill;
pub(crate) mod input;
mod report;

pub use fill::{FillError, FillOptions, ProfileFiller, Whom, plugin_of};
pub use report::{FillObserver, FillReport, Unobserved};
