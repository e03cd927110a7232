//! What can be watched.

use std::time::Duration;

use async_graphql::{Context, ID, Subscription};
use chronogram_engine::CopyStatus;
use futures::stream::{self, BoxStream, StreamExt};

use crate::{
    errors::Failure,
    new_messages::NewMessages,
    ports::{ProjectionStatus, SchemaDeps},
    types::{Message, Projection, deps, parse_id, projections},
};

/// How often the state of projections is looked at: people watch a figure, and a look reads a row a projection.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// The root of subscriptions.
pub struct Subscription;

/// What can be watched, over WebSocket with the subprotocol `graphql-transport-ws`. A subscription selects exactly one
/// field. One that fails ends: subscribe again.
#[Subscription]
#[allow(clippy::unused_async, reason = "async-graphql takes resolvers as async functions only")]
impl Subscription {
    /// Messages that are new, each once, in the order of the log, as soon as the read models hold them. A message that
    /// an import brings again is not new.
    async fn message_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this conversation: `<bot>.<chat>`, `export.<chat>` or `api.<client>`.")]
        conversation: Option<ID>,
    ) -> Result<BoxStream<'static, Result<Message, Failure>>, Failure> {
        let conversation = conversation.map(|id| parse_id("conversation", &id)).transpose()?;
        let messages = NewMessages::from_now_on(deps(ctx)?.clone(), conversation).await?;
        let messages = stream::try_unfold(messages, |mut messages| async move {
            let row = messages.next().await?;
            Ok(Some((Message(row), messages)))
        });
        Ok(messages.boxed())
    }

    /// Every projection and how far it is behind the log: now, and whenever that has changed, at most once a second.
    async fn projection_progress(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, Result<Vec<Projection>, Failure>>, Failure> {
        let progress = stream::try_unfold((deps(ctx)?.clone(), None), |(deps, last)| async move {
            let seen = changed(&deps, last).await?;
            Ok(Some((seen.clone(), (deps, Some(seen)))))
        });
        Ok(progress.boxed())
    }
}

/// The state of the projections as soon as it is another than `last`.
async fn changed(deps: &SchemaDeps, last: Option<Vec<Projection>>) -> Result<Vec<Projection>, Failure> {
    loop {
        if last.is_some() {
            tokio::time::sleep(PROGRESS_EVERY).await;
        }
        let seen = projections(deps).await?;
        if last.as_deref().map(without_pace) != Some(without_pace(&seen)) {
            return Ok(seen);
        }
    }
}

/// A pace that fades away is no news.
fn without_pace(seen: &[Projection]) -> Vec<Projection> {
    let still = |copy: CopyStatus| CopyStatus { rate: 0.0, time_left_seconds: None, ..copy };
    let each = seen.iter().cloned().map(|Projection(one, jobs)| {
        let status = ProjectionStatus {
            rate: 0.0,
            time_left_seconds: None,
            lag_ms: 0,
            next: one.next.map(still),
            previous: one.previous.map(still),
            as_of: one.as_of.map(still),
            ..one
        };
        Projection(status, jobs)
    });
    each.collect()
}
