//! What `/metrics` shows: names, types, labels.

use std::collections::{BTreeMap, BTreeSet};

/// A figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) kind: String,
    pub(super) labels: BTreeSet<String>,
}

/// The figures of a page in Prometheus' text format.
pub(super) fn figures(page: &str) -> BTreeMap<String, Figure> {
    let mut figures: BTreeMap<String, Figure> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, kind) = told.split_once(' ').unwrap();
            kind.clone_into(&mut figures.entry(name.to_owned()).or_default().kind);
        } else if !line.starts_with('#') {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let base = base(name, &figures);
            let figure = figures.get_mut(&base).unwrap_or_else(|| panic!("{line} has no type"));
            // Every second piece stands outside of quotes.
            let outside: String = labels.trim_end_matches('}').split('"').step_by(2).collect();
            let names = outside.split(',').map(|name| name.trim_end_matches('=').to_owned());
            figure.labels.extend(names.filter(|name| !name.is_empty() && name != "quantile"));
        }
    }
    figures
}

/// The figure that a series belongs to: a summary has `…_sum` and `…_count` beside its own.
pub(super) fn base(name: &str, figures: &BTreeMap<String, Figure>) -> String {
    let part = ["_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end));
    let of_summary = part.filter(|part| figures.get(*part).is_some_and(|figure| figure.kind == "summary"));
    of_summary.unwrap_or(name).to_owned()
}
