#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::{chance::Chance, texts::say};

fn of(build: impl FnOnce(&mut Composer)) -> OutgoingMessage {
    let mut message = Composer::new(Language::En);
    build(&mut message);
    message.finish()
}

/// Kind and words of each entity.
fn formatted(message: &OutgoingMessage) -> Vec<(String, String)> {
    let units: Vec<u16> = message.text.encode_utf16().collect();
    let words = |entity: &Entity| {
        let begin = usize::try_from(entity.offset).unwrap();
        let end = begin + usize::try_from(entity.length).unwrap();
        String::from_utf16(&units[begin..end]).unwrap()
    };
    message.entities.iter().map(|entity| (entity.kind.clone(), words(entity))).collect()
}

#[test]
fn entities_count_utf16_units() {
    let message = of(|it| _ = it.words("😀 жук ").bold("👩🏽‍🚀 да").words(" ").code("нет"));
    assert_eq!(message.text, "😀 жук 👩🏽‍🚀 да нет");
    let places: Vec<_> = message.entities.iter().map(|it| (it.offset, it.length)).collect();
    assert_eq!(places, [(7, 10), (18, 3)]);
}

#[test]
fn each_style_becomes_what_the_bot_api_calls_it() {
    let person = PersonId::Telegram(7);
    let message = of(|it| {
        it.bold("b").italic("i").code("c").pre("p").text_link("l", "https://t.me/telegram").mention("m", &person);
    });
    let kinds: Vec<_> = message.entities.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["bold", "italic", "code", "pre", "text_link", "text_mention"]);
    assert_eq!(message.entities[4].url.as_deref(), Some("https://t.me/telegram"));
    assert_eq!(message.entities[5].person, Some(person));
}

#[test]
fn words_of_people_never_become_formatting() {
    for words in
        ["<b>x</b>", "{ $name }", "*x* _y_ `z`", "</b>", "<i>", "\u{FDD0}0\u{FDD1}", "<a href=\"x\">y</a>", "&lt;"]
    {
        let greeted = of(|it| _ = it.say(&say::start_hello(words)));
        assert_eq!((greeted.text, greeted.entities), (format!("Hello, {words}! 👋"), Vec::new()));
        // Within marks of ours they take the format around them and no other.
        let named = of(|it| _ = it.say(&say::profile_field(words, "v", "s")));
        let expected = [("bold", format!("{words}:")), ("italic", "(s)".to_owned())];
        assert_eq!(formatted(&named), expected.map(|(kind, words)| (kind.to_owned(), words)));
    }
    let mut chance = Chance::of(4);
    for _ in 0..5000 {
        let words = format!("a{}b", chance.text(40));
        let field = of(|it| _ = it.say(&say::profile_field("L", words.as_str(), say::profile_sure())));
        assert_eq!(field.text, format!("L: {words} (sure)"));
        let kinds: Vec<_> = formatted(&field).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["bold", "italic"]);
    }
}

#[test]
fn nothing_is_formatted_where_there_are_no_words() {
    assert!(of(|it| _ = it.bold("").words("x").italic("")).entities.is_empty());
    let trimmed = of(|it| _ = it.bold("x \n").code("  "));
    assert_eq!((trimmed.text.as_str(), trimmed.entities.len(), trimmed.entities[0].length), ("x", 1, 1));
}
