//! A house whose clock is moved by hand, and processes that keep to its policies.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chronogram_automations::{
    models::Models,
    policies::{Policies, PolicyParts, PolicyStanding, standings},
    profiles::ProfileRuns,
};
use chronogram_engine::Engine;
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Clock};
use chronogram_model::{
    Origin,
    person::{Person, PersonCommand},
    policy::{Audience, FillPolicies, FillPolicy, FillPolicySet, PolicyCommand, WantedProfiles},
};
use chronogram_plugin_host::NoEffects;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{plugins::world::World, world::PATIENCE};

#[derive(Debug)]
pub(super) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(super) fn advance(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(super) struct House {
    pub(super) world: World,
    pub(super) clock: Arc<ManualClock>,
}

/// A process that keeps to policies.
pub(super) struct Keeping {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Keeping {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops when told").unwrap();
    }
}

impl House {
    /// At noon; a strategy `hostile` that behaves.
    pub(super) async fn new() -> Self {
        let mut world = World::new().await;
        let noon = "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap().as_second();
        let clock = Arc::new(ManualClock(noon.into()));
        world.clock = clock.clone();
        world.activate(1, "behave", &[]).await;
        Self { world, clock }
    }

    pub(super) fn keep(&self) -> Keeping {
        self.keep_with(None)
    }

    pub(super) fn keep_with(&self, models: Option<Models>) -> Keeping {
        let (pool, store, codec) =
            (self.world.database.pool.clone(), self.world.store.clone(), self.world.codec.clone());
        let projections = chronogram_read_models::all(codec.as_ref().clone());
        let engine = Arc::new(Engine::new(pool.clone(), store.clone(), projections).unwrap());
        let (stop, filler) = (CancellationToken::new(), self.world.filler(Arc::new(NoEffects)).with_models(models));
        let runs = Arc::new(ProfileRuns::new(filler, engine, store.clone(), stop.clone()));
        let policies = Policies::new(PolicyParts { pool, store, codec, clock: self.clock.clone(), runs });
        let token = stop.clone();
        Keeping { task: tokio::spawn(async move { policies.run(token).await }), stop }
    }

    /// A policy that asks `hostile` about who has no profile, every five minutes.
    pub(super) fn policy(name: &str) -> FillPolicy {
        FillPolicy {
            name: name.parse().unwrap(),
            enabled: true,
            audience: Audience::Everybody,
            active_days: None,
            profiles: WantedProfiles::Missing,
            strategy: "hostile".into(),
            workers: 2,
            limit: None,
            schedule: "5m".parse().unwrap(),
        }
    }

    pub(super) async fn set(&self, policy: FillPolicy) {
        self.say(PolicyCommand::Set(FillPolicySet { policy, set_at: self.clock.now() })).await;
    }

    pub(super) async fn say(&self, command: PolicyCommand) {
        let handler = Handler::<FillPolicies>::new(self.world.store.clone(), self.world.codec.clone());
        handler.handle(&command, &self.context().await).await.unwrap();
    }

    pub(super) async fn about(&self, command: PersonCommand) {
        let handler = Handler::<Person>::new(self.world.store.clone(), self.world.codec.clone());
        handler.handle(&command, &self.context().await).await.unwrap();
    }

    async fn context(&self) -> Context {
        let head = self.world.store.head().await.unwrap().to_string();
        Context::new(Origin::of(&["test", &head]), Actor::Operator)
    }

    pub(super) async fn standing(&self, name: &str) -> Option<PolicyStanding> {
        let all = standings(&self.world.database.pool, &self.world.store, &self.world.codec).await.unwrap();
        all.into_iter().find(|standing| standing.kept.policy.name.as_str() == name)
    }

    /// Waits until a policy stands so.
    pub(super) async fn until(&self, name: &str, stands: impl Fn(&PolicyStanding) -> bool) -> PolicyStanding {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let standing = self.standing(name).await;
            if let Some(standing) = standing.clone().filter(&stands) {
                return standing;
            }
            assert!(tokio::time::Instant::now() < deadline, "{name}: {standing:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Waits until a policy is due then and not before.
    pub(super) async fn until_due(&self, name: &str, at: &str) -> PolicyStanding {
        let at: Timestamp = format!("2026-11-{at}Z").parse().unwrap();
        self.until(name, |standing| standing.next_run_at == Some(at)).await
    }

    pub(super) async fn runs(&self) -> i64 {
        sqlx::query_scalar("select count(*) from filling.run").fetch_one(&self.world.database.pool).await.unwrap()
    }

    /// A moment that lies so many minutes behind now.
    pub(super) fn minutes_ago(&self, minutes: i64) -> Timestamp {
        self.clock.now() - SignedDuration::from_mins(minutes)
    }
}
