#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The messages of a file and the variables in each, read by a simpler eye than Fluent's.
fn messages(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut current = "";
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_alphabetic())) {
            assert!(messages.insert(name, BTreeSet::new()).is_none(), "{name} stands twice");
            current = name;
        }
        let variables = line.split('$').skip(1);
        let named = variables.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap());
        messages.entry(current).or_default().extend(named);
    }
    messages.remove("");
    messages
}

fn phrases() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    say::ALL.iter().map(|(name, numbers, words)| (*name, numbers.iter().chain(*words).copied().collect())).collect()
}

#[test]
fn both_files_have_the_messages_and_variables_of_the_phrases_and_no_others() {
    // A phrase that the code does not use is refused by the compiler as dead code.
    assert_eq!(messages(RU), phrases());
    assert_eq!(messages(EN), phrases());
}

#[test]
fn every_phrase_is_said_in_both_languages_with_all_that_was_put_into_it() {
    for (name, numbers, words) in say::ALL {
        for number in [0, 1, 2, 5, 11, 21, 100] {
            let numbers = numbers.iter().map(|variable| (*variable, Word::Number(number)));
            let placed = words.iter().map(|variable| (*variable, Word::from(*variable)));
            let variables = numbers.chain(placed).collect();
            let phrase = Phrase { name, variables };
            for language in Language::ALL {
                // Errors of Fluent fail here: they are asserted not to be.
                let formatted = phrase.formatted(language);
                assert!(!formatted.trim().is_empty(), "{name}");
                assert!(!formatted.contains(['{', '}', '\u{2068}', '\u{2069}']), "{name}: {formatted}");
                let mut placed = 0;
                phrase.in_language(language, |piece| placed += usize::from(matches!(piece, Piece::Placed(_))));
                assert_eq!(placed, words.len(), "{name} says each word once: {formatted}");
            }
        }
    }
}

#[test]
fn what_chooses_the_forms_of_words_is_a_number() {
    for source in [RU, EN] {
        let mut current = "";
        for line in source.lines() {
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(['#', ' '])) {
                current = name;
            }
            if let Some((before, _)) = line.split_once(" ->") {
                let variable = before.rsplit('$').next().unwrap();
                let (_, numbers, _) = say::ALL.iter().find(|(name, ..)| *name == current).unwrap();
                assert!(numbers.contains(&variable), "{current}: {variable}");
            }
        }
    }
}

#[test]
fn marks_of_formatting_are_closed_where_they_were_opened() {
    for source in [RU, EN] {
        for mark in ["b", "i", "code"] {
            let lines = || source.lines().filter(|line| !line.starts_with('#'));
            let open: usize = lines().map(|line| line.matches(&format!("<{mark}>")).count()).sum();
            let close: usize = lines().map(|line| line.matches(&format!("</{mark}>")).count()).sum();
            assert_eq!(open, close, "{mark}");
        }
    }
}

#[test]
fn no_text_of_ours_is_longer_than_a_button_or_notice_may_be() {
    for language in Language::ALL {
        for (name, numbers, _) in say::ALL {
            let variables = numbers.iter().map(|variable| (*variable, Word::Number(365))).collect();
            if !name.starts_with("notice_") && !name.starts_with("button_") {
                continue;
            }
            let units = Phrase { name, variables }.formatted(language).encode_utf16().count();
            assert!(!name.starts_with("notice_") || units <= 200, "{name}: {units}");
            assert!(!name.starts_with("button_") || units <= 32, "{name}: {units}");
        }
    }
}
