//! What the tests of the schema ask about: people, a group with sixty messages, channels with posts, profiles.

use chronogram_model::{
    Authored, ChatId, Contact, ConversationId, Entity, ExportTime, Forward, Location, Media, MediaKind, MessageContent,
    MessageId, Origin, PersonId, Personal, Poll, PollAnswer, ReactionCount, ReminderId, ReplyId, Sender, ServiceAction,
    ServiceMessageObserved, Source,
    channel::{ChannelObserved, ChannelSnapshotTaken, ChannelTracked, CollectionSource, PostObserved},
    conversation::{
        ChatKind, ConversationDescribed, ConversationEvent, ConversationOpened, MessageReceived, Outgoing,
        OutgoingMessage, Priority, ReplyFailed, ReplyRequested, ReplySent,
    },
    person::{
        LanguageChosen, PersonName, PersonSeen, ProfileEnriched, ProfileEnrichmentFailed, ProfileField, TimeZoneSet,
    },
    plugin::PluginStamp,
    reminder::{Due, ReminderDeliveryFailed, ReminderEvent, ReminderScheduled},
};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::graphql_fixture::{Fixture, at};

pub(crate) const CHANNEL: ChatId = ChatId::supergroup(1_878_264_527);
pub(crate) const PEOPLE: std::ops::Range<i64> = 1001..1006;
pub(crate) const MESSAGES: i64 = 60;
pub(crate) const POSTS: i64 = 25;

/// The group that everybody talks in.
pub(crate) fn group() -> ConversationId {
    ConversationId::Export(ChatId::supergroup(500))
}

/// Minute `minute` of the day everything happened on.
fn minute(minute: i64) -> Timestamp {
    at("2026-11-01T00:00:00Z") + SignedDuration::from_mins(minute)
}

/// A fixture full of it, folded.
pub(crate) async fn world() -> Fixture {
    let fixture = Fixture::empty().await;
    people(&fixture).await;
    conversations(&fixture).await;
    channels(&fixture).await;
    fixture.folds.catch_up().await.unwrap();
    fixture
}

async fn people(fixture: &Fixture) {
    for number in PEOPLE {
        let person = PersonId::Telegram(number);
        let name = PersonName { display: Some(format!("Person {number}")), username: Some(format!("user{number}")) };
        let name = Personal::of(person.clone(), name);
        let language = Some("ru".to_owned());
        let seen = PersonSeen {
            person,
            name,
            language,
            premium: Some(number == 1001),
            chat: None,
            seen_at: minute(number - 1000),
        };
        fixture.append_to_person(number, vec![seen.into()]).await;
    }
    let person = PersonId::Telegram(1001);
    let field = |key: &str, value: &str| ProfileField {
        key: key.to_owned(),
        value: value.to_owned(),
        confidence: Decimal::new(8750, 4),
        evidence: vec![format!("{}/1", group())],
    };
    let enriched = ProfileEnriched {
        person: person.clone(),
        strategy: "hybrid".to_owned(),
        plugin: PluginStamp {
            name: "profile-basic".to_owned(),
            digest: "d1".to_owned(),
            wit_version: "0.1.0".to_owned(),
            input_hash: "i1".to_owned(),
            journal_hash: "j1".to_owned(),
            output_hash: "o1".to_owned(),
            fuel: 5_000_000_000,
            call: None,
        },
        set: Personal::of(person.clone(), vec![field("city", "Kazan"), field("interests", "chess")]),
        unset: Vec::new(),
        ask: Some(Personal::of(person.clone(), "Do you play blitz?".to_owned())),
        fallback_reason: Some("the model was away".to_owned()),
        tokens: 12,
        cost: Decimal::new(42, 4),
        duration_us: 1_500,
        enriched_at: minute(100),
    };
    let failed = ProfileEnrichmentFailed {
        person,
        strategy: "llm".to_owned(),
        digest: "d2".to_owned(),
        fault: "out_of_fuel".to_owned(),
        failed_at: minute(101),
    };
    let zone = TimeZoneSet { person: PersonId::Telegram(1001), zone: "Europe/Moscow".to_owned(), set_at: minute(3) };
    let language = LanguageChosen { person: PersonId::Telegram(1001), language: "ru".to_owned(), chosen_at: minute(3) };
    let events = vec![enriched.into(), failed.into(), zone.into(), language.into()];
    fixture.append_to_person(1001, events).await;
}

