//! `profiles compare`.

use std::process::ExitCode;

use chronogram_automations::profiles::{CompareOptions, ComparedKey, ComparedSide, Comparison};

use super::{
    grouped,
    page::{Cell, Page, PageFile},
    short,
};
use crate::{
    cli::CompareArgs,
    commands::print_json,
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// Keys that are told one by one.
const KEYS: usize = 40;

pub(crate) async fn run(house: &Foundation, arguments: CompareArgs) -> anyhow::Result<ExitCode> {
    let page = arguments.html.as_deref().map(PageFile::create).transpose()?;
    house.catch_up().await?;
    let filler = house.filler().await?;
    let options = CompareOptions {
        a: arguments.a,
        b: arguments.b,
        sample: arguments.sample,
        seed: arguments.seed,
        workers: arguments.workers.into(),
    };
    let progress = Progress::start("Comparing", Unit::People);
    let done = filler.compare(&options, &|done, total| progress.set(done, total)).await;
    progress.finish();
    let comparison = done?;
    if let Some(page) = page {
        page.write(&drawn(&comparison))?;
    }
    if arguments.json {
        print_json(&comparison)?;
    } else {
        tell(&comparison);
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said of each side, one row a figure.
fn rows(comparison: &Comparison) -> Vec<(&'static str, [String; 2])> {
    let both = [&comparison.a, &comparison.b];
    let count = |of: fn(&ComparedSide) -> u64| both.map(|side| grouped(of(side)));
    let seconds = |percent| both.map(|side| format!("{:.3} s", seconds_of(side.durations.percentile(percent))));
    let mut rows = vec![
        ("artifact", both.map(|side| short(&side.digest).to_owned())),
        ("people decided about", count(|side| side.decided)),
        ("left to basic", count(|side| side.fallbacks.values().sum())),
        ("fields filled", count(|side| side.fields)),
        ("with evidence", both.map(|side| share(side.with_evidence, side.fields))),
        ("mean confidence", both.map(|side| side.confidence.value().to_string())),
        ("tokens paid for now", count(|side| side.tokens)),
        ("paid now", both.map(|side| side.cost.to_string())),
        ("time p50", seconds(50)),
        ("time p95", seconds(95)),
        ("fuel p50", count(|side| side.fuel.percentile(50))),
        ("fuel p95", count(|side| side.fuel.percentile(95))),
    ];
    let mut reasons: Vec<&'static str> = both.iter().flat_map(|side| side.fallbacks.keys().copied()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        rows.push((reason, both.map(|side| grouped(side.fallbacks.get(reason).copied().unwrap_or(0)))));
    }
    rows
}

fn tell(comparison: &Comparison) {
    println!("{}", who(comparison));
    let (a, b) = (&comparison.a.strategy, &comparison.b.strategy);
    println!("{:<24} {a:>20} {b:>20}", "");
    for (what, [a, b]) in rows(comparison) {
        println!("{what:<24} {a:>20} {b:>20}");
    }
    println!("{}", agreement(comparison));
    if !comparison.keys.is_empty() {
        println!(
            "{:<24} {:>9} {:>9} {:>9} {:>9}  MEAN CONFIDENCE",
            "FIELD", "BOTH SAME", "DIFFERENT", "ONLY A", "ONLY B"
        );
    }
    for (key, counts) in most_filled(comparison) {
        let ComparedKey { same, different, a_only, b_only, .. } = counts;
        let (a, b) = (counts.a_confidence.value(), counts.b_confidence.value());
        println!("{key:<24} {same:>9} {different:>9} {a_only:>9} {b_only:>9}  {a} / {b}");
    }
}

fn who(comparison: &Comparison) -> String {
    format!(
        "{} people, chosen by the number {}: {} who wrote something, {} who did not. A is {}, B is {}.",
        grouped(comparison.people),
        comparison.seed,
        grouped(comparison.with_messages),
        grouped(comparison.without_messages),
        comparison.a.strategy,
        comparison.b.strategy
    )
}

fn agreement(comparison: &Comparison) -> String {
    let share = share(comparison.agreeing, comparison.both);
    format!("Both fill {} fields; {share} of these alike.", grouped(comparison.both))
}

fn most_filled(comparison: &Comparison) -> Vec<(&String, &ComparedKey)> {
    let mut keys: Vec<(&String, &ComparedKey)> = comparison.keys.iter().collect();
    keys.sort_by_key(|(_, key)| std::cmp::Reverse(key.same + key.different + key.a_only + key.b_only));
    keys.truncate(KEYS);
    keys
}

fn share(part: u64, whole: u64) -> String {
    match (u128::from(part) * 1_000).checked_div(u128::from(whole)) {
        Some(thousandths) => format!("{}.{} %", thousandths / 10, thousandths % 10),
        None => "–".to_owned(),
    }
}

#[allow(clippy::cast_precision_loss)] // to be looked at
fn seconds_of(micros: u64) -> f64 {
    micros as f64 / 1e6
}

fn drawn(comparison: &Comparison) -> String {
    let (a, b) = (comparison.a.strategy.as_str(), comparison.b.strategy.as_str());
    let mut page = Page::new(&format!("{a} and {b} on the same people"));
    page.paragraph(&who(comparison));
    page.paragraph(&agreement(comparison));
    let figures = rows(comparison).into_iter();
    let figures: Vec<_> =
        figures.map(|(what, [a, b])| vec![Cell::text(what), Cell::Number(a), Cell::Number(b)]).collect();
    page.table(&["", a, b], &figures);
    page.heading("Fields");
    let keys = most_filled(comparison);
    let counts = |key: &ComparedKey| [key.same, key.different, key.a_only, key.b_only];
    let bars: Vec<_> = keys.iter().map(|(name, key)| ((*name).clone(), counts(key).map(float).to_vec())).collect();
    let (only_a, only_b) = (format!("only {a}"), format!("only {b}"));
    page.bars(&["both alike", "both, different", &only_a, &only_b], &bars);
    let rows: Vec<_> = keys
        .iter()
        .map(|(name, key)| {
            let means = [key.a_confidence, key.b_confidence].map(|mean| Cell::Number(mean.value().to_string()));
            std::iter::once(Cell::text(*name)).chain(counts(key).map(Cell::number)).chain(means).collect()
        })
        .collect();
    let columns = ["field", "both alike", "both, different", a, b, "confidence of the first", "of the second"];
    page.table(&columns, &rows);
    page.heading("Fuel");
    let sides = [&comparison.a, &comparison.b];
    page.bars(&[], &sides.map(|side| (format!("{}, p50", side.strategy), vec![float(side.fuel.percentile(50))])));
    page.heading("Time in seconds");
    let time = |side: &ComparedSide| seconds_of(side.durations.percentile(50));
    page.bars(&[], &sides.map(|side| (format!("{}, p50", side.strategy), vec![time(side)])));
    page.finish()
}

#[allow(clippy::cast_precision_loss)] // a bar is a thousand pixels long at most
fn float(count: u64) -> f64 {
    count as f64
}
