//! A small projection whose rows give away every event that is applied twice, left out or out of order.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Position, RecordedEvent};
use sqlx::PgConnection;
use tokio::sync::watch;

const TABLES: &str = "
    create table tally (stream text primary key, events bigint not null, last_position bigint not null);
    create table applied (position bigint primary key, parity integer not null check (parity in (0, 1)));";

/// Counts the events of each stream and keeps the position of each event.
pub(crate) struct Tally {
    pub(crate) name: &'static str,
    pub(crate) tables_sql: &'static str,
    pub(crate) types: Option<&'static [&'static str]>,
    pub(crate) switches: Arc<Switches>,
}

/// What a test changes while it runs.
pub(crate) struct Switches {
    /// The event that the fold refuses by name; 0: none.
    pub(crate) poison_at: AtomicU64,
    /// The event whose row breaks a constraint; 0: none.
    pub(crate) break_at: AtomicU64,
    /// The event at which the fold panics; 0: none.
    pub(crate) panic_at: AtomicU64,
    /// Events passed to the fold.
    pub(crate) passed: AtomicU64,
    /// A batch that reaches past this position waits until it is raised.
    pub(crate) gate: watch::Sender<u64>,
    /// The last position of the batch that waits at the gate.
    pub(crate) at_gate: watch::Sender<u64>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            poison_at: AtomicU64::new(0),
            break_at: AtomicU64::new(0),
            panic_at: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            gate: watch::Sender::new(u64::MAX),
            at_gate: watch::Sender::new(0),
        }
    }
}

impl Tally {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, tables_sql: TABLES, types: Some(&["SeatTaken"]), switches: Arc::default() }
    }
}

#[async_trait]
impl Projection for Tally {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables_sql(&self) -> &'static str {
        self.tables_sql
    }

    fn indexes_sql(&self) -> &'static str {
        "create index tally_by_events on tally (events);"
    }

    fn tables(&self) -> &'static [TableKey] {
        &[TableKey { table: "tally", key: &["stream"] }, TableKey { table: "applied", key: &["position"] }]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        self.types
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let switches = &self.switches;
        let last = batch.last().unwrap().position.0;
        if last > *switches.gate.borrow() {
            switches.at_gate.send_replace(last);
            switches.gate.subscribe().wait_for(|gate| *gate >= last).await.unwrap();
        }
        switches.passed.fetch_add(batch.len() as u64, Ordering::SeqCst);
        let mut rows: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let (mut positions, mut parities) = (Vec::new(), Vec::new());
        for event in batch {
            let position = event.position;
            assert_ne!(position.0, switches.panic_at.load(Ordering::SeqCst), "the test wants a panic");
            if position == Position(switches.poison_at.load(Ordering::SeqCst)) {
                return Err(ApplyError::Poison { position, reason: "the test says so".to_owned() });
            }
            let row = rows.entry(event.stream.as_str()).or_default();
            *row = (row.0 + 1, position.as_i64());
            positions.push(position.as_i64());
            let broken = position.0 == switches.break_at.load(Ordering::SeqCst);
            parities.push(if broken { 2 } else { i32::from(position.0 % 2 == 1) });
        }
        let streams: Vec<&str> = rows.keys().copied().collect();
        let (counts, lasts): (Vec<i64>, Vec<i64>) = rows.values().copied().unzip();
        sqlx::query(
            "insert into tally (stream, events, last_position) select * from unnest($1::text[], $2::bigint[], $3::bigint[]) \
             on conflict (stream) do update set events = tally.events + excluded.events, \
             last_position = excluded.last_position",
        )
        .bind(streams)
        .bind(counts)
        .bind(lasts)
        .execute(&mut *connection)
        .await?;
        // No `on conflict`: an event applied twice breaks the primary key.
        sqlx::query("insert into applied (position, parity) select * from unnest($1::bigint[], $2::integer[])")
            .bind(positions)
            .bind(parities)
            .execute(connection)
            .await?;
        Ok(())
    }
}
