//! Builds the strategies that ship with Chronogram into components for `include_bytes!`.

#![allow(clippy::disallowed_methods, reason = "cargo speaks to a build script through its environment")]

use std::{env, error::Error, fs, path::PathBuf};

#[path = "guest_build.rs"]
mod guest_build;

/// Folder and name of every built-in strategy; `src/lib.rs` lists the same.
const BUILT_IN: [&str; 3] = ["profile-basic", "profile-llm", "profile-hybrid"];
/// Libraries they are made of.
const LIBRARIES: [&str; 3] = ["asking", "basic", "predictor"];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    watch("guest_build.rs");
    for shared in ["wit", "sdk/rust/src", "sdk/rust/Cargo.toml", "Cargo.toml", "Cargo.lock"] {
        watch(&format!("../{shared}"));
    }
    for name in LIBRARIES.iter().chain(&BUILT_IN) {
        for part in ["src", "Cargo.toml"] {
            watch(&format!("{name}/{part}"));
        }
    }
    for name in BUILT_IN {
        // One folder for all: what they have in common is compiled once.
        let component = guest_build::build_guest(&here.join(name), &out.join("guests"))
            .map_err(|error| format!("strategy {name}: {error}"))?;
        fs::write(out.join(format!("{name}.wasm")), component)?;
    }
    Ok(())
}

// How a build script talks to cargo.
#[allow(clippy::print_stdout)]
fn watch(path: &str) {
    println!("cargo::rerun-if-changed={path}");
}
