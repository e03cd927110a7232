//! Shapes of events are frozen: a stored event must be readable for ever.
//!
//! A changed shape fails here. Give it the next version, keep the old golden file, write an upcaster.
//! `UPDATE_GOLDEN=1 cargo test --test house` writes files that are missing; it never overwrites one.

use std::{fs, path::PathBuf, str::FromStr};

use chronogram_log::{Codec, JsonText, Position, RecordedEvent, Revision};
use chronogram_model::{
    breaker::{BreakerClosed, BreakerEvent, BreakerOpened},
    call::{CallEnded, CallEvent, EffectAnswered, Payment},
    channel::{
        ChannelAdministratorSeen, ChannelEvent, ChannelObserved, ChannelSnapshotTaken, ChannelTracked,
        ChannelUntracked, Collected, CollectionFailed, CollectionRefusal, CollectionSource, PostObserved,
    },
    conversation::{
        AlbumKind, BotBlocked, BotUnblocked, Button, ButtonPressed, CaptionedFile, ChatKind, ConversationDescribed,
        ConversationEvent, ConversationMigrated, ConversationOpened, DeepLinkFollowed, FileDigest, MessageEdited,
        MessageReceived, Outgoing, OutgoingFile, OutgoingMessage, Priority, ReplyFailed, ReplyRequested, ReplySent,
    },
    language_model::{ModelAnswerReused, ModelCalled, ModelCaller, ModelEvent, ModelRequestId},
    person::{
        LanguageChosen, PersonErased, PersonEvent, PersonName, PersonSeen, ProfileCleared, ProfileEnriched,
        ProfileEnrichmentFailed, ProfileField, TimeZoneSet, VipMarked, VipUnmarked,
    },
    plugin::{
        CallStamp, PluginActivated, PluginDeactivated, PluginEvent, PluginFaulted, PluginInstalled, PluginQuarantined,
        PluginRemoved, PluginRolledBack, PluginStamp, PluginTrialPassed,
    },
    policy::{Audience, FillPolicy, FillPolicyRemoved, FillPolicySet, PolicyEvent, WantedProfiles},
    reminder::{
        Due, ReminderCancelled, ReminderDelivered, ReminderDeliveryFailed, ReminderEvent, ReminderRescheduled,
        ReminderScheduled,
    },
    *,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

const ANN: PersonId = PersonId::Telegram(7);
const CHANNEL: ChatId = ChatId::supergroup(1_878_264_527);

fn at() -> Timestamp {
    Timestamp::from_str("2026-11-21T08:30:00.123456Z").unwrap()
}

fn full_content() -> MessageContent {
    MessageContent {
        text: "Привет 🙂 link".into(),
        entities: vec![Entity {
            kind: "text_link".into(),
            offset: 10,
            length: 4,
            url: Some("https://example.org".into()),
            person: Some(ANN),
            language: Some("rust".into()),
            document_id: Some("d1".into()),
        }],
        media: Some(Media {
            file_name: Some("a.ogg".into()),
            mime_type: Some("audio/ogg".into()),
            size_bytes: Some(1),
            width: Some(2),
            height: Some(3),
            duration_seconds: Some(4),
            title: Some("Title".into()),
            performer: Some("Performer".into()),
            emoji: Some("🙂".into()),
            poll: Some(Poll {
                question: "Tea?".into(),
                closed: true,
                total_voters: 2,
                answers: vec![PollAnswer { text: "Yes".into(), voters: 2 }],
            }),
            contact: Some(Contact { name: "Bob".into(), phone_number: "+10".into() }),
            location: Some(Location {
                latitude: Decimal::new(5975, 2),
                longitude: Decimal::new(3061, 2),
                name: Some("Cafe".into()),
                address: Some("Street 1".into()),
            }),
            ..Media::of(MediaKind::Other("hologram".into()))
        }),
        forward: Some(Forward { name: Some("News".into()), sender: Sender::Chat(CHANNEL) }),
        nul_replaced: true,
    }
}

fn reactions() -> Vec<ReactionCount> {
    vec![ReactionCount { kind: "emoji".into(), reaction: Some("👍".into()), count: 3 }]
}

fn service() -> ServiceMessageObserved {
    ServiceMessageObserved {
        message_id: MessageId(5),
        happened_at: at(),
        time: ExportTime::Unix,
        actor: Sender::Unknown,
        action: "invite_members".into(),
        details: Authored::by(
            None,
            ServiceAction {
                actor_name: Some("Ann".into()),
                message_id: Some(MessageId(3)),
                title: Some("Club".into()),
                members: vec!["Bob".into()],
                other: [("duration".to_owned(), "5".to_owned())].into(),
                text: "hi".into(),
            },
        ),
        source: Source::Export,
    }
}

fn message() -> MessageReceived {
    MessageReceived {
        message_id: MessageId(5),
        sender: Sender::Person(ANN),
        sent_at: at(),
        received_at: Some(at()),
        time: Some(ExportTime::AssumedZone("Europe/Moscow".into())),
        content: Authored::by(Some(ANN), full_content()),
        reply_to: Some(MessageId(4)),
        topic: Some(MessageId(2)),
        touched_at: Some(at()),
        via_bot: Some("@gif".into()),
        reactions: reactions(),
        source: Source::Export,
    }
}

fn conversation_samples() -> Vec<ConversationEvent> {
    let opened_to_failed = vec![
        ConversationOpened {
            conversation: ConversationId::Export(ChatId(-5)),
            kind: ChatKind::Group,
            source: Source::Export,
        }
        .into(),
        ConversationDescribed { title: Authored::by(Some(ANN), "Ann".into()) }.into(),
        message().into(),
        MessageEdited { message: message(), edited_at: at() }.into(),
        service().into(),
    ];
    [opened_to_failed, talk_samples()].concat()
}

fn album(caption: OutgoingMessage) -> Outgoing {
    let digest = FileDigest::try_from("0123456789abcdef".repeat(4)).unwrap();
    let stored = OutgoingFile::Stored { digest, name: "chart.png".into(), size_bytes: 23_456 };
    let known = OutgoingFile::Telegram { file_id: "AgACAgIAAxkBAAIB".into() };
    let items = vec![
        CaptionedFile { file: stored, caption },
        CaptionedFile { file: known, caption: OutgoingMessage::default() },
    ];
    Outgoing::MediaGroup { of: AlbumKind::Photos, items }
}

fn talk_samples() -> Vec<ConversationEvent> {
    let reply = ReplyId::of(Origin::of(&["golden"]), 0);
    let sent = OutgoingMessage {
        text: "Tea?".into(),
        entities: full_content().entities,
        buttons: vec![vec![Button { text: "Yes".into(), data: "1:yes".into() }]],
    };
    vec![
        ButtonPressed {
            press: "4382bfdwdsb323b2d9".into(),
            person: ANN,
            message_id: Some(MessageId(5)),
            data: Some(Personal::of(ANN, "1:yes".into())),
            pressed_at: at(),
        }
        .into(),
        ReplyRequested {
            reply,
            in_reply_to: Some(MessageId(5)),
            topic: Some(MessageId(2)),
            outgoing: Authored::by(Some(ANN), album(sent)),
            priority: Priority::Answer,
            requested_at: at(),
        }
        .into(),
        ReplySent { reply, message_ids: vec![MessageId(6)], maybe_repeated: true, sent_at: at() }.into(),
        ReplyFailed { reply, reason: "blocked".into(), failed_at: at() }.into(),
        BotBlocked { person: ANN, blocked_at: at() }.into(),
        BotUnblocked { person: ANN, unblocked_at: at() }.into(),
        DeepLinkFollowed {
            message_id: MessageId(5),
            payload: Personal::of(ANN, "spring-2026".into()),
            followed_at: at(),
        }
        .into(),
        ConversationMigrated { to: CHANNEL, migrated_at: at() }.into(),
    ]
}

fn reminder_samples() -> Vec<ReminderEvent> {
    let due = Due { at: at(), zone: "Europe/Moscow".into(), wall_clock: true };
    vec![
        ReminderScheduled {
            reminder: ReminderId::of(Origin::of(&["golden"])),
            person: ANN,
            conversation: ConversationId::Bot { bot: 1, chat: ChatId::private(7) },
            topic: Some(MessageId(2)),
            text: Personal::of(ANN, "tea".into()),
            due: due.clone(),
            scheduled_at: at(),
        }
        .into(),
        ReminderRescheduled { due, rescheduled_at: at() }.into(),
        ReminderCancelled { cancelled_at: at() }.into(),
        ReminderDelivered {
            due_at: at(),
            message_ids: vec![MessageId(7)],
            late: true,
            maybe_repeated: true,
            delivered_at: at(),
        }
        .into(),
        ReminderDeliveryFailed { due_at: at(), reason: "blocked".into(), failed_at: at() }.into(),
    ]
}

fn person_samples() -> Vec<PersonEvent> {
    let name = PersonName { display: Some("Ann".into()), username: Some("ann".into()) };
    let field = ProfileField {
        key: "interests".into(),
        value: "music".into(),
        confidence: Decimal::new(7500, 4),
        evidence: vec!["export.-5/5".into()],
    };
    vec![
        PersonSeen {
            person: ANN,
            name: Personal::of(ANN, name),
            language: Some("ru".into()),
            premium: Some(true),
            chat: Some(ChatId(-5)),
            seen_at: at(),
        }
        .into(),
        ProfileEnriched {
            person: ANN,
            strategy: "basic".into(),
            plugin: PluginStamp {
                name: "profile-basic".into(),
                digest: "ab".into(),
                wit_version: "0.1.0".into(),
                input_hash: "in".into(),
                journal_hash: "jo".into(),
                output_hash: "out".into(),
                fuel: 12_345,
                call: Some(CallStamp {
                    seed: "5eed".into(),
                    called_at: at(),
                    made_from: "input 2, people 3, conversations 3".into(),
                    journal: Some(uuid::Uuid::from_u128(7)),
                }),
            },
            set: Personal::of(ANN, vec![field]),
            unset: vec!["mood".into()],
            ask: Some(Personal::of(ANN, "Where do you live?".into())),
            fallback_reason: Some("no messages".into()),
            tokens: 1,
            cost: Decimal::new(25, 4),
            duration_us: 900,
            enriched_at: at(),
        }
        .into(),
        ProfileEnrichmentFailed {
            person: ANN,
            strategy: "basic".into(),
            digest: "ab".into(),
            fault: "out_of_fuel".into(),
            failed_at: at(),
        }
        .into(),
        ProfileCleared { person: ANN, cleared_at: at() }.into(),
        TimeZoneSet { person: ANN, zone: "Europe/Moscow".into(), set_at: at() }.into(),
        LanguageChosen { person: ANN, language: "ru".into(), chosen_at: at() }.into(),
        VipMarked { person: ANN, marked_at: at() }.into(),
        VipUnmarked { person: ANN, unmarked_at: at() }.into(),
        PersonErased { person: ANN, erased_at: at() }.into(),
    ]
}

fn policy_samples() -> Vec<PolicyEvent> {
    let policy = FillPolicy {
        name: "weekly-llm".parse().unwrap(),
        enabled: true,
        audience: Audience::Vip,
        active_days: Some(7),
        profiles: WantedProfiles::NotByStrategy { days: 30 },
        strategy: "llm".into(),
        workers: 3,
        limit: Some(1_000),
        schedule: "03:00".parse().unwrap(),
    };
    let removed = FillPolicyRemoved { name: policy.name.clone(), removed_at: at() };
    vec![FillPolicySet { policy, set_at: at() }.into(), removed.into()]
}

fn channel_samples() -> Vec<ChannelEvent> {
    vec![
        ChannelTracked {
            channel: CHANNEL,
            username: Some("library".into()),
            title: Some("Library".into()),
            tracked_at: at(),
        }
        .into(),
        ChannelUntracked { channel: CHANNEL, untracked_at: at() }.into(),
        ChannelObserved { channel: CHANNEL, title: "Library".into(), public: true, source: Source::Export }.into(),
        PostObserved {
            channel: CHANNEL,
            post_id: MessageId(6),
            posted_at: at(),
            time: ExportTime::Unix,
            author: Some("Editor".into()),
            content: full_content(),
            reply_to: Some(MessageId(2)),
            touched_at: Some(at()),
            reactions: reactions(),
            source: Source::Export,
        }
        .into(),
        service().into(),
        ChannelSnapshotTaken { channel: CHANNEL, members: 4_000, taken_at: at(), source: CollectionSource::BotApi }
            .into(),
        CollectionFailed {
            channel: CHANNEL,
            what: Collected::Members,
            source: CollectionSource::BotApi,
            reason: CollectionRefusal::Forbidden,
            failed_at: at(),
        }
        .into(),
        ChannelAdministratorSeen { channel: CHANNEL, person: ANN, seen_at: at() }.into(),
    ]
}

fn plugin_samples() -> Vec<PluginEvent> {
    let (name, digest) = ("profile-basic".to_owned(), "ab".to_owned());
    vec![
        PluginInstalled {
            name: name.clone(),
            version: "1.0.0".into(),
            digest: digest.clone(),
            size_bytes: 40_000,
            world: "profile-strategy".into(),
            wit_version: "0.1.0".into(),
            wants: vec!["llm".into()],
            summary: "Templates".into(),
            signed_by: Some("our build".into()),
            installed_at: at(),
        }
        .into(),
        PluginTrialPassed { name: name.clone(), digest: digest.clone(), fuel: 9, passed_at: at() }.into(),
        PluginActivated {
            name: name.clone(),
            digest: digest.clone(),
            config: "{}".into(),
            grants: vec!["llm".into()],
            activated_at: at(),
        }
        .into(),
        PluginDeactivated { name: name.clone(), deactivated_at: at() }.into(),
        PluginFaulted { name: name.clone(), digest: digest.clone(), fault: "trap".into(), faulted_at: at() }.into(),
        PluginQuarantined { name: name.clone(), digest: digest.clone(), faults: 3, quarantined_at: at() }.into(),
        PluginRolledBack {
            name: name.clone(),
            digest: digest.clone(),
            config: "{}".into(),
            grants: vec!["llm:default".into()],
            rolled_back_at: at(),
        }
        .into(),
        PluginRemoved { name, digest, removed_at: at() }.into(),
    ]
}

fn call_samples() -> Vec<CallEvent> {
    vec![
        EffectAnswered {
            plugin: "profile-llm".into(),
            digest: "ab".into(),
            index: 0,
            exchange: Authored::by(
                Some(ANN),
                r#"{"request":{"lookup":"shop"},"answer":{"Ok":{"lookup":"{}"}}}"#.into(),
            ),
            paid: Some(Payment {
                call: Origin::of(&["golden"]).event(),
                tokens: 1_234,
                cost: "0.0002004".parse().unwrap(),
            }),
            seed: "00".into(),
            called_at: at(),
            answered_at: at(),
        }
        .into(),
        CallEnded { outcome: "done".into(), ended_at: at() }.into(),
    ]
}

fn model_samples() -> Vec<ModelEvent> {
    let request = ModelRequestId::of([0xab; 32]);
    let caller = ModelCaller { plugin: "profile-llm".into(), run: Origin::of(&["golden"]).event().0 };
    vec![
        ModelCalled {
            request: request.clone(),
            model: "default".into(),
            served_by: Some("small-1".into()),
            caller: caller.clone(),
            outcome: "answered".into(),
            answer: Some(Authored::by(Some(ANN), "{\"interests\":[\"tea\"]}".into())),
            finish: Some("stop".into()),
            attempts: 2,
            input_tokens: 1_200,
            output_tokens: 34,
            cost: Decimal::new(21_340, 8),
            cost_assumed: true,
            duration_ms: 812,
            called_at: at(),
        }
        .into(),
        ModelAnswerReused {
            request,
            model: "default".into(),
            caller,
            call: Origin::of(&["golden", "call"]).event(),
            reused_at: at(),
        }
        .into(),
    ]
}

fn breaker_samples() -> Vec<BreakerEvent> {
    let name = "model.default".to_owned();
    vec![
        BreakerOpened { name: name.clone(), failures: 3, pause_seconds: 30, opened_at: at() }.into(),
        BreakerClosed { name, closed_at: at() }.into(),
    ]
}

fn file_of(shape: EventShape) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("house/golden/{}.v{}.json", shape.name, shape.version))
}

