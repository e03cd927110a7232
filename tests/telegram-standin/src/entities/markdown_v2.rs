//! `parse_mode=MarkdownV2`: every mark nests, every other reserved character must be escaped.

use super::{
    Formatted, FormattingError,
    builder::{Builder, Mark},
    refuse,
};

const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre,
    TextUrl,
    CustomEmoji,
    Quote,
}

struct Open {
    kind: Kind,
    mark: Mark,
    begin: usize,
    language: Option<String>,
    expandable: bool,
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    built: Builder,
    open: Vec<Open>,
}

/// Reads `MarkdownV2`.
pub(super) fn parse(source: &str) -> Result<Formatted, FormattingError> {
    let mut reader = Reader { source, at: 0, built: Builder::default(), open: Vec::new() };
    while let Some(character) = reader.rest().chars().next() {
        reader.step(character)?;
    }
    if reader.open.last().is_some_and(|last| last.kind == Kind::Quote) {
        reader.close();
    }
    match reader.open.last() {
        Some(left) => {
            let kind = if left.kind == Kind::Quote { "BlockQuote".to_owned() } else { format!("{:?}", left.kind) };
            refuse(format!("Can't find end of {kind} entity at byte offset {}", left.begin))
        }
        None => Ok(reader.built.finish()),
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn sees(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    fn step(&mut self, character: char) -> Result<(), FormattingError> {
        let current = self.open.last().map(|open| open.kind);
        let in_code = matches!(current, Some(Kind::Code | Kind::Pre));
        let escaped = self.rest().chars().nth(1).filter(|c| matches!(u32::from(*c), 1..=126));
        if let (Some(escaped), '\\') = (escaped, character) {
            self.at += 2;
            self.built.push(escaped);
            return Ok(());
        }
        if self.built.is_at_line_start() && !in_code && self.quote() {
            return Ok(());
        }
        let is_reserved = if in_code { character == '`' } else { RESERVED.contains(character) };
        if !is_reserved {
            self.at += character.len_utf8();
            if character == '\n' && current == Some(Kind::Quote) && !self.sees(">") {
                self.close();
            }
            self.built.push(character);
            return Ok(());
        }
        if let Some(length) = current.and_then(|kind| self.end_of(kind, character)) {
            self.at += length;
            return self.end(current);
        }
        self.begin(character)
    }

    /// Begins or goes on with a quote, at the start of a line.
    fn quote(&mut self) -> bool {
        let is_open = self.open.iter().any(|open| open.kind == Kind::Quote);
        if is_open && self.sees(">") {
            self.at += 1;
            return true;
        }
        let (length, expandable) = if self.sees("**>") { (3, true) } else { (1, false) };
        if is_open || !self.open.is_empty() || !(expandable || self.sees(">")) {
            return false;
        }
        self.push(Kind::Quote, length, None);
        if let Some(quote) = self.open.last_mut() {
            quote.expandable = expandable;
        }
        true
    }

    fn end_of(&self, kind: Kind, character: char) -> Option<usize> {
        let (is_end, length) = match kind {
            Kind::Bold => (character == '*', 1),
            Kind::Italic => (character == '_' && !self.sees("__"), 1),
            Kind::Underline => (self.sees("__"), 2),
            Kind::Strikethrough => (character == '~', 1),
            Kind::Spoiler => (self.sees("||"), 2),
            Kind::Code => (character == '`', 1),
            Kind::Pre => (self.sees("```"), 3),
            Kind::TextUrl | Kind::CustomEmoji => (character == ']', 1),
            // `||` ends a quote that can be folded; otherwise the line ends it.
            Kind::Quote => (self.sees("||\n") || self.rest() == "||", 2),
        };
        is_end.then_some(length)
    }

    fn end(&mut self, kind: Option<Kind>) -> Result<(), FormattingError> {
        match kind {
            Some(Kind::TextUrl | Kind::CustomEmoji) => {
                let target = self.target()?;
                let Some(open) = self.open.pop() else { return Ok(()) };
                let target = target.unwrap_or_else(|| self.built.since(open.mark).to_owned());
                if open.kind == Kind::TextUrl {
                    self.built.close_link(open.mark, &target);
                    return Ok(());
                }
                let id = target.strip_prefix("tg://emoji?id=").filter(|id| id.parse::<u64>().is_ok());
                let Some(id) = id.map(str::to_owned) else {
                    return refuse("Custom emoji entity must contain a tg://emoji URL");
                };
                self.built.close("custom_emoji", open.mark, |entity| entity.custom_emoji_id = Some(id));
            }
            Some(Kind::Quote) => {
                if let Some(quote) = self.open.last_mut() {
                    quote.expandable = true;
                }
                self.close();
            }
            _ => self.close(),
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let kind = match open.kind {
            Kind::Bold => "bold",
            Kind::Italic => "italic",
            Kind::Underline => "underline",
            Kind::Strikethrough => "strikethrough",
            Kind::Spoiler => "spoiler",
            Kind::Code => "code",
            Kind::Pre => "pre",
            Kind::Quote if open.expandable => "expandable_blockquote",
            Kind::Quote => "blockquote",
            Kind::TextUrl | Kind::CustomEmoji => return,
        };
        self.built.close(kind, open.mark, |entity| entity.language = open.language);
    }

    /// The address in round brackets after a link's words.
    fn target(&mut self) -> Result<Option<String>, FormattingError> {
        if !self.sees("(") {
            return Ok(None);
        }
        self.at += 1;
        let begin = self.at;
        let mut target = String::new();
        while let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            match character {
                ')' => return Ok(Some(target)),
                '\\' => {
                    let escaped = self.rest().chars().next().unwrap_or('\\');
                    self.at += escaped.len_utf8().min(self.rest().len());
                    target.push(escaped);
                }
                _ => target.push(character),
            }
        }
        refuse(format!("Can't find end of a URL at byte offset {begin}"))
    }

    fn begin(&mut self, character: char) -> Result<(), FormattingError> {
        match character {
            '_' if self.sees("__") => self.push(Kind::Underline, 2, None),
            '_' => self.push(Kind::Italic, 1, None),
            '*' => self.push(Kind::Bold, 1, None),
            '~' => self.push(Kind::Strikethrough, 1, None),
            '|' if self.sees("||") => self.push(Kind::Spoiler, 2, None),
            '[' => self.push(Kind::TextUrl, 1, None),
            '!' if self.sees("![") => self.push(Kind::CustomEmoji, 2, None),
            '`' if self.sees("```") => self.begin_block(),
            '`' => self.push(Kind::Code, 1, None),
            _ => {
                return refuse(format!(
                    "Character '{character}' is reserved and must be escaped with the preceding '\\'"
                ));
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, length: usize, language: Option<String>) {
        let mark = self.built.mark();
        self.open.push(Open { kind, mark, begin: self.at, language, expandable: false });
        self.at += length;
    }

    fn begin_block(&mut self) {
        let body = self.rest().get(3..).unwrap_or_default();
        let word = body.split(|c: char| c.is_whitespace() || c == '`').next().unwrap_or_default();
        let after = body.get(word.len()..).unwrap_or_default();
        let is_language = !word.is_empty() && after.starts_with(char::is_whitespace);
        let language = is_language.then(|| word.to_owned());
        let mut length = 3 + if is_language { word.len() } else { 0 };
        let after = self.rest().get(length..).unwrap_or_default();
        length += usize::from(after.starts_with("\r\n")) + usize::from(after.starts_with(['\n', '\r']));
        self.push(Kind::Pre, length, language);
    }
}
