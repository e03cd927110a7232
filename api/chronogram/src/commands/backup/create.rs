//! `backup create`.

use std::{process::ExitCode, time::Duration};

use chronogram_backup::{Action, BackupError, Create, Kind, LogPlace, Made, MadeBoth, Run, Target};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Doing, PRODUCT, Places, seconds, size};
use crate::{
    cli::CreateArgs,
    clock::random_bytes,
    commands::print_json,
    event_log::EventLog,
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// How long a name that nobody has is looked for.
const NAME_PATIENCE: SignedDuration = SignedDuration::from_secs(10);

pub(super) async fn run(house: &Foundation, places: &Places, arguments: CreateArgs) -> anyhow::Result<ExitCode> {
    let to = places.target(Kind::Archive, arguments.to.as_deref())?;
    let keys_to = places.target(Kind::Keys, arguments.keys_to.as_deref())?;
    let mut doing = Doing::begin(Action::Create, &to);
    let mut create = Create {
        pool: &house.pool,
        log: match &house.log {
            EventLog::Postgres(store) if house.log_is_elsewhere => LogPlace::Postgres(store.pool().clone()),
            EventLog::Postgres(_) => LogPlace::Here,
            // Not the store of this house, which opens what is sealed.
            EventLog::Kurrent(_) => LogPlace::Port(house.log.store()),
        },
        engine: &house.engine,
        to: &to,
        keys_to: &keys_to,
        keys_for: SignedDuration::from_hours(24 * i64::from(arguments.keys_days)),
        product: PRODUCT,
        at: doing.run.began_at,
        snapshot: hex::encode(random_bytes::<16>()?),
    };
    let progress = Progress::start("Backing up", Unit::Events);
    let made = loop {
        match create.run(&|done, total| progress.set(done, total)).await {
            // Another one was made in this second, and a name holds no more: this one gets the next.
            Err(BackupError::Exists(_)) if create.at < doing.run.began_at + NAME_PATIENCE => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                create.at = house.clock.now();
            }
            made => break made,
        }
    };
    progress.finish();
    match made {
        Ok(made) => {
            doing.run.file = Some(made.archive.name.clone());
            doing.run.position = Some(made.archive.manifest.position);
            doing.run.size_bytes = Some(made.archive.size_bytes);
            let run = doing.end(&house.pool, None).await;
            tell(&made, &to, &keys_to, &run, arguments.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            doing.end(&house.pool, Some(error.to_string())).await;
            Err(error.into())
        }
    }
}

fn tell(made: &MadeBoth, to: &Target, keys_to: &Target, run: &Run, json: bool) -> anyhow::Result<()> {
    let MadeBoth { archive, keys } = made;
    let manifest = &archive.manifest;
    tracing::info!(
        path = to.file_shown(&archive.name),
        size_bytes = archive.size_bytes,
        position = manifest.position.0,
        duration_seconds = seconds(run),
        status = "done",
        "backup made"
    );
    if json {
        let file = |target: &Target, made: &Made| -> Value {
            json!({
                "path": target.file_shown(&made.name),
                "size_bytes": made.size_bytes,
                "rows": made.manifest.rows(),
                "expires_at": made.manifest.expires_at,
            })
        };
        return print_json(&json!({
            "status": "done",
            "archive": file(to, archive),
            "keys": file(keys_to, keys),
            "position": manifest.position,
            "chain_head": manifest.chain_head,
            "duration_seconds": seconds(run),
        }));
    }
    println!(
        "{}  {}, {} rows, the log up to position {}, {:.1} s",
        to.file_shown(&archive.name),
        size(archive.size_bytes),
        manifest.rows(),
        manifest.position,
        seconds(run)
    );
    if let Some(hash) = &manifest.chain_head {
        println!("chain head {hash}");
    }
    let until = keys.manifest.expires_at.map(super::shown).unwrap_or_default();
    println!(
        "{}  {}, keys of people and what waits to go out, until {until}: keep it apart",
        keys_to.file_shown(&keys.name),
        size(keys.size_bytes)
    );
    Ok(())
}
