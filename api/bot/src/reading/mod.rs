//! Telegram's words in the domain's.

mod content;
mod service;

use chronogram_gateways::telegram::wire;
use chronogram_model::{
    Authored, ChatId, ExportTime, MessageId, PersonId, Personal, Sender, Source,
    channel::PostObserved,
    cleaned,
    conversation::{ChatKind, MessageReceived},
    person::{PersonName, PersonSeen},
};
use jiff::{SignedDuration, Timestamp};

pub(crate) use service::service;

pub(crate) fn chat_id(chat: &wire::Chat) -> ChatId {
    ChatId(chat.id.0)
}

pub(crate) fn chat_kind(chat: &wire::Chat) -> ChatKind {
    match &chat.kind {
        wire::ChatKind::Private(_) => ChatKind::Private,
        wire::ChatKind::Public(public) => match public.kind {
            wire::PublicChatKind::Channel(_) => ChatKind::Channel,
            wire::PublicChatKind::Group => ChatKind::Group,
            wire::PublicChatKind::Supergroup(_) => ChatKind::Supergroup,
        },
    }
}

pub(crate) fn person(user: &wire::User) -> PersonId {
    // Telegram's numbers of users fit in 52 bits.
    PersonId::Telegram(i64::try_from(user.id.0).unwrap_or(i64::MAX))
}

/// Telegram counts whole seconds since 1970.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// From when on a message counts as of the moment when it was sent: Telegram tells whole seconds, and clocks differ.
const LAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The moment that "in ten minutes" counts from: now, and for a message that lay at Telegram, when it was sent.
pub(crate) fn asked_at(message: &wire::Message, now: Timestamp) -> Timestamp {
    let sent_at = time(message.date.timestamp());
    if now.duration_since(sent_at) > LAIN_AFTER { sent_at } else { now }
}

/// The topic of a forum that a message stands in. In other groups Telegram numbers threads of answers in the same field.
pub(crate) fn topic(message: &wire::Message) -> Option<MessageId> {
    let thread = message.thread_id.filter(|_| message.is_topic_message)?;
    Some(MessageId(thread.0.0.into()))
}

fn full_name(user: &wire::User) -> String {
    let last = user.last_name.as_deref().map(|last| format!(" {last}")).unwrap_or_default();
    cleaned(&format!("{}{last}", user.first_name))
}

/// What an update says of who sent it.
pub(crate) fn seen(user: &wire::User, now: Timestamp) -> PersonSeen {
    let person = person(user);
    let name = PersonName { display: Some(full_name(user)), username: user.username.clone() };
    PersonSeen {
        name: Personal::of(person.clone(), name),
        person,
        language: user.language_code.clone(),
        premium: Some(user.is_premium),
        chat: None,
        seen_at: now,
    }
}

fn sender(message: &wire::Message) -> Sender {
    match (&message.sender_chat, &message.from) {
        (Some(chat), _) => Sender::Chat(chat_id(chat)),
        (None, Some(user)) => Sender::Person(person(user)),
        (None, None) => Sender::Unknown,
    }
}

fn reply_to(message: &wire::Message) -> Option<MessageId> {
    message.reply_to_message().map(|replied| MessageId(replied.id.0.into()))
}

/// A message as it is in an update.
pub(crate) fn message(message: &wire::Message, now: Timestamp) -> MessageReceived {
    let sender = sender(message);
    MessageReceived {
        message_id: MessageId(message.id.0.into()),
        content: Authored::by(sender.person().cloned(), content::of(message)),
        sender,
        sent_at: time(message.date.timestamp()),
        received_at: Some(now),
        time: None,
        reply_to: reply_to(message),
        topic: topic(message),
        touched_at: message.edit_date().map(|date| time(date.timestamp())),
        via_bot: message.via_bot.as_ref().and_then(|bot| bot.username.clone()),
        reactions: Vec::new(),
        source: Source::Telegram,
    }
}

/// A post of a channel that the bot looks after.
pub(crate) fn post(post: &wire::Message) -> PostObserved {
    PostObserved {
        channel: chat_id(&post.chat),
        post_id: MessageId(post.id.0.into()),
        posted_at: time(post.date.timestamp()),
        time: ExportTime::Unix,
        author: post.author_signature().map(cleaned),
        content: content::of(post),
        reply_to: reply_to(post),
        touched_at: post.edit_date().map(|date| time(date.timestamp())),
        reactions: Vec::new(),
        source: Source::Telegram,
    }
}
