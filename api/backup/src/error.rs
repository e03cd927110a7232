//! What can go wrong with a backup, in words that say what to do.

use std::path::{Path, PathBuf};

use chronogram_log::StoreError;

/// Why something with a backup was not done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database failed.
    #[error("the database failed while it should {operation}")]
    Database {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A read model failed.
    #[error(transparent)]
    Engine(#[from] chronogram_engine::EngineError),
    /// A migration failed.
    #[error("bring the restored database to this version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A file failed.
    #[error("cannot {operation} {path}")]
    File {
        /// What was asked.
        operation: &'static str,
        /// Of which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The object store could not be asked.
    #[error("the object store cannot be reached to {operation}")]
    Unreachable {
        /// What was asked.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The object store refused.
    #[error("the object store refused to {operation}: {status} {code}{}", hint(*status, code))]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its own word for why.
        code: String,
    },
    /// There is no such backup.
    #[error("there is no backup {0}")]
    NotFound(String),
    /// There is one of this name already.
    #[error("there is a {0} already: two of one second have one name, try again")]
    Exists(String),
    /// The file is something else, or was cut.
    #[error("{file} is no backup of Chronogram, or its end is missing: {detail}")]
    NotABackup {
        /// Its name.
        file: String,
        /// What is wrong.
        detail: &'static str,
    },
    /// Bytes of it are not what was written.
    #[error("{file} is damaged in {part}: {detail}")]
    Damaged {
        /// Its name.
        file: String,
        /// Which part.
        part: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// A newer release made it.
    #[error(
        "{file} was made by Chronogram {product}, which is newer than this one: use that release, or a newer one ({detail})"
    )]
    Newer {
        /// Its name.
        file: String,
        /// The release that made it.
        product: String,
        /// What this release does not know.
        detail: String,
    },
    /// It is the other kind of file.
    #[error("{file} holds {found}, {wanted} was asked for")]
    OtherKind {
        /// Its name.
        file: String,
        /// What it holds.
        found: &'static str,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Others use the database.
    #[error(
        "the database is in use by {0}: stop every process of Chronogram and whoever else is connected, then try again"
    )]
    InUse(String),
    /// What was asked for does not make sense.
    #[error("{0}")]
    Invalid(String),
}

fn hint(status: u16, code: &str) -> &'static str {
    match (status, code) {
        (403, _) => " (are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION those of this bucket?)",
        (_, "NoSuchBucket") => " (make the bucket first)",
        _ => "",
    }
}

/// Names the operation that a database error belongs to.
pub(crate) fn while_(operation: &'static str) -> impl FnOnce(sqlx::Error) -> BackupError {
    move |source| BackupError::Database { operation, source }
}

/// Names the operation and the file that an error belongs to.
pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    move |source| BackupError::File { operation, path: path.to_owned(), source }
}
