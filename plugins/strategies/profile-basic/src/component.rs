//! The border: the contract's types on one side, ours on the other.

use crate::{
    input::{Message, Person},
    profile::{self, KEYS},
};

wit_bindgen::generate!({ world: "profile-strategy", path: "../../wit" });

use chronogram::strategy::{
    log::{Level, write},
    types::{Fact, Scalar, StrategyError},
};
use exports::chronogram::strategy::{
    manifest::{Descriptor, Guest as Manifest},
    profile::{CallContext, Guest as Profile, Journal, ProfileField, ProfileInput, ProfileOutcome, ProfilePatch},
};

struct Basic;

impl Manifest for Basic {
    fn describe() -> Descriptor {
        Descriptor {
            name: "profile-basic".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Fills profiles from names, languages, hours, lengths and topics; no model.".into(),
            config_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
            wants: Vec::new(),
        }
    }
}

impl Profile for Basic {
    fn fill(ctx: CallContext, input: ProfileInput, _journal: Journal) -> Result<ProfileOutcome, StrategyError> {
        if ctx.config != "{}" {
            return Err(StrategyError::InvalidConfig("there is nothing to configure: {}".into()));
        }
        let unknown = input.wanted_keys.iter().filter(|key| !KEYS.contains(&key.as_str())).count();
        if unknown > 0 {
            write(Level::Debug, &format!("{unknown} wanted keys are not this strategy's"));
        }
        let known: Vec<String> = input.known.into_iter().map(|field| field.key).collect();
        let person = person(&input.facts, input.messages);
        let patch = profile::fill(&person, ctx.locale.as_deref(), &input.wanted_keys, &known);
        let set = patch.set.into_iter().map(|field| ProfileField {
            key: field.key.into(),
            value: field.value,
            confidence: field.confidence,
            evidence: field.evidence,
        });
        Ok(ProfileOutcome::Done(ProfilePatch {
            set: set.collect(),
            unset: patch.unset.into_iter().map(Into::into).collect(),
            ask: None,
        }))
    }
}

fn person(facts: &[Fact], messages: Vec<exports::chronogram::strategy::profile::Message>) -> Person {
    let own = messages.into_iter().filter(|message| message.from_user);
    Person {
        display_name: text(facts, "display_name"),
        username: text(facts, "username"),
        language_tag: text(facts, "language"),
        messages_total: count(facts, "messages_total"),
        conversations_total: count(facts, "conversations_total"),
        first_message_at_ms: at(facts, "first_message_at"),
        last_message_at_ms: at(facts, "last_message_at"),
        messages: own
            .map(|message| Message { sent_at_ms: at(&message.facts, "sent_at"), id: message.id, text: message.text })
            .collect(),
    }
}

fn value<'a>(facts: &'a [Fact], key: &str) -> Option<&'a Scalar> {
    facts.iter().find(|fact| fact.key == key).map(|fact| &fact.value)
}

fn text(facts: &[Fact], key: &str) -> Option<String> {
    match value(facts, key)? {
        Scalar::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn count(facts: &[Fact], key: &str) -> Option<u64> {
    match value(facts, key)? {
        Scalar::Count(count) => Some(*count),
        _ => None,
    }
}

fn at(facts: &[Fact], key: &str) -> Option<u64> {
    match value(facts, key)? {
        Scalar::At(ms) => Some(*ms),
        _ => None,
    }
}

export!(Basic);
