//! Whole imports into the in-memory store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, Around, Clock, Codec, EventFilter, EventStore, InMemoryEventStore, Position,
    RecordedEvent, StoreError,
};
use chronogram_model::{
    EventId, ExportTime, StreamName,
    channel::ChannelEvent,
    conversation::ConversationEvent,
    person::{PersonEvent, PersonSeen},
};
use jiff::Timestamp;
use serde_json::json;

use super::*;

mod bad_files;
mod faulty;

use faulty::Faulty;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn store() -> SharedEventStore {
    Arc::new(InMemoryEventStore::new(Arc::new(Noon)))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn fixture() -> PathBuf {
    repository().join("tests/fixtures/export-every-kind/result.json")
}

async fn run(store: &SharedEventStore, file: &Path) -> Result<ImportReport, ImportError> {
    import(Arc::clone(store), file, ImportOptions::default(), &Unobserved).await
}

async fn all(store: &SharedEventStore) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = store.read_all(after, &EventFilter::all(), 1_000).await.unwrap();
        events.extend(page.events);
        if page.up_to == after || page.up_to >= page.head {
            return events;
        }
        after = page.up_to;
    }
}

/// What "the same log" means for imports: same events, order and data in every stream.
async fn streams(store: &SharedEventStore) -> BTreeMap<StreamName, Vec<(EventId, String, String)>> {
    let mut streams = BTreeMap::<_, Vec<_>>::new();
    for event in all(store).await {
        let told = (event.id, event.event_type, event.data.as_str().to_owned());
        streams.entry(event.stream).or_default().push(told);
    }
    streams
}

#[derive(Default)]
struct Heard {
    bad: Mutex<Vec<BadMessage>>,
    progress: Mutex<Vec<Progress>>,
}

impl ImportObserver for Heard {
    fn progress(&self, progress: Progress) {
        self.progress.lock().unwrap().push(progress);
    }

    fn bad_message(&self, bad: &BadMessage) {
        self.bad.lock().unwrap().push(bad.clone());
    }
}

