//! Appends: the store alone, and a whole command (load, decide, encode, append).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Append, ExpectedRevision, JsonText, NewEvent, SharedEventStore};
use chronogram_model::{
    ClientId, CommandId, ConversationId, EventId, MessageContent, Origin, PersonId, Personal, StreamName,
    conversation::{Conversation, RecordMessage},
};
use jiff::Timestamp;

use crate::{pgbench, table::Table, world::World};

/// Callers at the same time; the baseline's clients cannot pass the server's connections.
const CALLERS: [usize; 4] = [1, 8, 32, 256];
const PGBENCH_CLIENTS_MAX: usize = 32;
const MEASURE: Duration = Duration::from_secs(5);
const TEXT_BYTES: usize = 200;

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    for callers in CALLERS {
        let clients = callers.min(PGBENCH_CLIENTS_MAX);
        let inserts = pgbench::inserts_per_second(world, clients)?;
        let baseline = format!("pgbench c={clients}");
        let appends = appends(world, callers).await?;
        if callers == 1 {
            let statement = pgbench::appends_per_second(world)?;
            let bound = "one fsync, five indexes: the most one caller can get";
            table.row("the append statement by pgbench", statement, "events/s", Some((&baseline, inserts)), bound);
        }
        let bound = if callers == 1 { "one fsync and one round trip an append" } else { "fsync a batch, then CPU" };
        table.row(&format!("append, {callers} callers"), appends, "events/s", Some((&baseline, inserts)), bound);
        let commands = commands(world, callers).await?;
        let what = format!("whole command, {callers} callers");
        table.row(
            &what,
            commands,
            "commands/s",
            Some(("append alone", appends)),
            "deciding and encoding, beside the store",
        );
    }
    Ok(())
}

/// Runs `work` in so many callers until the time is up; how often a second it ran.
async fn rate<F, W>(callers: usize, work: W) -> anyhow::Result<f64>
where
    W: Fn(usize, u64) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|caller| {
            let (work, done) = (work.clone(), done.clone());
            tokio::spawn(async move {
                let mut round = 0;
                while started.elapsed() < MEASURE {
                    work(caller, round).await?;
                    round += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    #[allow(clippy::cast_precision_loss)] // a count of seconds' work
    Ok(done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

async fn appends(world: &World, callers: usize) -> anyhow::Result<f64> {
    let (store, run) = (world.store.clone(), callers);
    let data = JsonText::of(&serde_json::json!({ "text": "x".repeat(TEXT_BYTES) }))?;
    rate(callers, move |caller, round| {
        let (store, data) = (store.clone(), data.clone());
        async move {
            let stream = StreamName::try_from(format!("bench-{run}.{caller}"))?;
            let origin = Origin::of(&["bench", &run.to_string(), &caller.to_string(), &round.to_string()]);
            let command_id = CommandId::of(origin, "Bench", &stream);
            let event = NewEvent {
                id: EventId::of(command_id, 0),
                event_type: "BenchEvent".into(),
                version: 1,
                data,
                metadata: JsonText::from_trusted("{}".to_owned()),
            };
            let expected = ExpectedRevision::Any;
            store.append(Append { command_id, fingerprint: None, stream, expected, events: vec![event] }).await?;
            Ok(())
        }
    })
    .await
}

/// Appends of as many people at once, each saying something of their own.
pub(crate) async fn appends_of_people(
    store: &SharedEventStore,
    run: &'static str,
    people: usize,
) -> anyhow::Result<f64> {
    let store = store.clone();
    rate(people, move |person, round| {
        let store = store.clone();
        async move {
            let stream = StreamName::try_from(format!("bench-{run}.{person}"))?;
            let origin = Origin::of(&["bench people", run, &person.to_string(), &round.to_string()]);
            let command_id = CommandId::of(origin, "Bench", &stream);
            let words = Personal::of(PersonId::Telegram(i64::try_from(person)?), "x".repeat(TEXT_BYTES));
            let event = NewEvent {
                id: EventId::of(command_id, 0),
                event_type: "BenchEvent".into(),
                version: 1,
                data: JsonText::of(&serde_json::json!({ "content": words }))?,
                metadata: JsonText::from_trusted("{}".to_owned()),
            };
            let expected = ExpectedRevision::Any;
            store.append(Append { command_id, fingerprint: None, stream, expected, events: vec![event] }).await?;
            Ok(())
        }
    })
    .await
}

async fn commands(world: &World, callers: usize) -> anyhow::Result<f64> {
    let handler = Arc::new(Handler::<Conversation>::new(world.store.clone(), world.codec.clone()));
    let run = callers;
    rate(callers, move |caller, round| {
        let handler = handler.clone();
        async move {
            let client = ClientId::try_from(format!("bench-{run}-{caller}"))?;
            let at = Timestamp::from_second(1_700_000_000 + i64::try_from(round)?)?;
            let text = "x".repeat(TEXT_BYTES);
            let command = RecordMessage {
                conversation: ConversationId::Api(client.clone()),
                person: PersonId::Api(client),
                content: MessageContent { text, ..MessageContent::default() },
                sent_at: at,
                received_at: at,
                has_idempotency_key: true,
            };
            let origin = Origin::of(&["bench command", &run.to_string(), &caller.to_string(), &round.to_string()]);
            handler.handle(&command, &Context::new(origin, Actor::Operator)).await?;
            Ok(())
        }
    })
    .await
}
