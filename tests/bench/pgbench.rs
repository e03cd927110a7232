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

/// Rows inserted a second by so many clients, one commit each.
pub(crate) fn inserts_per_second(world: &World, clients: usize) -> anyhow::Result<f64> {
    let script = world.folder().join("insert.sql");
    std::fs::write(&script, SCRIPT)?;
    let clients = clients.to_string();
    let output = Command::new(program())
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--time", SECONDS, "--client", &clients, "--file"])
        .arg(&script)
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
