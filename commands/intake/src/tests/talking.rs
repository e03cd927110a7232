//! Reminders and messages that principals ask for.

use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Direction, RecordedEvent, Revision};
use chronogram_model::{
    Authored, ConversationId, Entity, MessageContent, MessageId, Origin, Personal, ReminderId, Sender, Source,
    conversation::{
        BotBlocked, Button, ChatKind, Happening, MessageReceived, Outgoing, Priority, ReplyRequested, Talk, TalkCommand,
    },
    person::{Person, PersonCommand, PersonName, PersonSeen, TimeZoneSet},
    reminder::{Due, ReminderEvent, ReminderScheduled},
};

use super::*;
use crate::{RescheduleReminder, ScheduleReminder, SendMessage};

const ANNA: PersonId = PersonId::Telegram(7);

fn chat() -> ConversationId {
    ConversationId::Bot { bot: 42, chat: ChatId::private(7) }
}

fn later(hours: i64) -> Timestamp {
    Noon.now() + SignedDuration::from_hours(hours)
}

/// An intake of a house where Anna wrote to the bot.
async fn with_anna() -> (Intake, SharedEventStore) {
    let (intake, store) = intake();
    let name = Personal::of(ANNA, PersonName { display: Some("Anna".to_owned()), username: None });
    let seen = PersonSeen { person: ANNA, name, language: None, premium: None, chat: None, seen_at: Noon.now() };
    let content = MessageContent { text: "/start".to_owned(), ..MessageContent::default() };
    let received = MessageReceived {
        topic: None,
        message_id: MessageId(1),
        sender: Sender::Person(ANNA),
        sent_at: Noon.now(),
        received_at: Some(Noon.now()),
        time: None,
        content: Authored::by(Some(ANNA), content),
        reply_to: None,
        touched_at: None,
        via_bot: None,
        reactions: Vec::new(),
        source: Source::Telegram,
    };
    tell_person(&store, PersonCommand::See(seen)).await;
    tell(&store, Happening::Receive(received)).await;
    (intake, store)
}

fn context(store_is_at: Position) -> Context {
    Context::new(Origin::of(&["test", &store_is_at.to_string()]), Actor::Operator)
}

async fn tell(store: &SharedEventStore, what: Happening) {
    let handler = Handler::<Talk>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    let command = TalkCommand { conversation: chat(), kind: ChatKind::Private, what };
    handler.handle(&command, &context(store.head().await.unwrap())).await.unwrap();
}

async fn tell_person(store: &SharedEventStore, command: PersonCommand) {
    let handler = Handler::<Person>::new(store.clone(), Arc::new(Codec::new().unwrap()));
    handler.handle(&command, &context(store.head().await.unwrap())).await.unwrap();
}

async fn block(store: &SharedEventStore) {
    tell(store, Happening::Block(BotBlocked { person: ANNA, blocked_at: Noon.now() })).await;
}

fn tea() -> ScheduleReminder {
    let (text, due_at) = ("tea".to_owned(), later(1));
    ScheduleReminder { person: ANNA, conversation: Some(chat()), text, due_at, zone: None }
}

fn hello() -> SendMessage {
    SendMessage {
        conversation: chat(),
        text: "hello".to_owned(),
        entities: Vec::new(),
        buttons: Vec::new(),
        reply_to: None,
        priority: Priority::Alert,
    }
}

async fn newest(store: &SharedEventStore, stream: &chronogram_model::StreamName) -> RecordedEvent {
    let events = store.read_stream(stream, Revision(i64::MAX as u64), Direction::Backward, 1).await;
    events.unwrap().pop().unwrap()
}

async fn scheduled(store: &SharedEventStore, reminder: ReminderId) -> ReminderScheduled {
    let event = newest(store, &reminder.stream()).await;
    match Codec::new().unwrap().decode(&event).unwrap() {
        Some(ReminderEvent::ReminderScheduled(scheduled)) => scheduled,
        other => panic!("{other:?}"),
    }
}