/// Writes what each sample reads as now beside what was frozen, and reads the frozen file back.
#[allow(clippy::disallowed_methods)] // a test's own switch
fn check<E: DomainEvent + PartialEq>(samples: &[E]) {
    let shapes: Vec<_> = samples.iter().map(DomainEvent::shape).collect();
    assert_eq!(shapes, E::SHAPES, "one sample of each event, in the order of the enum");
    for event in samples {
        let (shape, file) = (event.shape(), file_of(event.shape()));
        let now: serde_json::Value = serde_json::from_str(&event.to_json().unwrap()).unwrap();
        if !file.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
        }
        let frozen = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let frozen: serde_json::Value = serde_json::from_str(&frozen).unwrap();
        assert_eq!(now, frozen, "{shape:?} is written in another shape than the frozen one");
        let read = E::from_json(shape.name, &frozen.to_string()).unwrap().unwrap();
        assert_eq!(&read, event, "{shape:?} is read as something else");
    }
}

#[test]
fn stored_shapes_are_frozen() {
    check(&conversation_samples());
    check(&person_samples());
    check(&channel_samples());
    check(&plugin_samples());
    check(&reminder_samples());
    check(&call_samples());
    check(&model_samples());
    check(&breaker_samples());
    check(&policy_samples());
}

