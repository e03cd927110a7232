//! `plugins build`: the language's own tool, then the checks that the host would make.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use chronogram_plugin_host::{Limits, PluginDigest};

use super::{
    artifact::{Surface, stripped},
    project::Project,
};
use crate::cli::Lang;

/// What Rust strategies are built for: no operating system, hence no imports but the contract's.
const TARGET: &str = "wasm32-unknown-unknown";
/// From this size on, an operator is asked.
const LARGE_BYTES: usize = 2 << 20;

pub(crate) fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    let project = Project::open(folder)?;
    let wasm = build(&project)?;
    println!("{}", project.artifact().display());
    println!(
        "size    {} bytes{}",
        wasm.len(),
        if wasm.len() > LARGE_BYTES { ", over 2 MiB: its operator is asked" } else { "" }
    );
    println!("digest  {}", PluginDigest::of(&wasm));
    Ok(ExitCode::SUCCESS)
}

/// Builds the component and keeps it in the project's folder.
pub(crate) fn build(project: &Project) -> anyhow::Result<Vec<u8>> {
    let artifact = project.artifact();
    let folder = artifact.parent().context("the component has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let raw = match project.manifest.lang {
        Lang::Rust => rust(project)?,
        Lang::Js => javascript(project, folder)?,
        Lang::Python => python(project, folder)?,
    };
    let wasm = stripped(&raw)?;
    let foreign = Surface::of(&wasm)?.foreign().join(", ");
    ensure!(foreign.is_empty(), "the component imports {foreign}, which no strategy gets");
    let limit = Limits::default().artifact_bytes;
    ensure!(wasm.len() <= limit, "the component has {} bytes where {limit} are allowed", wasm.len());
    // Whole or not at all: a test may be reading it.
    let written = artifact.with_extension("new");
    fs::write(&written, &wasm)
        .and_then(|()| fs::rename(&written, &artifact))
        .with_context(|| format!("{} cannot be written", artifact.display()))?;
    Ok(wasm)
}

fn rust(project: &Project) -> anyhow::Result<Vec<u8>> {
    let missing = format!(
        "cargo or its target {TARGET} is missing: install Rust (https://rustup.rs), then run  rustup target add {TARGET}"
    );
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&project.folder).args(["--print", "target-libdir", "--target", TARGET]);
    let library = finished(&mut rustc, &missing)?;
    ensure!(Path::new(library.trim()).is_dir(), missing);

    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(&project.folder)
        .args([
            "build",
            "--release",
            "--lib",
            "--quiet",
            "--target",
            TARGET,
            "--message-format=json-render-diagnostics",
        ])
        // Flags for the machine it is built on mean nothing to the component.
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", remapped_paths(&project.folder).join("\u{1f}"));
    let told = finished(&mut cargo, &missing)?;
    let module = told.lines().filter_map(module_of).next_back();
    let module = module.context("cargo made no module of it; its manifest needs crate-type cdylib")?;
    let module = fs::read(&module).with_context(|| format!("{module} cannot be read"))?;
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .context("the module makes no component")
}

/// Panics name no folder of the author's. Those of the project itself are named from the project's folder on; flags that
/// told of that folder would have every crate below the strategy built anew in each project.
#[allow(clippy::disallowed_methods)] // they are cargo's settings, not ours
fn remapped_paths(project: &Path) -> Vec<String> {
    let cargo_home =
        env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), |own| project.join(own));
    let places = [(Some(target), "/target"), (cargo_home, "/cargo")];
    let known = places.into_iter().filter_map(|(from, to)| from.map(|from| (from, to)));
    known.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect()
}

/// The module that a line of cargo's report tells of; the last one is the strategy's own.
fn module_of(line: &str) -> Option<String> {
    let told: serde_json::Value = serde_json::from_str(line).ok()?;
    let mut files = told.get("filenames")?.as_array()?.iter().filter_map(serde_json::Value::as_str);
    files.find(|file| Path::new(file).extension().is_some_and(|end| end == "wasm")).map(str::to_owned)
}

fn javascript(project: &Project, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let tool = tool(project, "node_modules/.bin/componentize-qjs");
    let raw = folder.join("raw.wasm");
    let mut command = Command::new(tool);
    command
        .current_dir(&project.folder)
        .args(["--sync", "--stub-wasi", "--wit", "wit", "--js", "strategy.js", "--world", &world(project), "--output"])
        .arg(&raw);
    finished(&mut command, "componentize-qjs is missing: install Node.js 20 or newer, then run  npm install")?;
    take(&raw)
}

fn python(project: &Project, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let tool = tool(project, ".venv/bin/componentize-py");
    let raw = folder.join("raw.wasm");
    let mut command = Command::new(tool);
    command
        .current_dir(&project.folder)
        .args(["--quiet", "--wit-path", "wit", "--world", &world(project), "componentize", "strategy", "--stub-wasi"])
        .args(["--python-path", ".", "--python-path", "sdk/python", "--output"])
        .arg(&raw)
        // It looks there for packages; one that happens to be active is not the strategy's.
        .env("VIRTUAL_ENV", project.folder.join(".venv"))
        // Of sets and dictionaries: the same source shall give the same component.
        .env("PYTHONHASHSEED", "0");
    let missing = "componentize-py is missing: install Python 3.11 or newer, then run  \
                   python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";
    finished(&mut command, missing)?;
    take(&raw)
}

fn world(project: &Project) -> String {
    format!("{}-strategy", project.manifest.world.as_str())
}

/// The project's own tool, else the one in PATH.
fn tool(project: &Project, own: &str) -> OsString {
    let own = project.folder.join(own);
    if own.exists() { own.into() } else { own.file_name().unwrap_or_default().to_owned() }
}

/// Runs a tool to its end; what it says is shown where it failed, and else is what comes back.
fn finished(command: &mut Command, missing: &str) -> anyhow::Result<String> {
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!("{missing}"),
        output => output.with_context(|| format!("{} cannot be started", command.get_program().display()))?,
    };
    let program = command.get_program().display();
    if !output.status.success() {
        let said = [output.stderr, output.stdout].concat();
        bail!("{program} failed:\n{}", String::from_utf8_lossy(&said).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{program} does not speak UTF-8"))
}

fn take(raw: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(raw).with_context(|| format!("the tool wrote no {}", raw.display()))?;
    fs::remove_file(raw).with_context(|| format!("{} cannot be removed", raw.display()))?;
    Ok(bytes)
}
