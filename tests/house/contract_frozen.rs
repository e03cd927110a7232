//! The contract of strategies is frozen: what a version of it says, it says for as long as anybody runs what was built for it.
//!
//! `tests/fixtures/contract/VERSION` holds each version that was ever released. Words of explanation may become clearer; what
//! is declared may not change.

use std::{collections::BTreeMap, fs, path::PathBuf};

use chronogram_plugin_host::CONTRACT_VERSION;

const WHAT_TO_DO: &str = "The contract is frozen: strategies of others are built for it. To say more: a fact in one of the \
    `facts`, a case spoken of in `other`, or a new interface that the host probes for, in the next minor version (docs/plugin-authors/versions.md). \
    To say something else: the next major version, with a shim in the host for this one. Each version gets its copy in \
    tests/fixtures/contract and frozen guests in tests/fixtures/frozen";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a file declares: its lines without explanations.
fn declared(wit: &str) -> String {
    let code = wit.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    code.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn today() -> String {
    declared(&fs::read_to_string(root().join("plugins/wit/world.wit")).unwrap())
}

/// Each version that was released, with what it declared.
fn released() -> BTreeMap<String, String> {
    let versions = fs::read_dir(root().join("tests/fixtures/contract")).unwrap().map(|entry| entry.unwrap().path());
    let said = |path: PathBuf| {
        let version = path.file_name().unwrap().to_str().unwrap().to_owned();
        (version, declared(&fs::read_to_string(path.join("world.wit")).unwrap()))
    };
    versions.map(said).collect()
}

/// Interfaces and worlds by their first line.
fn parts(declared: &str) -> BTreeMap<&str, &str> {
    let ends = declared.match_indices("\n}").map(|(at, _)| at + 2);
    let mut begin = declared.find('\n').unwrap() + 1;
    let mut parts = BTreeMap::new();
    for end in ends {
        let part = declared[begin..end].trim();
        // The end of a record within is no end of an interface.
        if part.matches('{').count() == part.matches('}').count() {
            parts.insert(part.lines().next().unwrap(), part);
            begin = end;
        }
    }
    parts
}

#[test]
fn the_contract_declares_what_its_version_declared() {
    let frozen = &released()[CONTRACT_VERSION];
    assert!(today() == *frozen, "plugins/wit differs from its frozen copy. {WHAT_TO_DO}");
    assert!(today().starts_with(&format!("package chronogram:strategy@{CONTRACT_VERSION};")));
}

#[test]
fn whatever_an_older_version_of_this_major_declared_stands_unchanged() {
    let (today, major) = (today(), CONTRACT_VERSION.split('.').next());
    let today = parts(&today);
    for (version, declared) in released().iter().filter(|(version, _)| version.split('.').next() == major) {
        let then = parts(declared);
        assert!(then.len() >= 8, "{then:#?}");
        for (name, part) in then {
            assert!(today.get(name) == Some(&part), "{name} is not what it was in {version}. {WHAT_TO_DO}");
        }
    }
}

#[test]
fn every_record_and_every_variant_has_room_to_grow() {
    let today = today();
    let lines: Vec<&str> = today.lines().collect();
    for (at, head) in lines.iter().enumerate() {
        let Some((kind @ ("record" | "variant"), name)) = head.trim_end_matches(" {").split_once(' ') else { continue };
        let end = lines[at..].iter().position(|line| *line == "}").unwrap();
        let last = lines[at + end - 1];
        match (kind, name) {
            // A name and a value; a turn of a conversation.
            ("record", "fact" | "llm-message") => {}
            ("record", _) => assert_eq!(last, "facts: list<fact>,", "record {name}"),
            _ => assert_eq!(last, "other(string),", "variant {name}"),
        }
    }
}