/// A frozen file of an older version, lifted, is an event of today.
fn read_lifted<E: DomainEvent>(codec: &Codec, shape: EventShape, frozen: &str) -> Option<E> {
    match codec.lift(shape.name, shape.version, frozen).unwrap() {
        Some((version, lifted)) => {
            assert!(version > shape.version);
            E::from_json(shape.name, &lifted).unwrap()
        }
        // Only what may be absent was added.
        None => E::from_json(shape.name, frozen).unwrap(),
    }
}

#[test]
fn older_shapes_are_still_read() {
    let codec = Codec::new().unwrap();
    let mut older = 0;
    for today in all_shapes() {
        for version in 1..today.version {
            let shape = EventShape { version, ..today };
            let frozen = fs::read_to_string(file_of(shape)).unwrap();
            let read = read_lifted::<ConversationEvent>(&codec, shape, &frozen).is_some()
                || read_lifted::<PersonEvent>(&codec, shape, &frozen).is_some()
                || read_lifted::<ChannelEvent>(&codec, shape, &frozen).is_some()
                || read_lifted::<PluginEvent>(&codec, shape, &frozen).is_some()
                || read_lifted::<ReminderEvent>(&codec, shape, &frozen).is_some();
            assert!(read, "{shape:?} is read by nobody");
            older += 1;
        }
    }
    assert!(older > 0, "ButtonPressed had another shape once");
}

