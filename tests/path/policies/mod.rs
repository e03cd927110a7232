//! Fill policies: profiles are filled by themselves, once for each time, whatever is killed.

mod keeping;
mod killed;
mod resting;
mod typed;
mod world;

pub(crate) use killed::CRASH_POINTS;
