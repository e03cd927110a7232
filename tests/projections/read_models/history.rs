//! Events made by hand.

use chronogram_log::{JsonText, Position, RecordedEvent, Revision};
use chronogram_model::{
    Authored, ChatId, ClientId, ConversationId, DomainEvent, Entity, EventId, ExportTime, Forward, Media, MediaKind,
    MessageContent, MessageId, PersonId, Personal, ReactionCount, Sender, ServiceAction, ServiceMessageObserved,
    Source, StreamName,
    channel::{
        ChannelAdministratorSeen, ChannelEvent, ChannelObserved, ChannelSnapshotTaken, ChannelTracked,
        ChannelUntracked, CollectionSource, PostObserved,
    },
    conversation::{ChatKind, ConversationDescribed, ConversationEvent, ConversationOpened, MessageReceived},
    person::{
        PersonEvent, PersonName, PersonSeen, ProfileCleared, ProfileEnriched, ProfileEnrichmentFailed, ProfileField,
    },
    plugin::PluginStamp,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::talk;

/// A log that grows by hand.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) events: Vec<RecordedEvent>,
}

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// `seconds` after the night of 2023-11-15 (UTC) began.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_006_400 + seconds).unwrap()
}

pub(crate) fn person(user: i64) -> PersonId {
    PersonId::Telegram(user)
}

pub(crate) fn group() -> ConversationId {
    ConversationId::Export(ChatId::supergroup(55))
}

pub(crate) fn client() -> ConversationId {
    ConversationId::Api(ClientId::try_from("alice".to_owned()).unwrap())
}

pub(crate) fn channel(bare: i64) -> ChatId {
    ChatId::supergroup(bare)
}

pub(crate) fn content(text: &str) -> MessageContent {
    MessageContent { text: text.to_owned(), ..MessageContent::default() }
}

pub(crate) fn message(number: i64, sender: i64, sent_at: i64, text: &str) -> MessageReceived {
    MessageReceived {
        message_id: MessageId(number),
        sender: Sender::Person(person(sender)),
        sent_at: at(sent_at),
        received_at: None,
        time: Some(ExportTime::Unix),
        content: Authored::by(Some(person(sender)), content(text)),
        reply_to: None,
        topic: None,
        touched_at: None,
        via_bot: None,
        reactions: Vec::new(),
        source: Source::Export,
    }
}

pub(crate) fn post(channel: ChatId, number: i64, posted_at: i64, reactions: u64) -> PostObserved {
    PostObserved {
        channel,
        post_id: MessageId(number),
        posted_at: at(posted_at),
        time: ExportTime::AssumedZone("Europe/Moscow".into()),
        author: None,
        content: content("Новость"),
        reply_to: None,
        touched_at: None,
        reactions: vec![ReactionCount { kind: "emoji".into(), reaction: Some("👍".into()), count: reactions }],
        source: Source::Export,
    }
}

pub(crate) fn snapshot(channel: ChatId, taken_at: i64, members: u64) -> ChannelSnapshotTaken {
    ChannelSnapshotTaken { channel, members, taken_at: at(taken_at), source: CollectionSource::BotApi }
}

pub(crate) fn administrator(channel: ChatId, user: i64, seen_at: i64) -> ChannelAdministratorSeen {
    ChannelAdministratorSeen { channel, person: person(user), seen_at: at(seen_at) }
}

pub(crate) fn service(number: i64, happened_at: i64) -> ServiceMessageObserved {
    ServiceMessageObserved {
        message_id: MessageId(number),
        happened_at: at(happened_at),
        time: ExportTime::Unix,
        actor: Sender::Person(person(1)),
        action: "pin_message".into(),
        details: Authored::by(Some(person(1)), ServiceAction { title: Some("Новое".into()), ..Default::default() }),
        source: Source::Export,
    }
}

pub(crate) fn seen(user: i64, name: &str, seen_at: i64) -> PersonSeen {
    let name = PersonName { display: Some(name.to_owned()), username: Some(format!("user_{user}")) };
    PersonSeen {
        person: person(user),
        name: Personal::of(person(user), name),
        language: None,
        premium: None,
        chat: None,
        seen_at: at(seen_at),
    }
}

pub(crate) fn enriched(user: i64, fields: &[(&str, &str)], enriched_at: i64) -> ProfileEnriched {
    let field = |(key, value): &(&str, &str)| ProfileField {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        confidence: Decimal::new(8_750, 4),
        evidence: vec![format!("{}/1", group()), format!("{}/2", group())],
    };
    ProfileEnriched {
        person: person(user),
        strategy: "basic".into(),
        plugin: PluginStamp { name: "basic".into(), digest: "d1".into(), fuel: 70, ..PluginStamp::default() },
        set: Personal::of(person(user), fields.iter().map(field).collect()),
        unset: Vec::new(),
        ask: Some(Personal::of(person(user), "Как вас зовут?".to_owned())),
        fallback_reason: None,
        tokens: 12,
        cost: Decimal::new(15, 3),
        duration_us: 1_500,
        enriched_at: at(enriched_at),
    }
}

impl History {
    pub(crate) fn talk(&mut self, conversation: &ConversationId, event: impl Into<ConversationEvent>) -> &mut Self {
        self.record(conversation.stream(), &event.into())
    }

    pub(crate) fn of_person(&mut self, user: i64, event: impl Into<PersonEvent>) -> &mut Self {
        self.record(person(user).stream(), &event.into())
    }

    pub(crate) fn of_channel(&mut self, channel: ChatId, event: impl Into<ChannelEvent>) -> &mut Self {
        self.record(channel.channel_stream(), &event.into())
    }

