//! `plugins backtest`.

use std::{cmp::Reverse, path::Path, process::ExitCode};

use chronogram_automations::judging::{
    AlertBacktest, AlertTold, Artifact, Backtest, BacktestOptions, Candidate, Example, FieldCounts, ProfileBacktest,
};
use chronogram_plugin_host::Limits;
use jiff::{SignedDuration, Timestamp};

use super::{
    grouped, judge,
    page::{Cell, Page, PageFile},
    short, showing,
};
use crate::{
    cli::BacktestArgs,
    commands::{plugins::read, print_json},
    foundation::Foundation,
};

/// Keys of fields that are told one by one.
const KEYS: usize = 30;

pub(super) async fn run(house: &Foundation, arguments: BacktestArgs) -> anyhow::Result<ExitCode> {
    let page = arguments.html.as_deref().map(PageFile::create).transpose()?;
    let judge = judge(house)?;
    let artifact = artifact(&arguments.candidate, arguments.digest)?;
    let candidate = judge.candidate(artifact, arguments.config.as_deref()).await?;
    let against = match arguments.against {
        Some(digest) => {
            let other = Artifact::Installed { name: candidate.name().to_owned(), digest: Some(digest) };
            Some(judge.candidate(other, None).await?)
        }
        None => None,
    };
    let options = BacktestOptions {
        since: house.engine.position_at(before(arguments.since)).await?,
        sample: arguments.sample.map(usize::try_from).transpose()?,
        examples: usize::try_from(arguments.examples)?,
    };
    let work = async |told: &(dyn Fn(u64, u64) + Send + Sync)| {
        judge.backtest(&candidate, against.as_ref(), options, told).await
    };
    let report = showing("Trying it on the past", work).await?;
    let title = title(&candidate, against.as_ref());
    if let Some(page) = page {
        page.write(&drawn(&title, &report))?;
    }
    if arguments.json {
        print_json(&report)?;
    } else {
        println!("{title}");
        match &report {
            Backtest::Profile(report) => tell_profiles(report),
            Backtest::Alert(report) => tell_alerts(report),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the moment itself brought belongs to it.
fn before(moment: Timestamp) -> Timestamp {
    moment.checked_sub(SignedDuration::from_micros(1)).unwrap_or(moment)
}

fn artifact(candidate: &str, digest: Option<String>) -> anyhow::Result<Artifact> {
    let path = Path::new(candidate);
    let is_file = path.is_file() || path.extension().is_some_and(|extension| extension == "wasm");
    if !is_file {
        return Ok(Artifact::Installed { name: candidate.to_owned(), digest });
    }
    anyhow::ensure!(digest.is_none(), "--digest is for installed strategies; {candidate} is a file");
    // One byte more than a host takes tells too large from just right.
    let most = Limits::default().artifact_bytes as u64 + 1;
    Ok(Artifact::Bytes(read(path, most)?))
}

fn title(candidate: &Candidate, against: Option<&Candidate>) -> String {
    let of = |candidate: &Candidate| format!("{} ({})", candidate.name(), short(candidate.digest()));
    match against {
        Some(other) => format!("{} on the past, compared with {}", of(candidate), of(other)),
        None => format!("{} on the past", of(candidate)),
    }
}

fn tell_profiles(report: &ProfileBacktest) {
    for example in &report.examples {
        println!("position {}, person {}", example.position, example.person);
        for (sign, key, text) in lines_of(example) {
            println!("  {sign} {key}: {text}");
        }
    }
    println!(
        "{} decisions: {} alike, {} different; {} decided by it alone, {} not decided by it, {} by neither; {} left out \
         because what they were made of is gone.",
        grouped(report.decisions),
        grouped(report.same),
        grouped(report.different),
        grouped(report.gained),
        grouped(report.lost),
        grouped(report.neither),
        grouped(report.unknown),
    );
    println!("Fields: {}.", told(&report.fields));
    for (key, counts) in most_changed(report) {
        println!("  {key:<20} {}", told(counts));
    }
    report.refused.iter().for_each(|(reason, count)| println!("Refused {} times: {reason}.", grouped(*count)));
    report.faults.iter().for_each(|(kind, count)| println!("At fault {} times: {kind}.", grouped(*count)));
    if report.effects_answered + report.effects_unavailable > 0 {
        println!(
            "It asked {} times what was asked then, and was answered; {} times something else, which was unavailable.",
            grouped(report.effects_answered),
            grouped(report.effects_unavailable)
        );
    }
    for (what, fuel) in [("Fuel of its calls", &report.fuel), ("Fuel of the others", &report.fuel_before)] {
        let (mean, half, most) = (grouped(fuel.mean()), grouped(fuel.percentile(50)), grouped(fuel.percentile(95)));
        println!("{what}: {mean} on average, p50 {half}, p95 {most}, at most {}.", grouped(fuel.max()));
    }
}

fn told(counts: &FieldCounts) -> String {
    format!(
        "{} alike, {} new, {} missing, {} changed, {} with another confidence or evidence",
        grouped(counts.same),
        grouped(counts.new),
        grouped(counts.missing),
        grouped(counts.changed),
        grouped(counts.reweighted)
    )
}

/// Keys by how many of their fields differ.
fn most_changed(report: &ProfileBacktest) -> Vec<(&String, &FieldCounts)> {
    let mut keys: Vec<(&String, &FieldCounts)> = report.keys.iter().collect();
    keys.sort_by_key(|(_, counts)| Reverse(counts.new + counts.missing + counts.changed + counts.reweighted));
    keys.truncate(KEYS);
    keys
}

/// What differs in one decision: a sign, the key, what is to be said.
fn lines_of(example: &Example) -> Vec<(char, &str, String)> {
    let difference = &example.difference;
    let mut lines: Vec<(char, &str, String)> = Vec::new();
    lines.extend(difference.new.iter().map(|field| ('+', field.key.as_str(), field.value.clone())));
    lines.extend(difference.missing.iter().map(|field| ('-', field.key.as_str(), field.value.clone())));
    let changed = difference.changed.iter();
    lines.extend(changed.map(|field| ('~', field.key.as_str(), format!("{} → {}", field.before, field.after))));
    lines.extend(
        difference.reweighted.iter().map(|key| ('~', key.as_str(), "another confidence or evidence".to_owned())),
    );
    lines.extend(difference.unset.iter().map(|key| ('-', key.as_str(), "taken away".to_owned())));
    lines.extend(difference.kept.iter().map(|key| ('+', key.as_str(), "not taken away".to_owned())));
    if difference.asks_otherwise {
        lines.push(('~', "(question)", "another one, or none".to_owned()));
    }
    lines
}

fn tell_alerts(report: &AlertBacktest) {
    for raised in &report.alerts {
        let sign = match raised.told {
            AlertTold::New => '+',
            AlertTold::Missing => '-',
            AlertTold::Same => '=',
        };
        let alert = &raised.alert;
        println!(
            "{sign} {} channel {} {} {}: {} ({} {} → {})",
            raised.at.strftime("%Y-%m-%d %H:%M"),
            raised.channel,
            alert.severity,
            alert.rule,
            alert.message,
            alert.metric,
            alert.before,
            alert.after
        );
    }
    println!(
        "{} counts of {} channels: {} alerts, {} of them raised by the other one too; {} raised by the other one only; {} \
         held back because one of their key had been raised.",
        grouped(report.counts),
        grouped(report.channels),
        grouped(report.raised),
        grouped(report.same),
        grouped(report.missing),
        grouped(report.held_back)
    );
    report.rules.iter().for_each(|(rule, count)| println!("  {rule}: {}", grouped(*count)));
    report.refused.iter().for_each(|(reason, count)| println!("Refused {} times: {reason}.", grouped(*count)));
    report.faults.iter().for_each(|(kind, count)| println!("At fault {} times: {kind}.", grouped(*count)));
    println!("Fuel: {} on average, at most {}.", grouped(report.fuel.mean()), grouped(report.fuel.max()));
}

fn drawn(title: &str, report: &Backtest) -> String {
    let mut page = Page::new(title);
    match report {
        Backtest::Profile(report) => draw_profiles(&mut page, report),
        Backtest::Alert(report) => draw_alerts(&mut page, report),
    }
    page.finish()
}

fn draw_profiles(page: &mut Page, report: &ProfileBacktest) {
    page.paragraph(&format!("{} decisions of the past were taken again.", grouped(report.decisions)));
    let outcomes = [
        ("alike", report.same),
        ("different", report.different),
        ("decided by it alone", report.gained),
        ("not decided by it", report.lost),
        ("decided by neither", report.neither),
        ("left out", report.unknown),
    ];
    page.bars(&[], &outcomes.map(|(what, count)| (what.to_owned(), vec![float(count)])));
    page.heading("Fields");
    let counts = |counts: &FieldCounts| [counts.same, counts.new, counts.missing, counts.changed, counts.reweighted];
    let keys = most_changed(report);
    let rows: Vec<_> = keys.iter().map(|(key, of)| ((*key).clone(), counts(of).map(float).to_vec())).collect();
    page.bars(&["alike", "new", "missing", "changed", "reweighted"], &rows);
    page.heading("Where it did not decide");
    let failures = report.refused.iter().map(|(reason, count)| ("refused", reason, count));
    let failures = failures.chain(report.faults.iter().map(|(kind, count)| ("fault", kind, count)));
    let rows: Vec<_> =
        failures.map(|(what, why, count)| vec![Cell::text(what), Cell::text(*why), Cell::number(*count)]).collect();
    page.table(&["", "why", "times"], &rows);
    page.heading("Fuel");
    let fuel = [("its calls", &report.fuel), ("the others", &report.fuel_before)];
    let rows = fuel.map(|(whose, fuel)| {
        let figures = [fuel.mean(), fuel.percentile(50), fuel.percentile(95), fuel.max()];
        std::iter::once(Cell::text(whose)).chain(figures.map(Cell::number)).collect()
    });
    page.table(&["of", "mean", "p50", "p95", "most"], &rows);
    page.heading("Some differences");
    let mut rows = Vec::new();
    for example in &report.examples {
        for (sign, key, text) in lines_of(example) {
            let changed = example.difference.changed.iter().find(|field| sign == '~' && field.key == key);
            let what = match (sign, changed) {
                (_, Some(field)) => Cell::Change { before: field.before.clone(), after: field.after.clone() },
                ('+', None) => Cell::Change { before: String::new(), after: text },
                ('-', None) => Cell::Change { before: text, after: String::new() },
                _ => Cell::Text(text),
            };
            rows.push(vec![
                Cell::number(example.position),
                Cell::text(example.person.to_string()),
                Cell::text(key),
                what,
            ]);
        }
    }
    page.table(&["position", "person", "field", "difference"], &rows);
}

fn draw_alerts(page: &mut Page, report: &AlertBacktest) {
    page.paragraph(&format!(
        "{} counts of {} channels were looked at; {} alerts were raised and {} held back.",
        grouped(report.counts),
        grouped(report.channels),
        grouped(report.raised),
        grouped(report.held_back)
    ));
    page.heading("By rule");
    let rules: Vec<_> = report.rules.iter().map(|(rule, count)| (rule.clone(), vec![float(*count)])).collect();
    page.bars(&[], &rules);
    page.heading("Alerts");
    let rows: Vec<_> = report
        .alerts
        .iter()
        .map(|raised| {
            let by = match raised.told {
                AlertTold::New => "it",
                AlertTold::Missing => "the other one",
                AlertTold::Same => "both",
            };
            vec![
                Cell::text(raised.at.strftime("%Y-%m-%d %H:%M").to_string()),
                Cell::text(raised.channel.to_string()),
                Cell::text(format!("{} {}", raised.alert.severity, raised.alert.rule)),
                Cell::text(raised.alert.message.clone()),
                Cell::Change { before: raised.alert.before.to_string(), after: raised.alert.after.to_string() },
                Cell::text(by),
            ]
        })
        .collect();
    page.table(&["when (UTC)", "channel", "what", "message", "figure", "raised by"], &rows);
}

#[allow(clippy::cast_precision_loss)] // a bar is a thousand pixels long at most
fn float(count: u64) -> f64 {
    count as f64
}
