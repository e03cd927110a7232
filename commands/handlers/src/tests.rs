#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use chronogram_log::{Actor, Clock, Codec, EventFilter, InMemoryEventStore, Position, SharedEventStore};
use chronogram_model::{
    ClientId, ConversationId, MessageContent, Origin, PersonId,
    conversation::{Conversation, ConversationEvent, MessageRejection, RecordMessage},
};
use jiff::Timestamp;

use crate::{Context, HandleError, Handler};

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
}

fn store() -> SharedEventStore {
    Arc::new(InMemoryEventStore::new(Arc::new(Noon)))
}

fn handler(store: &SharedEventStore) -> Handler<Conversation> {
    Handler::new(store.clone(), Arc::new(Codec::new().unwrap()))
}

fn say(text: &str, second: i64, has_idempotency_key: bool) -> RecordMessage {
    let client = ClientId::try_from("alice".to_owned()).unwrap();
    let at = Timestamp::from_second(1_700_000_000 + second).unwrap();
    RecordMessage {
        conversation: ConversationId::Api(client.clone()),
        person: PersonId::Api(client),
        content: MessageContent { text: text.to_owned(), ..MessageContent::default() },
        sent_at: at,
        received_at: at,
        has_idempotency_key,
    }
}

fn from(key: &str) -> Context {
    Context::new(Origin::of(&["test", key]), Actor::Operator)
}

fn numbers(events: &[ConversationEvent]) -> Vec<i64> {
    let number = |event: &ConversationEvent| match event {
        ConversationEvent::MessageReceived(message) => Some(message.message_id.0),
        _ => None,
    };
    events.iter().filter_map(number).collect()
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_result_and_appends_nothing() {
    let store = store();
    let first = handler(&store).handle(&say("hi", 0, true), &from("a")).await.unwrap();
    assert!(!first.repeated);
    handler(&store).handle(&say("more", 1, true), &from("b")).await.unwrap();
    let head = store.head().await.unwrap();

    let again = handler(&store).handle(&say("hi", 0, true), &from("a")).await.unwrap();
    assert!(again.repeated);
    assert_eq!((numbers(&again.events), again.position), (numbers(&first.events), first.position));
    assert_eq!(store.head().await.unwrap(), head);
}

#[tokio::test]
async fn a_repeat_that_the_rules_would_refuse_by_now_still_gets_its_first_result() {
    let store = store();
    let first = handler(&store).handle(&say("hi", 0, false), &from("a")).await.unwrap();
    let again = handler(&store).handle(&say("hi", 0, false), &from("a")).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.position, first.position);

    let other = handler(&store).handle(&say("hi", 1, false), &from("b")).await.unwrap_err();
    assert!(matches!(other, HandleError::Rejected(MessageRejection::SameTextAgain { .. })), "{other:?}");
}

#[tokio::test]
async fn one_key_for_two_requests_is_refused() {
    let store = store();
    let context = |digest: &str| from("a").with_fingerprint(Some(digest.to_owned()));
    handler(&store).handle(&say("hi", 0, true), &context("one")).await.unwrap();
    let refused = handler(&store).handle(&say("bye", 1, true), &context("two")).await.unwrap_err();
    assert!(matches!(refused, HandleError::FingerprintMismatch(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_handlers_on_one_stream_decide_again_and_lose_nothing() {
    const EACH: i64 = 25;
    let store = store();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let handler = handler(&store);
                for number in 0..EACH {
                    let key = format!("{writer}-{number}");
                    handler.handle(&say(&key, 0, true), &from(&key)).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let codec = Codec::new().unwrap();
    let page = store.read_all(Position::START, &EventFilter::all(), 1_000).await.unwrap();
    let events: Vec<_> = page.events.iter().filter_map(|event| codec.decode(event).unwrap()).collect();
    assert_eq!(numbers(&events), (1..=4 * EACH).collect::<Vec<_>>(), "numbered in order, none twice");
}
