//! What the bot said, what it will tell, what waits to go out; and what operators do about it.

use chronogram_graphql::{IdempotencyKey, Role, async_graphql::Request};
use chronogram_model::{
    Authored, MessageId,
    conversation::{
        AlbumKind, CaptionedFile, ConversationEvent, Outgoing, OutgoingFile, OutgoingMessage, Priority, ReplyRequested,
    },
};
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, NOW, at, code, list, principal},
    graphql_world::{REMINDERS, chat, failed_reminder, reply_id, talk, world},
};

async fn talking() -> Fixture {
    let fixture = world().await;
    talk(&fixture).await;
    fixture
}

async fn ask_with_key(fixture: &Fixture, key: &str, query: &str) -> Value {
    let request = Request::new(query).data(principal(Role::Operator)).data(IdempotencyKey(key.to_owned()));
    fixture.execute(request).await
}

#[tokio::test]
async fn reminders_are_found_by_state_person_and_time() {
    let fixture = talking().await;
    let count = async |filter: &str| {
        let data = fixture.data(&format!("{{ reminders(filter: {{ {filter} }}) {{ totalCount }} }}")).await;
        data["reminders"]["totalCount"].as_str().unwrap().parse::<i64>().unwrap()
    };
    assert_eq!(count("").await, REMINDERS);
    assert_eq!(count("state: FAILED").await, 1);
    assert_eq!(count("state: SCHEDULED").await, REMINDERS - 1);
    assert_eq!(count("state: SENT").await, 0);
    assert_eq!(count("person: 1001").await, REMINDERS);
    assert_eq!(count("person: 1002").await, 0);
    let range = r#"dueAt: { gte: "2026-12-01T00:01:00Z", lt: "2026-12-01T00:03:00Z" }"#;
    assert_eq!(count(range).await, 2);
    assert_eq!(count(&format!("person: 1001, state: FAILED, {range}")).await, 0);

    let query = format!(
        r#"{{ reminder(id: "{}") {{ state reason settledAt late maybeRepeated wallClock zone person {{ id }}
            conversation {{ id kind }} }}
            person(id: 1001) {{ reminders(state: FAILED) {{ nodes {{ id text dueAt }} }} }} }}"#,
        failed_reminder()
    );
    let data = fixture.data(&query).await;
    let expected = json!({
        "state": "FAILED", "reason": "blocked", "settledAt": "2026-12-01T00:00:30Z", "late": false,
        "maybeRepeated": false, "wallClock": true, "zone": "Europe/Moscow", "person": { "id": "1001" },
        "conversation": { "id": chat().to_string(), "kind": "PRIVATE" },
    });
    assert_eq!(data["reminder"], expected);
    let expected = json!([{ "id": failed_reminder().to_string(), "text": "thing 0", "dueAt": "2026-12-01T00:00:00Z" }]);
    assert_eq!(data["person"]["reminders"]["nodes"], expected);
    let unknown = r#"{ reminder(id: "018f3b1e-7c1d-5e2a-9d52-74cb0c5f91d7") { id } }"#;
    assert_eq!(fixture.data(unknown).await["reminder"], Value::Null);
    assert_eq!(code(&fixture.ask(r#"{ reminder(id: "x") { id } }"#).await), "BAD_USER_INPUT");
}

#[tokio::test]
async fn replies_say_what_became_of_them() {
    let fixture = talking().await;
    let query = format!(
        r#"{{ conversation(id: "{}") {{ replies(orderBy: REQUESTED_AT_ASC) {{ totalCount nodes {{
            kind state text priority messageIds maybeRepeated reason inReplyTo {{ text }} }} }} }}
            failed: replies(filter: {{ state: FAILED }}) {{ nodes {{ id }} }}
            reply(id: "{}") {{ state }} }}"#,
        chat(),
        reply_id(2)
    );
    let data = fixture.data(&query).await;
    assert_eq!(data["conversation"]["replies"]["totalCount"], "3");
    let reply = |state: &str, ids: &[&str], repeated: bool, reason: Option<&str>, answered: Option<&str>| {
        json!({ "kind": "SEND", "state": state, "text": "words", "priority": "ANSWER", "messageIds": ids,
            "maybeRepeated": repeated, "reason": reason, "inReplyTo": answered.map(|text| json!({ "text": text })) })
    };
    let expected = json!([
        reply("SENT", &["2", "3"], true, None, Some("/start")),
        reply("FAILED", &[], false, Some("blocked"), None),
        reply("REQUESTED", &[], false, None, None),
    ]);
    assert_eq!(data["conversation"]["replies"]["nodes"], expected);
    assert_eq!(data["failed"]["nodes"], json!([{ "id": reply_id(1).to_string() }]));
    assert_eq!(data["reply"]["state"], "REQUESTED");
    for refused in ["", r#"conversation: "42.1001", state: SENT"#] {
        let answer = fixture.ask(&format!("{{ replies(filter: {{ {refused} }}) {{ totalCount }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{refused}");
    }
}

