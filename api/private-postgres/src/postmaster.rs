//! Whether a server runs on a cluster, told from what the kernel knows and not from what a file remembers.
//!
//! `postmaster.pid` outlives a killed server, and its process id may by then be a zombie's or a stranger's. Every
//! Postgres process works inside its cluster's folder; one that does not is not ours.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

/// The head of a running server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pid: Pid,
    cluster: PathBuf,
    uid: u32,
    /// Missing in the first moments of a start.
    pub(crate) socket_folder: Option<PathBuf>,
    pub(crate) stopping: bool,
}

impl Postmaster {
    /// The one that runs on `cluster` as user `uid`.
    pub(crate) fn find(cluster: &Path, uid: u32) -> Option<Self> {
        let file = std::fs::read_to_string(pid_file(cluster)).ok()?;
        let mut lines = file.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        // After the pid: folder, start time, port, socket folder, addresses, shared memory, status.
        let socket_folder = lines.nth(3).filter(|line| line.starts_with('/')).map(PathBuf::from);
        let stopping = lines.nth(2).is_some_and(|status| status.trim() == "stopping");
        let found = Self { pid, cluster: cluster.to_owned(), uid, socket_folder, stopping };
        found.is_alive().then_some(found)
    }

    pub(crate) fn is_alive(&self) -> bool {
        works_in(self.pid.as_raw_nonzero().get(), &self.cluster, self.uid)
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Ends connections, writes a checkpoint, goes.
    pub(crate) fn stop_fast(&self) {
        self.signal(Signal::INT);
    }

    /// Goes at once; the next start recovers from the log of writes.
    pub(crate) fn stop_immediately(&self) {
        self.signal(Signal::QUIT);
    }

    fn signal(&self, signal: Signal) {
        // It may have gone in the meantime, which is what we want; a caller sees whether it did.
        if let Err(error) = kill_process(self.pid, signal) {
            tracing::debug!(pid = self.pid(), %error, "could not signal the postmaster");
        }
    }
}

pub(crate) fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Every Postgres process that works in `folder`, whatever became of its postmaster.
pub(crate) fn processes_in(folder: &Path, uid: u32) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| works_in(*pid, folder, uid))
        .collect()
}

/// Folders are compared by identity, not by name: other mount namespaces see other paths. A zombie has none.
fn works_in(pid: i32, folder: &Path, uid: u32) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let is_postgres = std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres");
    is_postgres
        && std::fs::metadata(&process).is_ok_and(|process| process.uid() == uid)
        && std::fs::metadata(process.join("cwd"))
            .and_then(|at| Ok((at, std::fs::metadata(folder)?)))
            .is_ok_and(|(at, folder)| (at.dev(), at.ino()) == (folder.dev(), folder.ino()))
}
