//! One folder of compiled strategies for all tests: a debug build compiles the built-in ones in seconds, and a start in
//! milliseconds where another test has compiled them.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// Where it is: `target/<profile>/tests-compiled`, beside the binaries that compile into it.
pub fn compiled_code() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?; // target/<profile>/deps/<test>
    let profile = tests.ancestors().nth(2).context("the tests lie in no target folder")?;
    Ok(profile.join("tests-compiled"))
}

/// Has a house keep its compiled strategies there.
pub(crate) fn share_compiled_code(data: &Path) -> anyhow::Result<()> {
    let shared = compiled_code()?;
    fs::create_dir_all(&shared)?;
    fs::create_dir(data.join("plugins"))?;
    symlink(shared, data.join("plugins/compiled")).context("share compiled code")
}
