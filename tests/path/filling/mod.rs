//! `profiles fill`: everybody gets a profile, nobody is paid for twice, and what stops goes on.

mod everybody;
mod fallback;
mod judged;
mod killed;
mod money;
mod over_graphql;
mod runs;
mod telling;
mod world;

pub(crate) use killed::CRASH_POINTS;
