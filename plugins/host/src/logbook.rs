//! A strategy's log of one call: bounded, and unable to forge lines or move a terminal's cursor.

use serde::{Deserialize, Serialize};

/// How much a line matters, in the strategy's opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the five words everybody knows")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// One line a strategy wrote, without control characters. It may hold people's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its weight.
    pub level: LogLevel,
    /// Its text.
    pub message: String,
}

/// Keeps the first lines and counts the rest. A line that does not fit is dropped whole, and so
/// is every later one: what is kept has no holes.
pub(crate) struct Logbook {
    lines: Vec<LogLine>,
    lines_max: usize,
    bytes_left: usize,
    dropped: u64,
}

impl Logbook {
    pub(crate) fn new(lines_max: usize, bytes_max: usize) -> Self {
        Self { lines: Vec::new(), lines_max, bytes_left: bytes_max, dropped: 0 }
    }

    pub(crate) fn write(&mut self, level: LogLevel, message: &str) {
        let fits = self.lines.len() < self.lines_max && message.len() <= self.bytes_left;
        if self.dropped > 0 || !fits {
            self.dropped += 1;
            return;
        }
        self.bytes_left -= message.len();
        let message = message.chars().filter(|letter| !moves_text(*letter)).collect();
        self.lines.push(LogLine { level, message });
    }

    /// The lines kept, and how many were not.
    pub(crate) fn close(self) -> (Vec<LogLine>, u64) {
        (self.lines, self.dropped)
    }
}

/// Control characters, line and paragraph separators, and the marks that turn text around.
fn moves_text(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn control_characters_and_turned_text_are_stripped() {
        let mut book = Logbook::new(4, 100);
        book.write(LogLevel::Info, "\u{1b}[31mr\u{202e}ed\r\n\u{2028}line\0");
        let (lines, dropped) = book.close();
        assert_eq!((lines[0].message.as_str(), dropped), ("[31mredline", 0));
    }

    #[test]
    fn what_does_not_fit_is_dropped_whole_and_counted() {
        let mut book = Logbook::new(2, 10);
        for message in ["12345", "123456", "1", "2"] {
            book.write(LogLevel::Info, message);
        }
        let (lines, dropped) = book.close();
        assert_eq!(lines.len(), 1);
        assert_eq!(dropped, 3);
    }
}
