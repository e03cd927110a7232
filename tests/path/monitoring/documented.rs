//! The table of figures, the sources and a Chronogram at work say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use chronogram_tests::{Manner, ModelStandin, exports::crowd_export, http_client};
use serde_json::json;

use super::{
    alerts::alerts,
    dashboards::asked_for,
    expressions::Asked,
    figures::{Figure, base, figures},
    file, read,
};
use crate::world::{PATIENCE, World};

/// Where the product's own code lies.
const ROOMS: [&str; 5] = ["domain", "projections", "plugins", "commands", "api"];
/// What Prometheus itself knows of what it asks.
const OF_PROMETHEUS: &str = "up";
const LABELS_OF_PROMETHEUS: [&str; 3] = ["instance", "job", "quantile"];

/// The rows of the table.
fn documented() -> BTreeMap<String, Figure> {
    let page = read("docs/operators/monitoring.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let figure = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "{row}");
        assert!(!cells[3].is_empty() && !cells[4].is_empty(), "{row} says no unit or no meaning");
        let labels = cells[2].split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| label != "–").collect();
        (cells[0].trim_matches('`').to_owned(), Figure { kind: cells[1].to_owned(), labels })
    };
    let all: Vec<_> = rows.map(figure).collect();
    let (count, table) = (all.len(), all.into_iter().collect::<BTreeMap<_, _>>());
    assert_eq!(table.len(), count, "a figure stands there twice");
    table
}

/// The names in the sources, each with its type.
fn in_sources(folder: &Path, found: &mut BTreeMap<String, &'static str>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            in_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            for (call, kind) in [("counter!(", "counter"), ("gauge!(", "gauge"), ("histogram!(", "summary")] {
                for call in source.split(call).skip(1) {
                    let name = call.trim_start().strip_prefix('"').and_then(|call| call.split('"').next());
                    let name = name.unwrap_or_else(|| panic!("{}: a figure without a plain name", path.display()));
                    let other = found.insert(name.to_owned(), kind);
                    assert!(other.is_none_or(|other| other == kind), "{name} is of two types");
                }
            }
        }
    }
}

#[test]
fn the_table_has_every_figure_of_the_sources_and_no_other() {
    let mut sources = BTreeMap::new();
    for room in ROOMS {
        in_sources(&file(room), &mut sources);
    }
    let table: BTreeMap<String, &str> = documented()
        .into_iter()
        .map(|(name, figure)| {
            let kind = ["counter", "gauge", "summary"].into_iter().find(|kind| *kind == figure.kind);
            (name, kind.unwrap_or("no type"))
        })
        .collect();
    assert_eq!(table, sources);
}

/// What an expression asks for is there, and somebody has its labels.
fn check(place: &str, asked: &Asked, shown: &BTreeMap<String, Figure>) {
    let metrics: Vec<String> = asked.metrics.iter().filter(|name| *name != OF_PROMETHEUS).cloned().collect();
    let mut labels: BTreeSet<&str> = LABELS_OF_PROMETHEUS.into();
    for metric in &metrics {
        let figure = shown.get(&base(metric, shown)).unwrap_or_else(|| panic!("{place}: {metric} is nowhere shown"));
        labels.extend(figure.labels.iter().map(String::as_str));
    }
    for label in &asked.labels {
        assert!(labels.contains(label.as_str()), "{place}: none of {metrics:?} has the label {label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dashboards_and_alerts_name_is_shown_by_a_chronogram_at_work() {
    let world = World::new().await;
    let model = ModelStandin::start().await.unwrap();
    model.always(Manner::Say(r#"{"interests":{"value":"tea","evidence":[1]}}"#.into()));
    let settings = json!({
        "models": { "default": {
            "base_url": model.base_url(), "model": ModelStandin::MODEL, "api_key": ModelStandin::KEY,
            "price_per_million": { "input": "1", "output": "2" },
        } },
        "grants": { "*": { "models": ["default"] } },
        "budget_per_day": "5",
    });
    let models = world.home.data().join("models.json");
    std::fs::write(&models, settings.to_string()).unwrap();
    let export = world.home.data().join("talk.json");
    crowd_export(&export, 1, 3, 1).unwrap();
    world.home.succeed(&["import", export.to_str().unwrap()]).unwrap();
    world.home.succeed(&["backup", "create"]).unwrap();
    world.home.succeed(&["backup", "verify", "latest"]).unwrap();

    let up = world.up_with(&[("MODELS_FILE", models.to_str().unwrap()), ("PROFILE_POLICIES", "on")]);
    let anna = world.person("Анна", "ru");
    world.ask(anna, "/start").await;
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let ask = async |query: &str| chronogram_tests::graphql(&api, &token, query).await.unwrap();
    let set = r#"mutation { setFillPolicy(input: { name: "all", strategy: "llm", schedule: "1h" }) { name } }"#;
    ask(set).await;
    let due = ask(r#"mutation { runFillPolicy(name: "all") { name } }"#).await;
    assert_eq!(due["data"]["runFillPolicy"]["name"], "all", "{due}");

    // Everything was at work once the run is over and told.
    let metrics = up.printed("Metrics").unwrap().to_owned();
    let page = async || http_client().get(&metrics).send().await.unwrap().text().await.unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let worked = ["profile_policy_due_total{", "model_budget_left{", "backup_verified_age_seconds", "outbox_waiting"];
    while !page_has(&page().await, &worked) {
        assert!(tokio::time::Instant::now() < deadline, "{}", page().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let shown = figures(&page().await);

    let table = documented();
    for (name, figure) in &shown {
        assert_eq!(table.get(name), Some(figure), "docs/operators/monitoring.md says something else of {name}");
    }
    for (place, asked) in asked_for() {
        check(&place, &asked, &shown);
    }
    for alert in alerts() {
        check(&alert.name, &alert.asked(), &shown);
    }
    up.stop().unwrap();
}

fn page_has(page: &str, figures: &[&str]) -> bool {
    figures.iter().all(|figure| page.contains(figure))
}
