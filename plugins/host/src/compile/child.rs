//! The side of the child: confine yourself, read an artifact, write machine code, end.

use std::io::{self, Read as _, Write as _};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::jail::CompileLimits;
use crate::{engine, limits::Limits};

/// The artifact is no component, or none that the engine takes; the reason is on stderr.
pub(super) const REFUSED: u8 = 3;
/// The child could not do its work; the reason is on stderr.
pub(super) const FAILED: u8 = 4;
/// Between the processor time at which a child is told to end and the one at which it is ended.
const GRACE_S: u64 = 1;

/// What a child is told, as its one argument.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) plugin: Limits,
    pub(super) compile: CompileLimits,
}

/// Does the work of a compiling child: stdin to stdout, with `order` as the parent gave it. Returns the exit code.
pub fn compile_as_child(order: &str) -> u8 {
    match work(order) {
        Ok(()) => 0,
        Err((code, why)) => {
            // Where stderr is gone there is nobody to tell.
            let _ = io::stderr().write_all(why.as_bytes());
            code
        }
    }
}

fn work(order: &str) -> Result<(), (u8, String)> {
    let failed = |error: &dyn std::fmt::Display| (FAILED, error.to_string());
    let order: Order = serde_json::from_str(order).map_err(|error| failed(&error))?;
    confine(&order.compile).map_err(|error| failed(&error))?;
    let mut wasm = Vec::new();
    let most = order.plugin.artifact_bytes as u64;
    io::stdin().lock().take(most).read_to_end(&mut wasm).map_err(|error| failed(&error))?;
    let engine = engine::build_compiler(&order.plugin).map_err(|error| failed(&error))?;
    let code = engine.precompile_component(&wasm).map_err(|error| (REFUSED, format!("{error:#}")))?;
    io::stdout().lock().write_all(&code).map_err(|error| failed(&error))
}

/// From here on the kernel holds this process to its limits.
fn confine(limits: &CompileLimits) -> rustix::io::Result<()> {
    let exactly = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    let cpu_s = limits.cpu.as_secs().max(1);
    setrlimit(Resource::As, exactly(limits.memory_bytes))?;
    setrlimit(Resource::Cpu, Rlimit { current: Some(cpu_s), maximum: Some(cpu_s + GRACE_S) })?;
    // It writes no file, and leaves none when it dies.
    setrlimit(Resource::Fsize, exactly(0))?;
    setrlimit(Resource::Core, exactly(0))
}
