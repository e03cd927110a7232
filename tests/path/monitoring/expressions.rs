//! What a `PromQL` expression asks for: names of metrics, and the labels that it wants of them. It reads as much of the
//! language as dashboards and alerts use, and takes whatever it does not know for the name of a metric.

use std::collections::BTreeSet;

/// Words of the language that are no metrics.
const WORDS: [&str; 18] = [
    "absent",
    "and",
    "by",
    "count",
    "histogram_quantile",
    "increase",
    "irate",
    "label_values",
    "max",
    "min",
    "on",
    "or",
    "rate",
    "sum",
    "unless",
    "vector",
    "without",
    "avg",
];

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) metrics: BTreeSet<String>,
    pub(super) labels: BTreeSet<String>,
}

/// What an expression asks for.
pub(super) fn asked(expression: &str) -> Asked {
    let mut asked = Asked::default();
    let mut rest = expression;
    let mut grouping = false;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            grouping = word == "by" || word == "without" || word == "on";
            if !WORDS.contains(&word) {
                asked.metrics.insert(word.to_owned());
            }
            rest = behind;
        } else if first == '{' {
            let (matchers, behind) = rest[1..].split_once('}').expect("a brace that is open is closed");
            asked.labels.extend(labels_of(matchers));
            rest = behind;
        } else if first == '(' && grouping {
            let (labels, behind) = rest[1..].split_once(')').expect("a list of labels ends");
            asked.labels.extend(labels.split(',').map(|label| label.trim().to_owned()));
            grouping = false;
            rest = behind;
        } else if first == '[' {
            rest = rest.split_once(']').expect("a range ends").1;
        } else if first.is_ascii_digit() {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    asked
}

/// The names in `a="x",b=~"y|z"`.
fn labels_of(matchers: &str) -> impl Iterator<Item = String> {
    // Between quotes nothing is a name: every second piece stands outside of them.
    let outside: Vec<&str> = matchers.split('"').step_by(2).collect();
    let names = outside.concat();
    let names: Vec<String> =
        names.split(',').map(|name| name.trim_end_matches(['=', '~', '!']).trim().to_owned()).collect();
    names.into_iter().filter(|name| !name.is_empty())
}

#[test]
fn names_and_labels_are_found() {
    let expression = r#"sum by (plugin, outcome) (increase(calls_total{instance=~"$i",outcome!~"done|refused"}[15m])) / rate(other_count[5m]) > 2e3 or vector(0)"#;
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    let expected =
        Asked { metrics: set(&["calls_total", "other_count"]), labels: set(&["instance", "outcome", "plugin"]) };
    assert_eq!(asked(expression), expected);
}
