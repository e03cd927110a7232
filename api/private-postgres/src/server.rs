//! Makes sure a server runs on the cluster and answers, and stops it. To be called under the start lock.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::account::Account;
use crate::place::{Place, make_folder, remove_tree};
use crate::postmaster::{Postmaster, pid_file, processes_in};
use crate::programs::Programs;
use crate::settings::{self, Durability};
use crate::{PrivatePostgresError, connect_options, socket_folder};

/// After a crash the server replays its log of writes first: at most a gigabyte or so, minutes on a slow disk.
const START_PATIENCE: Duration = Duration::from_mins(5);
/// A fast stop writes one checkpoint of 128 MB shared buffers; beyond this it hangs.
const STOP_PATIENCE: Duration = Duration::from_mins(1);
/// An immediate stop writes nothing, and processes whose postmaster was killed notice within moments.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);
/// How much of a log or of a program's output an error quotes.
const LAST_LINES: usize = 15;
const TAIL_BYTES: u64 = 8 * 1024;

/// Starts or joins the server; the folder of its socket.
pub(crate) async fn run(
    data: &Path,
    place: &Place,
    account: &Account,
    durability: Durability,
) -> Result<PathBuf, PrivatePostgresError> {
    let cluster = place.cluster();
    let mut running = Postmaster::find(&cluster, account.uid);
    if let Some(postmaster) = running.take_if(|postmaster| postmaster.stopping) {
        wait_until_gone(&postmaster, STOP_PATIENCE).await?;
    }
    // One that has just been told to stop may not show it yet: it goes while we wait, and we start the next.
    let joined = match running {
        Some(_) => wait_until_it_answers(place, account, &Start::default()).await?,
        None => None,
    };
    let (socket_folder, mut connection) = if let Some(answering) = joined {
        answering
    } else {
        let start = start(place, account, durability).await?;
        wait_until_it_answers(place, account, &start).await?.ok_or_else(|| {
            remove_socket_folder(&start.socket_folder);
            not_answering(place, "did not start".to_owned(), start.log_before)
        })?
    };

    let fsync: String = sqlx::query_scalar("show fsync")
        .fetch_one(&mut connection)
        .await
        .map_err(PrivatePostgresError::database("read its settings"))?;
    connection.close().await.map_err(PrivatePostgresError::database("end a connection"))?;
    if durability == Durability::Durable && fsync != "on" {
        return Err(PrivatePostgresError::NotDurable { data: data.to_owned() });
    }
    Ok(socket_folder)
}

/// Fast shutdown, and if that hangs an immediate one (nothing committed is lost). Returns when it is gone.
pub(crate) async fn stop(cluster: &Path, uid: u32) -> Result<(), PrivatePostgresError> {
    let Some(postmaster) = Postmaster::find(cluster, uid) else {
        return Ok(());
    };
    postmaster.stop_fast();
    if wait_until_gone(&postmaster, STOP_PATIENCE).await.is_err() {
        tracing::warn!(pid = postmaster.pid(), "the private Postgres does not stop in time; stopping it at once");
        postmaster.stop_immediately();
        wait_until_gone(&postmaster, KILL_PATIENCE).await?;
    }
    tracing::info!(pid = postmaster.pid(), "private Postgres stopped");
    Ok(())
}

/// A server we started, or nothing but the wish to see one that runs.
#[derive(Default)]
struct Start {
    /// Ends when the server we started ends.
    reaper: Option<JoinHandle<()>>,
    /// Made for it.
    socket_folder: PathBuf,
    /// Size of the log before: what follows belongs to this start.
    log_before: u64,
}

