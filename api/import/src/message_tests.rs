#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::needless_pass_by_value)]
use chronogram_model::{ChatId, MediaKind, PersonId, conversation::ChatKind};
use serde_json::json;

use super::*;
use crate::chat::Place;

fn supergroup() -> Chat {
    Chat { id: ChatId::supergroup(42), place: Place::Conversation(ChatKind::Supergroup), title: None }
}

fn channel() -> Chat {
    Chat { id: ChatId::supergroup(42), place: Place::Channel { public: true }, title: None }
}

/// A sound message with `with` laid over it; null takes a field away.
fn entry(with: Value) -> String {
    let mut entry = json!({
        "id": 7, "type": "message", "date": "2024-05-03T12:00:00", "date_unixtime": "1714726800",
        "from": "Ann", "from_id": "user5", "text": "hi", "text_entities": [{ "type": "plain", "text": "hi" }],
    });
    let Value::Object(with) = with else { panic!("fields") };
    for (key, value) in with {
        entry[key] = value;
    }
    entry.to_string()
}

fn message(with: Value) -> MessageReceived {
    match entry_of(&entry(with), &supergroup(), &TimeZone::UTC).unwrap() {
        Entry::Message(message, _) => message,
        other => panic!("{other:?}"),
    }
}

fn content(with: Value) -> MessageContent {
    message(with).content.readable().unwrap().clone()
}

