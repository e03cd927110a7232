//! The two locks of a data folder: who uses the server, and who is deciding about it right now.
//!
//! Both are `flock`s: they belong to the open file, so two handles in one process are as separate as two
//! processes, and the kernel lets go of them when the last descriptor closes. Rust opens files close-on-exec, so
//! the server we start does not inherit them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::PrivatePostgresError;
use crate::place::open_beside;

/// Longer than the longest start, so that whoever waits sees its outcome.
const PATIENCE: Duration = Duration::from_secs(330);
const POLL: Duration = Duration::from_millis(20);
/// Between `fork` and `exec` a child of ours holds copies of all descriptors, and so our locks. That is over in
/// well under these 50 ms; a lock still held then is held by a user.
const FORK_WINDOW_TRIES: usize = 5;
const FORK_WINDOW_POLL: Duration = Duration::from_millis(10);

/// A file that is locked until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

/// Exclusive: to be held while deciding to start or stop, and no longer.
pub(crate) async fn start_lock(data: &Path) -> Result<Lock, PrivatePostgresError> {
    let lock = Lock::open(start_lock_path(data))?;
    lock.wait(data, FlockOperation::NonBlockingLockExclusive).await
}

/// The same without waiting; `None` when somebody else is deciding.
pub(crate) fn try_start_lock(data: &Path) -> Result<Option<Lock>, PrivatePostgresError> {
    let lock = Lock::open(start_lock_path(data))?;
    Ok(lock.try_exclusive()?.then_some(lock))
}

/// Shared: held by everybody who uses the server. Take it under the start lock.
pub(crate) async fn use_lock(data: &Path) -> Result<Lock, PrivatePostgresError> {
    let lock = Lock::open(data.join("postgres.lock"))?;
    lock.wait(data, FlockOperation::NonBlockingLockShared).await
}

fn start_lock_path(data: &Path) -> PathBuf {
    data.join("postgres.start.lock")
}

impl Lock {
    fn open(path: PathBuf) -> Result<Self, PrivatePostgresError> {
        let file = open_beside(&path)?;
        Ok(Self { file, path })
    }

    async fn wait(self, data: &Path, operation: FlockOperation) -> Result<Self, PrivatePostgresError> {
        // Polling, because a thread blocked in flock could not be cancelled.
        let taken = tokio::time::timeout(PATIENCE, async {
            while !self.attempt(operation)? {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        })
        .await;
        match taken {
            Ok(outcome) => outcome.map(|()| self),
            Err(_) => Err(PrivatePostgresError::Busy { data: data.to_owned(), waited_s: PATIENCE.as_secs() }),
        }
    }

    /// Whether we are the only one who holds it. Only for those who are leaving: a failed attempt may cost the
    /// lock that was held before.
    pub(crate) fn try_exclusive(&self) -> Result<bool, PrivatePostgresError> {
        self.attempt(FlockOperation::NonBlockingLockExclusive)
    }

    /// [`try_exclusive`](Self::try_exclusive) that is not fooled by a child just being started.
    pub(crate) async fn becomes_exclusive(&self) -> Result<bool, PrivatePostgresError> {
        for _ in 0..FORK_WINDOW_TRIES {
            if self.try_exclusive()? {
                return Ok(true);
            }
            tokio::time::sleep(FORK_WINDOW_POLL).await;
        }
        Ok(false)
    }

    fn attempt(&self, operation: FlockOperation) -> Result<bool, PrivatePostgresError> {
        loop {
            return match flock(&self.file, operation) {
                Ok(()) => Ok(true),
                Err(Errno::WOULDBLOCK) => Ok(false),
                Err(Errno::INTR) => continue,
                Err(errno) => Err(PrivatePostgresError::file("lock", &self.path)(errno.into())),
            };
        }
    }
}
