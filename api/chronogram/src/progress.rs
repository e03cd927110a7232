//! Long work shows a bar on a terminal and plain lines elsewhere, both with rate and time left.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Plain lines come at most this often: a log of a night's run stays readable.
const LINE_EVERY_PERCENT: u64 = 10;

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Bytes,
    Events,
    People,
    Rows,
}

/// The progress of one piece of work.
pub(crate) struct Progress {
    what: String,
    bar: Option<ProgressBar>,
    last_line_percent: Mutex<u64>,
    /// What is said behind the figures.
    note: Mutex<String>,
    /// Where it was when it first told: work that goes on from somewhere did not do that now.
    began: OnceLock<(Instant, u64)>,
}

impl Progress {
    /// Starts at 0 of an unknown total.
    pub(crate) fn start(what: &str, unit: Unit) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = match unit {
                Unit::Bytes => "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
                Unit::Events => "{msg} [{wide_bar}] {human_pos}/{human_len} events, {per_sec}, {eta} left",
                Unit::People => "{msg} [{wide_bar}] {human_pos}/{human_len} people, {per_sec}, {eta} left{prefix}",
                Unit::Rows => "{msg} [{wide_bar}] {human_pos}/{human_len} rows, {per_sec}, {eta} left",
            };
            let bar = ProgressBar::new(0).with_message(what.to_owned());
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            what: what.to_owned(),
            bar,
            last_line_percent: Mutex::new(0),
            note: Mutex::default(),
            began: OnceLock::new(),
        }
    }

    /// Something to be said behind the figures, from the next ones on.
    pub(crate) fn note(&self, note: String) {
        match &self.bar {
            Some(bar) => bar.set_prefix(note),
            None => *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note,
        }
    }

    /// So much of so much is done.
    pub(crate) fn set(&self, done: u64, total: u64) {
        let is_first = self.began.get().is_none();
        let began = self.began.get_or_init(|| (Instant::now(), done));
        if let Some(bar) = &self.bar {
            bar.set_length(total.max(done));
            bar.set_position(done);
            if is_first {
                bar.reset_eta();
            }
            return;
        }
        let percent = (done * 100).checked_div(total).unwrap_or(0);
        let mut last = self.last_line_percent.lock().unwrap_or_else(PoisonError::into_inner);
        if percent >= *last + LINE_EVERY_PERCENT {
            *last = percent - percent % LINE_EVERY_PERCENT;
            let note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("{}: {percent} % ({done} of {total}){}{note}", self.what, pace(*began, done, total));
        }
    }

    /// A line that stays, above the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// The end: the bar goes.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Rate and time left, where something was done since it began.
fn pace((began, from): (Instant, u64), done: u64, total: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // to be looked at
    let rate = done.saturating_sub(from) as f64 / began.elapsed().as_secs_f64().max(0.001);
    if rate <= 0.0 {
        return String::new();
    }
    #[allow(clippy::cast_precision_loss)]
    let left = total.saturating_sub(done) as f64 / rate;
    format!(", {rate:.0}/s, {left:.0} s left")
}
