//! The embedded default database: a Postgres server of our own that starts with the first process that needs it
//! and stops with the last.
//!
//! Everybody who uses it holds a *shared* lock on `<data>/postgres.lock` for as long as they do. Whether to start
//! or to stop is decided only under an *exclusive* lock on `<data>/postgres.start.lock`, so two processes that
//! arrive (or leave) at once cannot both decide. Locks die with their process: after `kill -9` of everybody the
//! server runs on as an orphan, and whoever opens the folder next adopts it.
//!
//! Nobody but the operating-system user who owns the cluster, and root, can reach it: it listens on no network
//! address, its socket lies in a 0700 folder, and `peer` authentication asks the kernel who is calling.
//!
//! Needs Linux (`/proc`) and the server programs of `PostgreSQL` 15 or newer.

mod account;
mod error;
mod keeper;
mod locks;
mod place;
mod postmaster;
mod programs;
mod server;
mod settings;
mod socket_folder;

use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

pub use error::PrivatePostgresError;
pub use settings::Durability;

use account::Account;
use locks::Lock;
use place::Place;
use postmaster::Postmaster;

/// Role and database have one name, on every machine, whoever runs the server.
const ROLE: &str = "chronogram";
const DATABASE: &str = "chronogram";
/// Part of the socket's file name; no port is opened.
const PORT: u16 = 5432;

/// What the one who starts the server decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// What a crash of the machine may cost.
    pub durability: Durability,
}

/// One user's share in the private Postgres of a data folder.
///
/// Call [`close`](Self::close) when done. Dropping it without is allowed (a panic, a cancelled start): if nobody
/// else uses the server it is then told to stop, but not waited for.
#[derive(Debug)]
pub struct PrivatePostgres {
    data: PathBuf,
    place: Place,
    account: Account,
    durability: Durability,
    socket_folder: PathBuf,
    /// Shared; taken out when we have left.
    using: Option<Lock>,
    /// Exclusive, and held only while starting.
    starting: Option<Lock>,
}

impl PrivatePostgres {
    /// Starts the server of `data` (creating folder and cluster the first time) or joins the one that runs
    /// already, and returns once it answers and the database `chronogram` exists.
    ///
    /// Must be called inside a Tokio runtime.
    pub async fn open(data: &Path, options: Options) -> Result<Self, PrivatePostgresError> {
        let data = place::data_folder(data)?;
        let starting = locks::start_lock(&data).await?;
        let using = locks::use_lock(&data).await?;

        let account = Account::of_the_server(&data).await?;
        let place = Place::find_or_make(&data, &account).await?;
        let mut this = Self {
            socket_folder: PathBuf::new(),
            data,
            place,
            account,
            durability: options.durability,
            using: Some(using),
            starting: Some(starting),
        };
        this.socket_folder = this.run_server().await?;
        this.starting = None;
        Ok(this)
    }

    /// How this process connects: unix socket, role and database `chronogram`.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.socket_folder)
    }

    /// The same as a URL that libpq's programs (`psql`, `pgbench`, `pg_dump`) and sqlx understand. It holds no
    /// secret: the kernel tells the server who connects.
    pub fn url(&self) -> String {
        url(&self.socket_folder)
    }

    /// Leaves. The last one to leave stops the server (fast shutdown: open connections are ended, everything
    /// committed is kept) and returns when it is gone.
    pub async fn close(mut self) -> Result<(), PrivatePostgresError> {
        self.leave().await.map(drop)
    }

    /// Leaves, and if nobody else uses the server deletes the cluster with everything in it. For tests, whose
    /// temporary data folder may only be a link to the place where the cluster really lies.
    pub async fn close_and_delete(mut self) -> Result<(), PrivatePostgresError> {
        match self.leave().await? {
            Some(_alone) => self.place.delete().await,
            None => Ok(()),
        }
    }

    /// The locks of the last one to leave, with the server stopped; or nothing, because others stay.
    async fn leave(&mut self) -> Result<Option<(Lock, Lock)>, PrivatePostgresError> {
        // Taken out before the first await, so that a cancelled `close` lets go of it like a drop would.
        let Some(using) = self.using.take() else {
            return Ok(None);
        };
        let starting = locks::start_lock(&self.data).await?;
        if !using.becomes_exclusive().await? {
            return Ok(None);
        }
        server::stop(&self.place.cluster(), self.account.uid).await?;
        server::remove_socket_folder(&self.socket_folder);
        // In this order: whoever gets the start lock next must find the other one free.
        Ok(Some((using, starting)))
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let Some(using) = self.using.take() else {
            return;
        };
        let Ok(Some(_starting)) =
            self.starting.take().map_or_else(|| locks::try_start_lock(&self.data), |held| Ok(Some(held)))
        else {
            return;
        };
        if let Ok(true) = using.try_exclusive()
            && let Some(postmaster) = Postmaster::find(&self.place.cluster(), self.account.uid)
        {
            postmaster.stop_fast();
        }
    }
}

fn connect_options(socket_folder: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_folder)
        .port(PORT)
        .username(ROLE)
        .database(DATABASE)
        .ssl_mode(PgSslMode::Disable)
}

fn url(socket_folder: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;

    let mut host = String::new();
    for byte in socket_folder.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                host.push(char::from(*byte));
            }
            // Writing into a String cannot fail.
            _ => drop(write!(host, "%{byte:02X}")),
        }
    }
    format!("postgres:///{DATABASE}?host={host}&port={PORT}&user={ROLE}&sslmode=disable")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_url_leads_sqlx_to_the_same_socket_whatever_the_folder_is_called() {
        let folder = Path::new("/srv/my data+100%&ü/socket");
        let parsed: PgConnectOptions = url(folder).parse().unwrap();
        assert_eq!(parsed.get_socket(), Some(&folder.to_path_buf()));
        assert_eq!(parsed.get_username(), ROLE);
        assert_eq!(parsed.get_database(), Some(DATABASE));
        assert_eq!(parsed.get_port(), PORT);
    }
}
