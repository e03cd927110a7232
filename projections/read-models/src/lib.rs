//! What can be read: conversations, people, channels and their members, reminders and counts of events, folded from the
//! log into Postgres.
//!
//! One module a read model: its tables, its fold, its queries. Every query is one statement, takes any executor and
//! expects the read models' schemas on its `search_path` (see [`search_path`]); every filter and order offered has
//! an index in the module's `indexes.sql`.

use std::sync::Arc;

use chronogram_engine::Projection;
use chronogram_log::Codec;

pub mod channels;
mod columns;
pub mod conversations;
mod erasure;
mod error;
pub mod event_counts;
pub mod members;
mod observed;
pub mod page;
pub mod people;
mod range;
pub mod reminders;

pub use error::QueryError;
pub use page::{Cursor, Direction, PAGE_DEFAULT, PAGE_MAX, Page, PageError, PageRequest, Sorted};
pub use range::{DAYS_MAX, TimeRange};

/// Every read model, ready to be run by the engine.
pub fn all(codec: Codec) -> Vec<Arc<dyn Projection>> {
    vec![
        Arc::new(conversations::Conversations::new(codec.clone())),
        Arc::new(people::People::new(codec.clone())),
        Arc::new(channels::Channels::new(codec.clone())),
        Arc::new(members::Members::new(codec.clone())),
        Arc::new(reminders::Reminders::new(codec)),
        Arc::new(event_counts::EventCounts),
    ]
}

/// The `search_path` that queries of this crate need: the live schema of every read model, then `public`.
pub fn search_path() -> String {
    let live = [
        (conversations::NAME, conversations::VERSION),
        (people::NAME, people::VERSION),
        (channels::NAME, channels::VERSION),
        (members::NAME, members::VERSION),
        (reminders::NAME, reminders::VERSION),
        (event_counts::NAME, event_counts::VERSION),
    ];
    let mut path: Vec<String> = live.iter().map(|(name, version)| format!("{name}_v{version}")).collect();
    path.push("public".to_owned());
    path.join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_search_path_names_every_read_model_and_then_public() {
        assert_eq!(
            super::search_path(),
            "conversations_v3, people_v4, channels_v2, members_v1, reminders_v2, event_counts_v1, public"
        );
    }
}
