//! A restored database beside the living one: to be put in its place, or to be compared and dropped.

use jiff::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use crate::{
    carry::{carry, has_table},
    error::{BackupError, while_},
    file::Opened,
    keys::{self, KeysRestored},
    load::{load, refuse_newer},
    scratch::{Purpose, Replaced, Scratch},
    tables::RUNS,
};

/// What is restored from, and beside what.
pub struct Prepare<'a> {
    /// The archive.
    pub archive: &'a Opened,
    /// The keys, where they are not those of the living database alone.
    pub keys: Option<&'a Opened>,
    /// The living database.
    pub living: &'a PgConnectOptions,
    /// What for.
    pub purpose: Purpose,
    /// This release.
    pub product: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// A restored database that nobody uses yet.
pub struct Prepared {
    scratch: Scratch,
    /// What became of the keys.
    pub keys: KeysRestored,
}

impl Prepare<'_> {
    /// Checks the files, then fills a database from them. Nothing is touched where a file is damaged, and nothing is left
    /// where it fails.
    pub async fn run(&self, progress: &(dyn Fn(Step, u64, u64) + Send + Sync)) -> Result<Prepared, BackupError> {
        for file in [Some(self.archive), self.keys].into_iter().flatten() {
            refuse_newer(file, self.product)?;
            file.check(&|done, total| progress(Step::Check, done, total)).await?;
        }
        let scratch = Scratch::create(self.living, self.purpose, self.at).await?;
        let filled = async {
            if self.purpose == Purpose::Restore {
                scratch.refuse_company().await?;
            }
            self.fill(&scratch, progress).await
        };
        match filled.await {
            Ok(keys) => Ok(Prepared { scratch, keys }),
            Err(error) => {
                if let Err(left) = scratch.drop().await {
                    tracing::warn!(error = %left, "a database that was to be restored into is left; the next restore drops it");
                }
                Err(error)
            }
        }
    }

    async fn fill(
        &self,
        scratch: &Scratch,
        progress: &(dyn Fn(Step, u64, u64) + Send + Sync),
    ) -> Result<KeysRestored, BackupError> {
        const OPERATION: &str = "fill a database from a backup";
        load(self.archive, &scratch.options(), &|done, total| progress(Step::Load, done, total)).await?;
        let mut into = scratch.options().connect().await.map_err(while_(OPERATION))?;
        let mut living = scratch.living().await?;
        let keys = self.keys.map(|keys| (keys, self.archive.manifest()));
        let restored = keys::bring(&mut into, living.as_mut(), keys).await?;
        if let Some(mut living) = living {
            if self.purpose == Purpose::Restore && has_table(&mut living, RUNS).await? {
                carry(&mut living, &mut into, RUNS).await?;
                let sql = "select setval(pg_get_serial_sequence('ops.backup_run', 'id'), \
                    coalesce((select max(id) from ops.backup_run), 0) + 1, false)";
                sqlx::raw_sql(sql).execute(&mut into).await.map_err(while_(OPERATION))?;
            }
            living.close().await.map_err(while_(OPERATION))?;
        }
        into.close().await.map_err(while_(OPERATION))?;
        Ok(restored)
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The files are read and checked, in bytes.
    Check,
    /// The database is filled, in rows.
    Load,
}

impl Prepared {
    /// How to connect to it.
    pub fn options(&self) -> PgConnectOptions {
        self.scratch.options()
    }

    /// Puts it in the place of the living one; `keep` keeps the other under another name. Where that fails it is dropped.
    pub async fn switch(self, keep: bool, at: Timestamp) -> Result<Replaced, BackupError> {
        match self.scratch.switch(keep, at).await {
            Ok(replaced) => Ok(replaced),
            Err(error @ BackupError::InUse(_)) => {
                self.scratch.drop().await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Drops it.
    pub async fn drop(self) -> Result<(), BackupError> {
        self.scratch.drop().await
    }
}
