#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::ClientId;

fn client() -> ClientId {
    ClientId::try_from("alice".to_owned()).unwrap()
}

fn record(text: &str, second: i64, has_idempotency_key: bool) -> RecordMessage {
    let at = Timestamp::from_second(1_700_000_000 + second).unwrap();
    RecordMessage {
        conversation: ConversationId::Api(client()),
        person: PersonId::Api(client()),
        content: MessageContent { text: text.to_owned(), ..MessageContent::default() },
        sent_at: at,
        received_at: at,
        has_idempotency_key,
    }
}

/// Given the events that follow from `earlier`, when `command`.
fn given_when(earlier: &[RecordMessage], command: &RecordMessage) -> Result<Vec<ConversationEvent>, MessageRejection> {
    let state = earlier.iter().fold(ConversationState::default(), |state, command| {
        let events = Conversation::decide(&state, command).unwrap();
        events.iter().fold(state, Conversation::evolve)
    });
    Conversation::decide(&state, command)
}

#[test]
fn first_message_opens_the_conversation() {
    let events = given_when(&[], &record("hello", 0, false)).unwrap();
    let names: Vec<_> = events.iter().map(|event| crate::DomainEvent::shape(event).name).collect();
    assert_eq!(names, ["ConversationOpened", "MessageReceived"]);
}

#[test]
fn later_messages_are_numbered_in_order() {
    let events = given_when(&[record("hello", 0, false)], &record("again", 1, false)).unwrap();
    let [ConversationEvent::MessageReceived(message)] = events.as_slice() else { panic!("one message: {events:?}") };
    assert_eq!(message.message_id, MessageId(2));
}

#[test]
fn same_text_within_five_seconds_is_the_same_message() {
    let rejection = given_when(&[record("hello", 0, false)], &record("hello", 4, false)).unwrap_err();
    assert!(matches!(rejection, MessageRejection::SameTextAgain { message_id: MessageId(1), .. }));
}

#[test]
fn same_text_after_five_seconds_is_another_message() {
    assert!(given_when(&[record("hello", 0, false)], &record("hello", 5, false)).is_ok());
}

#[test]
fn same_text_with_another_key_is_another_message() {
    assert!(given_when(&[record("hello", 0, true)], &record("hello", 1, true)).is_ok());
}
