//! Grafana's dashboards.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    expressions::{Asked, asked},
    read,
};

pub(super) const DASHBOARDS: [&str; 2] =
    ["deploy/grafana/chronogram-overview.json", "deploy/grafana/chronogram-profiles.json"];

fn dashboard(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What all panels and variables ask for, each with where it stands.
pub(super) fn asked_for() -> Vec<(String, Asked)> {
    let mut all = Vec::new();
    for path in DASHBOARDS {
        let dashboard = dashboard(path);
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let place = format!("{path}: {}", panel["title"]);
                all.push((place, asked(target["expr"].as_str().unwrap())));
            }
        }
    }
    all
}

#[test]
fn dashboards_can_be_imported_as_they_are() {
    let mut uids = BTreeSet::new();
    for path in DASHBOARDS {
        let dashboard = dashboard(path);
        assert!(uids.insert(dashboard["uid"].as_str().unwrap().to_owned()), "{path}: the uid of another one");
        assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39, "{path}");
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        let source = variables.iter().find(|variable| variable["name"] == "datasource").unwrap();
        assert_eq!((&source["type"], &source["query"]), (&"datasource".into(), &"prometheus".into()), "{path}");
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{path}: {title} has the id of another panel");
            assert!(!title.is_empty() && !panel["description"].as_str().unwrap().is_empty(), "{path}: {title}");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{path}: {title} has no unit");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{path}: {title}");
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{path}: {title}");
            let number = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(number("x") + number("w") <= 24, "{path}: {title} is beyond the edge");
            for x in number("x")..number("x") + number("w") {
                for y in number("y")..number("y") + number("h") {
                    assert!(taken.insert((x, y)), "{path}: {title} lies on another panel");
                }
            }
        }
    }
}
