//! The read model `members`: how many members channels have by UTC day, and who was seen to run them.

mod fold;
mod queries;
mod rows;

pub use fold::Members;
pub use queries::{administered_by, latest_counts, members_at_or_before, members_daily};
pub use rows::{CountRow, DailyRow};

/// Name of the projection.
pub const NAME: &str = "members";

/// Version of its tables and fold.
pub const VERSION: u32 = 1;
