//! What operators do with projections. Work on their tables is done by the process that keeps them: the answer is a job.

use async_graphql::{Context, Object};
use chronogram_engine::Work;
use chronogram_log::Position;
use jiff::Timestamp;

use crate::{
    as_of::moment,
    errors::{Code, Failure},
    gate::Needs,
    ports::IdempotencyKey,
    principal::{Principal, Role},
    scalars::{Long, position_of},
    types::{Projection, ProjectionJob, deps, projection_named},
};

/// Characters of a reason: a sentence or two.
const WHY_CHARS_MAX: usize = 500;

/// What operators do with projections.
#[derive(Default)]
pub(crate) struct ProjectionMutation;

/// What operators do with projections.
#[Object]
impl ProjectionMutation {
    /// Builds a projection anew beside the live one, which goes on answering; a build that was interrupted goes on.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn rebuild_projection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name: `conversations`.")] name: String,
        #[graphql(desc = "Make it live when it is built.", default)] switch: bool,
    ) -> Result<ProjectionJob, Failure> {
        ask_for(ctx, Work::Rebuild { name, switch }).await
    }

    /// Makes a rebuilt projection live; the one before is kept for a rollback.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn switch_projection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name: `conversations`.")] name: String,
    ) -> Result<ProjectionJob, Failure> {
        ask_for(ctx, Work::Switch { name }).await
    }

    /// Makes the projection live again that was so before the last switch, once it is as far as the one of now.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn rollback_projection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name: `conversations`.")] name: String,
    ) -> Result<ProjectionJob, Failure> {
        ask_for(ctx, Work::Rollback { name }).await
    }

    /// Builds every read model as it was, for `asOf`; what was built of another moment goes.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn build_as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position that counts; give it or `time`.")] position: Option<Long>,
        #[graphql(desc = "What was recorded until then counts; give it or `position`.")] time: Option<Timestamp>,
    ) -> Result<ProjectionJob, Failure> {
        let until = moment(deps(ctx)?, position, time).await?;
        ask_for(ctx, Work::AsOf { until }).await
    }

    /// Has the event tried again that stopped a projection. `CONFLICT` where none did.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn retry_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The projection's name.")] projection: String,
    ) -> Result<Projection, Failure> {
        deps(ctx)?.engine.retry_parked(&projection).await?;
        projection_named(ctx, &projection).await
    }

    /// Leaves the event out that stopped a projection, for good. Who and why are kept. `CONFLICT` where it is not this
    /// event that stopped it.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn skip_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The projection's name.")] projection: String,
        #[graphql(desc = "The event's position.")] position: Long,
        #[graphql(desc = "Why, for those who come after you: 1 to 500 characters.")] why: String,
    ) -> Result<Projection, Failure> {
        let length = why.trim().chars().count();
        if !(1..=WHY_CHARS_MAX).contains(&length) || why.contains('\0') {
            return Err(Failure::input("why", "say why in 1 to 500 characters, none of them U+0000"));
        }
        let position: Position = position_of(&position.0.into())
            .ok_or_else(|| Failure::input("position", "a position is a whole number from 0"))?;
        deps(ctx)?.engine.skip_parked(&projection, position, &principal(ctx)?.name, why.trim()).await?;
        projection_named(ctx, &projection).await
    }
}

fn principal<'a>(ctx: &Context<'a>) -> Result<&'a Principal, Failure> {
    ctx.data_opt().ok_or_else(|| Failure::new(Code::Unauthenticated, "send a token"))
}

async fn ask_for(ctx: &Context<'_>, work: Work) -> Result<ProjectionJob, Failure> {
    let key = ctx.data_opt::<IdempotencyKey>().map(|key| key.0.as_str());
    Ok(ProjectionJob(deps(ctx)?.engine.ask_for(&work, &principal(ctx)?.name, key).await?))
}
