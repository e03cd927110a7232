//! What is known of somebody, shown to themselves, with how sure it is.

use chronogram_model::{conversation::OutgoingMessage, person::ProfileField};
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

use super::{Reader, answers::one_phrase};
use crate::{
    compose::Composer,
    language::Language,
    texts::{Phrase, say},
    words::{self, on_one_line, shortened},
};

/// From which confidence on a field is called sure, and from which likely; below it is a guess.
const SURE_MIN: Decimal = Decimal::from_parts(8, 0, 0, false, 1);
const LIKELY_MIN: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// The most that is shown of one field, in UTF-16 units: a profile fits into one message.
const VALUE_MAX: usize = 400;

/// A profile as it stands.
#[derive(Clone, Copy, Debug)]
pub struct ProfileView<'a> {
    /// Its fields, in the order to be shown.
    pub fields: &'a [ProfileField],
    /// A question to the person that would help.
    pub ask: Option<&'a str>,
    /// When it was made.
    pub enriched_at: Timestamp,
}

/// The profile, field by field.
pub fn profile(reader: &Reader<'_>, profile: &ProfileView<'_>) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::profile_title()).line();
    for field in profile.fields {
        let value = value_of(reader, field);
        let label = match label_of(&field.key) {
            Some(label) => Composer::plain(reader.language, &label),
            None => field.key.replace('_', " "),
        };
        message.line().say(&say::profile_field(label, shortened(&on_one_line(&value), VALUE_MAX), sureness(field)));
    }
    message.paragraph().say(&say::profile_made(words::moment(profile.enriched_at, reader.zone)));
    if let Some(ask) = profile.ask {
        message.paragraph().words(ask);
    }
    message.finish()
}

/// Nothing is known yet.
pub fn no_profile(language: Language) -> OutgoingMessage {
    one_phrase(language, &say::profile_none())
}

fn sureness(field: &ProfileField) -> Phrase<'static> {
    match field.confidence {
        sure if sure >= SURE_MIN => say::profile_sure(),
        likely if likely >= LIKELY_MIN => say::profile_likely(),
        _ => say::profile_guess(),
    }
}

fn label_of(key: &str) -> Option<Phrase<'static>> {
    Some(match key {
        "display_name" => say::profile_name(),
        "language" => say::profile_language(),
        "interests" => say::profile_interests(),
        "summary" => say::profile_summary(),
        "activity" => say::profile_activity(),
        "active_hours" => say::profile_hours(),
        "message_style" => say::profile_style(),
        "occupation" => say::profile_occupation(),
        "location" => say::profile_location(),
        "tone" => say::profile_tone(),
        _ => return None,
    })
}

/// Values that are words of ours are shown in the reader's language, hours in their zone, all others as they are.
fn value_of(reader: &Reader<'_>, field: &ProfileField) -> String {
    let phrase = match (field.key.as_str(), field.value.as_str()) {
        ("language", "ru") => say::language_russian(),
        ("language", "en") => say::language_english(),
        ("language", "other") => say::language_other(),
        ("activity", "silent") => say::activity_silent(),
        ("activity", "occasional") => say::activity_occasional(),
        ("activity", "regular") => say::activity_regular(),
        ("activity", "very active") => say::activity_very_active(),
        ("message_style", "short") => say::style_short(),
        ("message_style", "medium") => say::style_medium(),
        ("message_style", "long") => say::style_long(),
        ("active_hours", hours) => match hours_here(reader, hours) {
            Some(hours) => hours,
            None => return field.value.clone(),
        },
        _ => return field.value.clone(),
    };
    Composer::plain(reader.language, &phrase)
}

/// `18-22 UTC` by the reader's clocks of today; nothing for what is said otherwise.
fn hours_here(reader: &Reader<'_>, hours: &str) -> Option<Phrase<'static>> {
    let (from, to) = hours.strip_suffix(" UTC")?.split_once('-')?;
    let today = reader.now.to_zoned(TimeZone::UTC).date();
    let here = |hour: &str| {
        let at = today.at(hour.parse().ok().filter(|hour| (0..24).contains(hour))?, 0, 0, 0);
        let at = at.to_zoned(TimeZone::UTC).ok()?.with_time_zone(reader.zone.rules().clone());
        Some(at.strftime("%H:%M").to_string())
    };
    Some(say::hours_in(here(from)?, here(to)?, reader.zone.name().label()))
}
