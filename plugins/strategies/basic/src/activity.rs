//! How often the person writes, over the days from the first message to the last.

use crate::input::{Field, Person, newest};

const DAY_MS: u64 = 86_400_000;
/// Fewer messages than these are no habit yet.
const HABIT: u64 = 5;
/// Messages a day: a conversation every day.
const VERY_ACTIVE_PER_DAY: f64 = 5.0;
/// Messages a day: one or more a week.
const REGULAR_PER_DAY: f64 = 1.0 / 7.0;

/// How much there is of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Silent,
    Occasional,
    Regular,
    VeryActive,
}

impl Activity {
    pub fn value(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Occasional => "occasional",
            Self::Regular => "regular",
            Self::VeryActive => "very active",
        }
    }
}

/// Messages the person has written, as far as is known.
pub fn messages_total(person: &Person) -> Option<u64> {
    let here = person.messages.len() as u64;
    match person.messages_total {
        // A count that lags behind what lies here is corrected.
        Some(total) => Some(total.max(here)),
        None => (here > 0).then_some(here),
    }
}

/// Counted totals and dates make it nearly certain; the messages at hand are a sample.
pub fn activity(person: &Person) -> Option<(Activity, Field)> {
    let total = messages_total(person)?;
    let sent = || person.messages.iter().filter_map(|message| message.sent_at_ms);
    let first = person.first_message_at_ms.or_else(|| sent().min());
    let last = person.last_message_at_ms.or_else(|| sent().max());
    let days = match (first, last) {
        (Some(first), Some(last)) => Some(last.saturating_sub(first) / DAY_MS + 1),
        _ => None,
    };
    let activity = match days {
        _ if total == 0 => Activity::Silent,
        _ if total < HABIT => Activity::Occasional,
        // How many is known, over how long is not.
        None => return None,
        Some(days) => {
            let per_day = total as f64 / days as f64;
            if per_day >= VERY_ACTIVE_PER_DAY {
                Activity::VeryActive
            } else if per_day >= REGULAR_PER_DAY {
                Activity::Regular
            } else {
                Activity::Occasional
            }
        }
    };
    let counted = person.messages_total.is_some();
    let dated = person.first_message_at_ms.is_some() && person.last_message_at_ms.is_some();
    let confidence = match (counted, dated || total == 0, total < HABIT) {
        (true, true, false) => 0.95,
        (true, _, true) => 0.7,
        _ => 0.5,
    };
    let field = Field {
        key: "activity",
        value: activity.value().into(),
        confidence,
        evidence: if counted { Vec::new() } else { newest(person.messages.iter()) },
    };
    Some((activity, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::sample::messages;

    fn counted(total: u64, days: u64) -> Option<(Activity, f32)> {
        let person = Person {
            messages_total: Some(total),
            first_message_at_ms: Some(0),
            last_message_at_ms: Some(days * DAY_MS),
            ..Person::default()
        };
        activity(&person).map(|(activity, field)| (activity, field.confidence))
    }

    #[test]
    fn the_rate_over_the_span_decides() {
        assert_eq!(counted(1_000, 99), Some((Activity::VeryActive, 0.95)));
        assert_eq!(counted(100, 99), Some((Activity::Regular, 0.95)));
        assert_eq!(counted(10, 99), Some((Activity::Occasional, 0.95)));
    }

    #[test]
    fn a_handful_is_no_habit_and_none_is_silence() {
        assert_eq!(counted(4, 0), Some((Activity::Occasional, 0.7)));
        assert_eq!(counted(0, 0), Some((Activity::Silent, 0.7)));
        assert_eq!(activity(&Person::default()), None);
    }

    #[test]
    fn without_counts_the_messages_at_hand_are_a_sample() {
        let person = Person { messages: messages(&["a"; 6]), ..Person::default() };
        let (activity, field) = activity(&person).expect("six messages have dates");
        assert_eq!((activity, field.confidence), (Activity::VeryActive, 0.5));
        assert_eq!(field.evidence.len(), 6);
    }
}
