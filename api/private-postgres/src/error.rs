//! Why there is no private Postgres to talk to, and what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// What opening or closing the private Postgres can fail with. Messages never hold what is stored in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivatePostgresError {
    /// The server programs are not installed.
    #[error(
        "no PostgreSQL server {wanted} found in /usr/lib/postgresql/*/bin or PATH. \
         Run `sh deploy/setup/postgres.sh`, or as root `apt-get update && apt-get install -y {package}`, \
         or set DATABASE_URL to a server you already have"
    )]
    ProgramsMissing {
        /// Which version is needed, in words.
        wanted: String,
        /// The Debian package that brings it.
        package: String,
    },
    /// A file or folder could not be read, made or changed.
    #[error("cannot {operation} {}; check who owns it and whether the disk is full", path.display())]
    File {
        /// What was attempted.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// `<data>/postgres` points to a place that is no more.
    #[error(
        "{} points to {}, which does not exist: bring that folder back (a backup, a volume that is not mounted), \
         or remove the link to begin with an empty database", link.display(), target.display()
    )]
    ClusterGone {
        /// The link in the data folder.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// The cluster exists, but the user who has to run the server cannot enter it.
    #[error(
        "user {user} runs the private Postgres but cannot enter {}: allow it on every folder above (`chmod o+x`)",
        path.display()
    )]
    Unreachable {
        /// The operating-system user.
        user: String,
        /// The folder.
        path: PathBuf,
    },
    /// A folder that must be ours alone is not.
    #[error("{} must be a folder that belongs to {owner} alone (0700), but {found}: move it away", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// Who should own it.
        owner: String,
        /// What is wrong with it.
        found: &'static str,
    },
    /// The operating-system user that should run the server could not be found or made.
    #[error("{problem}: the private Postgres needs an operating-system user to run as (PostgreSQL refuses root)")]
    NoAccount {
        /// What went wrong.
        problem: String,
    },
    /// Another process has been deciding for too long.
    #[error(
        "another process has been starting or stopping the private Postgres of {} for {waited_s} s: \
         see postgres.log there, end that process and try again", data.display()
    )]
    Busy {
        /// The data folder.
        data: PathBuf,
        /// How long we waited.
        waited_s: u64,
    },
    /// A helper program could not be run.
    #[error("cannot run {program}; is it installed, and may this user execute it?")]
    Run {
        /// Name or path.
        program: String,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// `initdb` ran and failed.
    #[error("initdb could not make the cluster in {} ({status}). Its last lines:\n{output}", path.display())]
    InitDb {
        /// Where.
        path: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// The server ended, or never answered.
    #[error(
        "the private Postgres {outcome}. The last lines of {}:\n{last_lines}\n\
         Put right what they name and start again; nothing was deleted", log.display()
    )]
    NotAnswering {
        /// "did not start", "did not answer within 300 s".
        outcome: String,
        /// The server's log.
        log: PathBuf,
        /// Its end.
        last_lines: String,
    },
    /// Processes of a server whose postmaster was killed do not end.
    #[error("processes {pids:?} of an earlier server still use {}: end them (`kill`) and start again", cluster.display())]
    Leftovers {
        /// The cluster.
        cluster: PathBuf,
        /// Their process ids.
        pids: Vec<i32>,
    },
    /// The running server was started for tests, and this user wants its data kept.
    #[error("the private Postgres of {} runs without fsync (started for tests): stop it and open it again", data.display())]
    NotDurable {
        /// The data folder.
        data: PathBuf,
    },
    /// The server answers, but refused what we need.
    #[error("the private Postgres runs, but could not {operation}; see postgres.log in the data folder")]
    Database {
        /// What was attempted.
        operation: &'static str,
        /// Its answer.
        #[source]
        source: sqlx::Error,
    },
    /// The server was told to stop and did not.
    #[error(
        "the private Postgres (process {pid}) did not stop within {waited_s} s; see postgres.log in the data folder"
    )]
    NotStopping {
        /// The postmaster.
        pid: i32,
        /// How long we waited.
        waited_s: u64,
    },
}

impl PrivatePostgresError {
    pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { operation, path: path.to_owned(), source }
    }

    pub(crate) fn run(program: &str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Run { program: program.to_owned(), source }
    }

    pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }
}
