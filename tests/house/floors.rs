//! A room imports only from floors below, at the level of crates and of top folders.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each room may import of ours. A room that is not listed fails the test: give it a floor here and in
/// ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain/model", &[]),
    ("domain/log", &["domain/model"]),
    ("projections/engine", &["domain"]),
    ("projections/read-models", &["domain", "projections/engine"]),
    ("plugins/host", &["domain"]),
    ("plugins/strategies", &[]),
    ("plugins/strategies/predictor", &[]),
    ("commands/event-store", &["domain"]),
    ("commands/gateways", &["domain"]),
    ("commands/handlers", &["domain"]),
    ("commands/intake", &["domain", "commands/handlers"]),
    (
        "commands/automations",
        &[
            "domain",
            "commands/gateways",
            "commands/handlers",
            "projections/engine",
            "projections/read-models",
            "plugins/host",
            "plugins/strategies",
        ],
    ),
    ("api/private-postgres", &[]),
    ("api/listening", &[]),
    ("api/import", &["domain"]),
    ("api/backup", &["domain", "projections/engine", "commands/event-store", "migrations"]),
    ("api/bot", &["domain", "commands", "projections", "api/bot-talk"]),
    ("api/bot-talk", &["domain"]),
    ("api/graphql", &["domain", "commands", "projections", "plugins"]),
    ("api/http", &["domain", "commands", "projections", "plugins", "api/graphql", "api/listening"]),
    ("api/eventstore-grpc", &["domain", "commands/event-store", "api/listening"]),
    ("api/chronogram", &["domain", "commands", "projections", "plugins", "api", "migrations"]),
    ("migrations", &[]),
    ("tests", &["domain", "commands", "projections", "plugins", "api", "migrations", "tests/telegram-standin"]),
    ("tests/telegram-standin", &[]),
];

fn rooms() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let root = metadata.workspace_root.clone();
    metadata
        .packages
        .into_iter()
        .map(|package| {
            let folder = package.manifest_path.parent().unwrap().strip_prefix(&root).unwrap();
            (folder.to_string(), package)
        })
        .collect()
}

/// The rooms that `package` imports, tests of its own aside.
fn imports<'a>(package: &'a Package, rooms: &'a BTreeMap<String, Package>) -> Vec<&'a str> {
    let ours =
        |name: &str| rooms.iter().find(|(_, room)| room.name.as_str() == name).map(|(folder, _)| folder.as_str());
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    normal.filter_map(|dependency| ours(&dependency.name)).collect()
}

#[test]
fn every_room_imports_only_from_floors_below() {
    let rooms = rooms();
    let mut broken = Vec::new();
    for (folder, package) in &rooms {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(room, _)| room == folder) else {
            broken.push(format!("{folder} has no floor"));
            continue;
        };
        for import in imports(package, &rooms) {
            let is_allowed = allowed.iter().any(|room| import == *room || import.starts_with(&format!("{room}/")));
            if !is_allowed {
                broken.push(format!("{folder} must not import {import}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_house_has_all_its_rooms() {
    let rooms = rooms();
    let missing: Vec<_> = MAY_IMPORT.iter().filter(|(room, _)| !rooms.contains_key(*room)).collect();
    assert!(missing.is_empty(), "listed here but not in the workspace: {missing:?}");
}

#[test]
fn no_folder_points_back_up() {
    // domain < projections, plugins < commands < api < tests; migrations stands beside.
    let floor = |folder: &str| match folder.split('/').next().unwrap() {
        "domain" => 1,
        "projections" | "plugins" => 2,
        "commands" => 3,
        "api" => 4,
        "tests" => 5,
        "migrations" => 0,
        other => panic!("{other} has no floor"),
    };
    let rooms = rooms();
    for (folder, package) in &rooms {
        for import in imports(package, &rooms) {
            assert!(floor(import) <= floor(folder), "{folder} imports {import}, which is above it");
        }
    }
}
