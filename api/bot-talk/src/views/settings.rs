//! Language and time zone: shown, chosen, set.

use chronogram_model::conversation::OutgoingMessage;

use super::Reader;
use crate::{
    buttons::Press,
    compose::{Composer, Style},
    language::Language,
    texts::{Word, say},
    words,
};

/// Asks for a language; each button is in its own, for who asks may not read the one they are spoken to in.
pub fn language_menu(language: Language) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::language_ask());
    message.row(Language::ALL.map(|language| Press::ChooseLanguage(language).button(language.own_name())));
    message.finish()
}

/// Says, in the language just chosen, that it is spoken from now on.
pub fn language_chosen(language: Language) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::language_chosen());
    message.finish()
}

/// The reader's zone, the time there, and how to set another. `is_set`: they set it themselves, else it is assumed.
pub fn zone_shown(reader: &Reader<'_>, is_set: bool) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    let zone = Word::styled(reader.zone.name().label(), Style::Bold);
    message.say(&if is_set { say::zone_shown(zone) } else { say::zone_assumed(zone) });
    message.line().say(&say::zone_now(words::moment_alone(reader.now, reader.zone)));
    message.paragraph().say(&say::zone_how(Word::code("/tz Europe/Moscow"), Word::code("/tz +3")));
    message.finish()
}

/// The reader's zone is this from now on; the time there shows whether it is the right one.
pub fn zone_set(reader: &Reader<'_>) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::zone_set(Word::styled(reader.zone.name().label(), Style::Bold)));
    message.line().say(&say::zone_now(words::moment_alone(reader.now, reader.zone)));
    message.finish()
}