fn reactions() -> Vec<ReactionCount> {
    vec![ReactionCount { kind: "emoji".to_owned(), reaction: Some("👍".to_owned()), count: 3 }]
}

/// Content with everything that content can hold.
fn rich_content(text: &str) -> MessageContent {
    let location = Location {
        latitude: Decimal::new(557_558, 4),
        longitude: Decimal::new(376_173, 4),
        name: Some("Red Square".to_owned()),
        address: Some("Moscow".to_owned()),
    };
    let answer = PollAnswer { text: "Yes".to_owned(), voters: 4 };
    let entity = Entity {
        kind: "text_link".to_owned(),
        offset: 0,
        length: 4,
        url: Some("https://example.org/".to_owned()),
        person: Some(PersonId::Telegram(1002)),
        language: Some("rust".to_owned()),
        document_id: Some("77".to_owned()),
    };
    MessageContent {
        text: text.to_owned(),
        entities: vec![entity],
        media: Some(Media {
            file_name: Some("cat.mp4".to_owned()),
            mime_type: Some("video/mp4".to_owned()),
            size_bytes: Some(6_000_000_000),
            width: Some(640),
            height: Some(480),
            duration_seconds: Some(12),
            title: Some("Cat".to_owned()),
            performer: Some("Cats".to_owned()),
            emoji: Some("🐈".to_owned()),
            poll: Some(Poll { question: "Cat?".to_owned(), closed: false, total_voters: 4, answers: vec![answer] }),
            contact: Some(Contact { name: "Cat".to_owned(), phone_number: "+70000000000".to_owned() }),
            location: Some(location),
            ..Media::of(MediaKind::Video)
        }),
        forward: Some(Forward {
            name: Some("Person 1003".to_owned()),
            sender: Sender::Person(PersonId::Telegram(1003)),
        }),
        nul_replaced: true,
    }
}

fn plain(text: String) -> MessageContent {
    MessageContent { text, ..MessageContent::default() }
}

fn service(actor: Sender) -> ServiceMessageObserved {
    let details = ServiceAction {
        actor_name: Some("Person 1001".to_owned()),
        message_id: Some(MessageId(1)),
        title: Some("New title".to_owned()),
        members: vec!["Person 1002".to_owned()],
        other: [("duration".to_owned(), "30".to_owned())].into(),
        text: "pinned".to_owned(),
    };
    ServiceMessageObserved {
        message_id: MessageId(1000),
        happened_at: minute(200),
        time: ExportTime::Unix,
        details: Authored::by(actor.person().cloned(), details),
        actor,
        action: "pin_message".to_owned(),
        source: Source::Export,
    }
}

async fn conversations(fixture: &Fixture) {
    let opened = |conversation: ConversationId, kind| ConversationOpened { conversation, kind, source: Source::Export };
    let person_of = |number: i64| PersonId::Telegram(1001 + number % 5);
    let mut events: Vec<ConversationEvent> = vec![
        opened(group(), ChatKind::Supergroup).into(),
        ConversationDescribed { title: Authored::by(Some(PersonId::Telegram(1001)), "The group".to_owned()) }.into(),
    ];
    for number in 1..=MESSAGES {
        let rich = number == MESSAGES;
        let person = person_of(number);
        let content = if rich { rich_content("rich") } else { plain(format!("message {number}")) };
        let message = MessageReceived {
            message_id: MessageId(number),
            sender: Sender::Person(person.clone()),
            // Two messages a minute: ties are broken by the number.
            sent_at: minute(number / 2),
            received_at: rich.then(|| minute(300)),
            time: Some(if rich { ExportTime::AssumedZone("Europe/Moscow".to_owned()) } else { ExportTime::Unix }),
            content: Authored::by(Some(person), content),
            reply_to: (number > 1).then(|| MessageId(number - 1)),
            topic: rich.then_some(MessageId(9)),
            touched_at: rich.then(|| minute(301)),
            via_bot: rich.then(|| "@gif".to_owned()),
            reactions: if rich { reactions() } else { Vec::new() },
            source: Source::Export,
        };
        events.push(message.into());
    }
    events.push(service(Sender::Person(PersonId::Telegram(1001))).into());
    fixture.append_to_conversation(&group(), events).await;

    // A chat that a channel speaks in, in its own name.
    let other = ConversationId::Export(ChatId::supergroup(501));
    let mut message = MessageReceived {
        message_id: MessageId(1),
        sender: Sender::Chat(CHANNEL),
        sent_at: minute(-10),
        received_at: None,
        time: Some(ExportTime::Unix),
        content: Authored::by(None, plain("in its own name".to_owned())),
        reply_to: None,
        topic: None,
        touched_at: None,
        via_bot: None,
        reactions: Vec::new(),
        source: Source::Export,
    };
    message.content = Authored::by(
        None,
        MessageContent {
            forward: Some(Forward { name: None, sender: Sender::Chat(CHANNEL) }),
            ..plain("in its own name".to_owned())
        },
    );
    fixture.append_to_conversation(&other, vec![opened(other.clone(), ChatKind::Group).into(), message.into()]).await;
    for number in 502..506 {
        let silent = ConversationId::Export(ChatId::supergroup(number));
        fixture.append_to_conversation(&silent, vec![opened(silent.clone(), ChatKind::Group).into()]).await;
    }
}

