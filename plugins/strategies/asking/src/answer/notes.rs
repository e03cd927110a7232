//! Notes that models put beside a claim: which messages show it, and how sure it is.

use crate::numbered::Cited;

/// Messages of one range, such as m3–m9.
const RANGE_MAX: usize = 50;
/// Longest note, brackets included; what is longer is prose.
const NOTE_BYTES: usize = 200;
/// Words around citations that say nothing by themselves.
const FILLERS: [&str; 18] = [
    "evidence",
    "see",
    "message",
    "messages",
    "msg",
    "source",
    "sources",
    "based",
    "on",
    "from",
    "and",
    "и",
    "см",
    "сообщение",
    "сообщения",
    "сообщений",
    "из",
    "подтверждение",
];
const SURENESS: [&str; 5] = ["confidence", "conf", "certainty", "уверенность", "sure"];

/// What was noted beside a claim.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Noted {
    pub(super) cited: Vec<Cited>,
    pub(super) confidence: Option<f32>,
}

/// The text without bracketed notes, and what they noted. Brackets with anything else in them stay.
pub(super) fn taken_out(text: &str) -> (String, Noted) {
    let mut noted = Noted::default();
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(['(', '[']) {
        let (before, from) = rest.split_at(begin);
        left.push_str(before);
        let near = from.get(..from.floor_char_boundary(NOTE_BYTES)).unwrap_or(from);
        let note = near.find([')', ']']).and_then(|end| Some((note(near.get(1..end)?)?, from.get(end + 1..)?)));
        match note {
            Some((note, behind)) => {
                noted.cited.extend(note.cited);
                noted.confidence = noted.confidence.or(note.confidence);
                rest = behind;
            }
            None => {
                left.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    left.push_str(rest);
    (left, noted)
}

/// The numbers of messages, where a text is nothing but them: `m3`, `3, 5`, `[m1] and m2-m4`.
pub(super) fn numbers(text: &str) -> Option<Vec<usize>> {
    let mut cited = Vec::new();
    for token in tokens(text) {
        if FILLERS.contains(&token.as_str()) {
            continue;
        }
        match citation(&token) {
            Some(numbers) => cited.extend(numbers),
            None => cited.push(token.parse().ok()?),
        }
    }
    (!cited.is_empty()).then_some(cited)
}

/// How sure: `0.8`, `0,8`, `80 %`, `high`.
pub(super) fn sureness(text: &str) -> Option<f32> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let word = match text.as_str() {
        "very high" | "certain" | "очень высокая" => Some(0.95),
        "high" | "высокая" | "высокий" => Some(0.9),
        "medium" | "moderate" | "средняя" | "средний" => Some(0.6),
        "low" | "низкая" | "низкий" => Some(0.3),
        _ => None,
    };
    word.or_else(|| {
        let percent = text.strip_suffix('%');
        let number: f32 = percent.unwrap_or(&text).trim().replace(',', ".").parse().ok()?;
        share(if percent.is_some() { number / 100.0 } else { number })
    })
}

/// A number of a confidence as a share of 1: what is above 1 was meant in percent.
pub(super) fn share(number: f32) -> Option<f32> {
    let share = if number > 1.0 { number / 100.0 } else { number };
    share.is_finite().then(|| share.clamp(0.0, 1.0))
}

/// A note is a quotation; or it is made of citations, a confidence and fillers, and of nothing else.
fn note(inside: &str) -> Option<Noted> {
    let mut noted = Noted::default();
    if inside.starts_with(['«', '"', '“']) && inside.ends_with(['»', '"', '”']) {
        noted.cited.push(Cited::Quote(inside.to_owned()));
        return Some(noted);
    }
    let mut is_sureness = false;
    for token in tokens(inside) {
        if SURENESS.contains(&token.as_str()) {
            is_sureness = true;
        } else if let Some(numbers) = citation(&token) {
            noted.cited.extend(numbers.into_iter().map(Cited::Number));
        } else if is_sureness || token.ends_with('%') {
            noted.confidence = Some(sureness(&token)?);
            is_sureness = false;
        } else if !FILLERS.contains(&token.as_str()) {
            return None;
        }
    }
    (!noted.cited.is_empty() || noted.confidence.is_some()).then_some(noted)
}

fn tokens(text: &str) -> Vec<String> {
    let between = [' ', '\t', ',', ';', ':', '=', '&', '[', ']', '(', ')', '#', '"', '\u{a0}'];
    let tokens = text.split(between.as_slice()).map(|token| token.trim_end_matches('.').to_lowercase());
    tokens.filter(|token| !token.is_empty()).collect()
}

/// `m3`, or `m3-m5`; the letter may be a Russian one.
fn citation(token: &str) -> Option<Vec<usize>> {
    let number = |text: &str| -> Option<usize> { text.strip_prefix(['m', 'м'])?.parse().ok() };
    if let Some(number) = number(token) {
        return Some(vec![number]);
    }
    let (from, to) = token.split_once(['-', '–', '—', '…'])?;
    let (from, to) = (number(from)?, number(to).or_else(|| to.parse().ok())?);
    (from <= to && to - from < RANGE_MAX).then(|| (from..=to).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_taken_out_and_other_brackets_stay() {
        for (text, left, cited, confidence) in [
            ("Riga (m3)", "Riga ", &[3][..], None),
            ("music [m1, m2–m4], chess (see М7)", "music , chess ", &[1, 2, 3, 4, 7], None),
            ("Riga (confidence: 80%, evidence m2)", "Riga ", &[2], Some(0.8)),
            ("Рига (уверенность: высокая)", "Рига ", &[], Some(0.9)),
            ("Paris (Texas)", "Paris (Texas)", &[], None),
            ("films (2023)", "films (2023)", &[], None),
            ("a ( b [ c", "a ( b [ c", &[], None),
            ("код (m1", "код (m1", &[], None),
            ("tea (ё) (m2)", "tea (ё) ", &[2], None),
        ] {
            let (rest, noted) = taken_out(text);
            let numbers: Vec<Cited> = cited.iter().copied().map(Cited::Number).collect();
            assert_eq!((rest.as_str(), noted.cited, noted.confidence), (left, numbers, confidence), "{text}");
        }
        let (rest, noted) = taken_out("Рига («живу в Риге»)");
        assert_eq!((rest.as_str(), noted.cited), ("Рига ", vec![Cited::Quote("«живу в Риге»".into())]));
    }

    #[test]
    fn numbers_of_messages_are_read_where_there_is_nothing_else() {
        assert_eq!(numbers("m1"), Some(vec![1]));
        assert_eq!(numbers("[m1], M2 and 5"), Some(vec![1, 2, 5]));
        assert_eq!(numbers("m1-m3"), Some(vec![1, 2, 3]));
        for text in ["", "I live in Riga", "m1: I live in Riga", "m1-m9999999", "mm"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }

    #[test]
    fn sureness_comes_in_many_ways() {
        for (text, expected) in [
            ("0.8", Some(0.8)),
            ("0,8", Some(0.8)),
            ("80%", Some(0.8)),
            ("80", Some(0.8)),
            ("1", Some(1.0)),
            ("100 %", Some(1.0)),
            ("High", Some(0.9)),
            ("Средняя.", Some(0.6)),
            ("-3", Some(0.0)),
            ("1e9", Some(1.0)),
            ("NaN", None),
            ("inf", None),
            ("perhaps", None),
        ] {
            assert_eq!(sureness(text), expected, "{text}");
        }
    }
}
