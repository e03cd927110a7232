//! Fill policies, as operators see them.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};
use chronogram_automations::policies::{LastTime, PolicyError, PolicyStanding, standings};
use chronogram_model::policy::{Audience, PolicyName, WantedProfiles};
use jiff::Timestamp;

use super::{ProfileRun, deps};
use crate::{
    errors::{Code, Failure, Nullable},
    ports::SchemaDeps,
    scalars::Long,
};

/// Whom a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum PolicyAudience {
    /// Everybody.
    Everybody,
    /// VIPs: who stands on the operators' list, or was seen with Telegram Premium.
    Vip,
    /// Everybody but VIPs.
    Others,
}

/// Which profiles a policy fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum PolicyProfiles {
    /// Those that are missing.
    Missing,
    /// Those that were filled longer than `days` ago; they are made anew.
    Outdated,
    /// Those that are missing, that another strategy was asked for, or that were filled longer than `days` ago.
    NotByStrategy,
}

impl From<PolicyAudience> for Audience {
    fn from(audience: PolicyAudience) -> Self {
        match audience {
            PolicyAudience::Everybody => Self::Everybody,
            PolicyAudience::Vip => Self::Vip,
            PolicyAudience::Others => Self::Others,
        }
    }
}

/// A fill policy: whose profiles are filled by which strategy, and when.
pub(crate) struct FillPolicy(PolicyStanding);

/// The last time that a policy was due.
pub(crate) struct PolicyTime(LastTime);

/// Every policy, by name.
pub(crate) async fn fill_policies(deps: &SchemaDeps) -> Result<Vec<FillPolicy>, Failure> {
    Ok(standings(&deps.pool, &deps.store, &deps.codec).await?.into_iter().map(FillPolicy).collect())
}

impl FillPolicy {
    /// The one of this name.
    pub(crate) async fn of(deps: &SchemaDeps, name: &PolicyName) -> Result<Self, Failure> {
        let found = fill_policies(deps).await?.into_iter().find(|policy| policy.0.kept.policy.name == *name);
        found.ok_or_else(|| Failure::new(Code::NotFound, format!("there is no fill policy {name}")))
    }

    /// What it says.
    pub(crate) fn policy(&self) -> &chronogram_model::policy::FillPolicy {
        &self.0.kept.policy
    }
}

/// A fill policy: whose profiles are filled by which strategy, and when.
#[Object]
impl FillPolicy {
    /// Its name.
    async fn name(&self) -> &str {
        self.policy().name.as_str()
    }

    /// Whether it holds.
    async fn enabled(&self) -> bool {
        self.policy().enabled
    }

    /// It came with the program, and no operator said anything about it.
    async fn shipped(&self) -> bool {
        self.0.kept.shipped
    }

    /// Whom it is about.
    async fn audience(&self) -> PolicyAudience {
        match self.policy().audience {
            Audience::Everybody => PolicyAudience::Everybody,
            Audience::Vip => PolicyAudience::Vip,
            Audience::Others => PolicyAudience::Others,
        }
    }

    /// Only who wrote within so many days; null: whenever they wrote.
    async fn active_days(&self) -> Option<u32> {
        self.policy().active_days
    }

    /// Which of their profiles.
    async fn profiles(&self) -> PolicyProfiles {
        match self.policy().profiles {
            WantedProfiles::Missing => PolicyProfiles::Missing,
            WantedProfiles::Outdated { .. } => PolicyProfiles::Outdated,
            WantedProfiles::NotByStrategy { .. } => PolicyProfiles::NotByStrategy,
        }
    }

    /// The days of `profiles`; null for `MISSING`.
    async fn days(&self) -> Option<u32> {
        match self.policy().profiles {
            WantedProfiles::Missing => None,
            WantedProfiles::Outdated { days } | WantedProfiles::NotByStrategy { days } => Some(days),
        }
    }

    /// The strategy that is asked.
    async fn strategy(&self) -> &str {
        &self.policy().strategy
    }

    /// Questions to models at the same time.
    async fn workers(&self) -> i32 {
        self.policy().workers.into()
    }

    /// No more people than this in one run; null: all.
    async fn limit(&self) -> Option<Long> {
        self.policy().limit.map(|limit| Long(i64::try_from(limit).unwrap_or(i64::MAX)))
    }

    /// When: `10m`, `6h`, or a time of day in UTC, `03:00`.
    async fn schedule(&self) -> String {
        self.policy().schedule.to_string()
    }

    /// When it is due next; null: it is off, or no process with the role automations saw it yet. In the past: it waits
    /// for its turn, or is under way.
    async fn next_run_at(&self) -> Option<Timestamp> {
        self.0.next_run_at
    }

    /// Why it does nothing although it is on: `no_model`, `no_budget` (of what was shipped, where nothing limits what
    /// models cost), `not_active`; null: it does what it says.
    async fn rests(&self) -> Option<&str> {
        self.0.rests.as_deref()
    }

    /// The last time that it was due; null: it never was.
    async fn last_time(&self) -> Option<PolicyTime> {
        self.0.last.clone().map(PolicyTime)
    }
}

/// The last time that a policy was due.
#[Object]
impl PolicyTime {
    /// When it was done.
    async fn at(&self) -> Timestamp {
        self.0.at
    }

    /// How its run ended: `done`, `limit`, `budget_exhausted`, `cancelled`; `nobody` where nobody was to be filled; or why
    /// it rested.
    async fn outcome(&self) -> &str {
        &self.0.outcome
    }

    /// Its run; null where there was none, or nothing is remembered of it.
    async fn run(&self, ctx: &Context<'_>) -> Nullable<ProfileRun> {
        let read = async || -> Result<Option<ProfileRun>, Failure> {
            match self.0.run {
                Some(run) => ProfileRun::find(deps(ctx)?, run).await,
                None => Ok(None),
            }
        };
        read().await.transpose()
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Todo(_) | PolicyError::Policies(_) => Self::unavailable("the event store", Arc::new(error)),
            PolicyError::Start(error) => error.into(),
            error @ PolicyError::Plugin(_) => Self::internal(Arc::new(error)),
        }
    }
}
