//! Projections, as operators see them.

use async_graphql::{Context, ID, Object};
use chronogram_engine::{CopyStatus, Job, ParkedEvent};
use jiff::Timestamp;

use super::deps;
use crate::{
    errors::{Code, Failure},
    gate::Needs,
    ports::{ProjectionStatus, SchemaDeps},
    principal::Role,
    scalars::Long,
};

/// A projection: what folds the log into one read model.
#[derive(Clone, PartialEq)]
pub(crate) struct Projection(pub(crate) ProjectionStatus, pub(crate) Vec<Job>);

/// Tables of a projection beside the live ones.
struct ProjectionCopy(CopyStatus);

/// An event that a projection could not apply.
struct Parked(ParkedEvent);

/// Work on projections that somebody asked for.
pub(crate) struct ProjectionJob(pub(crate) Job);

/// How the projections are. Work on them is read first: whoever sees that it is done sees what it did.
pub(crate) async fn projections(deps: &SchemaDeps) -> Result<Vec<Projection>, Failure> {
    let jobs = deps.engine.jobs_of_each().await?;
    let status = deps.projections.status().await;
    let status = status.map_err(|cause| Failure::unavailable("the state of the projections", cause.into()))?;
    let of = |name: &str| jobs.iter().filter(|job| job.name.as_deref() == Some(name)).cloned().collect();
    Ok(status
        .into_iter()
        .map(|one| {
            let jobs = of(one.name);
            Projection(one, jobs)
        })
        .collect())
}

/// How this one is.
pub(crate) async fn projection_named(ctx: &Context<'_>, name: &str) -> Result<Projection, Failure> {
    let found = projections(deps(ctx)?).await?.into_iter().find(|projection| projection.0.name == name);
    found.ok_or_else(|| Failure::new(Code::NotFound, "there is no such projection"))
}

/// Lags and versions are far below 2⁶³.
fn long(number: u64) -> Long {
    Long(i64::try_from(number).unwrap_or(i64::MAX))
}

#[allow(clippy::cast_precision_loss)] // a lag of 2⁵³ ms is longer than Telegram is old
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// A projection: what folds the log into one read model.
#[Object]
impl Projection {
    /// Its name: `conversations`.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// Version of its tables and fold.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// How far it has folded the log.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// Where the log ended when this was asked.
    async fn head(&self) -> Long {
        self.0.head.into()
    }

    /// Events between the two.
    async fn lag_events(&self) -> Long {
        long(self.0.lag_events)
    }

    /// Age of the oldest event it has yet to fold, in milliseconds; 0 at the head.
    async fn lag_ms(&self) -> Long {
        long(self.0.lag_ms)
    }

    /// Age of the oldest event it has yet to fold, in seconds; 0 at the head.
    async fn lag_seconds(&self) -> f64 {
        seconds(self.0.lag_ms)
    }

    /// Events a second that it folded of late; 0 when it stands.
    async fn rate(&self) -> f64 {
        self.0.rate
    }

    /// Seconds to the head at this rate; 0 at the head, null where it stands.
    async fn time_left(&self) -> Option<f64> {
        self.0.time_left_seconds
    }

    /// What it is doing: `running`, `idle`, `stopped`.
    async fn state(&self) -> &str {
        self.0.state.as_str()
    }

    /// Why it stopped, where it did.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// Events that wait to be tried again or skipped.
    async fn parked(&self) -> u32 {
        self.0.parked
    }

    /// Events that were left out.
    async fn skipped(&self) -> u32 {
        self.0.skipped
    }

    /// Those that wait and those that were left out. For operators and admins.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn parked_events(&self, ctx: &Context<'_>) -> Result<Vec<Parked>, Failure> {
        Ok(deps(ctx)?.engine.parked(Some(self.0.name)).await?.into_iter().map(Parked).collect())
    }

    /// A rebuild, under way, interrupted or done.
    async fn next(&self) -> Option<ProjectionCopy> {
        self.0.next.map(ProjectionCopy)
    }

    /// What was live before the last switch.
    async fn previous(&self) -> Option<ProjectionCopy> {
        self.0.previous.map(ProjectionCopy)
    }

    /// What stands as the log once was.
    async fn as_of(&self) -> Option<ProjectionCopy> {
        self.0.as_of.map(ProjectionCopy)
    }

    /// The newest work that was asked for on it, newest first, at most 20. For operators and admins.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn jobs(&self) -> Vec<ProjectionJob> {
        self.1.iter().cloned().map(ProjectionJob).collect()
    }
}

/// Tables of a projection beside the live ones.
#[Object]
impl ProjectionCopy {
    /// How far the log is in them.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// Where they end: the head when it was last looked at, or the moment they show.
    async fn until(&self) -> Long {
        self.0.until.into()
    }

    /// Events a second that went in of late; 0 when nobody works on them.
    async fn rate(&self) -> f64 {
        self.0.rate
    }

    /// Seconds that remain at this rate; null where nobody works on them.
    async fn time_left(&self) -> Option<f64> {
        self.0.time_left_seconds
    }

    /// They are built: they can be compared, switched to, asked.
    async fn ready(&self) -> bool {
        self.0.ready
    }
}

/// An event that a projection could not apply. What it says is not told here.
#[Object(name = "ParkedEvent")]
impl Parked {
    /// Its place in the log.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// Its stream; null where the event itself cannot be read.
    async fn stream(&self) -> Option<&str> {
        self.0.stream.as_deref()
    }

    /// Its type; null where the event itself cannot be read.
    #[graphql(name = "type")]
    async fn event_type(&self) -> Option<&str> {
        self.0.event_type.as_deref()
    }

    /// What is wrong: `poison` (the fold refuses it), `refused` (the database refuses its rows), `panicked`, `corrupt`.
    async fn kind(&self) -> &str {
        self.0.kind.as_str()
    }

    /// More of that.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How often it was tried.
    async fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// When it was tried first.
    async fn parked_at(&self) -> Timestamp {
        self.0.parked_at
    }

    /// When it was tried last.
    async fn tried_at(&self) -> Timestamp {
        self.0.tried_at
    }

    /// When it was left out; null while it waits.
    async fn skipped_at(&self) -> Option<Timestamp> {
        self.0.skipped.as_ref().map(|skipped| skipped.at)
    }

    /// Who left it out.
    async fn skipped_by(&self) -> Option<&str> {
        self.0.skipped.as_ref().map(|skipped| skipped.by.as_str())
    }

    /// Why it was left out.
    async fn why(&self) -> Option<&str> {
        self.0.skipped.as_ref().map(|skipped| skipped.why.as_str())
    }
}

/// Work on projections that somebody asked for.
#[Object]
impl ProjectionJob {
    /// Its number.
    async fn id(&self) -> ID {
        ID::from(self.0.id)
    }

    /// `rebuild`, `switch`, `rollback`, `as_of`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The projection; null where it is every one.
    async fn projection(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// `queued`, `running`, `done`, `failed`.
    async fn state(&self) -> &str {
        &self.0.state
    }

    /// Who asked for it.
    async fn asked_by(&self) -> &str {
        &self.0.asked_by
    }

    /// When.
    async fn asked_at(&self) -> Timestamp {
        self.0.asked_at
    }

    /// When it was done, or failed.
    async fn ended_at(&self) -> Option<Timestamp> {
        self.0.ended_at
    }

    /// Why it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }
}
