//! What a strategy is told of a person: the profile as it stands, their newest messages, facts in numbers.

use std::collections::HashMap;

use chronogram_model::PersonId;
use chronogram_plugin_host::{Fact, Limits, Message, ProfileField, ProfileInput, Scalar};
use chronogram_read_models::{
    QueryError,
    conversations::{self, SentText, latest_messages_of},
    people::{self, PersonRow, ProfileFieldRow, profile_fields_of},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

/// What is read of a person's newest messages; the host's own limits then count what stands around the texts too.
const MESSAGES_MAX: u32 = 200;
const MESSAGES_BYTES_MAX: u32 = 256 * 1024;

/// Of what is told: the next number whenever the same rows are told otherwise.
const VERSION: u32 = 2;

/// What an input is made from, with versions: who finds the same here can make the same input from the same log.
pub(crate) fn made_from() -> String {
    format!("input {VERSION}, {} {}, {} {}", people::NAME, people::VERSION, conversations::NAME, conversations::VERSION)
}

/// Reads it of several people at once, in their order, from the live read models.
pub(super) async fn inputs_of(
    pool: &PgPool,
    people: &[PersonRow],
    limits: &Limits,
) -> Result<Vec<ProfileInput>, QueryError> {
    inputs_on(&mut *pool.acquire().await?, people, limits).await
}

/// Reads it from whichever read models the connection's search path holds: the live ones, or those of a moment.
pub(crate) async fn inputs_on(
    rows: &mut PgConnection,
    people: &[PersonRow],
    limits: &Limits,
) -> Result<Vec<ProfileInput>, QueryError> {
    let ids: Vec<PersonId> = people.iter().map(|person| person.id.clone()).collect();
    let fields = profile_fields_of(&mut *rows, &ids).await?;
    let messages = latest_messages_of(rows, &ids, MESSAGES_MAX, MESSAGES_BYTES_MAX).await?;
    let mut known: HashMap<PersonId, Vec<ProfileField>> = HashMap::new();
    for ProfileFieldRow { person, key, value, confidence, .. } in fields {
        known.entry(person).or_default().push(ProfileField { key, value, confidence, evidence: Vec::new() });
    }
    let mut said: HashMap<PersonId, Vec<Message>> = HashMap::new();
    for sent in messages {
        said.entry(sent.person.clone()).or_default().push(message(sent));
    }
    let input = |person: &PersonRow| ProfileInput {
        user: person.id.to_string(),
        known: known.remove(&person.id).unwrap_or_default(),
        messages: said.remove(&person.id).unwrap_or_default(),
        wanted_keys: Vec::new(),
        facts: facts(person),
    };
    Ok(people.iter().map(input).map(|input| input.fitted(limits)).collect())
}

fn message(sent: SentText) -> Message {
    Message {
        id: format!("{}/{}", sent.conversation, sent.message_id),
        from_user: true,
        facts: vec![at("sent_at", sent.sent_at), text("chat", &sent.conversation.to_string())],
        text: sent.text,
    }
}

fn facts(person: &PersonRow) -> Vec<Fact> {
    let texts = [
        ("display_name", person.display_name.as_deref()),
        ("username", person.username.as_deref()),
        ("language", language_of(person)),
    ];
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
    facts.extend(texts.into_iter().filter_map(|(key, value)| value.map(|value| text(key, value))));
    facts.extend(times.into_iter().filter_map(|(key, value)| value.map(|value| at(key, value))));
    facts
}

/// What they told us counts more than what their account says.
pub(crate) fn language_of(person: &PersonRow) -> Option<&str> {
    person.chosen_language.as_deref().or(person.language.as_deref())
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
