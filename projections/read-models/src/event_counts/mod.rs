//! The read model `event_counts`: how many events of each type were recorded on each day (UTC).

mod fold;
mod queries;

pub use fold::EventCounts;
pub use queries::{EventCountFilter, EventCountRow, count_events, event_counts};

/// Name of the projection.
pub const NAME: &str = "event_counts";

/// Version of its tables and fold.
pub const VERSION: u32 = 1;