#[tokio::test]
async fn replies_of_every_kind_have_their_name() {
    let fixture = talking().await;
    let words = OutgoingMessage::default;
    let file = || CaptionedFile {
        file: OutgoingFile::Telegram { file_id: "AgACAgIAAx".to_owned() },
        caption: OutgoingMessage { text: "a chart".to_owned(), ..words() },
    };
    let every = [
        Outgoing::Edit { message_id: MessageId(2), message: words() },
        Outgoing::AnswerPress { press: "1".to_owned(), text: None },
        Outgoing::Photo(file()),
        Outgoing::Document(file()),
        Outgoing::Voice(file()),
        Outgoing::MediaGroup { of: AlbumKind::Photos, items: vec![file(), file()] },
    ];
    let request = |(number, outgoing): (usize, Outgoing)| ReplyRequested {
        topic: None,
        reply: reply_id(100 + number),
        in_reply_to: None,
        outgoing: Authored::by(None, outgoing),
        priority: Priority::Report,
        requested_at: at("2026-11-02T00:00:00Z"),
    };
    let events = every.into_iter().enumerate().map(request).map(ConversationEvent::from).collect();
    fixture.append_to_conversation(&chat(), events).await;
    fixture.folds.catch_up().await.unwrap();
    let query = format!(
        r#"{{ conversation(id: "{}") {{ replies(first: 6, orderBy: REQUESTED_AT_DESC) {{ nodes {{ kind text }} }} }} }}"#,
        chat()
    );
    let data = fixture.data(&query).await;
    let mut seen: Vec<_> = data["conversation"]["replies"]["nodes"].as_array().unwrap().clone();
    seen.sort_by_key(ToString::to_string);
    let of = |kind: &str, text: Option<&str>| json!({ "kind": kind, "text": text });
    let chart = Some("a chart");
    let expected = [
        of("ANSWER_PRESS", None),
        of("DOCUMENT", chart),
        of("EDIT", Some("")),
        of("MEDIA_GROUP", chart),
        of("PHOTO", chart),
        of("VOICE", chart),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn the_outbox_is_told_in_numbers() {
    let fixture = talking().await;
    let query = "{ outbox { waiting sending settling chats reminders oldestAt byPriority { priority waiting }
        heldChats(first: 1) { conversationId conversation { id } waiting attempts nextTryAt oldestAt }
        parked parkedChats(first: 1) { conversationId conversation { id } since } } }";
    let data = fixture.data(query).await;
    let priority = |priority: &str, waiting: &str| json!({ "priority": priority, "waiting": waiting });
    let expected = json!({
        "waiting": "3", "sending": "1", "settling": "1", "chats": "2", "reminders": "1",
        "oldestAt": "2026-11-21T02:00:00Z",
        "byPriority": [priority("ANSWER", "1"), priority("ALERT", "0"), priority("REPORT", "2")],
        // The other chat's next message is on its way, and what waits there is no vain try.
        "heldChats": [{ "conversationId": chat().to_string(), "conversation": { "id": chat().to_string() },
            "waiting": "2", "attempts": 3, "nextTryAt": "2026-11-21T03:00:09Z", "oldestAt": "2026-11-21T02:00:00Z" }],
        "parked": "2",
        // Parked last.
        "parkedChats": [{ "conversationId": chat().to_string(), "conversation": { "id": chat().to_string() },
            "since": "2026-11-21T02:45:00Z" }],
    });
    assert_eq!(data["outbox"], expected);
    for first in [0, 101] {
        let answer = fixture.ask(&format!("{{ outbox {{ heldChats(first: {first}) {{ waiting }} }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT");
    }
}

const SCHEDULE: &str = r#"mutation { scheduleReminder(input: { personId: 1001, text: "tea",
    dueAt: "2026-12-24T18:00:00+03:00" }) { position repeated reminderId
    reminder { id text state dueAt zone scheduledAt conversationId person { id } } } }"#;

