#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use unicode_segmentation::UnicodeSegmentation as _;

use super::*;
use crate::{
    chance::Chance,
    compose::{Composer, Style},
    language::Language,
};

fn message(text: &str) -> OutgoingMessage {
    OutgoingMessage { text: text.to_owned(), ..OutgoingMessage::default() }
}

fn texts(parts: &[OutgoingMessage]) -> Vec<&str> {
    parts.iter().map(|part| part.text.as_str()).collect()
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What stands at an entity, by its units.
fn formatted(part: &OutgoingMessage, entity: &Entity) -> String {
    let units: Vec<u16> = part.text.encode_utf16().collect();
    let (begin, end) = bounds(entity);
    // Panics where an entity leaves its text or cuts a surrogate pair.
    String::from_utf16(&units[begin..end]).unwrap()
}

/// A message by chance: noise, or paragraphs of words with formatted stretches.
fn any_message(chance: &mut Chance) -> OutgoingMessage {
    let mut message = Composer::new(Language::En);
    let noisy = chance.below(3) == 0;
    for _ in 0..chance.below(12) {
        let words = if noisy {
            chance.text(2000)
        } else {
            let word = *chance.pick(&["слово ", "word ", "👩🏽‍🚀 ", "конец. ", "\n", "\n\n", "й\u{306}\u{306}"]);
            word.repeat(chance.below(400))
        };
        match chance.below(4) {
            0 => message.bold(&words),
            1 => message.styled(&words, Style::Link("https://t.me/telegram".to_owned())),
            _ => message.words(&words),
        };
    }
    message.row([chronogram_model::conversation::Button { text: "x".to_owned(), data: "1:close".to_owned() }]);
    message.finish()
}

#[test]
fn parts_fit_and_together_say_what_the_message_says() {
    let mut chance = Chance::of(3);
    for round in 0..400 {
        let message = any_message(&mut chance);
        let parts = split(message.clone());
        let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(without_space(&joined), without_space(&message.text), "round {round}");
        let (last, before) = parts.split_last().unwrap();
        assert_eq!(last.buttons, message.buttons);
        for part in before {
            assert!(part.buttons.is_empty());
        }
        for part in &parts {
            assert!(units(&part.text) <= PART_MAX_UNITS, "round {round}");
            assert!(!part.text.trim().is_empty() || message.text.trim().is_empty(), "round {round}");
            // An entity of every part can be read.
            part.entities.iter().for_each(|entity| _ = formatted(part, entity));
        }
        for kind in ["bold", "text_link"] {
            let all = |messages: &[OutgoingMessage]| -> String {
                let of_kind = |part: &OutgoingMessage| -> String {
                    part.entities.iter().filter(|it| it.kind == kind).map(|it| formatted(part, it)).collect()
                };
                without_space(&messages.iter().map(of_kind).collect::<String>())
            };
            assert_eq!(all(&parts), all(std::slice::from_ref(&message)), "round {round}: {kind}");
        }
    }
}

#[test]
fn characters_as_people_see_them_stay_whole() {
    for character in ["👩🏽‍🚀", "🇷🇺", "é\u{301}", "😀"] {
        let text = character.repeat(5000);
        for part in split(message(&text)) {
            assert!(part.text.graphemes(true).all(|it| it == character), "{character}");
        }
    }
    // One character longer than a message is cut after all.
    let endless = format!("a{}", "\u{301}".repeat(9000));
    assert!(split(message(&endless)).iter().all(|part| units(&part.text) <= PART_MAX_UNITS));
}

#[test]
fn a_message_that_fits_stays_as_it_is() {
    for text in [String::new(), " a ".to_owned(), "я".repeat(4096), "😀".repeat(2048)] {
        assert_eq!(split(message(&text)), [message(&text)]);
    }
    assert_eq!(split(message(&"я".repeat(4097))).len(), 2);
    assert_eq!(split(message(&" ".repeat(5000))), [message("")]);
}

#[test]
fn the_best_end_in_the_second_half_is_chosen() {
    let (a, b) = ("a".repeat(3000), "b".repeat(500));
    for (ends, first) in [(["\n\n", "\n"], "\n\n"), (["\n", ". "], "\n"), ([". ", " "], ". "), ([" ", "x"], " ")] {
        let text = format!("{a}{}{b}{}{}", ends[0], ends[1], "c".repeat(2000));
        let expected = format!("{a}{}", first.trim_end());
        assert_eq!(texts(&split(message(&text)))[0], expected, "{ends:?}");
    }
}

#[test]
fn a_formatted_stretch_goes_into_the_next_part_rather_than_to_pieces() {
    let mut long = Composer::new(Language::En);
    long.words(&"word ".repeat(600)).bold(&"bold word ".repeat(200)).words("end");
    let parts = split(long.finish());
    assert_eq!(parts.len(), 2);
    assert!(parts[0].entities.is_empty());
    assert_eq!(formatted(&parts[1], &parts[1].entities[0]).trim_end(), "bold word ".repeat(200).trim_end());
}

#[test]
fn a_stretch_longer_than_a_message_goes_on_in_the_next() {
    let mut table = Composer::new(Language::En);
    table.pre(&"12.11  1 234  +5\n".repeat(600));
    let parts = split(table.finish());
    assert!(parts.len() > 2);
    for part in &parts {
        assert_eq!(part.entities[0].kind, "pre");
        assert_eq!(formatted(part, &part.entities[0]), part.text);
        assert!(part.text.ends_with("+5"));
    }
}
