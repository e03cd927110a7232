//! Puts the fields together: what is wanted, what can be told, what no longer holds.

use crate::{
    activity, hours, identity,
    input::{Field, Person},
    interests,
    language::{self, Language},
    style,
    summary::{self, Known},
};

/// Every key this strategy may set, in the order it sets them.
pub const KEYS: [&str; 7] =
    ["display_name", "language", "activity", "active_hours", "message_style", "interests", "summary"];

/// The strategy's answer.
#[derive(Debug, PartialEq)]
pub struct Patch {
    pub set: Vec<Field>,
    /// Keys that stood in the profile and that nothing supports any more.
    pub unset: Vec<&'static str>,
}

/// Fills what is wanted (nothing named means everything). `locale` decides the summary's language
/// where the messages do not.
pub fn fill(person: &Person, locale: Option<&str>, wanted: &[String], known: &[String]) -> Patch {
    let mut set = everything(person, locale);
    let is_wanted = |key: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == key);
    let gone = |key: &&str| {
        is_wanted(key) && known.iter().any(|known| known == key) && !set.iter().any(|field| field.key == *key)
    };
    let unset = KEYS.into_iter().filter(gone).collect();
    set.retain(|field| is_wanted(field.key));
    Patch { set, unset }
}

fn everything(person: &Person, locale: Option<&str>) -> Vec<Field> {
    let name = identity::display_name(person);
    let language = language::language(person);
    let activity = activity::activity(person);
    let hours = hours::active_hours(person);
    let style = style::message_style(person);
    let interests = interests::interests(person);

    let topics = interests.as_ref().map_or(&[][..], |(topics, _)| topics);
    let retold = Known {
        name: name.as_ref().map(|field| field.value.as_str()),
        language: language.as_ref().map(|(language, _)| *language),
        activity: activity.as_ref().map(|(activity, _)| *activity),
        messages_total: activity::messages_total(person),
        conversations_total: person.conversations_total,
        hours: hours.as_ref().map(|field| field.value.as_str()),
        style: style.as_ref().map(|(style, _)| *style),
        topics,
    };
    let russian = match retold.language {
        Some(Language::Russian) => true,
        Some(Language::English) => false,
        Some(Language::Other) | None => locale.is_some_and(|tag| Language::from_tag(tag) == Language::Russian),
    };
    let mut fields: Vec<Field> = [
        name.clone(),
        language.as_ref().map(|(_, field)| field.clone()),
        activity.as_ref().map(|(_, field)| field.clone()),
        hours.clone(),
        style.as_ref().map(|(_, field)| field.clone()),
        interests.as_ref().map(|(_, field)| field.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Also where there is nothing to retell: then it says so, and nobody is without a profile.
    fields.push(summary::summary(&retold, russian, &fields));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::sample::messages;

    fn anna() -> Person {
        Person {
            display_name: Some("Анна".into()),
            messages_total: Some(40),
            first_message_at_ms: Some(1_700_000_000_000),
            last_message_at_ms: Some(1_700_900_000_000),
            messages: messages(&[
                "Привет, я еду в отпуск",
                "Самолёт уже завтра, а чемодан не собран",
                "Слушаю музыку",
                "и ещё одну песню",
                "Всё, спать",
            ]),
            ..Person::default()
        }
    }

    fn values(patch: &Patch) -> Vec<(&str, &str)> {
        patch.set.iter().map(|field| (field.key, field.value.as_str())).collect()
    }

    #[test]
    fn a_person_who_writes_gets_every_field_in_order() {
        let patch = fill(&anna(), None, &[], &[]);
        assert_eq!(
            values(&patch),
            [
                ("display_name", "Анна"),
                ("language", "ru"),
                ("activity", "regular"),
                ("active_hours", "12-16 UTC"),
                ("message_style", "short"),
                ("interests", "travel, music"),
                (
                    "summary",
                    "Анна: пишет по-русски; пишет регулярно (40 сообщений); чаще всего в 12-16 UTC; \
                     сообщения короткие; темы: путешествия, музыка."
                ),
            ]
        );
        assert!(patch.set.iter().all(|field| (0.0..=1.0).contains(&field.confidence)));
        assert_eq!(patch, fill(&anna(), None, &[], &[]));
    }

    #[test]
    fn a_person_without_messages_gets_what_is_known() {
        let bob = Person {
            username: Some("bob".into()),
            language_tag: Some("en".into()),
            messages_total: Some(0),
            ..Person::default()
        };
        assert_eq!(
            values(&fill(&bob, None, &[], &[])),
            [
                ("display_name", "@bob"),
                ("language", "en"),
                ("activity", "silent"),
                ("summary", "@bob: writes English; silent so far."),
            ]
        );
        let nobody = fill(&Person::default(), None, &[], &[]);
        assert_eq!(values(&nobody), [("summary", "Nameless: nothing else is known yet.")]);
    }

    #[test]
    fn only_wanted_keys_are_set_and_only_unsupported_ones_withdrawn() {
        let wanted = ["language".to_owned(), "interests".to_owned()];
        let known = ["interests", "summary", "birthday"].map(str::to_owned);
        let patch = fill(&Person { language_tag: Some("ru".into()), ..Person::default() }, None, &wanted, &known);
        assert_eq!(values(&patch), [("language", "ru")]);
        assert_eq!(patch.unset, ["interests"]);
    }
}
