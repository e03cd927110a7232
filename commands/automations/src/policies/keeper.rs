//! Looks what is due, begins its run, and notes what came of it.
//!
//! A time that is due stands in the table until its run is over, and the run's id is made of policy and time. So whoever
//! comes behind one that was killed begins the same run, which goes on where it was, or finds that it is over.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use chronogram_log::crash_point;
use chronogram_model::{
    Origin,
    policy::{FillPolicy, KeptPolicy, PolicyName, PolicyState},
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Policies, PolicyError, rest,
    table::{self, Row, Settled},
};
use crate::{
    leadership::{Led, pulse},
    plugins::PluginError,
    profiles::{self, FillError, FillOptions, Selection, StartError},
    todo::while_,
};

/// The lock's number: nobody else's in this database.
const LOCK: i64 = 0x6368_726f_706f_6c69;
/// How often it looks what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long a policy is left alone whose run stopped for a reason of the house's own.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(1);
/// People looked up at once.
const BATCH: u32 = 500;

/// What this leader is at.
#[derive(Default)]
struct Desk {
    under_way: Option<UnderWay>,
    /// Policies that are left alone until then.
    left_alone: HashMap<String, Timestamp>,
}

struct UnderWay {
    name: String,
    run: Uuid,
}

#[async_trait]
impl Led for Policies {
    type Error = PolicyError;

    const NAME: &'static str = "policies";

    fn pool(&self) -> &PgPool {
        &self.parts.pool
    }

    fn lock(&self) -> i64 {
        LOCK
    }

    async fn work(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), PolicyError> {
        let mut desk = Desk::default();
        while !stop.is_cancelled() {
            self.look(connection, &mut desk, stop).await?;
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(LOOK) => {} }
        }
        Ok(())
    }
}

