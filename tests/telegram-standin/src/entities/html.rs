//! `parse_mode=HTML`: the tags that Telegram knows, and the words with which it refuses others.

use super::{
    Formatted, FormattingError,
    builder::{Builder, Mark},
    refuse,
};

const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
];

struct Open {
    tag: String,
    argument: String,
    mark: Mark,
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
}

/// Reads HTML.
pub(super) fn parse(source: &str) -> Result<Formatted, FormattingError> {
    let mut reader = Reader { source, at: 0 };
    let mut built = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    while let Some(character) = reader.peek() {
        match character {
            '<' => {
                let begin = reader.at;
                reader.at += 1;
                if reader.peek() == Some('/') {
                    reader.at += 1;
                    close_tag(&mut reader, begin, &mut open, &mut built)?;
                } else {
                    let (tag, argument) = reader.start_tag(begin)?;
                    open.push(Open { tag, argument, mark: built.mark() });
                }
            }
            _ => built.push(reader.character()),
        }
    }
    match open.last() {
        Some(left) => refuse(format!("Can't find end tag corresponding to start tag \"{}\"", left.tag)),
        None => Ok(built.finish()),
    }
}

fn close_tag(
    reader: &mut Reader<'_>,
    begin: usize,
    open: &mut Vec<Open>,
    built: &mut Builder,
) -> Result<(), FormattingError> {
    let Some(opened) = open.pop() else {
        return refuse(format!("Unexpected end tag at byte offset {begin}"));
    };
    let name = reader.take_until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
    reader.skip_spaces();
    if reader.peek() != Some('>') {
        return refuse(format!("Unclosed end tag at byte offset {begin}"));
    }
    reader.at += 1;
    if !name.is_empty() && name != opened.tag {
        let tag = opened.tag;
        return refuse(format!("Unmatched end tag at byte offset {begin}, expected \"</{tag}>\", found \"</{name}>\""));
    }
    close_entity(&opened, built);
    Ok(())
}

fn close_entity(opened: &Open, built: &mut Builder) {
    let (mark, argument) = (opened.mark, opened.argument.clone());
    match opened.tag.as_str() {
        "b" | "strong" => built.close("bold", mark, |_| ()),
        "i" | "em" => built.close("italic", mark, |_| ()),
        "s" | "strike" | "del" => built.close("strikethrough", mark, |_| ()),
        "u" | "ins" => built.close("underline", mark, |_| ()),
        "tg-spoiler" | "span" => built.close("spoiler", mark, |_| ()),
        "tg-emoji" => built.close("custom_emoji", mark, |entity| entity.custom_emoji_id = Some(argument)),
        "blockquote" if !argument.is_empty() => built.close("expandable_blockquote", mark, |_| ()),
        "blockquote" => built.close("blockquote", mark, |_| ()),
        "code" => built.close("code", mark, |entity| entity.language = Some(argument).filter(|name| !name.is_empty())),
        // <pre><code class="language-x"> is one block; its language is the inner tag's.
        "pre" => match built.covering(mark).filter(|inner| inner.kind == "code") {
            Some(inner) => "pre".clone_into(&mut inner.kind),
            None => built.close("pre", mark, |_| ()),
        },
        _ => {
            let target = if argument.is_empty() { built.since(mark).to_owned() } else { argument };
            built.close_link(mark, &target);
        }
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_until(&mut self, stop: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let taken = rest.split(stop).next().unwrap_or_default().to_owned();
        self.at += taken.len();
        taken
    }

    fn skip_spaces(&mut self) {
        self.take_until(|c| !c.is_ascii_whitespace());
    }

    /// The next character, with `&lt;` and the like read as what they stand for.
    fn character(&mut self) -> char {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return char::REPLACEMENT_CHARACTER };
        if let Some((character, length)) = entity(rest) {
            self.at += length;
            return character;
        }
        self.at += first.len_utf8();
        first
    }

    fn start_tag(&mut self, begin: usize) -> Result<(String, String), FormattingError> {
        let tag = self.take_until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
        let unclosed = || refuse(format!("Unclosed start tag at byte offset {begin}"));
        if self.peek().is_none() {
            return unclosed();
        }
        if !TAGS.contains(&tag.as_str()) {
            return refuse(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = String::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return unclosed(),
                Some('>') => break,
                Some(_) => {}
            }
            let name = self.take_until(|c| c.is_ascii_whitespace() || "=>/\"'".contains(c)).to_ascii_lowercase();
            if name.is_empty() {
                return refuse(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            self.skip_spaces();
            let value = if self.peek() == Some('=') { self.attribute_value()? } else { String::new() };
            if self.peek().is_none() {
                return unclosed();
            }
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") | ("span", "class") => argument = value,
                ("code", "class") => value.strip_prefix("language-").unwrap_or_default().clone_into(&mut argument),
                ("blockquote", "expandable") => argument = name,
                _ => {}
            }
        }
        self.at += 1;
        if tag == "span" && argument != "tg-spoiler" {
            return refuse(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        if tag == "tg-emoji" && argument.parse::<u64>().is_err() {
            return refuse(format!("Invalid custom emoji identifier specified at byte offset {begin}"));
        }
        Ok((tag, argument))
    }

    fn attribute_value(&mut self) -> Result<String, FormattingError> {
        self.at += 1;
        self.skip_spaces();
        let begin = self.at;
        let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) else {
            let value = self.take_until(|c| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
            if self.peek().is_some_and(|c| !c.is_ascii_whitespace() && c != '>') {
                return refuse(format!("Unexpected end of name token at byte offset {begin}"));
            }
            return Ok(value.to_ascii_lowercase());
        };
        self.at += 1;
        let mut value = String::new();
        while let Some(next) = self.peek() {
            if next == quote {
                self.at += 1;
                break;
            }
            value.push(self.character());
        }
        Ok(value)
    }
}

/// The character at the start of `text` that is written as a name or number, and how long that is.
fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    if let Some(number) = body.strip_prefix('#') {
        let (digits, radix, prefix) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 3),
            None => (number, 10, 2),
        };
        let length = digits.chars().take_while(|c| c.is_digit(radix)).count();
        let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
        let character = char::from_u32(code).filter(|c| *c != '\0')?;
        let semicolon = usize::from(digits.get(length..)?.starts_with(';'));
        return Some((character, prefix + length + semicolon));
    }
    for (name, character) in [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"')] {
        if let Some(rest) = body.strip_prefix(name) {
            return Some((character, 1 + name.len() + usize::from(rest.starts_with(';'))));
        }
    }
    None
}