async fn start(place: &Place, account: &Account, durability: Durability) -> Result<Start, PrivatePostgresError> {
    let cluster = place.cluster();
    let programs = if cluster.exists() {
        let programs = Programs::find(Some(version_of(&cluster)?)).await?;
        clear_what_a_killed_server_left(&cluster, account).await?;
        programs
    } else {
        let programs = Programs::find(None).await?;
        make_cluster(place, account, &programs, durability).await?;
        programs
    };
    place.write("pg_hba.conf", settings::HBA)?;
    place.write("pg_ident.conf", &settings::ident(account))?;
    let socket_folder = socket_folder::make(&place.home, account)?;

    let log = place.open_log()?;
    let log_before = log.metadata().map_or(0, |metadata| metadata.len());
    let second = log.try_clone().map_err(PrivatePostgresError::file("open", place.log()))?;
    let mut command = account.command(&programs.postgres(), &place.home);
    command.arg("-D").arg(&cluster);
    for setting in settings::server_settings(&place.home, &socket_folder, durability) {
        command.arg("-c").arg(setting);
    }
    // A process group of its own: Ctrl-C reaches us, who then stop it in order; and it outlives us if it must.
    let spawned = command.process_group(0).stdout(Stdio::from(log)).stderr(Stdio::from(second)).spawn();
    let mut child = spawned.map_err(PrivatePostgresError::run("postgres"))?;
    let pid = child.id();
    // A child nobody waits for becomes a zombie, and a server that finds a zombie's id in postmaster.pid refuses
    // to start. A thread, because the server may well outlive this runtime.
    let reaper = std::thread::Builder::new()
        .name("postgres-reaper".to_owned())
        .spawn(move || match child.wait() {
            Ok(status) => tracing::info!(pid, %status, "the private Postgres we started has ended"),
            Err(error) => tracing::warn!(pid, %error, "could not wait for the private Postgres"),
        })
        .map_err(PrivatePostgresError::run("the thread that waits for postgres"))?;
    tracing::info!(pid, cluster = %cluster.display(), "private Postgres started");
    Ok(Start { reaper: Some(reaper), socket_folder, log_before })
}

/// To be called when the server is gone: the folder may lie in /run or /tmp. It is made anew at every start; if
/// something else is in it, or somebody removed it, that is not ours to complain about.
pub(crate) fn remove_socket_folder(folder: &Path) {
    drop(std::fs::remove_dir(folder));
}

/// `initdb` works beside the final place and the result is renamed, so a cluster is complete or not there.
async fn make_cluster(
    place: &Place,
    account: &Account,
    programs: &Programs,
    durability: Durability,
) -> Result<(), PrivatePostgresError> {
    let unfinished = place.home.join("cluster.new");
    wait_for_leftovers(&unfinished, account.uid).await?;
    remove_tree(&unfinished).await?;
    make_folder(&unfinished, 0o700)
        .and_then(|()| account.give(&unfinished))
        .map_err(PrivatePostgresError::file("make", &unfinished))?;

    tracing::info!(cluster = %place.cluster().display(), "making the private Postgres (once, a few seconds)");
    let mut command = account.command(&programs.initdb(), &place.home);
    command.args(settings::initdb_arguments(&unfinished, durability));
    let output = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(PrivatePostgresError::run("initdb"))?;
    if !output.status.success() {
        let mut written = output.stdout;
        written.extend(output.stderr);
        return Err(PrivatePostgresError::InitDb {
            path: unfinished,
            status: output.status,
            output: last_lines(&String::from_utf8_lossy(&written)),
        });
    }
    std::fs::rename(&unfinished, place.cluster())
        .and_then(|()| File::open(&place.home)?.sync_all())
        .map_err(PrivatePostgresError::file("put in place", &unfinished))
}

fn version_of(cluster: &Path) -> Result<u32, PrivatePostgresError> {
    let path = cluster.join("PG_VERSION");
    std::fs::read_to_string(&path)
        .and_then(|version| version.trim().parse().map_err(std::io::Error::other))
        .map_err(PrivatePostgresError::file("read the cluster's version from", &path))
}