/// Old shapes are read by the very codec that reads the log: what a later version added is absent in them.
#[test]
fn old_shapes_are_still_read() {
    let codec = Codec::new().unwrap();
    let read = |name: &str| {
        let file = file_of(EventShape {
            name: all_shapes().iter().find(|shape| shape.name == name).unwrap().name,
            version: 1,
        });
        RecordedEvent {
            position: Position(1),
            id: EventId(uuid::Uuid::nil()),
            stream: ANN.stream(),
            revision: Revision(0),
            event_type: name.to_owned(),
            version: 1,
            data: JsonText::from_trusted(fs::read_to_string(file).unwrap()),
            metadata: JsonText::from_trusted("{}".to_owned()),
            recorded_at: at(),
        }
    };
    let conversation = |name: &str| codec.decode::<ConversationEvent>(&read(name)).unwrap().unwrap();
    let without_topic = MessageReceived { topic: None, ..message() };
    assert_eq!(conversation("MessageReceived"), without_topic.clone().into());
    assert_eq!(conversation("MessageEdited"), MessageEdited { message: without_topic, edited_at: at() }.into());
    let ConversationEvent::ReplyRequested(reply) = conversation("ReplyRequested") else { panic!("no reply") };
    assert_eq!(reply.topic, None);
    assert!(matches!(reply.outgoing.readable(), Some(Outgoing::Edit { message_id: MessageId(4), .. })));
    let scheduled = codec.decode::<ReminderEvent>(&read("ReminderScheduled")).unwrap().unwrap();
    let ReminderEvent::ReminderScheduled(new) = reminder_samples().remove(0) else { panic!("no reminder") };
    assert_eq!(scheduled, ReminderScheduled { topic: None, ..new }.into());
}

#[test]
fn every_frozen_file_belongs_to_a_known_event() {
    let known = all_shapes();
    for entry in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("house/golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let event = name.split('.').next().unwrap();
        assert!(known.iter().any(|shape| shape.name == event), "{name} is frozen, but no event has that name");
    }
}