fn written(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

fn message(id: usize, person: usize, name: &str, text: &str) -> String {
    json!({ "id": id, "type": "message", "date_unixtime": (1_700_000_000 + id).to_string(),
        "from": name, "from_id": format!("user{person}"), "text": text })
    .to_string()
}

fn group(messages: &[String]) -> String {
    format!(r#"{{"name":"G","type":"private_supergroup","id":42,"messages":[{}]}}"#, messages.join(","))
}

/// `count` messages of some people, one of whom changes their name along the way.
fn talk(count: usize) -> Vec<String> {
    (1..=count)
        .map(|id| {
            let name = if id % 11 == 0 && id > count / 2 { "Renamed".to_owned() } else { format!("P{}", id % 11) };
            message(id, 1 + id % 11, &name, &format!("words {id}"))
        })
        .collect()
}

#[tokio::test]
async fn every_entry_of_the_fixture_becomes_an_event() {
    let store = store();
    let heard = Heard::default();
    let report = import(Arc::clone(&store), &fixture(), ImportOptions::default(), &heard).await.unwrap();
    assert_eq!(*heard.bad.lock().unwrap(), []);
    assert_eq!(
        report,
        ImportReport {
            chats: 8,
            messages_read: 122,
            service_read: 36,
            unsupported_read: 1,
            events_appended: 184,
            events_known: 0,
            people_seen: 12,
            bad_messages: 0,
            last_position: Some(Position(184)),
        }
    );
    let codec = Codec::new().unwrap();
    let mut counts = BTreeMap::<String, usize>::new();
    for event in all(&store).await {
        let read = match event.stream.category() {
            "conversation" => codec.decode::<ConversationEvent>(&event).unwrap().is_some(),
            "channel" => codec.decode::<ChannelEvent>(&event).unwrap().is_some(),
            "person" => codec.decode::<PersonEvent>(&event).unwrap().is_some(),
            other => panic!("stream category {other}"),
        };
        assert!(read, "{} in {}", event.event_type, event.stream);
        *counts.entry(event.event_type).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(
        counts,
        [
            ("ChannelObserved", 2),
            ("ConversationDescribed", 5),
            ("ConversationOpened", 6),
            ("MessageReceived", 105),
            ("PersonSeen", 13),
            ("PostObserved", 17),
            ("ServiceMessageObserved", 36),
        ]
    );
    let last = *heard.progress.lock().unwrap().last().unwrap();
    assert_eq!((last.bytes_read, last.messages), (last.bytes_total, 158));
}

#[tokio::test]
async fn the_events_of_the_bot_chat_are_as_they_were() {
    let store = store();
    run(&store, &fixture()).await.unwrap();
    let events: Vec<_> = all(&store)
        .await
        .into_iter()
        .filter(|event| event.stream.as_str() == "conversation-export.500100900")
        .collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let data: serde_json::Value = serde_json::from_str(event.data.as_str()).unwrap();
            json!({ "id": event.id, "type": event.event_type, "version": event.version, "data": data })
        })
        .collect();
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn a_second_import_appends_nothing() {
    let store = store();
    let first = run(&store, &fixture()).await.unwrap();
    let before = all(&store).await;
    // The folder of the export is as good as its file.
    let second = run(&store, fixture().parent().unwrap()).await.unwrap();
    assert_eq!((second.events_appended, second.events_known, second.last_position), (0, first.events_appended, None));
    assert_eq!((second.messages_read, second.people_seen), (first.messages_read, first.people_seen));
    assert_eq!(all(&store).await, before);
}

#[tokio::test]
async fn a_changed_message_is_a_new_observation_whatever_file_it_comes_from() {
    let store = store();
    run(&store, written(&group(&talk(20))).path()).await.unwrap();
    let mut changed = talk(20);
    changed[4] = message(5, 6, "P5", "other words");
    let report = run(&store, written(&group(&changed)).path()).await.unwrap();
    assert_eq!((report.events_appended, report.events_known), (1, 2 + 19 + 11));
}

async fn cut_anywhere_and_run_again(file: &Path) {
    let whole = store();
    run(&whole, file).await.unwrap();
    let whole = streams(&whole).await;
    let mut appends = 0;
    loop {
        let inner = store();
        let cut: SharedEventStore =
            Arc::new(Faulty { appends_left: AtomicUsize::new(appends), ..Faulty::over(&inner) });
        let ended = run(&cut, file).await;
        let again = run(&inner, file).await.unwrap();
        assert_eq!(streams(&inner).await, whole, "cut after {appends} appends");
        match ended {
            Ok(_) => {
                assert_eq!(again.events_appended, 0);
                break;
            }
            Err(ImportError::Append { so_far, .. }) => {
                assert!(so_far.events_appended + again.events_appended <= all(&inner).await.len() as u64);
            }
            Err(other) => panic!("{other}"),
        }
        appends += 1;
    }
    assert!(appends > 10, "only {appends} cuts");
}

#[tokio::test]
async fn an_import_cut_after_any_append_and_run_again_leaves_the_same_streams() {
    cut_anywhere_and_run_again(&fixture()).await;
    cut_anywhere_and_run_again(written(&group(&talk(1_700))).path()).await;
}

#[tokio::test]
async fn events_that_another_run_appends_meanwhile_are_left_out() {
    let inner = store();
    let blind: SharedEventStore = Arc::new(Faulty { is_blind: true, ..Faulty::over(&inner) });
    let before = run(&blind, written(&group(&talk(700))).path()).await.unwrap();
    let again = run(&blind, written(&group(&talk(700))).path()).await.unwrap();
    assert_eq!((again.events_appended, again.events_known), (0, before.events_appended));
    // One message more at the front shifts every batch.
    let mut longer = talk(700);
    longer.insert(0, message(9_999, 2, "P1", "first"));
    let after = run(&blind, written(&group(&longer)).path()).await.unwrap();
    // The message, and its author, who is met at another message now.
    assert_eq!((after.events_appended, after.events_known), (2, before.events_appended - 1));
    assert_eq!(all(&inner).await.len() as u64, before.events_appended + 2);
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_sent_again_and_counted_once() {
    let inner = store();
    let lossy: SharedEventStore = Arc::new(Faulty { answers_to_lose: AtomicUsize::new(1), ..Faulty::over(&inner) });
    let report = run(&lossy, written(&group(&talk(20))).path()).await.unwrap();
    assert_eq!(report.events_appended, all(&inner).await.len() as u64);
    assert_eq!((report.events_appended, report.events_known), (2 + 20 + 11, 0));
}

#[tokio::test]
async fn two_imports_at_once_leave_each_event_once() {
    let (store, alone) = (store(), store_of_one().await);
    let file = written(&group(&talk(1_700)));
    let (one, two) = tokio::join!(run(&store, file.path()), run(&store, file.path()));
    let appended = one.unwrap().events_appended + two.unwrap().events_appended;
    let events = all(&store).await;
    assert_eq!(appended, events.len() as u64);
    let ids = |events: Vec<RecordedEvent>| events.into_iter().map(|event| event.id).collect::<HashSet<_>>();
    assert_eq!(ids(events), ids(alone));
}

async fn store_of_one() -> Vec<RecordedEvent> {
    let store = store();
    run(&store, written(&group(&talk(1_700))).path()).await.unwrap();
    all(&store).await
}

#[tokio::test]
async fn people_are_told_on_first_sight_and_on_each_change_of_name() {
    let store = store();
    run(&store, &fixture()).await.unwrap();
    let codec = Codec::new().unwrap();
    let names = |person: &'static str| {
        let (store, codec) = (&store, &codec);
        async move {
            let mut names = Vec::new();
            for event in all(store).await.iter().filter(|event| event.stream.as_str() == person) {
                let Some(PersonEvent::PersonSeen(PersonSeen { name, .. })) = codec.decode(event).unwrap() else {
                    panic!("{}", event.event_type)
                };
                names.push(name.plain().unwrap().display.clone());
            }
            names
        }
    };
    assert_eq!(names("person-500100111").await, [Some("Паша".to_owned()), Some("Павел Ким".to_owned())]);
    assert_eq!(names("person-500100110").await, [None]);
}

#[tokio::test]
async fn an_old_export_is_read_in_the_zone_that_is_given() {
    let store = store();
    let options = ImportOptions::in_zone("Europe/Moscow").unwrap();
    let file = fixture().with_file_name("old.json");
    let report = import(Arc::clone(&store), &file, options, &Unobserved).await.unwrap();
    assert_eq!((report.messages_read, report.service_read, report.people_seen, report.bad_messages), (5, 1, 4, 0));
    let codec = Codec::new().unwrap();
    let mut told = String::new();
    for event in all(&store).await {
        if let Some(ConversationEvent::MessageReceived(message)) = codec.decode(&event).unwrap() {
            assert_eq!(message.time, Some(ExportTime::AssumedZone("Europe/Moscow".into())));
            writeln!(told, "{} {}", message.sent_at, message.touched_at.is_some()).unwrap();
        }
    }
    assert!(told.starts_with("2019-05-01T09:05:00Z false\n"), "{told}");
    assert!(told.ends_with("2019-10-26T23:30:00Z true\n"), "{told}");
    assert_eq!(ImportOptions::in_zone("Moscow").unwrap_err().name, "Moscow");
}

#[tokio::test]
async fn a_real_public_channel_is_read_whole() {
    let file = repository().join("../shared/data/exports/public-channel.result.json");
    if !file.exists() {
        eprintln!("NOT RUN: {} is missing, the import of a real channel is unchecked", file.display());
        return;
    }
    let store = store();
    let report = run(&store, &file).await.unwrap();
    assert_eq!((report.messages_read, report.service_read, report.bad_messages, report.people_seen), (908, 16, 0, 0));
    assert_eq!(report.events_appended, 925);
    let codec = Codec::new().unwrap();
    let (mut touched, mut reacted, mut first) = (0, 0, None);
    for event in all(&store).await {
        assert_eq!(event.stream.as_str(), "channel--1001878264527");
        first.get_or_insert(event.event_type.clone());
        if let Some(ChannelEvent::PostObserved(post)) = codec.decode(&event).unwrap() {
            touched += usize::from(post.touched_at.is_some());
            reacted += usize::from(!post.reactions.is_empty());
            let units: Vec<u16> = post.content.text.encode_utf16().collect();
            for entity in &post.content.entities {
                let place = entity.offset as usize..(entity.offset + entity.length) as usize;
                let text = String::from_utf16(&units[place]).unwrap();
                assert!(entity.kind != "hashtag" || text.starts_with('#'), "post {}", post.post_id);
            }
        }
    }
    assert_eq!((touched, reacted, first.as_deref()), (880, 319, Some("ChannelObserved")));
    assert_eq!(run(&store, &file).await.unwrap().events_appended, 0);
}
