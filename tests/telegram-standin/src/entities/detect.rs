//! What Telegram finds in a text by itself: commands, mentions, tags, links and addresses of mail.

use super::{Entity, Formatted, utf16::units};

/// Nothing is found within these.
const OPAQUE: &[&str] = &["code", "pre", "text_link", "text_mention", "custom_emoji"];
/// Domains without a scheme are links when they end so; Telegram's list is longer.
const TOP_LEVELS: &[&str] = &["com", "org", "net", "ru", "me", "io", "dev", "app", "info", "рф", "eu", "de", "uk"];
const COMMAND_MAX: usize = 64;
const MENTION: std::ops::RangeInclusive<usize> = 3..=32;
const HASHTAG_MAX: usize = 256;
const CASHTAG: std::ops::RangeInclusive<usize> = 1..=8;

/// Adds what is found to the entities that were said.
pub(super) fn detect(formatted: Formatted) -> Formatted {
    let Formatted { text, mut entities } = formatted;
    let mut found = Vec::new();
    let mut before = None;
    let mut unit = 0;
    let mut skip_until = 0;
    for (byte, character) in text.char_indices() {
        let rest = text.get(byte..).unwrap_or_default();
        if byte >= skip_until
            && let Some((kind, length)) = starts_here(rest, before)
        {
            let piece = rest.get(..length).unwrap_or_default();
            found.push(Entity::new(kind, unit, units(piece)));
            skip_until = byte + length;
        }
        before = Some(character);
        unit += character.len_utf16();
    }
    let overlaps = |one: &Entity, other: &Entity| {
        one.offset < other.offset + other.length && other.offset < one.offset + one.length
    };
    found.retain(|new| !entities.iter().any(|old| OPAQUE.contains(&old.kind.as_str()) && overlaps(new, old)));
    entities.extend(found);
    Formatted { text, entities }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What begins at the start of `rest`, and its length in bytes.
fn starts_here(rest: &str, before: Option<char>) -> Option<(&'static str, usize)> {
    if before.is_some_and(is_word) {
        return None;
    }
    let first = rest.chars().next()?;
    let body = rest.get(first.len_utf8()..)?;
    match first {
        '/' if !before.is_some_and(|c| matches!(c, '/' | '<' | '>')) => command(body).map(|n| ("bot_command", n + 1)),
        '@' => bounded(body, |c| c.is_ascii_alphanumeric() || c == '_', MENTION).map(|n| ("mention", n + 1)),
        '#' => {
            let length = body.find(|c| !is_word(c)).unwrap_or(body.len());
            let word = body.get(..length)?;
            let is_tag = word.chars().any(char::is_alphabetic) && word.chars().count() <= HASHTAG_MAX;
            is_tag.then_some(("hashtag", length + 1))
        }
        '$' => bounded(body, |c| c.is_ascii_uppercase(), CASHTAG).map(|n| ("cashtag", n + 1)),
        _ if is_word(first) && !before.is_some_and(|c| matches!(c, '.' | '@' | '-' | '/')) => address(rest),
        _ => None,
    }
}

/// A word of these characters, as long as that, that ends there.
fn bounded(body: &str, takes: impl Fn(char) -> bool, lengths: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let length = body.find(|c| !takes(c)).unwrap_or(body.len());
    let ends = !body.get(length..)?.chars().next().is_some_and(is_word);
    (ends && lengths.contains(&length)).then_some(length)
}

fn command(body: &str) -> Option<usize> {
    let takes = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = bounded(body, takes, 1..=COMMAND_MAX)?;
    let after = body.get(length..)?;
    if after.starts_with('/') {
        return None;
    }
    let address = after.strip_prefix('@').and_then(|name| bounded(name, takes, MENTION));
    Some(length + address.map_or(0, |name| name + 1))
}

fn address(rest: &str) -> Option<(&'static str, usize)> {
    let length =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '«' | '»')).unwrap_or(rest.len());
    let word = rest.get(..length)?.trim_end_matches(['.', ',', '!', '?', ':', ';', ')', '\'']);
    for scheme in ["http://", "https://", "tg://", "ftp://"] {
        if word.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            let host = word.get(scheme.len()..)?;
            return (host.len() > 1 && host.contains(['.', ':', '?'])).then_some(("url", word.len()));
        }
    }
    if let Some((name, domain)) = word.split_once('@') {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
        return (is_name && is_domain(domain)).then_some(("email", word.len()));
    }
    let host = word.split(['/', '?', '#', ':']).next()?;
    let top = host.rsplit('.').next()?.to_lowercase();
    (is_domain(host) && TOP_LEVELS.contains(&top.as_str())).then_some(("url", word.len()))
}

fn is_domain(host: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    host.contains('.')
        && host.split('.').all(label)
        && host.rsplit('.').next().is_none_or(|top| top.parse::<u32>().is_err())
}
