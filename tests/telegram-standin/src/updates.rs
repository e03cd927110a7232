//! Updates: which kinds there are, which the bot gets, and how one is queued.

use serde_json::Value;

use crate::{
    ids::ChatId,
    state::{Change, Update, World},
};

/// The kinds of Bot API 9.1.
pub(crate) const KINDS: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
];

/// Not sent unless asked for.
const ONLY_WHEN_ASKED: &[&str] = &["chat_member", "message_reaction", "message_reaction_count"];

/// Whether the bot wants the kind; an empty list means the default.
pub(crate) fn is_wanted(allowed: &[String], kind: &str) -> bool {
    if allowed.is_empty() { !ONLY_WHEN_ASKED.contains(&kind) } else { allowed.iter().any(|wanted| wanted == kind) }
}

/// Queues an update, when the bot wants its kind.
pub(crate) fn announce(world: &mut World, kind: &str, chat: Option<ChatId>, body: Value, at: i64) {
    if !is_wanted(&world.allowed_updates, kind) {
        return;
    }
    let twice = world.take_duplicate();
    let update = Update { id: world.take_update_id(), kind: kind.to_owned(), chat, at, body, twice };
    world.put(Change::Update(Box::new(update)));
}
