//! Builds a guest crate into a component, the same bytes whatever folder the checkout lies in.
//!
//! Shared, by `#[path]`, between the build script of the built-in strategies and the tests that
//! need guests of their own. A guest is built by a second cargo, with a target folder of its own:
//! cargo holds a lock on the outer one.

#![allow(clippy::disallowed_methods, reason = "it runs while building, where the environment is the interface")]

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The machine guests are built for: no operating system, hence no imports but the contract's.
const TARGET: &str = "wasm32-unknown-unknown";

/// What of the outer cargo's environment the inner one keeps. Everything else that begins with
/// `CARGO_` or `RUST` is dropped: flags, wrappers (clippy's too) and profiles of the outer build
/// would change the artifact.
const KEPT_PREFIXES: [&str; 7] =
    ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_MAKEFLAGS", "RUSTUP_"];

/// Why a guest could not be built.
#[derive(Debug)]
pub(crate) enum GuestBuildError {
    /// The toolchain has no standard library for wasm.
    TargetMissing,
    /// A program could not be started, or a file not be read.
    Io(&'static str, io::Error),
    /// Cargo ran and failed; it said why on stderr.
    Cargo(PathBuf),
    /// The module is no guest of our contract.
    Component(String),
}

impl std::fmt::Display for GuestBuildError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TargetMissing => {
                write!(out, "this toolchain cannot build strategies: run `make setup` (rustup target add {TARGET})")
            }
            Self::Io(step, error) => write!(out, "could not {step}: {error}"),
            Self::Cargo(guest) => {
                write!(out, "cargo could not build the guest in {}; its words stand above", guest.display())
            }
            Self::Component(error) => write!(out, "the module does not make a component: {error}"),
        }
    }
}

impl std::error::Error for GuestBuildError {}

/// Builds the guest crate in `guest_dir` and returns the component's bytes.
///
/// `target_dir` is where the inner cargo keeps its work; it must not be the outer cargo's.
pub(crate) fn build_guest(guest_dir: &Path, target_dir: &Path) -> Result<Vec<u8>, GuestBuildError> {
    let io = |step| move |error| GuestBuildError::Io(step, error);
    let guest_dir = guest_dir.canonicalize().map_err(io("find the guest's folder"))?;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    if !has_target(&guest_dir, &rustc)? {
        return Err(GuestBuildError::TargetMissing);
    }

    let root = workspace_root(&guest_dir)?;
    let status = inner_cargo(&guest_dir)
        .args(["build", "--release", "--locked", "--lib", "--quiet", "--target", TARGET])
        .env("CARGO_TARGET_DIR", target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", remapped_paths(&root, target_dir).join("\u{1f}"))
        .status()
        .map_err(io("start cargo"))?;
    if !status.success() {
        return Err(GuestBuildError::Cargo(guest_dir));
    }

    let module = target_dir.join(TARGET).join("release").join(module_name(&guest_dir));
    let module = fs::read(module).map_err(io("read the module cargo built"))?;
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| GuestBuildError::Component(format!("{error:#}")))
}

/// Cargo without what the outer one told it.
fn inner_cargo(guest_dir: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let shown = name.to_string_lossy();
        let outer = shown.starts_with("CARGO") || shown.starts_with("RUST");
        if outer && !KEPT_PREFIXES.iter().any(|kept| shown.starts_with(kept)) {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(guest_dir);
    cargo
}

/// The folder of the guest's workspace, which cargo compiles it from: guests that lie in one are built with the same flags,
/// hence may share what they have in common.
fn workspace_root(guest_dir: &Path) -> Result<PathBuf, GuestBuildError> {
    let answer = inner_cargo(guest_dir)
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .output()
        .map_err(|error| GuestBuildError::Io("start cargo", error))?;
    let manifest = String::from_utf8_lossy(&answer.stdout);
    match Path::new(manifest.trim()).parent() {
        Some(root) if answer.status.success() => Ok(root.to_path_buf()),
        _ => Err(GuestBuildError::Cargo(guest_dir.to_path_buf())),
    }
}

fn has_target(guest_dir: &Path, rustc: &std::ffi::OsStr) -> Result<bool, GuestBuildError> {
    let answer = Command::new(rustc)
        .current_dir(guest_dir)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| GuestBuildError::Io("start rustc", error))?;
    Ok(answer.status.success() && Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_dir())
}

/// Panic messages carry source paths, which would make the bytes depend on the machine.
fn remapped_paths(root: &Path, target_dir: &Path) -> Vec<String> {
    let cargo_home =
        env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut places = vec![(root.to_path_buf(), "/guest"), (target_dir.to_path_buf(), "/target")];
    places.extend(cargo_home.map(|home| (home, "/cargo")));
    places.into_iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect()
}

/// A guest's crate is named in its manifest; its folder may be named otherwise.
fn module_name(guest_dir: &Path) -> String {
    let manifest = fs::read_to_string(guest_dir.join("Cargo.toml")).unwrap_or_default();
    let name = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))
        .unwrap_or_default()
        .trim_matches('"')
        .replace('-', "_");
    format!("{name}.wasm")
}
