//! The Bot API's edge: a request becomes a method with checked parameters, an outcome becomes Telegram's envelope.

mod answer;
mod body;
mod call;
mod check;
mod download;
mod parameters;
pub(crate) mod path;
pub(crate) mod table;

pub(crate) use answer::{ApiError, Outcome};
pub(crate) use call::{Call, carry_out_reply, handle};
pub(crate) use download::download;
pub(crate) use parameters::{Parameters, Upload};
