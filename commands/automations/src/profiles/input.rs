//! What a strategy is told of a person: the profile as it stands, their newest messages, facts in numbers.

use chronogram_model::PersonId;
use chronogram_plugin_host::{Fact, Limits, Message, ProfileField, ProfileInput, Scalar};
use chronogram_read_models::{
    QueryError,
    conversations::{self, SentText, latest_messages_of},
    people::{self, PersonRow, profile_fields_of},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

/// What is read of a person's newest messages; the host's own limits then count what stands around the texts too.
const MESSAGES_MAX: u32 = 200;
const MESSAGES_BYTES_MAX: u32 = 256 * 1024;

/// The read models that it is read from, with their versions.
pub(crate) fn read_from() -> String {
    let (people, conversations) = ((people::NAME, people::VERSION), (conversations::NAME, conversations::VERSION));
    format!("{} {}, {} {}", people.0, people.1, conversations.0, conversations.1)
}

/// Reads it from the live read models.
pub(super) async fn input_of(pool: &PgPool, person: &PersonRow, limits: &Limits) -> Result<ProfileInput, QueryError> {
    input_on(&mut *pool.acquire().await?, person, limits).await
}

/// Reads it from whichever read models the connection's search path holds: the live ones, or those of a moment.
pub(crate) async fn input_on(
    rows: &mut PgConnection,
    person: &PersonRow,
    limits: &Limits,
) -> Result<ProfileInput, QueryError> {
    let fields = profile_fields_of(&mut *rows, std::slice::from_ref(&person.id)).await?;
    let messages = latest_messages_of(rows, &person.id, MESSAGES_MAX, MESSAGES_BYTES_MAX).await?;
    let input = ProfileInput {
        user: person.id.to_string(),
        known: fields
            .into_iter()
            .map(|field| ProfileField {
                key: field.key,
                value: field.value,
                confidence: field.confidence,
                evidence: Vec::new(),
            })
            .collect(),
        messages: messages.iter().map(message).collect(),
        wanted_keys: Vec::new(),
        facts: facts(person),
    };
    Ok(input.fitted(limits))
}

fn message(sent: &SentText) -> Message {
    Message {
        id: format!("{}/{}", sent.conversation, sent.message_id),
        from_user: true,
        text: sent.text.clone(),
        facts: vec![at("sent_at", sent.sent_at), text("chat", &sent.conversation.to_string())],
    }
}

fn facts(person: &PersonRow) -> Vec<Fact> {
    let texts =
        [("display_name", &person.display_name), ("username", &person.username), ("language", &person.language)];
    let times = [("first_message_at", person.first_message_at), ("last_message_at", person.last_message_at)];
    let kind = match person.id {
        PersonId::Telegram(_) => "telegram",
        PersonId::Api(_) => "api",
    };
    let mut facts = vec![
        text("kind", kind),
        count("messages_total", person.messages_count),
        count("conversations_total", person.conversations_count),
    ];
    facts.extend(texts.into_iter().filter_map(|(key, value)| value.as_deref().map(|value| text(key, value))));
    facts.extend(times.into_iter().filter_map(|(key, value)| value.map(|value| at(key, value))));
    facts
}

fn text(key: &str, value: &str) -> Fact {
    Fact { key: key.to_owned(), value: Scalar::Text(value.to_owned()) }
}

fn count(key: &str, value: i64) -> Fact {
    Fact { key: key.to_owned(), value: Scalar::Count(u64::try_from(value).unwrap_or(0)) }
}

/// Times before 1970 do not occur on Telegram; one in a hostile export is told as 1970.
fn at(key: &str, value: Timestamp) -> Fact {
    Fact { key: key.to_owned(), value: Scalar::At(milliseconds(value)) }
}

pub(crate) fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or(0)
}
