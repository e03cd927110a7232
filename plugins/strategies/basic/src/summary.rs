//! One sentence on the person, in the person's language.

use crate::{
    activity::Activity,
    input::{Field, hundredths},
    language::Language,
    style::Style,
    topics::Topic,
};

/// What the sentence is made of; whatever is missing is left out.
#[derive(Default)]
pub struct Known<'a> {
    pub name: Option<&'a str>,
    pub language: Option<Language>,
    pub activity: Option<Activity>,
    pub messages_total: Option<u64>,
    pub conversations_total: Option<u64>,
    pub hours: Option<&'a str>,
    pub style: Option<Style>,
    pub topics: &'a [&'static Topic],
}

/// The sentence; as sure as the fields it retells are on average.
pub fn summary(known: &Known<'_>, russian: bool, fields: &[Field]) -> Field {
    let clauses = if russian { in_russian(known) } else { in_english(known) };
    let name = known.name.unwrap_or(if russian { "Без имени" } else { "Nameless" });
    let value = match (clauses.is_empty(), russian) {
        (true, true) => format!("{name}: больше пока ничего не известно."),
        (true, false) => format!("{name}: nothing else is known yet."),
        (false, _) => format!("{name}: {}.", clauses.join("; ")),
    };
    let sum: f32 = fields.iter().map(|field| field.confidence).sum();
    let confidence = hundredths(sum / fields.len().max(1) as f32);
    Field { key: "summary", value, confidence, evidence: Vec::new() }
}

fn in_russian(known: &Known<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    match known.language {
        Some(Language::Russian) => clauses.push("пишет по-русски".to_owned()),
        Some(Language::English) => clauses.push("пишет по-английски".to_owned()),
        Some(Language::Other) | None => {}
    }
    let activity = known.activity.map(|activity| match activity {
        Activity::Silent => "пока молчит",
        Activity::Occasional => "пишет изредка",
        Activity::Regular => "пишет регулярно",
        Activity::VeryActive => "пишет очень активно",
    });
    let total = known.messages_total.filter(|total| *total > 0).map(|total| {
        let messages = russian_form(total, ["сообщение", "сообщения", "сообщений"]);
        match known.conversations_total.filter(|chats| *chats > 1) {
            Some(chats) => {
                let places = russian_form(chats, ["чате", "чатах", "чатах"]);
                format!("{total} {messages} в {chats} {places}")
            }
            None => format!("{total} {messages}"),
        }
    });
    clauses.extend(joined(activity, total));
    clauses.extend(known.hours.map(|hours| format!("чаще всего в {hours}")));
    clauses.extend(known.style.map(|style| {
        let length = match style {
            Style::Short => "короткие",
            Style::Medium => "средней длины",
            Style::Long => "длинные",
        };
        format!("сообщения {length}")
    }));
    let topics: Vec<&str> = known.topics.iter().map(|topic| topic.russian).collect();
    if !topics.is_empty() {
        clauses.push(format!("темы: {}", topics.join(", ")));
    }
    clauses
}

fn in_english(known: &Known<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    match known.language {
        Some(Language::Russian) => clauses.push("writes Russian".to_owned()),
        Some(Language::English) => clauses.push("writes English".to_owned()),
        Some(Language::Other) | None => {}
    }
    let activity = known.activity.map(|activity| match activity {
        Activity::Silent => "silent so far",
        Activity::Occasional => "writes occasionally",
        Activity::Regular => "writes regularly",
        Activity::VeryActive => "very active",
    });
    let total = known.messages_total.filter(|total| *total > 0).map(|total| {
        let messages = if total == 1 { "message" } else { "messages" };
        match known.conversations_total.filter(|chats| *chats > 1) {
            Some(chats) => format!("{total} {messages} in {chats} chats"),
            None => format!("{total} {messages}"),
        }
    });
    clauses.extend(joined(activity, total));
    clauses.extend(known.hours.map(|hours| format!("mostly at {hours}")));
    clauses.extend(known.style.map(|style| format!("{} messages", style.value())));
    let topics: Vec<&str> = known.topics.iter().map(|topic| topic.english).collect();
    if !topics.is_empty() {
        clauses.push(format!("topics: {}", topics.join(", ")));
    }
    clauses
}

fn joined(activity: Option<&str>, total: Option<String>) -> Option<String> {
    match (activity, total) {
        (Some(activity), Some(total)) => Some(format!("{activity} ({total})")),
        (Some(activity), None) => Some(activity.to_owned()),
        (None, total) => total,
    }
}

/// The Russian form after a number: 1 сообщение, 2 сообщения, 5 and 11 сообщений.
fn russian_form(number: u64, [one, few, many]: [&'static str; 3]) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_russian_sentence_counts_correctly() {
        let sentence = |total| {
            let known = Known {
                name: Some("Анна"),
                language: Some(Language::Russian),
                activity: Some(Activity::Regular),
                messages_total: Some(total),
                conversations_total: Some(2),
                hours: Some("18-22 UTC"),
                style: Some(Style::Short),
                topics: &[],
            };
            summary(&known, true, &[]).value
        };
        assert_eq!(
            sentence(21),
            "Анна: пишет по-русски; пишет регулярно (21 сообщение в 2 чатах); \
             чаще всего в 18-22 UTC; сообщения короткие."
        );
        assert!(sentence(3).contains("3 сообщения"));
        assert!(sentence(12).contains("12 сообщений"));
    }

    #[test]
    fn nothing_known_is_said_so_in_both_languages() {
        let known = Known { name: Some("Bob"), ..Known::default() };
        assert_eq!(summary(&known, false, &[]).value, "Bob: nothing else is known yet.");
        assert_eq!(summary(&Known::default(), true, &[]).value, "Без имени: больше пока ничего не известно.");
    }
}