/// The chat of person 1001 with the bot.
pub(crate) fn chat() -> ConversationId {
    ConversationId::Bot { bot: 42, chat: ChatId::private(1001) }
}

/// The number of person 1001's reminders; the first of them failed.
pub(crate) const REMINDERS: i64 = 20;

pub(crate) fn failed_reminder() -> ReminderId {
    ReminderId::of(Origin::of(&["reminder", "0"]))
}

/// The replies in [`chat`]: the first was sent, the second failed, the third is to go out.
pub(crate) fn reply_id(number: usize) -> ReplyId {
    ReplyId::of(Origin::of(&["world"]), number)
}

/// Person 1001 talks with the bot, who has something to say and something to remind of. Added to [`world`], and folded.
pub(crate) async fn talk(fixture: &Fixture) {
    let person = PersonId::Telegram(1001);
    let received = MessageReceived {
        topic: None,
        message_id: MessageId(1),
        sender: Sender::Person(person.clone()),
        sent_at: minute(400),
        received_at: Some(minute(400)),
        time: None,
        content: Authored::by(Some(person.clone()), plain("/start".to_owned())),
        reply_to: None,
        touched_at: None,
        via_bot: None,
        reactions: Vec::new(),
        source: Source::Telegram,
    };
    let opened = ConversationOpened { conversation: chat(), kind: ChatKind::Private, source: Source::Telegram };
    let mut events: Vec<ConversationEvent> = vec![opened.into(), received.into()];
    for number in 0..3 {
        let words = OutgoingMessage { text: "words".to_owned(), ..OutgoingMessage::default() };
        let request = ReplyRequested {
            topic: None,
            reply: reply_id(number),
            in_reply_to: (number == 0).then_some(MessageId(1)),
            outgoing: Authored::by(Some(person.clone()), Outgoing::Send(words)),
            priority: Priority::Answer,
            requested_at: minute(401 + i64::try_from(number).unwrap()),
        };
        events.push(request.into());
    }
    let message_ids = vec![MessageId(2), MessageId(3)];
    let sent = ReplySent { reply: reply_id(0), message_ids, maybe_repeated: true, sent_at: minute(410) };
    let failed = ReplyFailed { reply: reply_id(1), reason: "blocked".to_owned(), failed_at: minute(411) };
    events.extend([sent.into(), failed.into()]);
    fixture.append_to_conversation(&chat(), events).await;

    for number in 0..REMINDERS {
        let reminder = ReminderId::of(Origin::of(&["reminder", &number.to_string()]));
        let due_at = at("2026-12-01T00:00:00Z") + SignedDuration::from_mins(number);
        let scheduled = ReminderScheduled {
            topic: None,
            reminder,
            person: person.clone(),
            conversation: chat(),
            text: Personal::of(person.clone(), format!("thing {number}")),
            due: Due { at: due_at, zone: "Europe/Moscow".to_owned(), wall_clock: true },
            scheduled_at: minute(420),
        };
        let mut events: Vec<ReminderEvent> = vec![scheduled.into()];
        if number == 0 {
            let failed_at = due_at + SignedDuration::from_secs(30);
            events.push(ReminderDeliveryFailed { due_at, reason: "blocked".to_owned(), failed_at }.into());
        }
        fixture.append(reminder.stream(), events).await;
    }
    fixture.folds.catch_up().await.unwrap();
    outbox(fixture).await;
}

