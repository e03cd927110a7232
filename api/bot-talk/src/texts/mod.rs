//! What the bot says, in the words of the two files `texts/ru.ftl` and `texts/en.ftl`.
//!
//! Every phrase is a function in [`say`], of the same name as its message in the files and with its variables as
//! arguments. So a forgotten variable does not compile, a phrase that nobody uses is a warning, and a test compares
//! the functions with both files.

pub(crate) mod say;

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::{compose::Style, language::Language};

/// The words of the bot in one language.
type Texts = FluentBundle<FluentResource>;

/// The files, in the words of their languages.
const RU: &str = include_str!("../../texts/ru.ftl");
const EN: &str = include_str!("../../texts/en.ftl");

static RUSSIAN: LazyLock<Texts> = LazyLock::new(|| texts(Language::Ru, RU));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| texts(Language::En, EN));

/// What stands in a phrase in place of words that are put there afterwards: noncharacters, which no text may hold.
const PLACE_BEGIN: char = '\u{FDD0}';
const PLACE_END: char = '\u{FDD1}';

/// The files are part of the program and read by tests: what would be broken in them never gets here.
fn texts(language: Language, source: &str) -> Texts {
    let locale = language.tag().parse().unwrap_or_default();
    let mut texts = Texts::new_concurrent(vec![locale]);
    // Telegram shows the marks around variables as boxes on some clients.
    texts.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, errors)| {
        debug_assert!(errors.is_empty(), "{errors:?}");
        resource
    });
    let added = texts.add_resource(resource);
    debug_assert!(added.is_ok(), "{added:?}");
    texts
}

/// A phrase with what is to stand in it, in no language yet.
#[derive(Clone, Debug)]
pub(crate) struct Phrase<'a> {
    name: &'static str,
    variables: Vec<(&'static str, Word<'a>)>,
}

/// What stands in a phrase.
#[derive(Clone, Debug)]
pub(crate) enum Word<'a> {
    /// A number, which chooses the forms of the words around it.
    Number(i64),
    /// Words, taken as they are: nothing in them is a variable or formatting.
    Text(Cow<'a, str>, Option<Style>),
    /// A phrase within the phrase.
    Phrase(Phrase<'a>),
}

/// A piece of a phrase in a language.
pub(crate) enum Piece<'p> {
    /// Words of ours, with our marks of formatting in them.
    Ours(&'p str),
    /// What stands in the phrase.
    Placed(&'p Word<'p>),
}

impl Phrase<'_> {
    /// Hands the phrase in this language over, piece by piece.
    pub(crate) fn in_language(&self, language: Language, mut piece: impl FnMut(Piece<'_>)) {
        let formatted = self.formatted(language);
        let mut rest = formatted.as_str();
        while let Some((ours, after)) = rest.split_once(PLACE_BEGIN) {
            piece(Piece::Ours(ours));
            let (place, after) = after.split_once(PLACE_END).unwrap_or_default();
            if let Some((_, word)) = place.parse().ok().and_then(|place: usize| self.variables.get(place)) {
                piece(Piece::Placed(word));
            }
            rest = after;
        }
        piece(Piece::Ours(rest));
    }

    /// The phrase with places where words belong. Numbers stand in it already.
    fn formatted(&self, language: Language) -> String {
        let texts = match language {
            Language::Ru => &*RUSSIAN,
            Language::En => &*ENGLISH,
        };
        let mut variables = FluentArgs::with_capacity(self.variables.len());
        for (place, (name, word)) in self.variables.iter().enumerate() {
            let value = match word {
                Word::Number(number) => FluentValue::from(*number),
                Word::Text(..) | Word::Phrase(_) => format!("{PLACE_BEGIN}{place}{PLACE_END}").into(),
            };
            variables.set(*name, value);
        }
        let pattern = texts.get_message(self.name).and_then(|message| message.value());
        debug_assert!(pattern.is_some(), "no message {}", self.name);
        let Some(pattern) = pattern else { return self.name.to_owned() };
        let mut errors = Vec::new();
        let formatted = texts.format_pattern(pattern, Some(&variables), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{}: {errors:?}", self.name);
        formatted
    }
}

impl<'a> From<&'a str> for Word<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text), None)
    }
}

impl From<String> for Word<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text), None)
    }
}

impl<'a> From<Phrase<'a>> for Word<'a> {
    fn from(phrase: Phrase<'a>) -> Self {
        Self::Phrase(phrase)
    }
}

impl<'a> Word<'a> {
    /// Words in a style.
    pub(crate) fn styled(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self::Text(text.into(), Some(style))
    }

    /// Words to be copied: a command, a name.
    pub(crate) fn code(text: impl Into<Cow<'a, str>>) -> Self {
        Self::styled(text, Style::Code)
    }
}

#[cfg(test)]
mod tests;
