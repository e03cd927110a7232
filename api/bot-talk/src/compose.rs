//! Building a message of ours: words, their formatting beside them in UTF-16 units, buttons under them.
//!
//! Words of people are put there as they are. Nothing in them is read as formatting, for formatting is made of calls
//! and of the marks in our own phrases, never of what stands in a text.

use chronogram_model::{
    Entity, PersonId,
    conversation::{Button, OutgoingMessage},
};

use crate::{
    language::Language,
    texts::{Phrase, Piece, Word},
};

/// How words look, or what they lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// To be copied with a tap.
    Code,
    /// Lines of a table.
    Pre,
    /// A link to this address.
    Link(String),
    /// A person who has no username.
    Mention(PersonId),
}

/// The marks of formatting that our own phrases may hold.
const MARKS: [(&str, &str, Style); 3] =
    [("<b>", "</b>", Style::Bold), ("<i>", "</i>", Style::Italic), ("<code>", "</code>", Style::Code)];

/// A message being built.
#[derive(Clone, Debug)]
pub struct Composer {
    language: Language,
    text: String,
    /// How long the text is, in UTF-16 units.
    units: u32,
    entities: Vec<Entity>,
    /// Where marks of our phrases were opened that are not closed yet.
    open: Vec<(&'static str, Style, u32)>,
    buttons: Vec<Vec<Button>>,
}

impl Composer {
    /// An empty message, whose phrases will be in this language.
    pub fn new(language: Language) -> Self {
        Self { language, text: String::new(), units: 0, entities: Vec::new(), open: Vec::new(), buttons: Vec::new() }
    }

    /// Adds words as they are.
    pub fn words(&mut self, words: &str) -> &mut Self {
        self.text.push_str(words);
        let units = words.encode_utf16().count();
        self.units = self.units.saturating_add(u32::try_from(units).unwrap_or(u32::MAX));
        self
    }

    /// Adds words in a style. Telegram wants no formatting of nothing, so empty words add nothing.
    pub fn styled(&mut self, words: &str, style: Style) -> &mut Self {
        let begin = self.units;
        self.words(words).format_since(begin, style);
        self
    }

    /// Adds bold words.
    pub fn bold(&mut self, words: &str) -> &mut Self {
        self.styled(words, Style::Bold)
    }

    /// Adds italic words.
    pub fn italic(&mut self, words: &str) -> &mut Self {
        self.styled(words, Style::Italic)
    }

    /// Adds words to be copied with a tap.
    pub fn code(&mut self, words: &str) -> &mut Self {
        self.styled(words, Style::Code)
    }

    /// Adds lines of equally wide letters.
    pub fn pre(&mut self, lines: &str) -> &mut Self {
        self.styled(lines, Style::Pre)
    }

    /// Adds words that lead to an address.
    pub fn text_link(&mut self, words: &str, url: &str) -> &mut Self {
        self.styled(words, Style::Link(url.to_owned()))
    }

    /// Adds a person's name that leads to them.
    pub fn mention(&mut self, name: &str, person: &PersonId) -> &mut Self {
        self.styled(name, Style::Mention(person.clone()))
    }

    /// Ends the line.
    pub fn line(&mut self) -> &mut Self {
        self.words("\n")
    }

    /// Ends the paragraph: an empty line follows.
    pub fn paragraph(&mut self) -> &mut Self {
        self.words("\n\n")
    }

    /// Adds a phrase in the message's language.
    pub(crate) fn say(&mut self, phrase: &Phrase<'_>) -> &mut Self {
        // Marks of a phrase are closed within it.
        let outer = std::mem::take(&mut self.open);
        phrase.in_language(self.language, |piece| match piece {
            Piece::Ours(words) => self.marked(words),
            Piece::Placed(Word::Text(text, None)) => _ = self.words(text),
            Piece::Placed(Word::Text(text, Some(style))) => _ = self.styled(text, style.clone()),
            Piece::Placed(Word::Phrase(phrase)) => _ = self.say(phrase),
            Piece::Placed(Word::Number(number)) => _ = self.words(&number.to_string()),
        });
        self.open = outer;
        self
    }

    /// The words of a phrase, without formatting: for buttons.
    pub(crate) fn plain(language: Language, phrase: &Phrase<'_>) -> String {
        let mut plain = Self::new(language);
        plain.say(phrase);
        plain.text
    }

    /// Adds a row of buttons.
    pub fn row(&mut self, buttons: impl IntoIterator<Item = Button>) -> &mut Self {
        let row: Vec<Button> = buttons.into_iter().collect();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }

    /// The message. White space at its end is dropped, as Telegram would.
    pub fn finish(mut self) -> OutgoingMessage {
        self.text.truncate(self.text.trim_end().len());
        let end = u32::try_from(self.text.encode_utf16().count()).unwrap_or(u32::MAX);
        for entity in &mut self.entities {
            entity.length = entity.length.min(end.saturating_sub(entity.offset));
        }
        self.entities.retain(|entity| entity.length > 0);
        // Telegram wants what begins first first, and of these the longest first.
        self.entities.sort_by_key(|entity| (entity.offset, u32::MAX - entity.length));
        OutgoingMessage { text: self.text, entities: self.entities, buttons: self.buttons }
    }

    /// Adds words of ours, whose marks become formatting.
    fn marked(&mut self, words: &str) {
        let mut rest = words;
        while let Some((before, after)) = rest.split_once('<') {
            self.words(before);
            rest = self.mark(after).unwrap_or_else(|| {
                self.words("<");
                after
            });
        }
        self.words(rest);
    }

    /// Opens or closes the mark whose `<` stands before `words`; what follows it, if it is one.
    fn mark<'w>(&mut self, words: &'w str) -> Option<&'w str> {
        let strip = |mark: &str| mark.strip_prefix('<').and_then(|mark| words.strip_prefix(mark));
        for (open, close, style) in &MARKS {
            if let Some(rest) = strip(open) {
                self.open.push((close, style.clone(), self.units));
                return Some(rest);
            }
            if let Some(rest) = strip(close) {
                let place = self.open.iter().rposition(|(awaited, ..)| awaited == close)?;
                let (_, style, begin) = self.open.remove(place);
                self.format_since(begin, style);
                return Some(rest);
            }
        }
        None
    }

    fn format_since(&mut self, offset: u32, style: Style) {
        let length = self.units.saturating_sub(offset);
        if length == 0 {
            return;
        }
        let mut entity =
            Entity { kind: String::new(), offset, length, url: None, person: None, language: None, document_id: None };
        let kind = match style {
            Style::Bold => "bold",
            Style::Italic => "italic",
            Style::Code => "code",
            Style::Pre => "pre",
            Style::Link(url) => {
                entity.url = Some(url);
                "text_link"
            }
            Style::Mention(person) => {
                entity.person = Some(person);
                "text_mention"
            }
        };
        kind.clone_into(&mut entity.kind);
        self.entities.push(entity);
    }
}

#[cfg(test)]
mod tests;
