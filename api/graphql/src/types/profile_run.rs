//! Runs that fill profiles, as operators see them.

use async_graphql::{Context, ID, Json, Object};
use chronogram_automations::profiles::{self, RunRow};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::{deps, parse_id};
use crate::{
    errors::{Code, Failure},
    ports::SchemaDeps,
    scalars::Long,
};

/// Who says nothing for so long is gone: a run at work says something every second.
const SILENCE: SignedDuration = SignedDuration::from_mins(1);

/// A run that fills profiles.
pub(crate) struct ProfileRun {
    row: RunRow,
    now: Timestamp,
}

/// A run by its id, if it is remembered.
pub(crate) async fn profile_run(ctx: &Context<'_>, id: &ID) -> Result<Option<ProfileRun>, Failure> {
    ProfileRun::find(deps(ctx)?, parse_id::<Uuid>("id", id)?).await
}

impl ProfileRun {
    /// If it is remembered.
    pub(crate) async fn find(deps: &SchemaDeps, id: Uuid) -> Result<Option<Self>, Failure> {
        Ok(profiles::run(&deps.pool, id).await?.map(|row| Self { row, now: deps.clock.now() }))
    }

    /// One that has to be there.
    pub(crate) async fn of(deps: &SchemaDeps, id: Uuid) -> Result<Self, Failure> {
        let found = Self::find(deps, id).await?;
        found.ok_or_else(|| Failure::new(Code::NotFound, format!("nothing is known of run {id}")))
    }

    fn count(&self, name: &str) -> Long {
        Long(self.row.report.get(name).and_then(Value::as_i64).unwrap_or_default())
    }
}

/// A run that fills profiles.
#[Object]
impl ProfileRun {
    /// A UUID.
    async fn id(&self) -> ID {
        ID::from(self.row.id)
    }

    /// The strategy asked for.
    async fn strategy(&self) -> &str {
        &self.row.strategy
    }

    /// `running`; `done`; stopped: `limit`, `budget_exhausted`, `cancelled`; `cut_off` where nothing was heard of it for a
    /// minute, which the same wish goes on with; `abandoned` where nobody wished so for a day.
    async fn state(&self) -> &str {
        match &self.row.outcome {
            Some(outcome) => outcome,
            None if self.now.duration_since(self.row.told_at) > SILENCE => "cut_off",
            None => "running",
        }
    }

    /// When it was begun.
    async fn began_at(&self) -> Timestamp {
        self.row.began_at
    }

    /// When it last said how far it is.
    async fn told_at(&self) -> Timestamp {
        self.row.told_at
    }

    /// Whom it was about when it was last begun.
    async fn people(&self) -> Long {
        Long(self.row.people)
    }

    /// People asked about since then.
    async fn done(&self) -> Long {
        self.count("people")
    }

    /// Profiles filled since then.
    async fn filled(&self) -> Long {
        self.count("enriched")
    }

    /// Tokens that models took.
    async fn tokens(&self) -> Long {
        self.count("tokens")
    }

    /// What models cost, in the currency of their prices.
    async fn cost(&self) -> Decimal {
        let cost = self.row.report.get("cost").and_then(Value::as_str);
        cost.and_then(|cost| cost.parse().ok()).unwrap_or_default()
    }

    /// Everything it counts: who decided, fallbacks and failures by their reason, durations.
    async fn report(&self) -> Json<Value> {
        Json(self.row.report.clone())
    }
}