/// Two messages wait for [`chat`], the first of them for another try; for another chat one is on its way, one waits
/// behind it, and one is settled.
async fn outbox(fixture: &Fixture) {
    const SQL: &str = "
        insert into delivery.outbox (id, bot, chat, conversation, purpose, priority, kind, parts, state, attempts,
            not_before, enqueued_at, settled_at)
        values
            (gen_random_uuid(), 42, 1001, '42.1001', 'reply', 0, 'send', '[]', 'waiting', 3,
                '2026-11-21T03:00:09Z', '2026-11-21T02:00:00Z', null),
            (gen_random_uuid(), 42, 1001, '42.1001', 'reply', 2, 'send', '[]', 'waiting', 0,
                'epoch', '2026-11-21T02:01:00Z', null),
            (gen_random_uuid(), 42, 1002, '42.1002', 'reply', 0, 'send', '[]', 'sending', 1,
                'epoch', '2026-11-21T01:00:00Z', null),
            (gen_random_uuid(), 42, 1002, '42.1002', 'reply', 2, 'send', '[]', 'waiting', 0,
                '2026-11-21T03:00:30Z', '2026-11-21T02:30:00Z', null),
            (gen_random_uuid(), 42, 1003, '42.1003', 'reply', 0, 'send', '[]', 'sent', 1,
                'epoch', '2026-11-21T01:00:00Z', '2026-11-21T02:59:59Z')";
    const REMINDER: &str = "
        insert into delivery.reminder (reminder, person, conversation, text, zone, due_at, state)
        values (gen_random_uuid(), '1001', '42.1001', 'thing', 'UTC', '2026-12-01T00:00:00Z', 'scheduled')";
    const PARKED: &str =
        "insert into delivery.parked_chat (bot, chat, since) values (42, 1002, '2026-11-21T02:40:00Z'),
            (42, 1001, '2026-11-21T02:45:00Z')";
    for sql in [SQL, REMINDER, PARKED] {
        sqlx::query(sql).execute(&fixture.pool).await.unwrap();
    }
}

async fn channels(fixture: &Fixture) {
    let tracked = ChannelTracked {
        channel: CHANNEL,
        username: Some("Chess_News".to_owned()),
        title: Some("Chess".to_owned()),
        tracked_at: minute(1),
    };
    let observed =
        ChannelObserved { channel: CHANNEL, title: "Chess news".to_owned(), public: true, source: Source::Export };
    let mut events = vec![tracked.into(), observed.into()];
    for number in 1..=POSTS {
        let rich = number == POSTS;
        let post = PostObserved {
            channel: CHANNEL,
            post_id: MessageId(number),
            posted_at: minute(number),
            time: if rich { ExportTime::AssumedZone("Europe/Moscow".to_owned()) } else { ExportTime::Unix },
            author: Some("Editor".to_owned()),
            content: if rich { rich_content("rich post") } else { plain(format!("post {number}")) },
            reply_to: (number > 1).then(|| MessageId(number - 1)),
            touched_at: rich.then(|| minute(301)),
            reactions: reactions(),
            source: Source::Export,
        };
        events.push(post.into());
    }
    events.push(service(Sender::Person(PersonId::Telegram(1001))).into());
    for (taken_at, members) in
        [("2026-10-01T00:10:00Z", 4_000), ("2026-11-18T00:10:00Z", 3_990), ("2026-11-20T00:10:00Z", 5_000_000_000)]
    {
        let source = CollectionSource::BotApi;
        events.push(ChannelSnapshotTaken { channel: CHANNEL, members, taken_at: at(taken_at), source }.into());
    }
    fixture.append_to_channel(CHANNEL, events).await;
    for number in 600..606 {
        let (channel, title) = (ChatId::supergroup(number), format!("Channel {number}"));
        let observed = ChannelObserved { channel, title, public: false, source: Source::Export };
        fixture.append_to_channel(channel, vec![observed.into()]).await;
    }
}