#[tokio::test]
async fn a_reminder_is_scheduled_put_off_and_cancelled() {
    let fixture = talking().await;
    let head = fixture.folds.catch_up().await.unwrap().0;
    let data = &fixture.data(SCHEDULE).await["scheduleReminder"];
    let id = data["reminderId"].as_str().unwrap();
    // Their private chat with the bot and the zone that they told it.
    let expected = json!({
        "id": id, "text": "tea", "state": "SCHEDULED", "dueAt": "2026-12-24T15:00:00Z", "zone": "Europe/Moscow",
        "scheduledAt": NOW, "conversationId": chat().to_string(), "person": { "id": "1001" },
    });
    assert_eq!((&data["position"], &data["repeated"]), (&json!((head + 1).to_string()), &json!(false)));
    assert_eq!(data["reminder"], expected);

    let put_off = format!(
        r#"mutation {{ rescheduleReminder(input: {{ id: "{id}", dueAt: "2026-12-25T00:00:00Z", zone: "Asia/Tokyo" }}) {{
            position reminder {{ dueAt zone state }} }} }}"#
    );
    let expected = json!({ "dueAt": "2026-12-25T00:00:00Z", "zone": "Asia/Tokyo", "state": "SCHEDULED" });
    assert_eq!(fixture.data(&put_off).await["rescheduleReminder"]["reminder"], expected);
    let cancel = format!(r#"mutation {{ cancelReminder(id: "{id}") {{ repeated reminder {{ state settledAt }} }} }}"#);
    let expected = json!({ "repeated": false, "reminder": { "state": "CANCELLED", "settledAt": NOW } });
    assert_eq!(fixture.data(&cancel).await["cancelReminder"], expected);
    assert_eq!(code(&fixture.ask(&cancel).await), "CONFLICT");
    assert_eq!(code(&fixture.ask(&put_off).await), "CONFLICT");
}

