//! Free text: lines of `label: value`, lists below a label, tables.

use super::{Said, notes};
use crate::{
    keys::{Key, Keys, plain},
    numbered::Cited,
};

/// Longest label, in bytes; what is longer is a sentence with a colon.
const LABEL_BYTES: usize = 120;
/// What may stand between label and value. A hyphen needs spaces: words have them too.
const SEPARATORS: [&str; 7] = [":", "：", " — ", " – ", " - ", " = ", "→"];
const EVIDENCE_LABELS: [&str; 5] = ["evidence", "sources", "messages", "подтверждение", "сообщения"];
const CONFIDENCE_LABELS: [&str; 3] = ["confidence", "certainty", "уверенность"];

/// What the lines say of our keys; nothing where no line does.
pub(super) fn read(answer: &str, keys: &Keys) -> Option<Vec<Said>> {
    let mut reading = Reading { keys, said: Vec::new(), in_list: false };
    for line in answer.lines() {
        reading.line(line);
    }
    (!reading.said.is_empty()).then_some(reading.said)
}

struct Reading<'a> {
    keys: &'a Keys,
    said: Vec<Said>,
    /// Lines that follow belong to the last label.
    in_list: bool,
}

impl Reading<'_> {
    fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with('|') {
            return self.row(line);
        }
        let (is_item, content) = unmarked(line);
        let content = content.replace("**", "").replace("__", "").replace('`', "");
        let content = content.trim();
        if content.is_empty() {
            return;
        }
        if let Some((key, value)) = self.labelled(content) {
            self.said.push(Said { key, value: value.to_owned(), ..Said::default() });
            self.in_list = value.is_empty();
        } else if !self.is_note(content) {
            self.go_on(is_item, content);
        }
    }

    fn labelled<'l>(&self, content: &'l str) -> Option<(String, &'l str)> {
        SEPARATORS.iter().find_map(|separator| {
            let (label, value) = content.split_once(separator)?;
            let key = self.key_of(label)?;
            Some((key.name.clone(), value.trim().trim_end_matches(['"', '\'', ','])))
        })
    }

    fn key_of(&self, label: &str) -> Option<&Key> {
        if label.len() > LABEL_BYTES { None } else { self.keys.of_label(label) }
    }

    /// "Evidence: m1, m3" below a claim.
    fn is_note(&mut self, content: &str) -> bool {
        let Some((label, value)) = content.split_once(':') else { return false };
        let (label, Some(last)) = (plain(label), self.said.last_mut()) else { return false };
        if EVIDENCE_LABELS.contains(&label.as_str()) {
            match notes::numbers(value) {
                Some(numbers) => last.cited.extend(numbers.into_iter().map(Cited::Number)),
                None => last.cited.push(Cited::Quote(value.to_owned())),
            }
            return true;
        }
        if CONFIDENCE_LABELS.contains(&label.as_str()) {
            last.confidence = notes::sureness(value);
            return true;
        }
        false
    }

    /// An item of the list below a label, or the value in the line below it; any other line ends the list.
    fn go_on(&mut self, is_item: bool, content: &str) {
        let Some(last) = self.said.last_mut().filter(|_| self.in_list) else { return };
        if is_item {
            if !last.value.is_empty() {
                last.value.push_str(", ");
            }
            last.value.push_str(content);
        } else if last.value.is_empty() && !content.contains(':') {
            last.value.push_str(content);
            self.in_list = false;
        } else {
            self.in_list = false;
        }
    }

    /// A row of a table: label, value, and perhaps how sure it is and what shows it.
    fn row(&mut self, line: &str) {
        let mut cells = line.split('|').map(str::trim).filter(|cell| !cell.is_empty());
        let (Some(label), Some(value)) = (cells.next(), cells.next()) else { return };
        let Some(key) = self.key_of(label) else { return };
        let mut said = Said { key: key.name.clone(), value: value.to_owned(), ..Said::default() };
        for cell in cells {
            if let Some(sure) = notes::sureness(cell) {
                said.confidence = Some(sure);
            } else if let Some(numbers) = notes::numbers(cell) {
                said.cited.extend(numbers.into_iter().map(Cited::Number));
            }
        }
        self.said.push(said);
        self.in_list = false;
    }
}

/// Whether the line is an item of a list, and what is in it without the mark: `-`, `*`, `•`, `1.`, `2)`, `#`.
fn unmarked(line: &str) -> (bool, &str) {
    let bare = line.trim_start_matches(['#', '>', ' ']);
    if let Some(item) = ["- ", "* ", "• ", "– ", "— ", "+ "].iter().find_map(|mark| bare.strip_prefix(mark)) {
        return (true, item.trim_start());
    }
    let behind = bare.trim_start_matches(|letter: char| letter.is_ascii_digit());
    match behind.strip_prefix(['.', ')']).filter(|item| behind.len() < bare.len() && item.starts_with(' ')) {
        Some(item) => (true, item.trim_start()),
        None => (false, bare),
    }
}
