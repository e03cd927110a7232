//! Prometheus' alerts. The file is read as it is written here: a line of another form is refused.

use std::collections::BTreeSet;

use super::{
    expressions::{Asked, asked},
    file, read,
};

const RULES: &str = "deploy/prometheus/chronogram-alerts.yaml";

#[derive(Debug, Default)]
pub(super) struct Alert {
    pub(super) name: String,
    expression: String,
    lasts: String,
    severity: String,
    summary: String,
    description: String,
    runbook: String,
}

impl Alert {
    pub(super) fn asked(&self) -> Asked {
        asked(&self.expression)
    }
}

/// What stands between single quotes, or by itself.
fn scalar(value: &str) -> String {
    let value = value.trim();
    if let Some(quoted) = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')) {
        return quoted.replace("''", "'");
    }
    assert!(!value.contains([':', '#', '{', '\'', '"']) || value.starts_with("docs/"), "quote {value}");
    value.to_owned()
}

pub(super) fn alerts() -> Vec<Alert> {
    let text = read(RULES);
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for expected in ["groups:", "  - name: chronogram", "    rules:"] {
        assert_eq!(lines.next(), Some(expected));
    }
    let mut alerts: Vec<Alert> = Vec::new();
    for line in lines {
        let depth = line.len() - line.trim_start().len();
        let (key, value) = line.trim_start().split_once(':').unwrap_or_else(|| panic!("{line}"));
        if (depth, key) == (6, "- alert") {
            alerts.push(Alert { name: scalar(value), ..Alert::default() });
            continue;
        }
        let alert = alerts.last_mut().unwrap_or_else(|| panic!("{line}"));
        match (depth, key) {
            (8, "expr") => alert.expression = scalar(value),
            (8, "for") => alert.lasts = scalar(value),
            (8, "labels" | "annotations") => assert!(value.is_empty(), "{line}"),
            (10, "severity") => alert.severity = scalar(value),
            (10, "summary") => alert.summary = scalar(value),
            (10, "description") => alert.description = scalar(value),
            (10, "runbook") => alert.runbook = scalar(value),
            _ => panic!("{line}: a line like no other"),
        }
    }
    alerts
}

#[test]
fn each_alert_says_what_is_wrong_for_how_long_and_what_to_do() {
    let alerts = alerts();
    assert!(alerts.len() >= 12, "{}", alerts.len());
    let mut names = BTreeSet::new();
    for alert in &alerts {
        let name = &alert.name;
        assert!(names.insert(name.clone()), "{name} is there twice");
        for (what, said) in
            [("expr", &alert.expression), ("summary", &alert.summary), ("description", &alert.description)]
        {
            assert!(!said.is_empty(), "{name} has no {what}");
        }
        let (number, unit) = alert.lasts.split_at(alert.lasts.len() - 1);
        assert!(number.parse::<u32>().is_ok() && ["s", "m", "h"].contains(&unit), "{name}: for {}", alert.lasts);
        assert!(["critical", "warning"].contains(&alert.severity.as_str()), "{name}: {}", alert.severity);
        let (page, anchor) = alert.runbook.split_once('#').unwrap_or_else(|| panic!("{name}: {}", alert.runbook));
        assert!(file(page).is_file(), "{name}: there is no {page}");
        assert!(anchors(&read(page)).contains(anchor), "{name}: {page} has no heading for #{anchor}");
    }
    // And no page that explains an alert that is none.
    let page = read("docs/operators/monitoring.md");
    let explained: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    assert_eq!(explained, names);
}

/// What headings are called in links.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let slug = |heading: &str| -> String {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(slug).collect()
}