fn service(with: Value) -> ServiceMessageObserved {
    let mut fields = json!({ "type": "service", "actor": "Ann", "actor_id": "user5", "from": null, "from_id": null, "text": "", "text_entities": [] });
    for (key, value) in with.as_object().unwrap() {
        fields[key] = value.clone();
    }
    match entry_of(&entry(fields), &supergroup(), &TimeZone::UTC).unwrap() {
        Entry::Service(service, _) => service,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_bad_field_is_named_with_what_would_be_right() {
    for (with, field) in [
        (json!({ "id": null }), "id"),
        (json!({ "id": "7" }), "id"),
        (json!({ "id": 7.5 }), "id"),
        (json!({ "type": null }), "type"),
        (json!({ "type": "poem" }), "type"),
        (json!({ "date": null, "date_unixtime": null }), "date"),
        (json!({ "date_unixtime": "soon" }), "date_unixtime"),
        (json!({ "date_unixtime": "99999999999999999" }), "date_unixtime"),
        (json!({ "date_unixtime": null, "date": "03.05.2024" }), "date"),
        (json!({ "from_id": "somebody" }), "from_id"),
        (json!({ "from": 5 }), "from"),
        (json!({ "text": 5, "text_entities": [] }), "text"),
        (json!({ "text_entities": "x" }), "text_entities"),
        (json!({ "text_entities": [{ "type": "bold" }] }), "text_entities[0].text"),
        (json!({ "reply_to_message_id": "7" }), "reply_to_message_id"),
        (json!({ "reactions": [{ "type": "emoji", "count": -1 }] }), "reactions[0].count"),
        (json!({ "reactions": [5] }), "reactions[0]"),
        (json!({ "photo": "p", "width": -5 }), "width"),
        (json!({ "file": "f", "file_size": "big" }), "file_size"),
        (json!({ "poll": { "question": 5 } }), "poll.question"),
        (json!({ "poll": { "answers": [{ "voters": "many" }] } }), "poll.answers[0].voters"),
        (json!({ "location_information": { "latitude": "north", "longitude": 1 } }), "location_information.latitude"),
        (json!({ "invoice_information": "not json" }), "invoice_information"),
    ] {
        let bad = entry_of(&entry(with.clone()), &supergroup(), &TimeZone::UTC).unwrap_err();
        assert_eq!(bad.field, field, "{with}");
        assert!(!bad.expected.is_empty());
    }
    for not_an_object in ["5", "null", "\"text\"", "[{}]", "true", "-1", "1.5"] {
        let bad = entry_of(not_an_object, &supergroup(), &TimeZone::UTC).unwrap_err();
        assert_eq!((bad.field.as_str(), bad.expected), ("", "an object"), "{not_an_object}");
    }
    let lone_surrogate = entry_of(r#"{"id":1,"type":"\ud83d"}"#, &supergroup(), &TimeZone::UTC).unwrap_err();
    assert_eq!(lone_surrogate.field, "");
}

#[test]
fn every_kind_of_media_is_told_apart() {
    let kinds = [
        (json!({ "photo": "p" }), MediaKind::Photo),
        (json!({ "file": "f" }), MediaKind::Document),
        (json!({ "file": "f", "media_type": "sticker" }), MediaKind::Sticker),
        (json!({ "file": "f", "media_type": "voice_message" }), MediaKind::Voice),
        (json!({ "file": "f", "media_type": "video_message" }), MediaKind::VideoMessage),
        (json!({ "file": "f", "media_type": "video_file" }), MediaKind::Video),
        (json!({ "file": "f", "media_type": "audio_file" }), MediaKind::Audio),
        (json!({ "file": "f", "media_type": "animation" }), MediaKind::Animation),
        (json!({ "file": "f", "media_type": "hologram" }), MediaKind::Other("hologram".into())),
        (json!({ "game_title": "g" }), MediaKind::Game),
        (json!({ "invoice_information": { "title": "t" } }), MediaKind::Invoice),
        (json!({ "invoice_information": "{\"title\":\"t\"}" }), MediaKind::Invoice),
        (json!({ "contact_information": { "first_name": "A" } }), MediaKind::Contact),
        (json!({ "location_information": null }), MediaKind::Location),
        (json!({ "place_name": "Pier" }), MediaKind::Venue),
        (json!({ "paid_stars_amount": 5 }), MediaKind::Other("paid_media".into())),
        (json!({ "todo_list": {} }), MediaKind::Other("todo_list".into())),
    ];
    for (with, kind) in kinds {
        assert_eq!(content(with.clone()).media.map(|media| media.kind), Some(kind), "{with}");
    }
    assert_eq!(content(json!({})).media, None);
}

#[test]
fn places_keep_their_degrees_exactly() {
    let with = json!({ "place_name": "Pier", "address": "5", "location_information": { "latitude": 61.702_881, "longitude": "-30.690412" } });
    let location = content(with).media.unwrap().location.unwrap();
    assert_eq!(
        (location.latitude.to_string(), location.longitude.to_string()),
        ("61.702881".into(), "-30.690412".into())
    );
    assert_eq!((location.name.as_deref(), location.address.as_deref()), (Some("Pier"), Some("5")));
}

#[test]
fn a_poll_with_formatted_question_keeps_its_plain_text_and_votes() {
    let with = json!({ "poll": { "question": ["Tea ", { "type": "bold", "text": "now" }], "closed": true, "total_voters": 9,
        "answers": [{ "text": "yes", "voters": 8 }, { "text": ["no"], "voters": 1 }] } });
    let poll = content(with).media.unwrap().poll.unwrap();
    assert_eq!((poll.question.as_str(), poll.closed, poll.total_voters), ("Tea now", true, 9));
    assert_eq!(
        poll.answers.iter().map(|answer| (answer.text.as_str(), answer.voters)).collect::<Vec<_>>(),
        [("yes", 8), ("no", 1)]
    );
}

#[test]
fn an_answer_counts_within_its_own_chat_only() {
    let here = json!({ "reply_to_message_id": 5, "reply_to_peer_id": "channel42" });
    let there = json!({ "reply_to_message_id": 5, "reply_to_peer_id": "channel43" });
    assert_eq!(message(json!({ "reply_to_message_id": 5 })).reply_to, Some(MessageId(5)));
    assert_eq!(message(here).reply_to, Some(MessageId(5)));
    assert_eq!(message(there).reply_to, None);
}

#[test]
fn forwards_name_who_it_was_where_that_is_not_hidden() {
    let forward = |with| content(with).forward.unwrap();
    let user = forward(json!({ "forwarded_from": "Bob", "forwarded_from_id": "user9" }));
    assert_eq!(user, Forward { name: Some("Bob".into()), sender: Sender::Person(PersonId::Telegram(9)) });
    assert_eq!(forward(json!({ "forwarded_from": "Bob" })).sender, Sender::Unknown);
    assert_eq!(forward(json!({ "forwarded_from": null })), Forward { name: None, sender: Sender::Unknown });
    assert_eq!(forward(json!({ "saved_from": "Bob" })).name.as_deref(), Some("Bob"));
}

#[test]
fn reactions_of_all_three_kinds_keep_their_counts() {
    let reactions = message(json!({ "reactions": [
        { "type": "emoji", "emoji": "👍", "count": 3, "recent": [] },
        { "type": "custom_emoji", "document_id": "77", "count": 2 },
        { "type": "paid", "count": 50 }] }))
    .reactions;
    let read: Vec<_> = reactions
        .iter()
        .map(|reaction| (reaction.kind.as_str(), reaction.reaction.as_deref(), reaction.count))
        .collect();
    assert_eq!(read, [("emoji", Some("👍"), 3), ("custom_emoji", Some("77"), 2), ("paid", None, 50)]);
}

#[test]
fn edited_is_when_it_was_touched_and_1970_is_never() {
    let touched = |with| message(with).touched_at.map(Timestamp::as_second);
    assert_eq!(touched(json!({ "edited_unixtime": "1714726900" })), Some(1_714_726_900));
    assert_eq!(touched(json!({ "edited": "2024-05-03T09:01:40" })), Some(1_714_726_900));
    assert_eq!(touched(json!({ "edited": "1970-01-01T03:00:00" })), None);
}

#[test]
fn local_time_is_read_in_the_zone_and_says_so_also_when_clocks_go_back() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = |date: &str| match entry_of(&entry(json!({ "date_unixtime": null, "date": date })), &supergroup(), &zone) {
        Ok(Entry::Message(message, _)) => (message.sent_at.to_string(), message.time),
        other => panic!("{other:?}"),
    };
    let assumed = Some(ExportTime::AssumedZone("Europe/Berlin".into()));
    assert_eq!(at("2019-07-01T12:00:00"), ("2019-07-01T10:00:00Z".into(), assumed.clone()));
    // Twice on that day; the first is taken.
    assert_eq!(at("2019-10-27T02:30:00"), ("2019-10-27T00:30:00Z".into(), assumed.clone()));
    // Never on that day; the clock that was moved shows it an hour later.
    assert_eq!(at("2019-03-31T02:30:00"), ("2019-03-31T01:30:00Z".into(), assumed));
    assert_eq!(message(json!({})).time, Some(ExportTime::Unix));
}

#[test]
fn a_message_belongs_to_its_sender_and_a_channels_signature_to_nobody() {
    assert_eq!(message(json!({})).content, Authored::by(Some(PersonId::Telegram(5)), content(json!({}))));
    let public = message(json!({ "from_id": "channel42" }));
    assert!(matches!(public.content, Authored::ByChat { .. }));
    let json = entry(json!({ "from_id": "channel42", "author": "Ann, editor" }));
    match entry_of(&json, &channel(), &TimeZone::UTC).unwrap() {
        Entry::Post(post, sighting) => {
            assert_eq!(post.author.as_deref(), Some("Ann, editor"));
            assert_eq!(sighting, None);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_entry_keeps_every_scalar_it_does_not_know() {
    let read = service(
        json!({ "action": "phone_call", "duration_seconds": 12, "discard_reason": "hangup", "missed": false, "deep": { "a": 1 } }),
    );
    let details = read.details.readable().unwrap();
    let other: Vec<_> = details.other.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(other, [("discard_reason", "hangup"), ("duration_seconds", "12"), ("missed", "false")]);
    assert_eq!((read.action.as_str(), read.actor), ("phone_call", Sender::Person(PersonId::Telegram(5))));
    let invited = service(json!({ "action": "invite_members", "members": ["Bob", null, "Eve"] }));
    assert_eq!(invited.details.readable().unwrap().members, ["Bob", "Eve"]);
    assert_eq!(service(json!({ "information_text": "gone" })).action, "custom_action");
}

#[test]
fn text_that_telegram_desktop_writes_twice_keeps_what_says_something() {
    let json = r#"{"id":1,"type":"service","date_unixtime":"1714726800","action":"send_webview_data","text":"order","text":"","text_entities":[]}"#;
    match entry_of(json, &supergroup(), &TimeZone::UTC).unwrap() {
        Entry::Service(service, _) => assert_eq!(service.details.readable().unwrap().text, "order"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_telegram_desktop_could_not_export_is_no_bad_message() {
    let read = entry_of(r#"{"id":1,"type":"unsupported"}"#, &supergroup(), &TimeZone::UTC).unwrap();
    assert!(matches!(read, Entry::Unsupported));
}
