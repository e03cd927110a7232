//! `plugins new`: a folder in which everything works before anything is written.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, bail};

use super::{
    kit,
    project::{MANIFEST, Manifest, check_name},
};
use crate::cli::{Lang, WorldName};

const IGNORED: &str = "/target/\n/build/\n/bindings/\n/node_modules/\n/.venv/\n__pycache__/\n";

pub(crate) fn new(name: &str, lang: Lang, world: WorldName) -> anyhow::Result<ExitCode> {
    check_name(name)?;
    let folder = Path::new(name);
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("the folder {name} is there and not empty; take another name, or remove it");
    }
    for (place, text) in kit::project(name, lang, world) {
        write(&folder.join(place), &text)?;
    }
    let manifest = serde_json::to_string_pretty(&Manifest { name: name.into(), lang, world })?;
    write(&folder.join(MANIFEST), &(manifest + "\n"))?;
    write(&folder.join(".gitignore"), IGNORED)?;
    write(&folder.join("README.md"), &readme(name, lang, world))?;

    println!("{name} is a {} strategy in {}. Next:\n", world.as_str(), spoken(lang));
    println!("  cd {name}");
    for (command, what) in steps(lang) {
        println!("  {command:<53} {what}");
    }
    println!("\nIts code is {name}/{}; all it may rely on stands in {name}/wit/world.wit.", source(lang));
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// What to type, in order, and what for.
fn steps(lang: Lang) -> Vec<(&'static str, &'static str)> {
    let mut steps = match lang {
        Lang::Rust => vec![("cargo test", "its unit tests, without WASM")],
        Lang::Js => vec![
            ("npm install", "the tool that makes components of JavaScript"),
            ("npm test", "its unit tests, without WASM"),
        ],
        Lang::Python => vec![
            ("python3 -m venv .venv", ""),
            (".venv/bin/pip install -r requirements.txt", "the tool that makes components of Python"),
            (
                ".venv/bin/componentize-py -d wit -w profile-strategy -w alert-strategy bindings bindings",
                "types for tests and editors",
            ),
            ("PYTHONPATH=sdk/python:bindings python3 -m unittest", "its unit tests, without WASM"),
        ],
    };
    steps.push(("chronogram plugins build", "the component"));
    steps.push(("chronogram plugins test", "its golden cases, in the sandbox"));
    steps
}

fn readme(name: &str, lang: Lang, world: WorldName) -> String {
    let steps = steps(lang).iter().map(|(command, _)| format!("{command}\n")).collect::<Vec<_>>().concat();
    format!(
        "# {name}\n\nA {world} strategy for Chronogram, in {lang}. The code is `{source}`, golden cases are `cases/*.json`, \
         the contract is\n`wit/world.wit`, and `sdk/` is the package it stands on.\n\n```sh\n{steps}```\n",
        world = world.as_str(),
        lang = spoken(lang),
        source = source(lang),
    )
}

fn spoken(lang: Lang) -> &'static str {
    match lang {
        Lang::Rust => "Rust",
        Lang::Js => "JavaScript",
        Lang::Python => "Python",
    }
}

fn source(lang: Lang) -> &'static str {
    match lang {
        Lang::Rust => "src/lib.rs",
        Lang::Js => "strategy.js",
        Lang::Python => "strategy.py",
    }
}