#[tokio::test]
async fn a_message_is_asked_for_by_the_principal_and_a_repeat_asks_for_nothing() {
    let fixture = talking().await;
    let send = |conversation: &str, text: &str| {
        format!(
            r#"mutation {{ sendMessage(input: {{ conversationId: "{conversation}", text: "{text}", replyToId: "1",
                entities: [{{ kind: "bold", offset: 0, length: 2 }}],
                buttons: [[{{ text: "Yes", data: "poll:yes" }}, {{ text: "No", data: "poll:no" }}]] }}) {{
                position repeated replyId reply {{ state text priority requestedAt inReplyToId }} }} }}"#
        )
    };
    let (here, elsewhere) = (chat().to_string(), "42.1002");
    let first = ask_with_key(&fixture, "k", &send(&here, "hello")).await;
    let request = &first["data"]["sendMessage"];
    let expected = json!({ "state": "REQUESTED", "text": "hello", "priority": "ALERT", "requestedAt": NOW,
        "inReplyToId": "1" });
    assert_eq!((&request["repeated"], &request["reply"]), (&json!(false), &expected), "{first}");
    let again = ask_with_key(&fixture, "k", &send(&here, "hello")).await;
    let repeated = &again["data"]["sendMessage"];
    assert_eq!(repeated["repeated"], true, "{again}");
    assert_eq!((&repeated["replyId"], &repeated["position"]), (&request["replyId"], &request["position"]));
    for other in [send(&here, "bye"), send(elsewhere, "hello")] {
        assert_eq!(code(&ask_with_key(&fixture, "k", &other).await), "IDEMPOTENCY_KEY_REUSED");
    }

    let asked = r#"{ events(filter: { types: ["ReplyRequested"] }, last: 1) { nodes { data metadata } } }"#;
    let event = &list(&fixture.data(asked).await, "/events/nodes")[0].clone();
    assert!(event["metadata"].to_string().contains("the operator"), "{event}");
    assert!(event["data"].to_string().contains("poll:yes"), "{event}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_field() {
    let fixture = talking().await;
    let head = fixture.folds.catch_up().await.unwrap();
    let future = r#"dueAt: "2026-12-24T18:00:00Z""#;
    let reminders = [
        (format!(r#"personId: "x", text: "tea", {future}"#), "input.personId"),
        (format!(r#"personId: 1001, text: "", {future}"#), "input.text"),
        (format!(r#"personId: 1001, text: "tea", {future}, zone: "Mars""#), "input.zone"),
        (format!(r#"personId: 1001, text: "tea", {future}, conversationId: "42.1002""#), "input.conversationId"),
        (format!(r#"personId: 1001, text: "tea", dueAt: "{NOW}""#), "input.dueAt"),
    ];
    let reminders = reminders.map(|(input, field)| (format!("scheduleReminder(input: {{ {input} }})"), field));
    let messages = [
        (r#"conversationId: "api.alice", text: "x""#, "input.conversationId"),
        (r#"conversationId: "42.1001", text: " ""#, "input.text"),
        (r#"conversationId: "42.1001", text: "x", replyToId: "first""#, "input.replyToId"),
        (r#"conversationId: "42.1001", text: "x", buttons: [[{ text: "a", data: "" }]]"#, "input.buttons"),
        (
            r#"conversationId: "42.1001", text: "x", entities: [{ kind: "bold", offset: 1, length: 1 }]"#,
            "input.entities",
        ),
    ];
    let messages = messages.map(|(input, field)| (format!("sendMessage(input: {{ {input} }})"), field));
    for (asked, field) in reminders.into_iter().chain(messages) {
        let answer = fixture.ask(&format!("mutation {{ {asked} {{ position }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{asked}");
        assert_eq!(answer["errors"][0]["extensions"]["argument"], field, "{answer}");
    }
    let nowhere = [
        // Known, but never wrote to the bot; not known at all.
        format!(r#"scheduleReminder(input: {{ personId: 1002, text: "tea", {future} }})"#),
        format!(r#"scheduleReminder(input: {{ personId: 5, text: "tea", {future} }})"#),
        r#"sendMessage(input: { conversationId: "42.1002", text: "x" })"#.to_owned(),
    ];
    for asked in nowhere {
        assert_eq!(code(&fixture.ask(&format!("mutation {{ {asked} {{ position }} }}")).await), "NOT_FOUND", "{asked}");
    }
    assert_eq!(fixture.folds.catch_up().await.unwrap(), head, "nothing was appended");
}

#[tokio::test]
async fn what_is_done_in_the_bots_name_is_for_operators_and_costs_what_it_reads() {
    let fixture = talking().await;
    let cancel = format!(r#"mutation {{ cancelReminder(id: "{}") {{ position }} }}"#, failed_reminder());
    let put_off =
        cancel.replace("cancelReminder(id:", "rescheduleReminder(input: { dueAt: \"2026-12-24T00:00:00Z\", id:");
    let put_off = put_off.replacen(") {", " }) {", 1);
    let send = r#"mutation { sendMessage(input: { conversationId: "42.1001", text: "x" }) { position } }"#;
    for asked in [SCHEDULE, &cancel, &put_off, send] {
        for role in [Role::Analyst, Role::PluginAuthor] {
            assert_eq!(code(&fixture.ask_as(role, asked).await), "FORBIDDEN", "{role}: {asked}");
        }
    }
    for asked in [SCHEDULE, &put_off, &cancel, send] {
        assert_eq!(fixture.ask_as(Role::Operator, asked).await.get("errors"), None, "{asked}");
    }
    for asked in ["{ reminders { totalCount } }", "{ outbox { waiting } }"] {
        assert_eq!(fixture.ask_as(Role::Analyst, asked).await.get("errors"), None, "{asked}");
    }
    for dear in [
        "{ people(first: 50) { nodes { reminders(first: 50) { nodes { id } } } } }",
        "{ conversations(first: 50) { nodes { replies(first: 50) { nodes { id } } } } }",
        "{ outbox { heldChats(first: 100) { conversation { replies(first: 20) { nodes { id } } } } } }",
    ] {
        assert_eq!(code(&fixture.ask(dear).await), "GRAPHQL_VALIDATION_FAILED", "{dear}");
    }
}
