//! How policies stand: what operators see of them, in whatever process.

use std::{collections::HashMap, sync::Arc};

use chronogram_handlers::{HandleError, Handler};
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_model::policy::{FillPolicies, FillPolicy, KeptPolicy, PolicyRejection};
use jiff::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use super::{PolicyError, table};
use crate::todo::while_;

/// A policy, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStanding {
    /// The policy, and whose word it is.
    pub kept: KeptPolicy,
    /// When it is due next; `None`: it is off, or no process keeps to policies yet. In the past: it waits for its turn, or is
    /// under way.
    pub next_run_at: Option<Timestamp>,
    /// Why it does nothing although it is on: `no_model`, `no_budget`, `not_active`.
    pub rests: Option<String>,
    /// The last time.
    pub last: Option<LastTime>,
}

/// What came of a policy the last time that it was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTime {
    /// When it was done.
    pub at: Timestamp,
    /// How its run ended (`done`, `limit`, `budget_exhausted`, `cancelled`); `nobody` where nobody was to be filled; or why
    /// it rested.
    pub outcome: String,
    /// Its run, where there was one.
    pub run: Option<Uuid>,
}

/// Every policy, by name.
pub async fn standings(
    pool: &PgPool,
    store: &SharedEventStore,
    codec: &Arc<Codec>,
) -> Result<Vec<PolicyStanding>, PolicyError> {
    let state = read(store, codec).await?;
    let rows = table::rows(pool).await.map_err(while_::<PolicyError>("read when policies are due"))?;
    let mut rows: HashMap<String, table::Row> = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
    let standing = |kept: &KeptPolicy| {
        let row = rows.remove(kept.policy.name.as_str());
        let enabled = kept.policy.enabled;
        PolicyStanding {
            kept: kept.clone(),
            next_run_at: row.as_ref().filter(|_| enabled).map(|row| row.due_at),
            rests: row.as_ref().filter(|_| enabled).and_then(|row| row.rests.clone()),
            last: row.and_then(|row| {
                Some(LastTime { at: row.last_at?.to_jiff(), outcome: row.outcome?, run: row.last_run })
            }),
        }
    };
    Ok(state.all().map(standing).collect())
}

/// Makes a policy due at once; whoever keeps to policies begins within seconds, or as soon as the run under way is over.
pub async fn run_now(pool: &PgPool, policy: &FillPolicy, clock: &dyn Clock) -> Result<(), PolicyError> {
    let due = table::due_now(pool, policy, clock.now()).await;
    due.map_err(while_::<PolicyError>("make a policy due"))
}

async fn read(
    store: &SharedEventStore,
    codec: &Arc<Codec>,
) -> Result<chronogram_model::policy::PolicyState, HandleError<PolicyRejection>> {
    Handler::<FillPolicies>::new(store.clone(), codec.clone()).state(&FillPolicies::stream_name()).await
}
