//! When the person writes: the four hours of the day, in UTC, with most messages.

use crate::input::{Field, Message, Person, hundredths, newest, trust};

const HOUR_MS: u64 = 3_600_000;
const HOURS: usize = 24;
/// Width of the window: an evening.
const WINDOW: usize = 4;
/// Fewer dated messages than these are chance.
const MESSAGES: usize = 5;
/// Messages that carry half of the trust.
const HALF: usize = 10;

/// The busiest window; of two equally busy ones the earlier in the day.
pub fn active_hours(person: &Person) -> Option<Field> {
    let dated: Vec<(usize, &Message)> =
        person.messages.iter().filter_map(|message| Some((hour(message)?, message))).collect();
    if dated.len() < MESSAGES {
        return None;
    }
    let inside = |start: usize, hour: usize| (hour + HOURS - start) % HOURS < WINDOW;
    let busy = |start: usize| dated.iter().filter(|(hour, _)| inside(start, *hour)).count();
    let start = (0..HOURS).rev().max_by_key(|start| busy(*start))?;
    let share = busy(start) as f32 / dated.len() as f32;
    let supporting: Vec<&Message> =
        dated.iter().filter(|(hour, _)| inside(start, *hour)).map(|(_, message)| *message).collect();
    Some(Field {
        key: "active_hours",
        value: format!("{start:02}-{:02} UTC", (start + WINDOW) % HOURS),
        confidence: hundredths(share * trust(dated.len(), HALF)),
        evidence: newest(supporting.into_iter()),
    })
}

fn hour(message: &Message) -> Option<usize> {
    usize::try_from(message.sent_at_ms? / HOUR_MS % HOURS as u64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_hours(hours: &[u64]) -> Option<Field> {
        let messages = hours.iter().enumerate().map(|(at, hour)| Message {
            id: format!("m{at}"),
            text: String::new(),
            sent_at_ms: Some(hour * HOUR_MS + at as u64 * HOURS as u64 * HOUR_MS),
        });
        active_hours(&Person { messages: messages.collect(), ..Person::default() })
    }

    #[test]
    fn the_busiest_window_is_named_with_its_messages() {
        let field = at_hours(&[3, 19, 18, 20, 21, 18]).expect("six are enough");
        assert_eq!(field.value, "18-22 UTC");
        assert_eq!(field.evidence, ["m1", "m2", "m3", "m4", "m5"]);
    }

    #[test]
    fn a_window_may_pass_midnight_and_ties_go_to_the_earlier() {
        assert_eq!(at_hours(&[22, 23, 0, 1, 12]).map(|field| field.value), Some("22-02 UTC".into()));
        assert_eq!(at_hours(&[2, 7, 12, 17, 22]).map(|field| field.value), Some("00-04 UTC".into()));
    }

    #[test]
    fn chance_is_not_reported() {
        assert_eq!(at_hours(&[18, 18, 18, 18]), None);
    }
}
