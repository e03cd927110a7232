//! The objects that queries answer with, one file a read model.
#![allow(clippy::unused_async, reason = "async-graphql takes resolvers as async functions only")]

mod channel;
mod content;
mod conversation;
mod events;
mod fill_policy;
mod members;
mod names;
mod outbox;
mod person;
mod profile;
mod profile_run;
mod projection;
mod reminder;
mod reply;
mod service;

use std::str::FromStr;

use async_graphql::{Context, ID, InputObject};
use chronogram_read_models::TimeRange;
use jiff::{Timestamp, civil::Date};
use sqlx::PgPool;

use crate::{as_of::PastPool, errors::Failure, ports::SchemaDeps};

pub(crate) use channel::*;
pub(crate) use conversation::*;
pub(crate) use events::*;
pub(crate) use fill_policy::*;
pub(crate) use members::*;
pub(crate) use outbox::*;
pub(crate) use person::*;
pub(crate) use profile::*;
pub(crate) use profile_run::*;
pub(crate) use projection::*;
pub(crate) use reminder::*;
pub(crate) use reply::*;
pub(crate) use service::*;

/// A range of time. An absent end is open.
#[derive(Clone, Copy, Debug, Default, InputObject)]
#[graphql(name = "TimeRange")]
pub(crate) struct TimeRangeInput {
    /// From this moment on.
    gte: Option<Timestamp>,
    /// Before this moment.
    lt: Option<Timestamp>,
}

impl From<TimeRangeInput> for TimeRange {
    fn from(range: TimeRangeInput) -> Self {
        Self { from: range.gte, to: range.lt }
    }
}

/// Days whose counts cost as much as one field: they are read in one go.
const DAYS_AT_ONCE: usize = 10;

/// How many days lie between two.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// What counts of so many days cost.
pub(crate) fn days_cost(days: i64, child: usize) -> usize {
    let days = usize::try_from(days).unwrap_or(0);
    (days.saturating_mul(child) / DAYS_AT_ONCE).saturating_add(1)
}

/// What the schema stands on.
pub(crate) fn deps<'a>(ctx: &Context<'a>) -> Result<&'a SchemaDeps, Failure> {
    ctx.data_opt::<SchemaDeps>().ok_or_else(|| Failure::miswired("the schema was built without its dependencies"))
}

/// Connections to the read models: those of now, or of the past below `asOf`.
pub(crate) fn pool<'a>(ctx: &Context<'a>) -> Result<&'a PgPool, Failure> {
    match ctx.data_opt::<PastPool>() {
        Some(PastPool(pool)) => Ok(pool),
        None => Ok(&deps(ctx)?.pool),
    }
}

/// The typed id in `argument`.
pub(crate) fn parse_id<T>(argument: &str, id: &ID) -> Result<T, Failure>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    id.parse().map_err(|error| Failure::input(argument, error))
}
