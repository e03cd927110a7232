//! The read model `people`: who they are, what they wrote in numbers, and the profiles strategies filled.

mod enrichments;
mod filling;
mod fold;
mod profiles;
mod queries;
mod rows;
mod sample;
mod statistics;
mod vips;
mod write;

pub use enrichments::{count_enrichment_failures_of, count_enrichments_of, enrichment_failures_of, enrichments_of};
pub use filling::{ToFill, Unfilled, count_people_to_fill, people_to_fill};
pub use fold::People;
pub use queries::{
    PersonFilter, PersonOrder, conversations_of, count_people, people, people_by_id, people_counts, private_chat_of,
    profile_fields_of,
};
pub use rows::{
    EnrichmentFailureRow, EnrichmentRow, PeopleCount, PersonConversationRow, PersonRow, ProfileFieldRow,
    ProfileStatistics, StrategyStatistics,
};
pub use sample::people_sample;
pub use statistics::profile_statistics;
pub use vips::vips;

/// Name of the projection.
pub const NAME: &str = "people";

/// Version of its tables and fold.
pub const VERSION: u32 = 4;
