//! `backup verify`: restored beside the living database, checked, replayed, compared, dropped. The living one is asked for
//! its keys, and for nothing else.

use std::process::ExitCode;

use chronogram_backup::{Action, Kind, LogKept, Manifest, Opened, Prepared, Purpose, discard};
use chronogram_engine::ReadModelChecksum;
use chronogram_event_store::{LogReport, examine_log};
use chronogram_log::{Fault, Position};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Doing, Places, beside::Beside};
use crate::{
    commands::{DONE_WITH_FAULTS, print_json},
    foundation::{Foundation, Server},
    progress::{Progress, Unit},
    settings::Settings,
};

pub(super) async fn run(
    settings: &Settings,
    places: &Places,
    file: &str,
    keys: Option<&str>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let (target, archive) = places.open(Kind::Archive, file).await?;
    let keys = match keys {
        Some(keys) => Some(places.open(Kind::Keys, keys).await?.1),
        None => None,
    };
    let server = Server::open(settings).await?;
    let doing = Doing::begin(Action::Verify, &target).of(&archive);
    let at = doing.run.began_at;
    let beside = Beside { settings, living: &server.options, purpose: Purpose::Verify, at };
    let verified = beside.interruptible(verify(&beside, &archive, keys.as_ref())).await;
    let error = match &verified {
        Ok(report) => report.faults.first().cloned(),
        Err(error) => Some(format!("{error:#}")),
    };
    if let Ok(living) = PgPool::connect_with(server.options.clone()).await {
        doing.end(&living, error).await;
        living.close().await;
    }
    server.close().await?;
    let report = verified?;
    tell(&archive, &report, json)?;
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

/// What was found.
#[derive(Default)]
struct Report {
    faults: Vec<String>,
    /// What is as it must be, or cannot be said.
    remarks: Vec<String>,
    read_models: Vec<(String, &'static str, u64)>,
}

async fn verify(beside: &Beside<'_>, archive: &Opened, keys: Option<&Opened>) -> anyhow::Result<Report> {
    let prepared = beside.prepare(archive, keys).await?;
    let found = compare(beside, archive.manifest(), &prepared).await;
    // Also after a failure, and whatever still holds a connection.
    discard(beside.living, beside.purpose, beside.at).await?;
    found
}

async fn compare(beside: &Beside<'_>, manifest: &Manifest, prepared: &Prepared) -> anyhow::Result<Report> {
    let mut report = Report::default();
    if prepared.keys.unreadable {
        report.faults.push(
            "the words in it are sealed and there is no key to them: read models were not compared (--keys)".to_owned(),
        );
        let pool = PgPool::connect_with(prepared.options()).await?;
        let log = check_log(&pool, manifest, &mut report).await;
        pool.close().await;
        log?;
        return Ok(report);
    }
    let house = beside.open(prepared).await?;
    let compared = async {
        check_log(&house.pool, manifest, &mut report).await?;
        read_models(&house, manifest, prepared, &mut report).await
    };
    let compared = compared.await;
    house.close().await?;
    compared?;
    Ok(report)
}

async fn check_log(pool: &PgPool, manifest: &Manifest, report: &mut Report) -> anyhow::Result<()> {
    let progress = Progress::start("Checking the chain", Unit::Events);
    let examined = examine_log(pool, Position::START, &|done, total| progress.set(done, total)).await;
    progress.finish();
    let LogReport { head, hash, faults, .. } = examined?;
    // A server that keeps the log counts positions in its own way.
    let counts = |fault: &Fault| manifest.log == LogKept::Rows || fault.invariant == "I7";
    for fault in faults.into_iter().filter(counts) {
        let at = fault.position.map(|position| format!(" at position {position}")).unwrap_or_default();
        report.faults.push(format!("the log{at}: {} ({})", fault.detail, fault.invariant));
    }
    if head != manifest.position {
        report.faults.push(format!("the log ends at {head}, the manifest says {}", manifest.position));
    }
    match &manifest.chain_head {
        Some(noted) if *noted != hash.to_string() => {
            report.faults.push(format!("the chain ends with {hash}, the manifest says {noted}"));
        }
        Some(_) => report.remarks.push(format!("chain of {head} positions whole, head {hash}")),
        None => report.remarks.push("it was made before logs were chained".to_owned()),
    }
    Ok(())
}

/// Replays each read model to where it stood, and compares. Erasures since change what a replay gives.
async fn read_models(
    house: &Foundation,
    manifest: &Manifest,
    prepared: &Prepared,
    report: &mut Report,
) -> anyhow::Result<()> {
    let erased_since: i64 = sqlx::query_scalar("select count(*) from person.key where erased_at > $1::timestamptz")
        .bind(manifest.created_at.to_string())
        .fetch_one(&house.pool)
        .await?;
    if erased_since > 0 {
        report.remarks.push(format!("{erased_since} keys were destroyed since: their words are gone from it too"));
    }
    if prepared.keys.other_house {
        report.remarks.push("the living database is another house's: its keys were left alone".to_owned());
    }
    for was in &manifest.read_models {
        let now = replay(house, was).await?;
        let rows = was.tables.iter().map(|table| table.rows).sum();
        let verdict = match now {
            None => "of another version, not compared",
            Some(now) if now.tables == was.tables => "equal",
            Some(_) if erased_since > 0 => "differs, as erasures since must make it",
            Some(now) => {
                let differing = was.tables.iter().zip(&now.tables).filter(|(was, now)| was != now);
                let tables: Vec<&str> = differing.map(|(was, _)| was.table.as_str()).collect();
                report.faults.push(format!(
                    "read model {} at position {}: a replay gives other rows in {}",
                    was.name,
                    was.position,
                    tables.join(", ")
                ));
                "DIFFERS"
            }
        };
        report.read_models.push((was.name.clone(), verdict, rows));
    }
    Ok(())
}

/// What the read model holds after a replay to the same position; `None`: this release has another version of it.
async fn replay(house: &Foundation, was: &ReadModelChecksum) -> anyhow::Result<Option<ReadModelChecksum>> {
    let progress = Progress::start(&format!("Replaying {}", was.name), Unit::Events);
    let name = was.name.as_str();
    if !house.engine.names().any(|known| known == name) {
        return Ok(None);
    }
    let built = house.engine.build_as_of(&[name], was.position, &|step| progress.set(step.done, step.total)).await;
    progress.finish();
    built?;
    let now = house.engine.checksum_as_of(name, was.position).await?;
    Ok((now.version == was.version).then_some(now))
}

fn tell(archive: &Opened, report: &Report, json: bool) -> anyhow::Result<()> {
    let manifest = archive.manifest();
    if json {
        let tables: Vec<Value> =
            manifest.parts.iter().map(|part| json!({ "table": part.table, "rows": part.rows })).collect();
        let read_models = report.read_models.iter();
        let read_models: Vec<Value> = read_models
            .map(|(name, verdict, rows)| json!({ "name": name, "verdict": verdict, "rows": rows }))
            .collect();
        return print_json(&json!({
            "file": archive.name(),
            "good": report.faults.is_empty(),
            "created_at": manifest.created_at,
            "position": manifest.position,
            "chain_head": manifest.chain_head,
            "tables": tables,
            "read_models": read_models,
            "remarks": report.remarks,
            "faults": report.faults,
        }));
    }
    for part in &manifest.parts {
        println!("{:<28} {:>12} rows restored", part.table, part.rows);
    }
    for (name, verdict, rows) in &report.read_models {
        println!("{name:<28} {rows:>12} rows replayed, {verdict}");
    }
    for remark in &report.remarks {
        println!("{remark}");
    }
    for fault in &report.faults {
        println!("FAULT: {fault}");
    }
    match report.faults.len() {
        0 => println!("{} can be restored: everything in it is as it was written.", archive.name()),
        faults => println!("{} has {faults} faults.", archive.name()),
    }
    Ok(())
}
