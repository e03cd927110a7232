#![allow(clippy::unwrap_used, clippy::panic)]

mod talking;

use std::sync::Arc;

use chronogram_log::{Clock, Codec, InMemoryEventStore, Position, SharedEventStore};
use chronogram_model::{ChatId, ClientId, PersonId};
use jiff::{SignedDuration, Timestamp};

use crate::{Appended, Asking, DuplicateRule, Intake, IntakeError, RecordMessage, RefusalKind, TrackChannel};

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
}

fn intake() -> (Intake, SharedEventStore) {
    let store: SharedEventStore = Arc::new(InMemoryEventStore::new(Arc::new(Noon)));
    (on(&store), store)
}

/// Another intake on the same log, as another process has it.
fn on(store: &SharedEventStore) -> Intake {
    // Chance that repeats itself would make one request of all: these tests give every request a key, or mean it.
    let counter = std::sync::atomic::AtomicU8::new(0);
    let random = Arc::new(move || Ok([counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed); 16]));
    Intake::new(store.clone(), Arc::new(Codec::new().unwrap()), Arc::new(Noon), random)
}

fn asking(key: Option<&str>) -> Asking {
    Asking { principal: "alice's script".to_owned(), route: "test", key: key.map(str::to_owned) }
}

fn message(text: &str) -> RecordMessage {
    let client = ClientId::try_from("alice".to_owned()).unwrap();
    RecordMessage { client, name: Some("Alice".to_owned()), language: None, text: text.to_owned(), sent_at: None }
}

#[tokio::test]
async fn a_repeat_under_its_key_hears_the_first_answer_and_other_words_are_refused() {
    let (intake, store) = intake();
    let first = intake.record_message(&asking(Some("k")), message("hi")).await.unwrap();
    assert_eq!(first.duplicate, None);
    let head = store.head().await.unwrap();

    let again = intake.record_message(&asking(Some("k")), message("hi")).await.unwrap();
    assert_eq!(again.duplicate.unwrap().rule, DuplicateRule::IdempotencyKey);
    assert_eq!((again.message_id, again.position), (first.message_id, first.position));

    let other = intake.record_message(&asking(Some("k")), message("bye")).await.unwrap_err();
    assert!(matches!(other, IntakeError::KeyReused), "{other:?}");
    assert_eq!(store.head().await.unwrap(), head, "nothing was appended since the first");

    let elsewhere = Asking { route: "another", ..asking(Some("k")) };
    assert_eq!(
        intake.record_message(&elsewhere, message("hi")).await.unwrap().duplicate,
        None,
        "a key is of its route"
    );
}

#[tokio::test]
async fn under_one_key_every_field_tells_requests_apart() {
    let (intake, _) = intake();
    let plain = || message("hi");
    intake.record_message(&asking(Some("k")), plain()).await.unwrap();
    for other in [
        message("bye"),
        RecordMessage { name: None, ..plain() },
        RecordMessage { language: Some("de".to_owned()), ..plain() },
        RecordMessage { sent_at: Some(Noon.now()), ..plain() },
    ] {
        let refused = intake.record_message(&asking(Some("k")), other.clone()).await.unwrap_err();
        assert!(matches!(refused, IntakeError::KeyReused), "{other:?}: {refused:?}");
    }
}

#[tokio::test]
async fn without_a_key_the_same_text_at_once_is_told_with_its_original() {
    let (intake, _) = intake();
    let first = intake.record_message(&asking(None), message("hi")).await.unwrap();
    let again = intake.record_message(&asking(None), message("hi")).await.unwrap();
    let original = again.duplicate.unwrap();
    assert_eq!((original.rule, original.message_id), (DuplicateRule::SameTextWithin5s, first.message_id));
    assert_eq!(again.position, first.position);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_and_nothing_is_appended() {
    let (intake, store) = intake();
    let later = Noon.now().checked_add(SignedDuration::from_mins(6)).unwrap();
    let wrong = RecordMessage {
        name: Some(String::new()),
        language: Some("?".to_owned()),
        sent_at: Some(later),
        ..message("")
    };
    let IntakeError::Invalid(faults) = intake.record_message(&asking(None), wrong).await.unwrap_err() else {
        panic!("it was refused for another reason")
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["name", "language", "text", "sent_at"]);
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_refusal_says_whether_the_thing_is_unknown_or_in_another_state() {
    let (intake, _) = intake();
    let channel = ChatId::supergroup(7);
    let kind = |error| match error {
        IntakeError::Refused { kind, .. } => kind,
        other => panic!("{other:?}"),
    };
    let untracked = intake.untrack_channel(&asking(None), channel).await.unwrap_err();
    assert_eq!(kind(untracked), RefusalKind::Conflict);
    let track = || TrackChannel { channel, username: None, title: None };
    assert!(!intake.track_channel(&asking(Some("a")), track()).await.unwrap().repeated);
    assert!(intake.track_channel(&asking(Some("a")), track()).await.unwrap().repeated);
    assert_eq!(kind(intake.track_channel(&asking(Some("b")), track()).await.unwrap_err()), RefusalKind::Conflict);
    let nobody = intake.clear_profile(&asking(None), PersonId::Telegram(5)).await.unwrap_err();
    assert_eq!(kind(nobody), RefusalKind::NotFound);
}
