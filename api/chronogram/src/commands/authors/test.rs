//! `plugins test`: the golden cases in the sandbox, each twice, with what it took.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::Context as _;
use chronogram_plugin_host::{CaseBroken, Compiler, Limits, Played, PluginHost, Strategy};
use serde_json::{Value, json};

use super::{build, case::CaseFile, project::Project};
use crate::commands::{DONE_WITH_FAULTS, print_json};

pub(crate) async fn run(file: Option<PathBuf>, cases: &Path, update: bool, json: bool) -> anyhow::Result<ExitCode> {
    let (artifact, compiled) = match file {
        Some(file) => (file, None),
        None => built()?,
    };
    let strategy = load(&artifact, compiled).await?;
    let cases = CaseFile::all(cases)?;
    let mut failed = 0;
    for case in &cases {
        let verdict = judge(&strategy, case, update).await.with_context(|| case.path.display().to_string())?;
        failed += usize::from(verdict.broken.is_some());
        if json { print_json(&verdict.as_json(&case.case.name))? } else { verdict.print(&case.case.name) }
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

/// The component of the project that lies here, and where what the host compiles of it is kept.
fn built() -> anyhow::Result<(PathBuf, Option<PathBuf>)> {
    let project = Project::open(Path::new("."))?;
    if project.is_stale()? {
        eprintln!("building {}", project.manifest.name);
        build::build(&project)?;
    }
    Ok((project.artifact(), Some(project.compiled())))
}

/// Loads it as production does, but trusts it to be compiled here: it is the author's own.
async fn load(artifact: &Path, compiled: Option<PathBuf>) -> anyhow::Result<Arc<Strategy>> {
    let wasm = fs::read(artifact).with_context(|| format!("{} cannot be read", artifact.display()))?;
    let host = PluginHost::with(Limits { pool_size: 1, ..Limits::default() }, Compiler::InThisProcess, compiled)?;
    host.load(&wasm).await.with_context(|| format!("the host refuses {}", artifact.display()))
}

/// What there is to say of one case.
struct Verdict {
    played: Played,
    took_us: u128,
    /// Why it failed.
    broken: Option<CaseBroken>,
}

async fn judge(strategy: &Strategy, file: &CaseFile, update: bool) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let played = strategy.play(&file.case).await?;
    let took_us = begin.elapsed().as_micros();
    let again = strategy.play(&file.case).await?;
    let broken = match played.compare(&again) {
        Err(CaseBroken::NoOutcome | CaseBroken::AnotherOutcome { .. }) if update => {
            file.update(&played.outcome)?;
            None
        }
        compared => compared.err(),
    };
    Ok(Verdict { played, took_us, broken })
}

impl Verdict {
    fn print(&self, name: &str) {
        let Self { played, took_us, broken } = self;
        let figures = &played.figures;
        let kind = kind(&played.outcome);
        let word = if broken.is_some() { "FAILED" } else { "ok" };
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
        if let Some(broken) = broken {
            println!("          {broken}");
        }
    }

    fn as_json(&self, name: &str) -> Value {
        let Self { played, took_us, broken } = self;
        json!({
            "case": name,
            "passed": broken.is_none(),
            "wrong": broken.as_ref().map(ToString::to_string),
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

pub(crate) fn grouped(number: u64) -> String {
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
