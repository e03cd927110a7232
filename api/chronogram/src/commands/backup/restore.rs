//! `backup restore`: beside the living database, then in its place in one step.

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use chronogram_backup::{
    Action, BackupError, KeysRestored, Kind, Manifest, Opened, Prepared, Purpose, Replaced, bring_into_living,
};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use super::{Doing, Places, beside::Beside, shown};
use crate::{
    cli::RestoreArgs,
    commands::{WRONG_USAGE, interruptible},
    foundation::{Foundation, Server},
    progress::{Progress, Unit},
    settings::Settings,
};

pub(super) async fn run(settings: &Settings, places: &Places, arguments: RestoreArgs) -> anyhow::Result<ExitCode> {
    if settings.event_store_url.is_some() {
        anyhow::bail!(
            "EVENT_STORE_URL is set: a restore puts log and all into one database, in one step. Run it without \
             EVENT_STORE_URL, and Chronogram too from then on (docs/operators/backup.md, \"Where the log lies elsewhere\")"
        );
    }
    let keys = match &arguments.keys {
        Some(keys) => Some(places.open(Kind::Keys, keys).await?.1),
        None => None,
    };
    let Some(file) = &arguments.file else {
        return match keys {
            Some(keys) => keys_alone(settings, &keys).await,
            None => Ok(ExitCode::from(WRONG_USAGE)), // clap asks for one of them
        };
    };
    let (target, archive) = places.open(Kind::Archive, file).await?;
    let keys = match keys {
        None => of_the_same_moment(places, archive.manifest()).await?,
        given => given,
    };
    if !arguments.yes
        && let Some(code) = refused(&target.file_shown(archive.name()), archive.manifest())?
    {
        return Ok(code);
    }
    let server = Server::open(settings).await?;
    let doing = Doing::begin(Action::Restore, &target).of(&archive);
    let restored = restore(settings, &server, &archive, keys.as_ref(), &arguments, doing).await;
    server.close().await?;
    restored
}

/// The keys that were made with an archive, where they lie where keys do: with them what waited to go out comes back too.
async fn of_the_same_moment(places: &Places, archive: &Manifest) -> anyhow::Result<Option<Opened>> {
    let target = places.target(Kind::Keys, None)?;
    let source = match target.open(&Kind::Keys.file_name(archive.created_at)).await {
        Err(BackupError::NotFound(_)) => return Ok(None),
        source => source?,
    };
    let keys = Opened::read(source).await?.must_be(Kind::Keys)?;
    if !keys.manifest().is_of_the_moment_of(archive) {
        return Ok(None);
    }
    println!("With the keys of the same moment: {}", target.file_shown(keys.name()));
    Ok(Some(keys))
}

/// Says what will be lost and asks. Some code: it is not to be done.
fn refused(path: &str, manifest: &Manifest) -> anyhow::Result<Option<ExitCode>> {
    eprintln!(
        "This replaces ALL data of this Chronogram by {path},\nmade {} with the log up to position {}. What came since \
         is lost.",
        shown(manifest.created_at),
        manifest.position
    );
    if !std::io::stdin().is_terminal() {
        eprintln!("error: nobody can be asked here; --yes says that you mean it");
        return Ok(Some(ExitCode::from(WRONG_USAGE)));
    }
    eprint!("Type yes to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        return Ok(None);
    }
    eprintln!("Nothing was changed.");
    Ok(Some(ExitCode::FAILURE))
}

async fn restore(
    settings: &Settings,
    server: &Server,
    archive: &Opened,
    keys: Option<&Opened>,
    arguments: &RestoreArgs,
    doing: Doing,
) -> anyhow::Result<ExitCode> {
    let at = doing.run.began_at;
    let beside = Beside { settings, living: &server.options, purpose: Purpose::Restore, at };
    let is_older = keys.is_some_and(|keys| keys.manifest().position < archive.manifest().position);
    let in_place = async {
        let prepared = beside.interruptible(prepare(&beside, archive, keys)).await?;
        let restored = prepared.keys.clone();
        Ok((restored, prepared.switch(arguments.keep_old, at).await?))
    };
    let (keys, replaced): (KeysRestored, Replaced) = match in_place.await {
        Ok(done) => done,
        Err(error) => {
            if let Ok(living) = PgPool::connect_with(server.options.clone()).await {
                doing.end(&living, Some(format!("{error:#}"))).await;
                living.close().await;
            }
            return Err(error);
        }
    };
    println!("{} is in place: the log up to position {}.", archive.name(), archive.manifest().position);
    if let Replaced::Kept(name) = &replaced {
        println!("What was there is kept as database {name}; drop it when you need it no more.");
    }
    tell_of_keys(&keys);
    if is_older {
        println!(
            "The file of keys is older than the archive: of who first spoke between, only the living database had keys."
        );
    }
    if keys.unreadable {
        return Ok(ExitCode::SUCCESS);
    }
    let house = Foundation::open_on(settings, server.options.clone()).await?;
    let rebuilt = interruptible(rebuild(&house)).await;
    doing.end(&house.pool, rebuilt.as_ref().err().map(|error| format!("{error:#}"))).await;
    house.close().await?;
    rebuilt
}

/// A restored database that this release can work on.
async fn prepare(beside: &Beside<'_>, archive: &Opened, keys: Option<&Opened>) -> anyhow::Result<Prepared> {
    let prepared = beside.prepare(archive, keys).await?;
    if prepared.keys.unreadable {
        return Ok(prepared);
    }
    // A wrong master key, a log that cannot be brought to this version: better known before than after.
    let opened = async { beside.open(&prepared).await?.close().await };
    match opened.await {
        Ok(()) => Ok(prepared),
        Err(error) => {
            prepared.drop().await?;
            Err(error)
        }
    }
}

fn tell_of_keys(keys: &KeysRestored) {
    if keys.unreadable {
        println!(
            "The words of people in it are SEALED, and no key to them is here: nothing was rebuilt, and Chronogram cannot \
             run on it until `chronogram backup restore --keys FILE` brings them."
        );
        return;
    }
    println!("{} keys of people open their words, {} are destroyed and stay so.", keys.living, keys.destroyed);
    if !keys.deliveries {
        println!(
            "What waited to go out, and reminders that were yet to be told, are not in an archive: they are gone."
        );
    }
    if keys.other_house {
        println!("The keys of the database that was replaced were another house's and went with it.");
    }
}

/// Read models are in no backup: they are made of the log.
async fn rebuild(house: &Foundation) -> anyhow::Result<ExitCode> {
    let head = house.store.head().await?;
    let progress = Progress::start("Rebuilding the read models", Unit::Events);
    let done = house.engine.catch_up(head, &|step| progress.set(step.done, step.total)).await;
    progress.finish();
    done?;
    println!("The read models are rebuilt.");
    Ok(ExitCode::SUCCESS)
}

/// For a log that was restored without its keys.
async fn keys_alone(settings: &Settings, keys: &Opened) -> anyhow::Result<ExitCode> {
    let server = Server::open(settings).await?;
    let brought = async {
        let mut living = server.options.connect().await?;
        let brought = bring_into_living(keys, &mut living).await?;
        living.close().await?;
        anyhow::Ok(brought)
    };
    let restored = match brought.await {
        Ok(brought) => {
            println!("{} keys of people are here, {} are destroyed and stay so.", brought.living, brought.destroyed);
            let house = Foundation::open_on(settings, server.options.clone()).await?;
            let rebuilt = interruptible(rebuild(&house)).await;
            house.close().await?;
            rebuilt
        }
        Err(error) => Err(error),
    };
    server.close().await?;
    restored
}
