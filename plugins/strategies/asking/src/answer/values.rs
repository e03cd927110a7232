//! Values as they go into a profile: one line, without decoration, cut to a length, and only where they say something.

use crate::{keys::plain, numbered::is_invisible};

/// Longest value, in letters.
const LETTERS: usize = 200;
/// Longest summary.
const SUMMARY_LETTERS: usize = 600;
/// Interests named at most.
const INTERESTS: usize = 8;
/// Longest interest; a longer one is a sentence.
const INTEREST_LETTERS: usize = 60;
/// What models write where they know nothing.
const NOTHING: [&str; 27] = [
    "",
    "unknown",
    "n a",
    "na",
    "none",
    "null",
    "nil",
    "unclear",
    "unspecified",
    "undetermined",
    "not specified",
    "not mentioned",
    "not stated",
    "not known",
    "not available",
    "no data",
    "no information",
    "no evidence",
    "insufficient data",
    "not enough information",
    "неизвестно",
    "не известно",
    "неясно",
    "не указано",
    "не упоминается",
    "не определено",
    "нет данных",
];
/// Names of languages that models use for tags.
const LANGUAGES: [(&str, &[&str]); 12] = [
    ("ru", &["russian", "русский", "по русски"]),
    ("en", &["english", "английский", "по английски"]),
    ("uk", &["ukrainian", "украинский", "українська"]),
    ("be", &["belarusian", "белорусский"]),
    ("kk", &["kazakh", "казахский"]),
    ("de", &["german", "deutsch", "немецкий"]),
    ("fr", &["french", "français", "французский"]),
    ("es", &["spanish", "español", "испанский"]),
    ("it", &["italian", "italiano", "итальянский"]),
    ("pt", &["portuguese", "português", "португальский"]),
    ("tr", &["turkish", "türkçe", "турецкий"]),
    ("zh", &["chinese", "中文", "китайский"]),
];

/// The value of this key, or nothing.
pub(super) fn finished(key: &str, raw: &str) -> Option<String> {
    let most = if key == "summary" { SUMMARY_LETTERS } else { LETTERS };
    if is_nothing(raw) {
        return None;
    }
    let value = match key {
        "language" => language(&clean(raw, LETTERS)),
        "interests" => interests(raw),
        _ => clean(raw, most),
    };
    (!is_nothing(&value)).then_some(value)
}

fn is_nothing(value: &str) -> bool {
    // "Unknown (he never says)": what comes first counts.
    let first = value.split(['(', ';', ',', '.', '—']).next().unwrap_or_default();
    NOTHING.contains(&plain(first).as_str())
}

fn clean(raw: &str, most: usize) -> String {
    let shown = raw.chars().filter(|letter| !is_invisible(*letter));
    let spaced: String = shown.map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let one_line = spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
    let decoration =
        |letter: char| matches!(letter, '*' | '_' | '`' | '"' | '\'' | '“' | '”' | '«' | '»' | '|' | ',' | ';');
    let bare = one_line.trim_matches(|letter: char| decoration(letter) || letter.is_whitespace());
    match bare.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", bare[..end].trim_end()),
        None => bare.to_owned(),
    }
}

/// A tag where the language is known by name; of several the first.
fn language(told: &str) -> String {
    let first = told.split([',', ';', '/', '(', '+']).next().unwrap_or_default().trim();
    let name = plain(first);
    let primary = name.split(' ').next().unwrap_or_default();
    let is_tag = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_subtag = name.split(' ').skip(1).all(|part| (2..=4).contains(&part.len()));
    let known = LANGUAGES.iter().find(|(_, names)| names.iter().any(|known| name.starts_with(known)));
    match known {
        Some((tag, _)) => (*tag).into(),
        None if is_tag && is_subtag => primary.into(),
        None => first.into(),
    }
}

fn interests(told: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for one in told.split([',', ';', '\n', '•', '、']) {
        let one = clean(one.trim().trim_start_matches("- "), INTEREST_LETTERS);
        if !is_nothing(&one) && !kept.iter().any(|kept| kept.to_lowercase() == one.to_lowercase()) {
            kept.push(one);
            if kept.len() == INTERESTS {
                break;
            }
        }
    }
    kept.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_clean_line_of_bounded_length() {
        assert_eq!(finished("location", " **\"Riga\"**,\n"), Some("Riga".into()));
        assert_eq!(finished("tone", "dry\0 and\tsh\u{202e}ort"), Some("dry and short".into()));
        let long = finished("summary", &"очень ".repeat(500)).expect("a value");
        assert_eq!(long.chars().count(), SUMMARY_LETTERS);
        assert!(long.ends_with('…'));
        assert!(finished("pets", &"ы".repeat(9_999)).is_some_and(|value| value.len() < 1 << 10));
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        for raw in [
            "",
            " ",
            "…",
            "-",
            "—",
            "?",
            "N/A",
            "None",
            "unknown",
            "Unknown (never said)",
            "Not specified.",
            "Неизвестно",
            "нет данных, увы",
        ] {
            assert_eq!(finished("location", raw), None, "{raw}");
            assert_eq!(finished("interests", raw), None, "{raw}");
            assert_eq!(finished("language", raw), None, "{raw}");
        }
        assert_eq!(finished("location", "Nowhere, Oklahoma"), Some("Nowhere, Oklahoma".into()));
    }

    #[test]
    fn languages_become_tags() {
        for (raw, tag) in [
            ("ru", "ru"),
            ("RU-ru", "ru"),
            ("Russian", "ru"),
            ("русский, немного английский", "ru"),
            ("English (fluent)", "en"),
            ("zh-Hans", "zh"),
            ("Klingon", "Klingon"),
        ] {
            assert_eq!(finished("language", raw), Some(tag.into()), "{raw}");
        }
    }

    #[test]
    fn interests_are_named_once_and_not_endlessly() {
        assert_eq!(finished("interests", "музыка; Музыка, - rust , , unknown"), Some("музыка, rust".into()));
        let many: Vec<String> = (0..30).map(|at| format!("i{at}")).collect();
        assert_eq!(finished("interests", &many.join(",")).map(|value| value.split(", ").count()), Some(INTERESTS));
    }
}
