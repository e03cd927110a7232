//! The border: the contract's types on one side, ours on the other.

use chronogram_strategy::prelude::*;

use crate::{
    input::{self, Person},
    profile::{self, KEYS},
};

/// Fills what is wanted of a person's profile.
pub fn fill(call: &CallContext, input: ProfileInput) -> ProfilePatch {
    let unknown = input.wanted_keys.iter().filter(|key| !KEYS.contains(&key.as_str())).count();
    if unknown > 0 {
        log::debug(format_args!("{unknown} wanted keys are told by a model or not at all"));
    }
    let known: Vec<String> = input.known.into_iter().map(|field| field.key).collect();
    let person = person(&input.facts, input.messages);
    let patch = profile::fill(&person, call.locale.as_deref(), &input.wanted_keys, &known);
    let set = patch
        .set
        .into_iter()
        .map(|field| ProfileField::new(field.key, field.value, field.confidence).supported_by(field.evidence));
    let unset = patch.unset.into_iter().map(Into::into);
    ProfilePatch { set: set.collect(), unset: unset.collect(), ..ProfilePatch::default() }
}

fn person(facts: &[Fact], messages: Vec<Message>) -> Person {
    let text = |key| facts.text(key).map(str::to_owned);
    let own = messages.into_iter().filter(|message| message.from_user);
    Person {
        display_name: text("display_name"),
        username: text("username"),
        language_tag: text("language"),
        messages_total: facts.count("messages_total"),
        conversations_total: facts.count("conversations_total"),
        first_message_at_ms: facts.at("first_message_at"),
        last_message_at_ms: facts.at("last_message_at"),
        messages: own
            .map(|message| input::Message {
                sent_at_ms: message.facts.at("sent_at"),
                id: message.id,
                text: message.text,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_and_own_messages_become_the_person() {
        let message = |id: &str, from_user| Message {
            id: id.into(),
            from_user,
            text: "Hello".into(),
            facts: vec![Fact::new("sent_at", Scalar::At(7))],
        };
        let facts = [Fact::new("username", Scalar::Text("bob".into())), Fact::new("messages_total", Scalar::Count(2))];
        let person = person(&facts, vec![message("a", true), message("b", false)]);
        let own = input::Message { id: "a".into(), text: "Hello".into(), sent_at_ms: Some(7) };
        assert_eq!(
            person,
            Person { username: Some("bob".into()), messages_total: Some(2), messages: vec![own], ..Person::default() }
        );
    }

    #[test]
    fn somebody_of_whom_nothing_is_known_still_gets_a_field_in_either_language() {
        let told = |locale: Option<&str>| {
            let call = CallContext { locale: locale.map(Into::into), ..CallContext::sample() };
            let patch = fill(&call, ProfileInput::default());
            patch.set.into_iter().map(|field| (field.key, field.value)).collect::<Vec<_>>()
        };
        let summary = |value: &str| vec![("summary".to_owned(), value.to_owned())];
        assert_eq!(told(None), summary("Nameless: nothing else is known yet."));
        assert_eq!(told(Some("ru-RU")), summary("Без имени: больше пока ничего не известно."));
    }
}
