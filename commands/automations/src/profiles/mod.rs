//! Profiles: whom to ask a strategy about, what it is told, what becomes of its answer.

mod background;
mod calling;
mod claims;
mod comparing;
mod deciding;
mod desk;
mod dry_run;
mod durations;
mod fill;
pub(crate) mod input;
mod line;
mod reason;
mod recording;
mod report;
mod requests;
mod runs;
mod selection;
mod strategies;

pub use background::{ProfileRuns, StartError};
pub use comparing::{CompareOptions, ComparedKey, ComparedSide, Comparison, Mean};
pub use durations::Durations;
pub use fill::{BASIC, Begun, FillError, FillOptions, ProfileFiller, plugin_of};
pub use report::{Decided, Ending, FillObserver, FillReport, Unobserved, WouldAsk};
pub use requests::{RunRequest, request_run, run_begun};
pub use runs::{RunRow, cancel, run};
pub use selection::{Profiles, Selection};
