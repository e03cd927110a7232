//! How long the person's messages are: the median, which one long letter does not move.

use crate::input::{Field, Person, newest, trust};

/// Letters up to which a message is a line.
const SHORT_LETTERS: usize = 40;
/// Letters up to which a message is a paragraph.
const MEDIUM_LETTERS: usize = 200;
/// Fewer messages with text than these have no middle.
const MESSAGES: usize = 3;
/// Messages that carry half of the trust.
const HALF: usize = 5;

/// The usual length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Short,
    Medium,
    Long,
}

impl Style {
    pub fn value(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Long => "long",
        }
    }
}

/// From messages that have text; stickers and photos say nothing of style.
pub fn message_style(person: &Person) -> Option<(Style, Field)> {
    let worded = || person.messages.iter().filter(|message| !message.text.trim().is_empty());
    let mut lengths: Vec<usize> = worded().map(|message| message.text.chars().count()).collect();
    if lengths.len() < MESSAGES {
        return None;
    }
    lengths.sort_unstable();
    let median = *lengths.get(lengths.len() / 2)?;
    let style = match median {
        ..=SHORT_LETTERS => Style::Short,
        letters if letters <= MEDIUM_LETTERS => Style::Medium,
        _ => Style::Long,
    };
    let field = Field {
        key: "message_style",
        value: style.value().into(),
        confidence: trust(lengths.len(), HALF),
        evidence: newest(worded()),
    };
    Some((style, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::sample::messages;

    fn style(texts: &[&str]) -> Option<Style> {
        let person = Person { messages: messages(texts), ..Person::default() };
        message_style(&person).map(|(style, _)| style)
    }

    #[test]
    fn the_median_of_worded_messages_decides() {
        let letter = "долго ".repeat(60);
        let paragraph = "слово ".repeat(20);
        assert_eq!(style(&["да", "нет", &letter]), Some(Style::Short));
        assert_eq!(style(&["да", &paragraph, &letter]), Some(Style::Medium));
        assert_eq!(style(&[&letter, "да", &letter, "", " "]), Some(Style::Long));
        assert_eq!(style(&["да", "нет", ""]), None);
    }
}
