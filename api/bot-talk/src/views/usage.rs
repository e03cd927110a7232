//! A command that was not understood: what was wrong, and how it is done.

use chronogram_model::conversation::OutgoingMessage;

use super::Reader;
use crate::{
    buttons::Press,
    commands::{Command, REMINDER_TEXT_MAX, STATS_DAYS_MAX, Usage, Wrong},
    compose::Composer,
    texts::{Phrase, Word, say},
    words::{moment, on_one_line, shortened, typed_tomorrow},
};

/// The most that is repeated of what was not understood, in UTF-16 units.
const SAID_MAX: usize = 64;

/// Says what was wrong and gives an example of the command; for a misspelt zone, buttons with those it may mean.
pub fn usage(reader: &Reader<'_>, usage: &Usage) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&wrong(reader, &usage.wrong));
    message.paragraph().say(&say::usage_example(Word::code(example(reader, usage))));
    if let Wrong::UnknownZone { suggestions, .. } = &usage.wrong {
        for zone in suggestions {
            message.row([Press::ChooseZone(zone.clone()).button(zone.label())]);
        }
    }
    message.finish()
}

fn wrong(reader: &Reader<'_>, wrong: &Wrong) -> Phrase<'static> {
    let quoted = |said: &str| Word::code(shortened(&on_one_line(said), SAID_MAX));
    match wrong {
        Wrong::UnknownLanguage { said } => say::wrong_language(quoted(said)),
        Wrong::UnknownZone { said, suggestions } if suggestions.is_empty() => say::wrong_zone(quoted(said)),
        Wrong::UnknownZone { said, .. } => say::wrong_zone_suggested(quoted(said)),
        Wrong::NoWhen => say::wrong_no_when(),
        Wrong::NotAWhen { said } => say::wrong_when(quoted(said), typed(reader)),
        Wrong::NoTimeOfDay { said } => say::wrong_no_time(quoted(said)),
        Wrong::NoSuchDay { said } => say::wrong_day(quoted(said)),
        Wrong::NoSuchTime { said } => say::wrong_time(quoted(said)),
        Wrong::Over { at } => say::wrong_over(moment(*at, reader.zone)),
        Wrong::TooFarAhead => say::wrong_too_far(),
        Wrong::NoText => say::wrong_no_text(),
        Wrong::TextTooLong { units } => say::wrong_text_too_long(number(*units), number(REMINDER_TEXT_MAX)),
        Wrong::NoChannel => say::wrong_no_channel(),
        Wrong::NotAChannel { said } => say::wrong_channel(quoted(said)),
        Wrong::InviteLink => say::wrong_invite_link(),
        Wrong::NotDays { said } => say::wrong_days(i64::from(STATS_DAYS_MAX), quoted(said)),
    }
}

/// A day and hour to copy.
fn typed(reader: &Reader<'_>) -> Word<'static> {
    Word::code(typed_tomorrow(reader.language, reader.now, reader.zone))
}

fn number(units: usize) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}

/// How it is done; for a moment that is over, an hour of tomorrow, which is not.
fn example(reader: &Reader<'_>, usage: &Usage) -> String {
    let reminder = || Composer::plain(reader.language, &say::example_text());
    let example = match (usage.command, &usage.wrong) {
        (Command::Lang, _) => "/lang ru",
        (Command::Tz, _) => "/tz Europe/Moscow",
        (Command::Remind, Wrong::Over { .. } | Wrong::NoSuchDay { .. } | Wrong::TooFarAhead) => {
            let tomorrow = typed_tomorrow(reader.language, reader.now, reader.zone);
            return format!("/remind {tomorrow} {}", reminder());
        }
        (Command::Remind, Wrong::NoTimeOfDay { .. } | Wrong::NoSuchTime { .. }) => {
            return format!(
                "/remind {} 09:00 {}",
                Composer::plain(reader.language, &say::example_tomorrow()),
                reminder()
            );
        }
        (Command::Remind, _) => return Composer::plain(reader.language, &say::example_remind()),
        (Command::Add, Wrong::InviteLink) => "/add -1001878264527",
        (Command::Add, _) => "/add @telegram",
        (Command::Remove, Wrong::InviteLink) => "/remove -1001878264527",
        (Command::Remove, _) => "/remove @telegram",
        (Command::Stats, Wrong::InviteLink) => "/stats -1001878264527 30",
        (Command::Stats, _) => "/stats @telegram 30",
        (other, _) => return format!("/{}", other.name()),
    };
    example.to_owned()
}
