#![allow(clippy::unwrap_used, clippy::panic)]

mod counting;

use std::sync::Arc;

use chronogram_log::{Actor, Clock, Codec, EventFilter, InMemoryEventStore, Position, SharedEventStore};
use chronogram_model::{
    ChatId, ClientId, ConversationId, Decider as _, MessageContent, Origin, PersonId,
    channel::{Channel, ChannelCommand, ChannelRejection, ChannelTracked, ChannelUntracked},
    conversation::{Conversation, ConversationEvent, MessageRejection, RecordMessage},
};
use jiff::Timestamp;

use self::counting::Counting;
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

#[tokio::test]
async fn one_key_for_two_streams_is_refused_and_the_first_result_is_found_by_it() {
    let store = store();
    let context = |digest: &str| from("a").with_fingerprint(Some(digest.to_owned()));
    let first = handler(&store).handle(&say("hi", 0, true), &context("one")).await.unwrap();
    let client = ClientId::try_from("bob".to_owned()).unwrap();
    let (conversation, person) = (ConversationId::Api(client.clone()), PersonId::Api(client));
    let elsewhere = RecordMessage { conversation: conversation.clone(), person, ..say("hi", 0, true) };
    let refused = handler(&store).handle(&elsewhere, &context("two")).await.unwrap_err();
    assert!(matches!(refused, HandleError::FingerprintMismatch(_)), "{refused:?}");

    let name = Conversation::name(&elsewhere);
    let found = handler(&store).earlier(name, &conversation.stream(), &context("one")).await.unwrap().unwrap();
    assert_eq!((found.position, found.repeated), (first.position, true));
    assert!(handler(&store).earlier(name, &conversation.stream(), &from("b")).await.unwrap().is_none());
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

#[tokio::test]
async fn a_kept_state_is_appended_on_without_reading_the_stream() {
    let store = Arc::new(Counting::new(store()));
    let handler = Handler::<Conversation>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    handler.handle(&say("one", 0, true), &from("a")).await.unwrap();
    assert_eq!(store.reads(), 1, "a stream that is not known is read");
    handler.handle(&say("two", 1, true), &from("b")).await.unwrap();
    assert_eq!(store.reads(), 1);
}

#[tokio::test]
async fn many_states_are_read_at_once_and_appended_on_without_reading_again() {
    let store = Arc::new(Counting::new(store()));
    let handler = Handler::<Conversation>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    let elsewhere = Handler::<Conversation>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    // More events than are read of one stream at once.
    for number in 0..40 {
        elsewhere.handle(&say("hi", 0, true), &from(&format!("{number}"))).await.unwrap();
    }
    let ann = Conversation::stream(&say("hi", 0, true));
    let nobody = ConversationId::Api(ClientId::try_from("nobody".to_owned()).unwrap()).stream();
    let before = store.reads();
    let states = handler.states(&[nobody.clone(), ann.clone(), ann.clone()]).await.unwrap();
    let read = [elsewhere.state(&ann).await.unwrap(), handler.state(&nobody).await.unwrap()];
    let [of_ann, of_nobody] = read.map(|state| format!("{state:?}"));
    let states: Vec<_> = states.iter().map(|state| format!("{state:?}")).collect();
    assert_eq!(states, [of_nobody, of_ann.clone(), of_ann], "in their order");
    let read = store.reads();
    assert!(read <= before + 3, "one for the rest of the long stream, two for what the test compares: {read}");
    handler.handle(&say("and", 1, true), &from("next")).await.unwrap();
    assert_eq!(store.reads(), read);
}

#[tokio::test]
async fn a_kept_state_that_is_old_refuses_nothing() {
    const CHANNEL: ChatId = ChatId::supergroup(1_878_264_527);
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    let track = ChannelCommand::Track(ChannelTracked { channel: CHANNEL, username: None, title: None, tracked_at: at });
    let untrack = ChannelCommand::Untrack(ChannelUntracked { channel: CHANNEL, untracked_at: at });
    let store = store();
    let handler = || Handler::<Channel>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    let (here, elsewhere) = (handler(), handler());

    here.handle(&track, &from("a")).await.unwrap();
    elsewhere.handle(&untrack, &from("b")).await.unwrap();
    assert_eq!(here.handle(&track, &from("c")).await.unwrap().events.len(), 1, "it is not tracked any more");

    let refused = here.handle(&track, &from("d")).await.unwrap_err();
    assert!(matches!(refused, HandleError::Rejected(ChannelRejection::AlreadyTracked { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commands_of_one_process_on_one_stream_never_meet_in_a_conflict() {
    let store = Arc::new(Counting::new(store()));
    let handler = Arc::new(Handler::<Conversation>::new(store.clone(), Arc::new(Codec::new().unwrap())));
    let callers: Vec<_> = (0..20)
        .map(|caller| {
            let handler = handler.clone();
            tokio::spawn(async move { handler.handle(&say("hi", 0, true), &from(&caller.to_string())).await.unwrap() })
        })
        .collect();
    let mut given = Vec::new();
    for caller in callers {
        given.extend(numbers(&caller.await.unwrap().events));
    }
    given.sort_unstable();
    assert_eq!(given, (1..=20).collect::<Vec<_>>());
    assert_eq!(store.reads(), 1, "a conflict would have read again");
}
