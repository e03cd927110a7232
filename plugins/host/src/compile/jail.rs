//! The parent's side: start a child, feed it, wait no longer than it may take, tell how it ended.

use std::{
    ffi::OsString, os::unix::process::ExitStatusExt as _, path::PathBuf, process::ExitStatus, process::Stdio,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};

use super::child::{Order, REFUSED};
use crate::{host::LoadError, limits::Limits};

/// Most of what a child says on stderr.
const COMPLAINT_BYTES: u64 = 4 << 10;
/// The exit code of a Rust program that panicked: there is something in the artifact that the engine's authors missed.
const PANICKED: i32 = 101;
/// The kernel's word for: your processor time is over.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;
/// How a Rust program ends that got no memory.
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

/// What compiling one artifact may take. A hostile module of 278 KB took 86 seconds and 9.4 GB of an unconfined one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileLimits {
    /// Address space of the child. A Python strategy of 18 MB needs half.
    pub memory_bytes: u64,
    /// Processor time of the child, of all its threads together.
    pub cpu: Duration,
    /// Wall clock, on a machine that is busy elsewhere.
    pub wall: Duration,
    /// Machine code that is taken from it.
    pub code_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 2 << 30,
            cpu: Duration::from_mins(1),
            wall: Duration::from_secs(90),
            code_bytes: 512 << 20,
        }
    }
}

/// A program that calls [`crate::compile_as_child`] with its last argument.
#[derive(Clone, Debug)]
pub struct ChildCompiler {
    /// The program: ours.
    pub program: PathBuf,
    /// Arguments before the order.
    pub arguments: Vec<OsString>,
    /// What it may take.
    pub limits: CompileLimits,
}

impl ChildCompiler {
    pub(super) async fn compile(&self, plugin: &Limits, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        match tokio::time::timeout(self.limits.wall, self.run(plugin, wasm)).await {
            Ok(result) => result,
            // The child was killed as its handle was dropped.
            Err(_) => Err(LoadError::TooCostly { what: "time", limit: format!("{:?}", self.limits.wall) }),
        }
    }

    async fn run(&self, plugin: &Limits, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        let failed = |error: &dyn std::fmt::Display| LoadError::HostFailed { why: format!("the compiler: {error}") };
        let order = Order { plugin: plugin.clone(), compile: self.limits.clone() };
        let order = serde_json::to_string(&order).map_err(|error| failed(&error))?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(order)
            // It needs no secret of ours. Each thread, and each arena of the allocator, reserves address space: with
            // one for each of many processors, what is reserved would be over the limit before anything is done.
            .env_clear()
            .env("RAYON_NUM_THREADS", "4")
            .env("MALLOC_ARENA_MAX", "2")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(&"it has no pipes"));
        };
        let feed = async {
            // A child that dies early closes its end; how it ended says why.
            let _ = stdin.write_all(wasm).await;
            drop(stdin);
        };
        let code_bytes = self.limits.code_bytes;
        let ((), code, complaint) =
            tokio::join!(feed, read_most(stdout, code_bytes + 1), read_most(stderr, COMPLAINT_BYTES));
        if code.len() as u64 > code_bytes {
            return Err(LoadError::TooCostly { what: "room", limit: format!("{code_bytes} bytes") });
        }
        let status = child.wait().await.map_err(|error| failed(&error))?;
        if status.success() { Ok(code) } else { Err(self.verdict(status, &String::from_utf8_lossy(&complaint))) }
    }

    fn verdict(&self, status: ExitStatus, complaint: &str) -> LoadError {
        if status.code() == Some(i32::from(REFUSED)) {
            return LoadError::Compile { why: complaint.to_owned() };
        }
        if status.code() == Some(PANICKED) {
            return LoadError::Compile { why: format!("the compiler gave up: {complaint}") };
        }
        match status.signal() {
            Some(SIGXCPU | SIGKILL) => LoadError::TooCostly { what: "time", limit: format!("{:?}", self.limits.cpu) },
            Some(SIGABRT | SIGSEGV) => {
                LoadError::TooCostly { what: "memory", limit: format!("{} bytes", self.limits.memory_bytes) }
            }
            _ => LoadError::HostFailed { why: format!("the compiler ended with {status}: {complaint}") },
        }
    }
}

/// Reads up to `most` bytes and stops there; what comes after is nobody's.
async fn read_most(pipe: impl AsyncRead + Unpin, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A pipe that breaks has said what it had to say.
    let _ = pipe.take(most).read_to_end(&mut bytes).await;
    bytes
}
