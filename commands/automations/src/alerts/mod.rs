//! Alerts on channels: what a strategy is told of one.

mod input;

pub(crate) use input::{alert_input, day_of};
