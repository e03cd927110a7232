//! `backup list`.

use std::process::ExitCode;

use chronogram_backup::{BackupError, Listed, Opened, Verifications, Verified, verified};
use jiff::Timestamp;
use serde_json::json;

use super::{Places, shown, size};
use crate::{
    commands::{DONE_WITH_FAULTS, print_json},
    foundation::Foundation,
};

pub(super) async fn run(
    house: &Foundation,
    places: &Places,
    from: Option<String>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let verified = verified(&house.pool).await?;
    let now = house.clock.now();
    if !json {
        println!("{:<52} {:<8} {:>8} {:>10} {:>12}  VERIFIED", "BACKUP", "HOLDS", "AGE", "SIZE", "POSITION");
    }
    let mut all_good = true;
    for target in places.targets(from.as_deref())? {
        for listed in target.list().await? {
            let path = target.file_shown(&listed.name);
            all_good &= listed.opened.is_ok();
            print(&path, &listed, &verified, now, json)?;
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

fn print(path: &str, listed: &Listed, verified: &Verifications, now: Timestamp, json: bool) -> anyhow::Result<()> {
    let last = verified.get(&listed.name);
    match &listed.opened {
        Ok(opened) if json => {
            let manifest = opened.manifest();
            print_json(&json!({
                "path": path,
                "holds": manifest.kind,
                "created_at": manifest.created_at,
                "expires_at": manifest.expires_at,
                "size_bytes": opened.size(),
                "position": manifest.position,
                "chain_head": manifest.chain_head,
                "product": manifest.product,
                "verified_at": last.map(|last| last.at),
                "verified_good": last.map(|last| last.good),
            }))
        }
        Err(error) if json => print_json(&json!({ "path": path, "holds": listed.kind, "error": error.to_string() })),
        Ok(opened) => {
            print_line(path, opened, last, now);
            Ok(())
        }
        Err(error) => {
            println!("{path:<52} {:<8} {}", listed.kind.as_str(), brief(error));
            Ok(())
        }
    }
}

fn print_line(path: &str, opened: &Opened, last: Option<&Verified>, now: Timestamp) {
    let manifest = opened.manifest();
    let verified = match (last, manifest.expires_at) {
        (Some(Verified { at, good: true }), _) => shown(*at),
        (Some(Verified { at, good: false }), _) => format!("FAILED {}", shown(*at)),
        (None, Some(until)) if until <= now => "expired: prune removes it".to_owned(),
        (None, Some(until)) => format!("expires {}", shown(until)),
        (None, None) => "never".to_owned(),
    };
    println!(
        "{path:<52} {:<8} {:>8} {:>10} {:>12}  {verified}",
        manifest.kind.as_str(),
        age(manifest.created_at, now),
        size(opened.size()),
        manifest.position.0
    );
}

fn brief(error: &BackupError) -> String {
    match error {
        BackupError::NotABackup { detail, .. } => format!("NOT WHOLE: {detail}"),
        BackupError::Damaged { part, .. } => format!("DAMAGED in {part}"),
        other => other.to_string(),
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_secs().max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
