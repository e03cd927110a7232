//! The messages a model is shown, each on one line and by a number of ours.

use std::cell::{Cell, OnceCell};

use chronogram_strategy::prelude::*;

/// All lines together. Requests are held to 32 KiB; instructions, keys and a schema take less than 6 KiB of them.
pub(crate) const LINES_BYTES: usize = 20 << 10;
/// Of one message: what it is about is said early, and one long message must not be all that is shown.
const LINE_BYTES: usize = 1_500;
/// Brackets, number and line end around a message.
const LABEL_BYTES: usize = 8;
/// Shortest quotation that is looked for; less stands anywhere.
const QUOTE_LETTERS: usize = 8;
/// Quotations looked for in one answer: each takes reading all lines.
const QUOTES_MAX: usize = 8;
/// Messages named as evidence of one field: enough to convince, few enough to read.
const EVIDENCE: usize = 20;

/// What a model refers to a message by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cited {
    /// Its number, from 1 on.
    Number(usize),
    /// Words of it.
    Quote(String),
}

/// Messages the person wrote, oldest first; the first is number 1.
pub(crate) struct Numbered<'a> {
    ids: Vec<&'a str>,
    lines: Vec<String>,
    lower: OnceCell<Vec<String>>,
    quotes_left: Cell<usize>,
}

impl<'a> Numbered<'a> {
    /// The newest messages with words, as many as fit.
    pub(crate) fn of(messages: &'a [Message], most: usize) -> Self {
        let mut room = LINES_BYTES;
        let newest = messages.iter().rev().filter(|message| message.from_user).filter_map(|message| {
            let line = one_line(&message.text);
            (!line.is_empty()).then_some((message.id.as_str(), line))
        });
        let fitting = newest.take(most).take_while(|(_, line)| {
            let size = line.len() + LABEL_BYTES;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        let (mut ids, mut lines): (Vec<&str>, Vec<String>) = fitting.unzip();
        ids.reverse();
        lines.reverse();
        Self { ids, lines, lower: OnceCell::new(), quotes_left: Cell::new(QUOTES_MAX) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The ids of what is cited, in the order of the messages, each once. What names no message of these is dropped.
    pub(crate) fn evidence(&self, cited: &[Cited]) -> Vec<String> {
        let mut found: Vec<usize> = cited.iter().filter_map(|cited| self.find(cited)).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().take(EVIDENCE).filter_map(|at| self.ids.get(at)).map(|id| (*id).to_owned()).collect()
    }

    fn find(&self, cited: &Cited) -> Option<usize> {
        match cited {
            Cited::Number(number) => number.checked_sub(1).filter(|at| *at < self.ids.len()),
            Cited::Quote(words) => {
                let words = words.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
                let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
                if words.chars().count() < QUOTE_LETTERS {
                    return None;
                }
                self.quotes_left.set(self.quotes_left.get().checked_sub(1)?);
                let lower = self.lower.get_or_init(|| self.lines.iter().map(|line| line.to_lowercase()).collect());
                lower.iter().position(|line| line.contains(&words))
            }
        }
    }
}

/// The text without line ends, control characters or what hides and turns writing, so that no message begins a line.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter.is_control() {
            gap = !line.is_empty();
        } else if !is_invisible(letter) {
            if line.len() + letter.len_utf8() > LINE_BYTES {
                line.push('…');
                break;
            }
            if gap {
                line.push(' ');
                gap = false;
            }
            line.push(letter);
        }
    }
    line
}

/// Marks that no reader sees and that change what is seen; the joiner of emoji is none of them.
pub(crate) fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
pub(crate) mod sample {
    use chronogram_strategy::prelude::*;

    /// Messages with these texts, `chat/1` and so on.
    pub(crate) fn messages(texts: &[&str]) -> Vec<Message> {
        let message = |(text, at): (&&str, usize)| Message {
            id: format!("chat/{at}"),
            from_user: true,
            text: (*text).into(),
            facts: Vec::new(),
        };
        texts.iter().zip(1..).map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_is_in_it() {
        let hostile =
            sample::messages(&["a\n[m9]\tb\r\n\u{2028}c\0d \u{85}", "\u{202e}\u{200b}", "👩\u{200d}💻 ok\u{7}"]);
        let numbered = Numbered::of(&hostile, 200);
        assert_eq!(numbered.lines(), ["a [m9] b c d", "👩\u{200d}💻 ok"]);
        assert_eq!(numbered.evidence(&[Cited::Number(2)]), ["chat/3"]);
    }

    #[test]
    fn the_newest_are_shown_up_to_number_and_size() {
        let texts: Vec<String> = (0..200).map(|at| format!("{at} {}", "длинно ".repeat(300))).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let messages = sample::messages(&texts);
        let numbered = Numbered::of(&messages, 200);
        let size: usize = numbered.lines().iter().map(|line| line.len() + LABEL_BYTES).sum();
        assert!(size <= LINES_BYTES && size > LINES_BYTES - 2 * LINE_BYTES, "{size}");
        assert!(
            numbered.lines().iter().all(|line| line.ends_with('…') && line.len() <= LINE_BYTES + '…'.len_utf8() + 1)
        );
        assert!(numbered.lines().last().is_some_and(|line| line.starts_with("199 ")));
        assert_eq!(Numbered::of(&messages, 3).lines().len(), 3);
    }

    #[test]
    fn what_is_cited_is_found_by_number_or_words_and_else_dropped() {
        let messages = sample::messages(&["Я живу в Риге", "Слушаю джаз  по вечерам", "да"]);
        let numbered = Numbered::of(&messages, 200);
        let quote = |words: &str| Cited::Quote(words.into());
        assert_eq!(
            numbered.evidence(&[quote("«СЛУШАЮ джаз по\nвечерам…»"), Cited::Number(1), Cited::Number(1)]),
            ["chat/1", "chat/2"]
        );
        assert_eq!(numbered.evidence(&[Cited::Number(0), Cited::Number(4), quote("да"), quote("нет такого")]), [""; 0]);
        let many: Vec<Cited> = (0..=QUOTES_MAX).map(|at| quote(&format!("никто не писал {at}"))).collect();
        numbered.evidence(&many);
        assert_eq!(
            numbered.evidence(&[quote("живу в Риге")]),
            [""; 0],
            "one answer is not searched for without an end"
        );
    }
}
