//! GraphQL: the schema itself, with many requests at the same time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chronogram_automations::people::Eraser;
use chronogram_engine::Engine;
use chronogram_graphql::{AsOf, PortError, Principal, ProjectionStatus, ProjectionsView, Role, SchemaDeps, schema};
use chronogram_http::async_graphql::Request;
use chronogram_intake::Intake;
use chronogram_log::Position;

use crate::{
    table::Table,
    world::{WallClock, World},
};

const CALLERS: usize = 16;
const REQUESTS_PER_CALLER: usize = 100;
const QUERY: &str = "{ conversations(first: 1) { nodes { id messages(first: 20) {
    nodes { id text sentAt sender { id displayName } } pageInfo { hasNextPage } } } } }";

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let random = Arc::new(|| Err("nothing is appended while this is measured".into()));
    let intake = Intake::new(world.store.clone(), world.codec.clone(), Arc::new(WallClock), random);
    let engine = Arc::new(Engine::new(world.pool.clone(), world.store.clone(), Vec::new())?);
    let (pool, store, codec) = (world.pool.clone(), world.store.clone(), world.codec.clone());
    let eraser = Eraser::new(pool, engine.clone(), store, codec, world.keys().await?, Arc::new(WallClock));
    let schema = schema(SchemaDeps {
        pool: world.queries.clone(),
        store: world.store.clone(),
        codec: world.codec.clone(),
        projections: Arc::new(Still),
        engine,
        intake: Arc::new(intake),
        eraser: Arc::new(eraser),
        profile_runs: None,
        clock: Arc::new(WallClock),
    });
    let principal = Principal { name: "bench".to_owned(), role: Role::Operator };
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (schema, principal) = (schema.clone(), principal.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(REQUESTS_PER_CALLER);
                for _ in 0..REQUESTS_PER_CALLER {
                    let asked = Instant::now();
                    let answer = schema.execute(Request::new(QUERY).data(principal.clone())).await;
                    anyhow::ensure!(answer.errors.is_empty(), "{:?}", answer.errors);
                    latencies.push(asked.elapsed());
                }
                Ok(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    #[allow(clippy::cast_precision_loss)] // a few thousand
    let rate = latencies.len() as f64 / elapsed.as_secs_f64();
    let p99 = latencies.get(latencies.len() * 99 / 100).copied().unwrap_or_default();
    table.row("GraphQL, 20 messages with senders", rate, "requests/s", None, "statements a request, and CPU");
    table.row("GraphQL p99, 16 callers", p99.as_secs_f64() * 1e3, "ms", None, "16 callers on the cores there are");
    Ok(())
}

/// Nothing is appended while this is measured.
struct Still;

#[async_trait]
impl ProjectionsView for Still {
    async fn status(&self) -> Result<Vec<ProjectionStatus>, PortError> {
        Ok(Vec::new())
    }

    async fn wait_for(&self, _: Position, _: Duration) -> bool {
        true
    }

    fn as_of(&self) -> Option<AsOf> {
        None
    }
}
