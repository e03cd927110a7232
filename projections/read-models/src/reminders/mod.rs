//! The read model `reminders`: what people want to be told, when, and what became of it.

mod fold;
mod queries;
mod rows;

pub use fold::Reminders;
pub use queries::{ReminderFilter, count_reminders, reminders, reminders_by_id};
pub use rows::ReminderRow;

/// Name of the projection.
pub const NAME: &str = "reminders";

/// Version of its tables and fold.
pub const VERSION: u32 = 2;
