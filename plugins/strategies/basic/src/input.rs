//! What is known of a person, in the shape this strategy thinks in.

/// One message written by the person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub id: String,
    pub text: String,
    /// Milliseconds since the Unix epoch.
    pub sent_at_ms: Option<u64>,
}

/// Everything the fields are made of. Messages are the person's own, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    pub display_name: Option<String>,
    pub username: Option<String>,
    /// BCP 47 tag that the person's program reports.
    pub language_tag: Option<String>,
    pub messages_total: Option<u64>,
    pub conversations_total: Option<u64>,
    pub first_message_at_ms: Option<u64>,
    pub last_message_at_ms: Option<u64>,
    pub messages: Vec<Message>,
}

/// One field of the profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub key: &'static str,
    pub value: String,
    pub confidence: f32,
    pub evidence: Vec<String>,
}

/// Messages named as evidence of one field: enough to convince, few enough to read.
pub const EVIDENCE: usize = 20;

/// The ids of the newest of these messages.
pub fn newest<'a>(messages: impl DoubleEndedIterator<Item = &'a Message>) -> Vec<String> {
    let mut ids: Vec<_> = messages.rev().take(EVIDENCE).map(|message| message.id.clone()).collect();
    ids.reverse();
    ids
}

/// How far `count` observations carry: a half at `half`, towards one with more. Two decimals.
pub fn trust(count: usize, half: usize) -> f32 {
    hundredths(count as f32 / (count + half) as f32)
}

/// Rounded to two decimals: more would be pretence.
pub fn hundredths(confidence: f32) -> f32 {
    (confidence * 100.0).round() / 100.0
}

#[cfg(test)]
pub mod sample {
    use super::Message;

    /// Messages with these texts, an hour apart, from noon on.
    pub fn messages(texts: &[&str]) -> Vec<Message> {
        let noon_ms = 1_700_049_600_000;
        (0_u64..)
            .zip(texts)
            .map(|(at, text)| Message {
                id: format!("m{at}"),
                text: (*text).into(),
                sent_at_ms: Some(noon_ms + at * 3_600_000),
            })
            .collect()
    }
}