fn fields(error: IntakeError) -> Vec<&'static str> {
    match error {
        IntakeError::Invalid(faults) => faults.into_iter().map(|fault| fault.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn kind(error: IntakeError) -> RefusalKind {
    match error {
        IntakeError::Refused { kind, .. } => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reminder_is_theirs_in_their_private_chat_and_zone_and_the_principal_asked_for_it() {
    let (intake, store) = with_anna().await;
    let zone = TimeZoneSet { person: ANNA, zone: "Europe/Moscow".to_owned(), set_at: Noon.now() };
    tell_person(&store, PersonCommand::SetTimeZone(zone)).await;
    let asked = ScheduleReminder { conversation: None, ..tea() };
    let (reminder, _) = intake.schedule_reminder(&asking(None), asked, Some(chat())).await.unwrap();
    let event = scheduled(&store, reminder).await;
    assert_eq!((event.person, event.conversation, event.text), (ANNA, chat(), Personal::of(ANNA, "tea".to_owned())));
    assert_eq!(event.due, Due { at: later(1), zone: "Europe/Moscow".to_owned(), wall_clock: false });
    let metadata = newest(&store, &reminder.stream()).await.metadata;
    assert!(metadata.as_str().contains("alice's script"), "{metadata:?}");

    let zone = Some("asia/tokyo".to_owned());
    let (reminder, _) =
        intake.schedule_reminder(&asking(None), ScheduleReminder { zone, ..tea() }, None).await.unwrap();
    assert_eq!(scheduled(&store, reminder).await.due.zone, "Asia/Tokyo");
}

#[tokio::test]
async fn a_repeated_request_is_done_once_and_hears_its_first_answer_whatever_happened_since() {
    let (intake, store) = with_anna().await;
    let (reminder, first) = intake.schedule_reminder(&asking(Some("k")), tea(), None).await.unwrap();
    let (reply, sent) = intake.send_message(&asking(Some("k")), hello()).await.unwrap();
    block(&store).await;
    let head = store.head().await.unwrap();

    // Another process knows nothing of what this one keeps.
    for intake in [&intake, &on(&store)] {
        let (again, appended) = intake.schedule_reminder(&asking(Some("k")), tea(), None).await.unwrap();
        assert_eq!((again, appended), (reminder, Appended { repeated: true, ..first }));
        let (again, appended) = intake.send_message(&asking(Some("k")), hello()).await.unwrap();
        assert_eq!((again, appended), (reply, Appended { repeated: true, ..sent }));

        let other = ScheduleReminder { text: "coffee".to_owned(), ..tea() };
        let other = intake.schedule_reminder(&asking(Some("k")), other, None).await.unwrap_err();
        assert!(matches!(other, IntakeError::KeyReused), "{other:?}");
        // Another conversation is another stream; the key is found all the same.
        let conversation = ConversationId::Bot { bot: 42, chat: ChatId::private(8) };
        let other = intake.send_message(&asking(Some("k")), SendMessage { conversation, ..hello() }).await.unwrap_err();
        assert!(matches!(other, IntakeError::KeyReused), "{other:?}");
    }
    assert_eq!(store.head().await.unwrap(), head, "nothing was appended since the first");
    assert_eq!(kind(intake.send_message(&asking(Some("l")), hello()).await.unwrap_err()), RefusalKind::Conflict);
    assert_eq!(kind(intake.schedule_reminder(&asking(None), tea(), None).await.unwrap_err()), RefusalKind::Conflict);
}

#[tokio::test]
async fn a_reminder_is_refused_where_it_could_not_be_told() {
    let (intake, store) = with_anna().await;
    let head = store.head().await.unwrap();
    let ask = async |schedule| intake.schedule_reminder(&asking(None), schedule, None).await.unwrap_err();
    let in_chat = |number| Some(ConversationId::Bot { bot: 42, chat: ChatId(number) });

    assert_eq!(kind(ask(ScheduleReminder { conversation: None, ..tea() }).await), RefusalKind::NotFound);
    assert_eq!(kind(ask(ScheduleReminder { conversation: in_chat(-5), ..tea() }).await), RefusalKind::NotFound);
    let nobody = ScheduleReminder { person: PersonId::Telegram(9), conversation: in_chat(9), ..tea() };
    assert_eq!(kind(ask(nobody).await), RefusalKind::NotFound);
    assert_eq!(fields(ask(ScheduleReminder { conversation: in_chat(8), ..tea() }).await), ["conversation_id"]);
    let export = Some(ConversationId::Export(ChatId(7)));
    let wrong = ScheduleReminder {
        conversation: export,
        text: " \n".to_owned(),
        zone: Some("Mars/Olympus".to_owned()),
        ..tea()
    };
    assert_eq!(fields(ask(wrong).await), ["conversation_id", "text", "zone"]);
    for due_at in [Noon.now(), later(-1), later(24 * 366 * 11)] {
        assert_eq!(fields(ask(ScheduleReminder { due_at, ..tea() }).await), ["due_at"]);
    }
    assert_eq!(store.head().await.unwrap(), head, "nothing was appended");
}

#[tokio::test]
async fn a_reminder_is_put_off_and_cancelled_and_keeps_its_zone() {
    let (intake, store) = with_anna().await;
    let zone = Some("Asia/Tokyo".to_owned());
    let schedule = ScheduleReminder { zone, ..tea() };
    let (reminder, _) = intake.schedule_reminder(&asking(None), schedule, None).await.unwrap();
    let put_off = |due_at| RescheduleReminder { reminder, due_at, zone: None };
    let first = intake.reschedule_reminder(&asking(Some("k")), put_off(later(2))).await.unwrap();
    let again = intake.reschedule_reminder(&asking(Some("k")), put_off(later(2))).await.unwrap();
    assert_eq!(again, Appended { repeated: true, ..first });
    let event = newest(&store, &reminder.stream()).await;
    let Some(ReminderEvent::ReminderRescheduled(event)) = Codec::new().unwrap().decode(&event).unwrap() else {
        panic!("{event:?}")
    };
    assert_eq!(event.due, Due { at: later(2), zone: "Asia/Tokyo".to_owned(), wall_clock: false });
    assert_eq!(fields(intake.reschedule_reminder(&asking(None), put_off(later(-1))).await.unwrap_err()), ["due_at"]);

    assert!(!intake.cancel_reminder(&asking(Some("k")), reminder).await.unwrap().repeated);
    assert!(intake.cancel_reminder(&asking(Some("k")), reminder).await.unwrap().repeated);
    assert_eq!(kind(intake.cancel_reminder(&asking(None), reminder).await.unwrap_err()), RefusalKind::Conflict);
    let unknown = ReminderId::of(Origin::of(&["nobody's"]));
    assert_eq!(kind(intake.cancel_reminder(&asking(None), unknown).await.unwrap_err()), RefusalKind::NotFound);
    let unknown = RescheduleReminder { reminder: unknown, ..put_off(later(2)) };
    assert_eq!(kind(intake.reschedule_reminder(&asking(None), unknown).await.unwrap_err()), RefusalKind::NotFound);
}

#[tokio::test]
async fn a_message_goes_out_as_it_was_asked_for_and_belongs_to_who_reads_it() {
    let (intake, store) = with_anna().await;
    let bold = Entity {
        kind: "bold".to_owned(),
        offset: 0,
        length: 5,
        url: None,
        person: None,
        language: None,
        document_id: None,
    };
    let buttons = vec![vec![Button { text: "Yes".to_owned(), data: "survey:yes".to_owned() }]];
    let (entities, reply_to) = (vec![bold], Some(MessageId(1)));
    let send = SendMessage { entities: entities.clone(), buttons: buttons.clone(), reply_to, ..hello() };
    let (reply, _) = intake.send_message(&asking(None), send).await.unwrap();
    let event = newest(&store, &chat().stream()).await;
    let decoded = Codec::new().unwrap().decode(&event).unwrap();
    let Some(chronogram_model::conversation::ConversationEvent::ReplyRequested(request)) = decoded else {
        panic!("{event:?}")
    };
    let message = chronogram_model::conversation::OutgoingMessage { text: "hello".to_owned(), entities, buttons };
    let expected = ReplyRequested {
        topic: None,
        reply,
        in_reply_to: reply_to,
        outgoing: Authored::by(Some(ANNA), Outgoing::Send(message)),
        priority: Priority::Alert,
        requested_at: Noon.now(),
    };
    assert_eq!(request, expected);
}

#[tokio::test]
async fn a_message_that_telegram_would_refuse_is_refused_by_its_field() {
    let (intake, store) = with_anna().await;
    let head = store.head().await.unwrap();
    let ask = async |send| fields(intake.send_message(&asking(None), send).await.unwrap_err());
    let text = |text: &str| SendMessage { text: text.to_owned(), ..hello() };
    for wrong in ["", " ", "a\0b", "\u{7}", &"a".repeat(4097), &"🐈".repeat(2049)] {
        assert_eq!(ask(text(wrong)).await, ["text"], "{} characters", wrong.chars().count());
    }
    let entity = |kind: &str, offset, length, url: Option<&str>| Entity {
        kind: kind.to_owned(),
        offset,
        length,
        url: url.map(str::to_owned),
        person: None,
        language: None,
        document_id: None,
    };
    for wrong in [
        entity("bold", 0, 0, None),
        entity("bold", 1, 1, None),
        entity("bold", 0, 9, None),
        entity("bold", u32::MAX, u32::MAX, None),
        entity("blink", 0, 2, None),
        entity("text_link", 0, 2, None),
        entity("text_link", 0, 2, Some("javascript:alert(1)")),
        entity("text_mention", 0, 2, None),
    ] {
        let send = SendMessage { entities: vec![wrong.clone()], ..text("🐈 hello") };
        assert_eq!(ask(send).await, ["entities"], "{wrong:?}");
    }
    let button = |text: &str, data: &str| vec![vec![Button { text: text.to_owned(), data: data.to_owned() }]];
    let rows = |rows: usize, buttons: usize| vec![vec![button("a", "b").concat().remove(0); buttons]; rows];
    for wrong in [
        button("", "a"),
        button("a", ""),
        button("a", &"я".repeat(33)),
        button("a\nb", "a"),
        rows(1, 0),
        rows(1, 9),
        rows(13, 8),
    ] {
        assert_eq!(ask(SendMessage { buttons: wrong.clone(), ..hello() }).await, ["buttons"], "{wrong:?}");
    }
    let reply_to = Some(MessageId(0));
    let wrong = SendMessage { conversation: ConversationId::Export(ChatId(7)), reply_to, ..hello() };
    assert_eq!(ask(wrong).await, ["conversation_id", "reply_to_id"]);
    let conversation = ConversationId::Bot { bot: 42, chat: ChatId::private(8) };
    let unknown = intake.send_message(&asking(None), SendMessage { conversation, ..hello() }).await.unwrap_err();
    assert_eq!(kind(unknown), RefusalKind::NotFound);
    assert_eq!(store.head().await.unwrap(), head, "nothing was appended");
}

#[tokio::test]
async fn a_key_that_was_used_for_another_client_leaves_nothing() {
    let (intake, store) = intake();
    intake.record_message(&asking(Some("k")), message("hi")).await.unwrap();
    let head = store.head().await.unwrap();
    let client = chronogram_model::ClientId::try_from("bob".to_owned()).unwrap();
    for intake in [&intake, &on(&store)] {
        let other = RecordMessage { client: client.clone(), ..message("hi") };
        let refused = intake.record_message(&asking(Some("k")), other).await.unwrap_err();
        assert!(matches!(refused, IntakeError::KeyReused), "{refused:?}");
    }
    assert_eq!(store.head().await.unwrap(), head);
}
