//! What the person writes about, by a dictionary: a hint, and never surer than one.

use crate::{
    input::{EVIDENCE, Field, Person, hundredths},
    topics::{Index, TOPICS, Topic},
    words,
};

/// One message is a mention; two are a subject.
const MESSAGES: usize = 2;
/// Bytes read of a message: what it is about is said early, and two hundred long ones must not use
/// up the fuel.
const BYTES_READ: usize = 400;
/// Topics named at most.
const TOPICS_NAMED: usize = 5;
/// A dictionary cannot know more.
const CONFIDENCE_MAX: f32 = 0.85;

/// The topics of at least two messages, most frequent first, and the messages that show it.
pub fn interests(person: &Person) -> Option<(Vec<&'static Topic>, Field)> {
    if person.messages.len() < MESSAGES {
        return None;
    }
    let index = Index::new();
    let mut about: [Vec<usize>; TOPICS.len()] = Default::default();
    for (at, message) in person.messages.iter().enumerate() {
        let beginning = &message.text[..message.text.floor_char_boundary(BYTES_READ)];
        words::each(beginning, |word| {
            index.look_up(word, |topic| {
                // Messages come in order: a repeated topic of this one is the last entry.
                if about[topic].last() != Some(&at) {
                    about[topic].push(at);
                }
            });
        });
    }
    let mut found: Vec<(&Topic, Vec<usize>)> =
        TOPICS.iter().zip(about).filter(|(_, messages)| messages.len() >= MESSAGES).collect();
    // Stable: equally frequent topics stay in the dictionary's order.
    found.sort_by_key(|(_, messages)| std::cmp::Reverse(messages.len()));
    found.truncate(TOPICS_NAMED);
    let weakest = found.last()?.1.len();

    // A fair share of the evidence for each topic, newest first, each message once.
    let share = EVIDENCE / found.len();
    let mut cited: Vec<usize> =
        found.iter().flat_map(|(_, messages)| messages.iter().rev().take(share).copied()).collect();
    cited.sort_unstable();
    cited.dedup();

    let names: Vec<&str> = found.iter().map(|(topic, _)| topic.english).collect();
    let field = Field {
        key: "interests",
        value: names.join(", "),
        // As sure as of the last one named: a half for two messages, more for more.
        confidence: hundredths((weakest as f32 / (weakest as f32 + 2.0)).min(CONFIDENCE_MAX)),
        evidence: cited
            .into_iter()
            .filter_map(|at| person.messages.get(at))
            .map(|message| message.id.clone())
            .collect(),
    };
    Some((found.into_iter().map(|(topic, _)| topic).collect(), field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::sample::messages;

    fn of(texts: &[&str]) -> Option<Field> {
        let person = Person { messages: messages(texts), ..Person::default() };
        interests(&person).map(|(_, field)| field)
    }

    #[test]
    fn subjects_of_two_messages_are_named_with_their_evidence() {
        let field = of(&[
            "Купил билеты на самолёт",
            "my cat is asleep",
            "Еду в отпуск",
            "another cat!",
            "собака соседа",
            "просто привет",
        ])
        .expect("two subjects");
        assert_eq!(field.value, "pets, travel");
        assert_eq!(field.evidence, ["m0", "m1", "m2", "m3", "m4"]);
        assert_eq!(field.confidence, 0.5);
    }

    #[test]
    fn of_a_long_message_the_beginning_counts() {
        let long = format!("{} музыка", "ы".repeat(400));
        assert_eq!(of(&[&long, &long]), None);
    }

    #[test]
    fn one_mention_is_no_interest() {
        assert_eq!(of(&["Слушаю музыку", "привет"]), None);
        assert_eq!(of(&["музыка, музыка и ещё раз музыка"]), None);
        assert_eq!(of(&[]), None);
    }
}
