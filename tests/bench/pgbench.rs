//! The baseline of appends: Postgres' own pgbench, inserting single rows of the same size into the same cluster.

use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::world::World;

/// Seconds of one measurement.
const SECONDS: &str = "5";
/// What a row carries: as much as an event of the measurement.
const SCRIPT: &str = "insert into bench_row (data) values ('{\"text\":\"0123456789012345678901234567890123456789012345\
67890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901\
2345678901234567890123456789012345678901234567890\"}');";

/// The statement that appends one event, with chance for ids: what of an append is Postgres' own work.
const APPEND: &str = "with fence as (
    update es.head set position = position + 1 where id = 1 returning position, clock_timestamp() as at
), event as (
    insert into es.event (position, stream, revision, event_id, type, version, data, meta, recorded_at, hash)
    select position, 'bench-pgbench.1', position, gen_random_uuid(), 'BenchEvent', 1,
        ('{\"text\":\"' || repeat('x', 200) || '\"}')::json, '{}'::json, at, sha256(timestamptz_send(at)) from fence
), command as (
    insert into es.command (command_id, first_position, last_position) select gen_random_uuid(), position, position
    from fence
), told as (
    select pg_notify('es', position::text) from fence
)
select 1 from fence left join told on true;";

/// Rows inserted a second by so many clients, one commit each.
pub(crate) fn inserts_per_second(world: &World, clients: usize) -> anyhow::Result<f64> {
    run(world, "insert.sql", SCRIPT, clients)
}

/// Events a second that one client appends by the store's own statement, without a store.
pub(crate) fn appends_per_second(world: &World) -> anyhow::Result<f64> {
    run(world, "append.sql", APPEND, 1)
}

fn run(world: &World, name: &str, script: &str, clients: usize) -> anyhow::Result<f64> {
    let file = world.folder().join(name);
    std::fs::write(&file, script)?;
    let clients = clients.to_string();
    let output = Command::new(program())
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--time", SECONDS, "--client", &clients, "--file"])
        .arg(&file)
        .arg(world.url())
        .output()
        .context("run pgbench")?;
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    let figure = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    figure.context("pgbench prints tps")?.parse().context("tps is a number")
}

/// Beside the server's other programs in Debian, else on the PATH.
fn program() -> String {
    let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin/pgbench"))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().map_or_else(|| "pgbench".to_owned(), |path| path.display().to_string())
}
