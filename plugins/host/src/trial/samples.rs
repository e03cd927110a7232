//! What every strategy is tried on: somebody, nobody, and as much as a call takes.

use crate::{
    alert::{AlertInput, AlertSample},
    context::{Fact, Scalar},
    limits::Limits,
    profile::{Message, ProfileInput},
};

/// Noon of a day in 2023, in milliseconds; any moment does, as long as it stays.
pub(super) const NOON_MS: u64 = 1_700_049_600_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A person in two languages with every kind of fact the contract lists, one of whom nothing is known, one who writes
/// more than a call takes.
pub(super) fn people(limits: &Limits) -> [(&'static str, ProfileInput); 3] {
    let texts = [
        "Привет! Завтра еду в горы, потом в отпуск на море.",
        "Nice to meet you, I write code in Rust",
        "",
        "Слушаю музыку и готовлю ужин 🙂",
    ];
    let somebody = ProfileInput {
        user: "person-1".into(),
        messages: texts.into_iter().zip(0..).map(|(text, at)| message(at, text)).collect(),
        facts: vec![
            fact("display_name", Scalar::Text("Анна".into())),
            fact("username", Scalar::Text("anna".into())),
            fact("language", Scalar::Text("ru".into())),
            fact("messages_total", Scalar::Count(4)),
            fact("conversations_total", Scalar::Count(1)),
            fact("first_message_at", Scalar::At(NOON_MS)),
            fact("last_message_at", Scalar::At(NOON_MS + 3 * HOUR_MS)),
        ],
        ..ProfileInput::default()
    };
    let many = (0..limits.input_messages as u64).map(|at| message(at, &texts.join(" ").repeat(8)));
    let full = ProfileInput { messages: many.collect(), ..somebody.clone() }.fitted(limits);
    let nobody = ProfileInput { user: "person-2".into(), ..ProfileInput::default() };
    [("a person", somebody), ("a person of whom nothing is known", nobody), ("a person who writes a lot", full)]
}

/// A channel that grows, one without a sample, one of many samples.
pub(super) fn channels(limits: &Limits) -> [(&'static str, AlertInput); 3] {
    let growing = AlertInput {
        channel: "channel-1".into(),
        title: "Новости гор".into(),
        samples: samples(30),
        last_post_at_ms: Some(NOON_MS),
        memory: Vec::new(),
        facts: vec![fact("language", Scalar::Text("ru".into()))],
    };
    let silent = AlertInput { channel: "channel-2".into(), ..AlertInput::default() };
    let full = AlertInput { samples: samples(limits.input_samples), ..growing.clone() };
    [("a channel", growing), ("a channel without a sample", silent), ("a channel of many samples", full)]
}

/// One a day; on the last the channel loses a third.
fn samples(days: usize) -> Vec<AlertSample> {
    let days = days as u64;
    let subscribers = |day| if day + 1 == days { 800 } else { 1_000 + day * 7 };
    (0..days)
        .map(|day| AlertSample {
            at_ms: NOON_MS + day * DAY_MS,
            subscribers: subscribers(day),
            views: (subscribers(day) / 3).into(),
            posts: 2,
            facts: Vec::new(),
        })
        .collect()
}

fn message(at: u64, text: &str) -> Message {
    Message {
        id: format!("message-{at}"),
        from_user: at != 1,
        text: text.into(),
        facts: vec![fact("sent_at", Scalar::At(NOON_MS + at * HOUR_MS)), fact("chat", Scalar::Text("Проба".into()))],
    }
}

fn fact(key: &str, value: Scalar) -> Fact {
    Fact { key: key.into(), value }
}