impl Policies {
    async fn look(
        &self,
        connection: &mut PgConnection,
        desk: &mut Desk,
        stop: &CancellationToken,
    ) -> Result<(), PolicyError> {
        let now = self.parts.clock.now();
        let policies = self.policies.state(&chronogram_model::policy::FillPolicies::stream_name()).await?;
        let rows = table::plan(connection, &policies, now).await.map_err(while_::<PolicyError>("plan policies"))?;
        let due = |row: &&Row| row.due_at <= now;
        for row in &rows {
            let Some(kept) = kept(&policies, row) else { continue };
            self.look_whether_it_rests(connection, row, kept).await?;
        }
        tell(&rows, &policies, now, desk.under_way.as_ref());
        if let Some(under_way) = desk.under_way.take() {
            if self.parts.runs.under_way().await == Some(under_way.run) {
                desk.under_way = Some(under_way);
                return Ok(());
            }
            // Where tests kill it: the run is over, and that is not noted yet.
            crash_point("policies.run_over");
            if !self.settled_run(connection, &policies, &under_way.name, under_way.run).await? {
                desk.left_alone.insert(under_way.name, later(now, AFTER_FAILURE));
            }
            return Ok(());
        }
        // Somebody started one: what is due waits for it.
        if self.parts.runs.under_way().await.is_some() {
            return Ok(());
        }
        for row in rows.iter().filter(due) {
            let Some(kept) = kept(&policies, row) else { continue };
            if desk.left_alone.get(&row.name).is_some_and(|until| *until > now) {
                continue;
            }
            desk.left_alone.remove(&row.name);
            match self.take_up(connection, &policies, row, kept, stop).await {
                Ok(Some(run)) => {
                    desk.under_way = Some(UnderWay { name: row.name.clone(), run });
                    return Ok(());
                }
                Ok(None) => {}
                // A strategy that cannot be had holds up no policy but its own.
                Err(PolicyError::Start(StartError::Fill(FillError::Plugin(error)))) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(policy = row.name, error, "the strategy of a fill policy cannot be had");
                    desk.left_alone.insert(row.name.clone(), later(now, AFTER_FAILURE));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn look_whether_it_rests(
        &self,
        connection: &mut PgConnection,
        row: &Row,
        kept: &KeptPolicy,
    ) -> Result<(), PolicyError> {
        let rests = self.rests(kept).await?;
        if rests == row.rests.as_deref() {
            return Ok(());
        }
        if let Some(why) = rests {
            tracing::warn!(policy = row.name, why, "a fill policy rests");
        } else {
            tracing::info!(policy = row.name, "a fill policy rests no more");
        }
        table::tell_rest(connection, &row.name, rests).await.map_err(while_("say that a policy rests"))
    }

    /// Why a policy that is on does nothing.
    async fn rests(&self, kept: &KeptPolicy) -> Result<Option<&'static str>, PolicyError> {
        if !kept.policy.enabled {
            return Ok(None);
        }
        let (plugins, models) = self.parts.runs.means();
        Ok(rest::rest_of(kept, plugins, models).await?.map(rest::Rest::as_str))
    }

    /// Begins what is due, or goes on with it; `None` where there is nothing to do.
    async fn take_up(
        &self,
        connection: &mut PgConnection,
        policies: &PolicyState,
        row: &Row,
        kept: &KeptPolicy,
        stop: &CancellationToken,
    ) -> Result<Option<Uuid>, PolicyError> {
        let (now, policy) = (self.parts.clock.now(), &kept.policy);
        if !policy.enabled {
            let next = policy.schedule.next_after(Some(row.due_at), now);
            table::put_off(connection, &row.name, next).await.map_err(while_::<PolicyError>("put a policy off"))?;
            return Ok(None);
        }
        if let Some(why) = self.rests(kept).await? {
            self.settle(connection, policy, row.due_at, None, why).await?;
            return Ok(None);
        }
        let run = run_of(policy, row.due_at);
        let known = profiles::run(&self.parts.pool, run).await.map_err(while_::<PolicyError>("look for a run"))?;
        if let Some(known) = &known {
            if self.settled_run(connection, policies, &row.name, run).await? {
                return Ok(None);
            }
            if !known.may_be_gone_on_with(now) {
                // Nobody was at it for a day: made up for once, by a run of its own.
                table::put_off(connection, &row.name, now).await.map_err(while_::<PolicyError>("put a policy off"))?;
                return Ok(None);
            }
        }
        let begun = tokio::select! {
            begun = self.begin(policy, run, known.is_some()) => begun,
            error = pulse(connection) => return Err(while_("keep the lock of policies")(error)),
            () = stop.cancelled() => return Ok(None),
        };
        match begun {
            Ok(Some(run)) => Ok(Some(run)),
            Ok(None) => {
                self.settle(connection, policy, row.due_at, None, "nobody").await?;
                Ok(None)
            }
            // Somebody started one; this one waits.
            Err(StartError::UnderWay(_)) => Ok(None),
            Err(StartError::Fill(FillError::Plugin(PluginError::NotActive(_)))) => {
                self.settle(connection, policy, row.due_at, None, rest::Rest::NotActive.as_str()).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Begins the run of a policy, unless there is nobody to fill; one that was begun is brought to its end.
    async fn begin(&self, policy: &FillPolicy, run: Uuid, is_known: bool) -> Result<Option<Uuid>, StartError> {
        let selection = Selection::of_policy(policy);
        if !is_known && self.parts.runs.count(&selection).await? == 0 {
            return Ok(None);
        }
        let options = FillOptions {
            strategy: policy.strategy.clone(),
            selection,
            workers: policy.workers.into(),
            batch_size: BATCH,
            limit: policy.limit,
            dry_run: false,
            run,
        };
        let run = self.parts.runs.start(options).await?;
        tracing::info!(policy = policy.name.as_str(), run = %run, "a fill policy is due");
        Ok(Some(run))
    }

    /// Notes the end of a run; false where it did not come to one.
    async fn settled_run(
        &self,
        connection: &mut PgConnection,
        policies: &PolicyState,
        name: &str,
        run: Uuid,
    ) -> Result<bool, PolicyError> {
        let known = profiles::run(&self.parts.pool, run).await.map_err(while_::<PolicyError>("look for a run"))?;
        let Some(outcome) = known.and_then(|run| run.outcome) else { return Ok(false) };
        let rows = table::rows(&mut *connection).await.map_err(while_::<PolicyError>("read when policies are due"))?;
        // One that was removed meanwhile has nothing to be noted.
        if let Some(row) = rows.iter().find(|row| row.name == name)
            && let Some(kept) = kept(policies, row)
        {
            self.settle(connection, &kept.policy, row.due_at, Some(run), &outcome).await?;
        }
        Ok(true)
    }

    async fn settle(
        &self,
        connection: &mut PgConnection,
        policy: &FillPolicy,
        due_at: Timestamp,
        run: Option<Uuid>,
        outcome: &str,
    ) -> Result<(), PolicyError> {
        let at = self.parts.clock.now();
        let next = policy.schedule.next_after(Some(due_at), at);
        let settled = Settled { run, outcome, at, next };
        let noted = table::settle(connection, policy.name.as_str(), settled).await;
        noted.map_err(while_::<PolicyError>("note what came of a policy"))?;
        let (name, outcome) = (policy.name.to_string(), outcome.to_owned());
        metrics::counter!("profile_policy_due_total", "policy" => name, "outcome" => outcome).increment(1);
        Ok(())
    }
}

/// Says how many rest, and for how long the most overdue one waits.
fn tell(rows: &[Row], policies: &PolicyState, now: Timestamp, under_way: Option<&UnderWay>) {
    let enabled = |row: &&Row| kept(policies, row).is_some_and(|kept| kept.policy.enabled);
    let resting = rows.iter().filter(enabled).filter(|row| row.rests.is_some()).count();
    let waiting = rows.iter().filter(enabled).filter(|row| under_way.is_none_or(|at| at.name != row.name));
    let late = waiting.map(|row| now.duration_since(row.due_at).as_secs_f64()).fold(0.0, f64::max);
    metrics::gauge!("profile_policies_resting").set(f64::from(u32::try_from(resting).unwrap_or(u32::MAX)));
    metrics::gauge!("profile_policy_late_seconds").set(late);
}

fn kept<'a>(policies: &'a PolicyState, row: &Row) -> Option<&'a KeptPolicy> {
    policies.get(&row.name.parse::<PolicyName>().ok()?)
}

/// The run of a policy and a time.
fn run_of(policy: &FillPolicy, due_at: Timestamp) -> Uuid {
    Origin::of(&["fill policy", policy.name.as_str(), &due_at.to_string()]).event().0
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