/// `postmaster.pid` of a server that is no more. Postgres itself clears it in most cases, but not when the id now
/// belongs to a zombie or a stranger. Removing it takes away its guard against processes of the dead server, so
/// we wait for those first.
async fn clear_what_a_killed_server_left(cluster: &Path, account: &Account) -> Result<(), PrivatePostgresError> {
    wait_for_leftovers(cluster, account.uid).await?;
    let path = pid_file(cluster);
    match std::fs::remove_file(&path) {
        Ok(()) => {
            tracing::warn!(cluster = %cluster.display(), "the private Postgres had been killed; it recovers now");
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(PrivatePostgresError::file("remove", &path)(error)),
    }
}

async fn wait_for_leftovers(folder: &Path, uid: u32) -> Result<(), PrivatePostgresError> {
    let gone = async {
        while !processes_in(folder, uid).is_empty() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(KILL_PATIENCE, gone)
        .await
        .map_err(|_| PrivatePostgresError::Leftovers { cluster: folder.to_owned(), pids: processes_in(folder, uid) })
}

async fn wait_until_gone(postmaster: &Postmaster, patience: Duration) -> Result<(), PrivatePostgresError> {
    let gone = async {
        while postmaster.is_alive() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(patience, gone)
        .await
        .map_err(|_| PrivatePostgresError::NotStopping { pid: postmaster.pid(), waited_s: patience.as_secs() })
}

/// The folder of its socket and a connection; nothing if the server ends instead.
async fn wait_until_it_answers(
    place: &Place,
    account: &Account,
    start: &Start,
) -> Result<Option<(PathBuf, PgConnection)>, PrivatePostgresError> {
    let answer = async {
        loop {
            // Asked first: a server that ends between the two questions is seen as ended in the next round.
            let ended = start.reaper.as_ref().is_none_or(JoinHandle::is_finished);
            match Postmaster::find(&place.cluster(), account.uid) {
                Some(Postmaster { socket_folder: Some(folder), .. }) => {
                    socket_folder::check(&folder, account)?;
                    if let Some(connection) = try_connect(&folder).await? {
                        return Ok(Some((folder, connection)));
                    }
                }
                None if ended => return Ok(None),
                // It has not written yet where it listens, or not even that it is there.
                Some(_) | None => {}
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(START_PATIENCE, answer).await.unwrap_or_else(|_| {
        let outcome = format!("did not answer within {} s", START_PATIENCE.as_secs());
        Err(not_answering(place, outcome, start.log_before))
    })
}

/// A connection to our database, which is made if it is missing; `None` while the server starts or stops.
async fn try_connect(socket_folder: &Path) -> Result<Option<PgConnection>, PrivatePostgresError> {
    let options = connect_options(socket_folder);
    match PgConnection::connect_with(&options).await {
        Ok(connection) => Ok(Some(connection)),
        Err(sqlx::Error::Io(_)) => Ok(None),
        Err(error) => match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
            // cannot_connect_now, admin_shutdown, crash_shutdown
            Some("57P03" | "57P01" | "57P02") => Ok(None),
            // invalid_catalog_name
            Some("3D000") => {
                let create = async {
                    let mut connection = PgConnection::connect_with(&options.clone().database("postgres")).await?;
                    sqlx::query("create database chronogram").execute(&mut connection).await?;
                    connection.close().await?;
                    PgConnection::connect_with(&options).await
                };
                create.await.map(Some).map_err(PrivatePostgresError::database("make database chronogram"))
            }
            _ => Err(PrivatePostgresError::database("accept a connection")(error)),
        },
    }
}

fn not_answering(place: &Place, outcome: String, log_before: u64) -> PrivatePostgresError {
    let log = place.log().to_owned();
    let last_lines = tail(&log, log_before).unwrap_or_else(|error| format!("(cannot read it: {error})"));
    PrivatePostgresError::NotAnswering { outcome, log, last_lines }
}

/// The last lines of a file after byte `from`.
fn tail(path: &Path, from: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(last_lines(&String::from_utf8_lossy(&bytes)))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LAST_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}