    pub(crate) fn record(&mut self, stream: StreamName, event: &impl DomainEvent) -> &mut Self {
        let number = self.events.len() as u64 + 1;
        self.events.push(RecordedEvent {
            position: Position(number),
            stream,
            revision: Revision(number),
            id: EventId(uuid::Uuid::from_u128(u128::from(number))),
            event_type: event.shape().name.to_owned(),
            version: event.shape().version,
            data: JsonText::from_trusted(event.to_json().unwrap()),
            metadata: JsonText::from_trusted("{}".into()),
            recorded_at: at(number.cast_signed() * 600),
        });
        self
    }

    /// A bit of everything, much of it observed more than once: 90 messages of 7 people in 3 conversations, 60 posts
    /// and 18 counts of 6 channels.
    pub(crate) fn busy() -> Self {
        let mut history = Self::default();
        history.talk(&group(), opened(&group(), ChatKind::Supergroup));
        for round in 0..2 {
            let shift = round * 3;
            for number in 0..90 {
                if round == 1 && number % 3 != 0 {
                    continue;
                }
                let sender = number % 7 + 1;
                let mut said = message(number / 3, sender, number / 4 * 60 - shift, &format!("слово {number} {round}"));
                decorate(&mut said, number);
                history.talk(&conversation(number), said);
                if number % 10 == 0 {
                    history.of_person(sender, seen(sender, &format!("Имя {round}"), number * 5));
                }
            }
            history.talk(&group(), described(Authored::by(None, format!("Чат {round}"))));
            history.talk(&client(), described(Authored::by(Some(person(3)), "Анна".to_owned())));
            history.talk(&group(), service(1_000, 5 + round)).talk(&client(), service(1_001, 6));
            profiles(&mut history, round);
            channels(&mut history, round);
            talk::with_bot(&mut history, round);
        }
        history
    }
}

fn conversation(number: i64) -> ConversationId {
    match number % 3 {
        0 => group(),
        1 => client(),
        _ => ConversationId::Bot { bot: 42, chat: ChatId::private(7) },
    }
}

fn decorate(said: &mut MessageReceived, number: i64) {
    if number % 11 == 0 {
        said.content =
            Authored::ByPerson(Personal::Erased { person: said.sender.person().unwrap().clone(), erased: true });
    } else if number % 5 == 0
        && let Authored::ByPerson(Personal::Plain { plain, .. }) = &mut said.content
    {
        let (kind, language, document_id) = ("text_link".into(), None, None);
        let url = Some("https://example.org/?a=\"\\".into());
        plain.entities.push(Entity { kind, offset: 0, length: 5, url, person: None, language, document_id });
        plain.media = Some(Media::of(MediaKind::Other("hologram".into())));
        plain.forward = Some(Forward { name: None, sender: Sender::Chat(channel(9)) });
    } else if number % 13 == 0 {
        said.sender = Sender::Chat(channel(9));
        said.content = Authored::by(None, content(""));
    }
    said.reply_to = (number > 6).then(|| MessageId(number / 3 - 1));
    said.touched_at = (number % 2 == 0).then(|| at(number));
}

pub(crate) fn opened(conversation: &ConversationId, kind: ChatKind) -> ConversationOpened {
    ConversationOpened { conversation: conversation.clone(), kind, source: Source::Export }
}

pub(crate) fn described(title: Authored<String>) -> ConversationDescribed {
    ConversationDescribed { title }
}

fn profiles(history: &mut History, round: i64) {
    for user in 1..=4 {
        let mut proposal = enriched(user, &[("display_name", "Анна"), ("interests", "chess")], 900 + round);
        if user == 2 {
            proposal.unset.push("display_name".into());
            proposal.set = Personal::of(person(2), Vec::new());
            proposal.fallback_reason = Some("no messages".into());
        }
        history.of_person(user, proposal);
    }
    history.of_person(3, ProfileCleared { person: person(3), cleared_at: at(950) });
    history.of_person(4, enriched(4, &[("interests", "music")], 990 + round));
    let (strategy, digest, fault) = ("llm".into(), "d2".into(), "trap".into());
    let failed = ProfileEnrichmentFailed { person: person(5), strategy, digest, fault, failed_at: at(960) };
    history.of_person(5, failed);
}

fn channels(history: &mut History, round: i64) {
    for bare in 1..=6 {
        let id = channel(bare);
        if bare % 2 == 0 && round == 0 {
            let (username, title) = (Some(format!("Channel_{bare}")), None);
            history.of_channel(id, ChannelTracked { channel: id, username, title, tracked_at: at(bare) });
        }
        if bare != 5 {
            let (title, source) = (format!("Канал {} {round}", bare / 2), Source::Export);
            history.of_channel(id, ChannelObserved { channel: id, title, public: bare > 3, source });
        }
        for number in 0..10 {
            history.of_channel(
                id,
                post(id, number, number / 2 * 100 - round, number.cast_unsigned() % 3 + bare.cast_unsigned()),
            );
        }
        history.of_channel(id, service(2_000 + bare, bare));
        for day in 0..3 {
            // The second round counts the first day once more, of a moment before; the others of a moment after.
            let taken_at = day * DAY + 600 + if day == 0 { -round } else { round * 60 };
            history.of_channel(id, snapshot(id, taken_at, (100 * bare + day * 7 + round).cast_unsigned()));
        }
        history.of_channel(id, administrator(id, bare % 2, 10 + round));
    }
    if round == 1 {
        history.of_channel(channel(2), ChannelUntracked { channel: channel(2), untracked_at: at(70) });
    }
}
