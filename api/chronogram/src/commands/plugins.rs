//! `chronogram plugins`, for operators.

use std::{
    fs,
    io::{Read as _, stdin},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use chronogram_automations::plugins::{Installation, PluginRegistry, keys};
use chronogram_plugin_host::SigningKey;
use serde_json::json;

use super::{authors::CaseFile, print_json};
use crate::{
    cli::{ActivateArgs, InstallArgs, KeysCommand, OperatorCommand, PluginsCommand},
    foundation::Foundation,
};

/// Most of a file that names a key or a signature.
const SMALL_FILE_BYTES: u64 = 4 << 20;

pub(crate) async fn run(house: &Foundation, command: PluginsCommand) -> anyhow::Result<ExitCode> {
    match command {
        PluginsCommand::List { json } => list(house, json).await?,
        PluginsCommand::Operator(command) => operate(house, command).await?,
        PluginsCommand::Judging(command) => return Box::pin(super::judging::run(house, command)).await,
        PluginsCommand::Author(command) => return super::authors::run(command).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn operate(house: &Foundation, command: OperatorCommand) -> anyhow::Result<()> {
    match command {
        OperatorCommand::Install(arguments) => install(&house.plugins()?, arguments).await?,
        OperatorCommand::Activate(ActivateArgs { name, digest, config, grants }) => {
            let active = house.plugins()?.activate(&name, digest.as_deref(), config.as_deref(), &grants).await?;
            println!("{name} decides by {}.", short(&active.digest));
        }
        OperatorCommand::Deactivate { name } => {
            house.plugins()?.deactivate(&name).await?;
            println!("Nothing of {name} decides.");
        }
        OperatorCommand::Rollback { name } => {
            let active = house.plugins()?.roll_back(&name).await?;
            println!("{name} decides by {} again.", short(&active.digest));
        }
        OperatorCommand::Remove { name, digest } => {
            let digest = house.plugins()?.remove(&name, &digest).await?;
            println!("The artifact {} of {name} is gone.", short(&digest));
        }
        OperatorCommand::Keys(command) => keys_of(house, command).await?,
    }
    Ok(())
}

async fn install(plugins: &PluginRegistry, arguments: InstallArgs) -> anyhow::Result<()> {
    // One byte more than a host takes tells too large from just right.
    let most = plugins.limits().artifact_bytes as u64 + 1;
    let wasm = read(&arguments.file, most)?;
    let signature = arguments.signature.as_deref().map(|file| read(file, SMALL_FILE_BYTES)).transpose()?;
    let cases = match &arguments.cases {
        Some(folder) => CaseFile::all(folder)?.into_iter().map(|file| file.case).collect(),
        None => Vec::new(),
    };
    let with = Installation { signature, allow_unsigned: arguments.allow_unsigned, config: arguments.config, cases };
    let installed = plugins.install(&wasm, &with).await?;
    if arguments.json {
        return print_json(&json!({
            "name": installed.name,
            "version": installed.version,
            "digest": installed.digest,
            "world": installed.world,
            "signed_by": installed.signed_by,
            "trial": {
                "outcome": installed.trial.outcome,
                "fuel": installed.trial.fuel_used,
                "peak_memory_bytes": installed.trial.peak_memory_bytes,
                "cases": installed.trial.cases,
            },
        }));
    }
    let signed = installed.signed_by.map_or("unsigned".to_owned(), |key| format!("signed by {key}"));
    println!("{} {} ({}), {signed}", installed.name, installed.version, short(installed.digest.as_str()));
    println!(
        "Its trial passed: {} units of fuel, {} KiB of memory, {} cases.",
        installed.trial.fuel_used,
        installed.trial.peak_memory_bytes >> 10,
        installed.trial.cases
    );
    println!("It decides once you activate it: chronogram plugins activate {}", installed.name);
    Ok(())
}

async fn list(house: &Foundation, json: bool) -> anyhow::Result<()> {
    let plugins = house.plugins()?;
    plugins.ensure_built_in().await?;
    if !json {
        println!("{:<20} {:<8} {:<14} {:<12} {:<14} SUMMARY", "NAME", "VERSION", "DIGEST", "STATE", "SIGNED BY");
    }
    for standing in plugins.standings().await? {
        if json {
            print_json(&standing)?;
            continue;
        }
        println!(
            "{:<20} {:<8} {:<14} {:<12} {:<14} {}",
            standing.name,
            standing.version,
            short(&standing.digest),
            standing.state,
            standing.signed_by.as_deref().unwrap_or("–"),
            standing.summary
        );
    }
    Ok(())
}

async fn keys_of(house: &Foundation, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Add { name, key } => {
            if !SigningKey::is_name(&name) {
                bail!("{name:?} is no name of a key: 1 to 64 lower-case letters, digits and hyphens, a letter first");
            }
            let key = SigningKey::parse(&text_of(&key)?)?;
            if !keys::trust(&house.pool, &name, &key).await? {
                bail!("this key is trusted already, under another name; `chronogram plugins keys list` shows which");
            }
            println!("What {name} signs is trusted.");
        }
        KeysCommand::List { json } => {
            if !json {
                println!("{:<24} KEY", "NAME");
            }
            for (name, key) in keys::trusted(&house.pool).await? {
                if json {
                    print_json(&json!({ "name": name, "key": key.to_string() }))?;
                } else {
                    println!("{name:<24} {key}");
                }
            }
        }
        KeysCommand::Remove { name } => {
            if !keys::distrust(&house.pool, &name).await? {
                bail!("no key is called {name:?}");
            }
            println!("{name} is trusted no more; what it signed stays installed.");
        }
    }
    Ok(())
}

/// A key as it was given: itself, a file, or standard input.
fn text_of(key: &str) -> anyhow::Result<String> {
    if SigningKey::parse(key).is_ok() {
        return Ok(key.to_owned());
    }
    let mut text = String::new();
    if key == "-" {
        stdin().lock().take(SMALL_FILE_BYTES).read_to_string(&mut text).context("read the key from standard input")?;
        return Ok(text);
    }
    let bytes = read(Path::new(key), SMALL_FILE_BYTES)?;
    String::from_utf8(bytes).with_context(|| format!("{key} is no text"))
}

/// A file, but no more of it than `most` bytes.
pub(super) fn read(file: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let open = || format!("read {}", file.display());
    let mut bytes = Vec::new();
    fs::File::open(file).with_context(open)?.take(most).read_to_end(&mut bytes).with_context(open)?;
    Ok(bytes)
}

pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
