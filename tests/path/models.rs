//! Models are asked over a real socket, and what they say and cost is in the log and in the accounts.

mod budgets;
mod cut_short;
mod failing;
mod forgetting;
mod once;
mod schemas;
mod world;

pub(crate) use cut_short::CRASH_POINTS;
