//! What authors do, as the documentation tells them: the tutorials' commands run as they are written, and every template of
//! each language and world is built and passes its golden cases in the real sandbox.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use chronogram_plugin_host::CONTRACT_VERSION;
use chronogram_tests::binary;
use serde_json::Value;

/// The house's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A shell in `folder`, with the binary in its PATH and tools from what `make setup-authors` fetched: no network.
#[allow(clippy::disallowed_methods)] // it has what an author's shell has
fn shell(folder: &Path, script: &str) -> String {
    let kept = root().join("target/authors");
    assert!(kept.join("wheels").is_dir(), "{} is not there: run `make setup-authors` first", kept.display());
    let path = format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("RUST")) {
        if !["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&name.as_str()) {
            bash.env_remove(name);
        }
    }
    let output = bash
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        // One for all projects of the tests: the crates below a strategy are built once.
        .env("CARGO_TARGET_DIR", kept.join("guests"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("npm_config_cache", kept.join("npm"))
        .env("npm_config_offline", "true")
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", kept.join("wheels"))
        .env("CHRONOGRAM_DATA", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in {}:\n{script}\n{said}", folder.display());
    String::from_utf8(output.stdout).unwrap()
}

/// The golden cases of a project, as `plugins test --json` tells of them.
fn cases(project: &Path) -> Vec<Value> {
    shell(project, "chronogram plugins test --json").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a page tells its reader to type and to write, as one script. Blocks of `sh` are typed; a block with `file=…` is the
/// text of that file.
fn script_of(page: &str) -> String {
    let mut script = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let block = block.join("\n");
        if let Some((_, file)) = fence.split_once("file=") {
            writeln!(script, "cat > {file} <<'END_OF_FILE'\n{block}\nEND_OF_FILE").unwrap();
        } else if fence == "sh" {
            script += &(block + "\n");
        }
    }
    script
}

fn follow(tutorial: &str, project: &str) {
    let page = fs::read_to_string(root().join("docs/plugin-authors").join(tutorial)).unwrap();
    let script = script_of(&page);
    assert!(script.contains("plugins new") && script.contains("plugins test"), "{tutorial} tells nothing to type");
    let folder = tempfile::tempdir().unwrap();
    shell(folder.path(), &script);
    let cases = cases(&folder.path().join(project));
    assert!(cases.len() >= 2, "{cases:#?}");
    assert!(cases.iter().all(|case| case["passed"] == true), "{cases:#?}");
}

/// A project of each world, built with the language's tool and tested; what its cases came to, by name.
fn templates(lang: &str, install: &str, unit_tests: &str) {
    let folder = tempfile::tempdir().unwrap();
    for world in ["profile", "alert"] {
        let name = format!("{lang}-{world}");
        shell(folder.path(), &format!("chronogram plugins new {name} --lang {lang} --world {world}"));
        let project = folder.path().join(&name);
        shell(&project, &format!("{install}\n{unit_tests}\nchronogram plugins build"));

        let cases = cases(&project);
        assert!(cases.len() >= 3, "{cases:#?}");
        for case in &cases {
            assert_eq!(case["passed"], true, "{case:#}");
            assert!(case["figures"]["fuel_used"].as_u64().unwrap() > 0, "{case:#}");
        }
        let shown = shell(&project, &format!("chronogram plugins inspect --json build/{name}.wasm"));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(
            (&shown["world"], &shown["descriptor"]["name"]),
            (&format!("{world}-strategy").into(), &name.as_str().into())
        );
        assert_eq!((&shown["wit_version"], &shown["refused"]), (&CONTRACT_VERSION.into(), &Value::Null));
        assert_eq!(shown["sizes"]["custom_section_bytes"], 0, "it is stripped: {shown:#}");
        for import in shown["imports"].as_array().unwrap() {
            assert!(import.as_str().unwrap().starts_with("chronogram:strategy/"), "{import}");
        }
        let component = fs::read(project.join(format!("build/{name}.wasm"))).unwrap();
        let component = String::from_utf8_lossy(&component);
        assert!(!component.contains(folder.path().to_str().unwrap()), "it names its author's folder");
        if lang == "rust" {
            let crates = component.matches("/registry/src/").count();
            assert!(crates > 0, "panics name where they are");
            assert_eq!(component.matches("/cargo/registry/src/").count(), crates, "it names its author's home");
        }
    }
}

const PYTHON_TOOLS: &str = "python3 -m venv .venv
    .venv/bin/pip install --quiet -r requirements.txt
    .venv/bin/componentize-py -d wit -w profile-strategy -w alert-strategy bindings bindings";
const PYTHON_TESTS: &str = "PYTHONPATH=sdk/python:bindings python3 -m unittest";

#[test]
fn both_templates_in_rust_pass_their_cases() {
    templates("rust", "", "cargo test --quiet");
}

#[test]
fn both_templates_in_javascript_pass_their_cases() {
    templates("js", "npm install", "npm test");
}

#[test]
fn both_templates_in_python_pass_their_cases() {
    templates("python", PYTHON_TOOLS, PYTHON_TESTS);
}

#[test]
fn the_tutorial_for_rust_works_as_written() {
    follow("tutorial-rust.md", "night-owl");
}

#[test]
fn the_tutorial_for_javascript_works_as_written() {
    follow("tutorial-javascript.md", "night-owl");
}

#[test]
fn the_tutorial_for_python_works_as_written() {
    follow("tutorial-python.md", "night-owl");
}

/// What is thrown, panicked and forgotten: an outcome or a fault with a name, never silence.
#[test]
fn a_mistake_of_an_author_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    shell(folder.path(), "chronogram plugins new wrong --lang js\ncd wrong\nnpm install");
    let project = folder.path().join("wrong");
    let strategy = fs::read_to_string(project.join("strategy.js")).unwrap();
    let broken = strategy.replacen("const own =", "input.nobody.knows; const own =", 1);
    assert_ne!(strategy, broken);
    fs::write(project.join("strategy.js"), broken).unwrap();
    fs::remove_dir_all(project.join("cases")).unwrap();
    fs::create_dir(project.join("cases")).unwrap();
    fs::write(project.join("cases/asks-often.json"), r#"{"input":{"user":"a"}}"#).unwrap();

    let told = shell(&project, "chronogram plugins test --json || test $? = 1");
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let case = told.iter().find(|case| case["case"] == "asks-often").unwrap();
    assert!(case["outcome"]["refused"]["other"].as_str().unwrap().starts_with("TypeError"), "{case:#}");
    assert!(case["wrong"].as_str().unwrap().contains("--update"), "{case:#}");
    assert!(!case["figures"]["logs"].as_array().unwrap().is_empty(), "its stack is logged: {case:#}");

    shell(&project, "chronogram plugins test --update\nchronogram plugins test");
    let written = fs::read_to_string(project.join("cases/asks-often.json")).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert!(written["outcome"]["refused"]["other"].is_string() && written["input"]["user"] == "a", "{written:#}");
}

#[test]
fn a_script_is_what_the_page_says_and_nothing_else() {
    let page = "Text\n```sh\necho a\n```\n```json file=cases/x.json\n{}\n```\n```text\nok\n```\n";
    assert_eq!(script_of(page), "echo a\ncat > cases/x.json <<'END_OF_FILE'\n{}\nEND_OF_FILE\n");
}
