//! `plugins test`: the golden cases in the sandbox, each twice, with what it took.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::Context as _;
use chronogram_plugin_host::{Limits, PluginHost, Strategy};
use serde_json::{Value, json};

use super::{
    build,
    case::CaseFile,
    play::{Played, play},
    project::Project,
};
use crate::commands::{DONE_WITH_FAULTS, print_json};

pub(crate) async fn run(file: Option<PathBuf>, cases: &Path, update: bool, json: bool) -> anyhow::Result<ExitCode> {
    let artifact = match file {
        Some(file) => file,
        None => built()?,
    };
    let strategy = load(&artifact).await?;
    let cases = CaseFile::all(cases)?;
    let mut failed = 0;
    for case in &cases {
        let verdict = judge(&strategy, case, update).await.with_context(|| case.path.display().to_string())?;
        failed += usize::from(verdict.wrong.is_some());
        if json { print_json(&verdict.as_json(&case.name))? } else { verdict.print(&case.name) }
    }
    if !json {
        let limits = strategy.limits();
        println!(
            "\n{} cases, {failed} failed; a call may use {} fuel and {} of memory",
            cases.len(),
            grouped(limits.fuel),
            mebibytes(limits.memory_bytes)
        );
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

fn built() -> anyhow::Result<PathBuf> {
    let project = Project::open(Path::new("."))?;
    if project.is_stale()? {
        eprintln!("building {}", project.manifest.name);
        build::build(&project)?;
    }
    Ok(project.artifact())
}

/// Loads it as production does.
async fn load(artifact: &Path) -> anyhow::Result<Arc<Strategy>> {
    let wasm = fs::read(artifact).with_context(|| format!("{} cannot be read", artifact.display()))?;
    let host = PluginHost::new(Limits { pool_size: 1, ..Limits::default() })?;
    host.load(&wasm).await.with_context(|| format!("the host refuses {}", artifact.display()))
}

/// What there is to say of one case.
struct Verdict {
    played: Played,
    took_us: u128,
    /// Why it failed.
    wrong: Option<String>,
}

async fn judge(strategy: &Strategy, file: &CaseFile, update: bool) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let played = play(strategy, &file.name, &file.case).await?;
    let took_us = begin.elapsed().as_micros();
    let again = play(strategy, &file.name, &file.case).await?;
    let wrong = if (&again.outcome, again.figures.fuel_used) != (&played.outcome, played.figures.fuel_used) {
        Some("the same input had two outcomes, or two ways to one: nothing may depend on chance or time".to_owned())
    } else if played.answers_left > 0 {
        Some(format!("the journal holds {} answers that nobody asked for", played.answers_left))
    } else if update {
        file.update(&played.outcome)?;
        None
    } else {
        difference(&played)
    };
    Ok(Verdict { played, took_us, wrong })
}

fn difference(played: &Played) -> Option<String> {
    match &played.expected {
        None => Some("the case has no outcome yet; --update writes the one that came".into()),
        Some(expected) if *expected == played.outcome => None,
        Some(expected) => Some(format!("expected {expected}\n          came     {}", played.outcome)),
    }
}

impl Verdict {
    fn print(&self, name: &str) {
        let Self { played, took_us, wrong } = self;
        let figures = &played.figures;
        let kind = kind(&played.outcome);
        let word = if wrong.is_some() { "FAILED" } else { "ok" };
        println!(
            "{word:<6}  {name:<28} {kind:<10} fuel {:>12}  memory {:>9}  in {} B  journal {} B  out {} B  {} µs  {} calls",
            grouped(figures.fuel_used),
            mebibytes(figures.peak_memory_bytes),
            figures.input_bytes,
            figures.journal_bytes,
            figures.output_bytes,
            took_us,
            played.calls,
        );
        if let Some(fault) = &played.fault {
            println!("          fault {}: {fault}", fault.kind());
        }
        for line in &figures.logs {
            println!("          log {} {}", format!("{:?}", line.level).to_lowercase(), line.message);
        }
        if figures.dropped_log_lines > 0 {
            println!("          {} more log lines were dropped", figures.dropped_log_lines);
        }
        if let Some(wrong) = wrong {
            println!("          {wrong}");
        }
    }

    fn as_json(&self, name: &str) -> Value {
        let Self { played, took_us, wrong } = self;
        json!({
            "case": name,
            "passed": wrong.is_none(),
            "wrong": wrong,
            "outcome": played.outcome,
            "fault": played.fault.as_ref().map(|fault| json!({ "kind": fault.kind(), "says": fault.to_string() })),
            "figures": played.figures,
            "calls": played.calls,
            "took_us": took_us,
        })
    }
}

/// The first key: `done`, `suspended`, `refused`, `fault`.
fn kind(outcome: &Value) -> &str {
    outcome.as_object().and_then(|outcome| outcome.keys().next()).map_or("", String::as_str)
}

fn mebibytes(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(1_000), grouped(50_000_000)),
            ("0".into(), "999".into(), "1,000".into(), "50,000,000".into())
        );
        assert_eq!((mebibytes(1 << 20), mebibytes(1_200_000)), ("1.0 MiB".into(), "1.2 MiB".into()));
    }
}
