//! `deleteMessage`, `deleteMessages`.

use serde_json::json;

use super::target;
use crate::{
    api::{ApiError, Call, Outcome},
    limits::DELETABLE_SECONDS,
    state::{Change, Chat, ChatKind, Content, Message},
};

/// Messages of one call.
const MANY_MAX: usize = 100;

/// Deletes a message.
pub(crate) fn one(call: &mut Call<'_>) -> Outcome {
    let chat = target::writable(call)?;
    let message = target::message(call, &chat, "message to delete not found")?;
    if !is_deletable(call, &chat, &message) {
        return Err(ApiError::bad("message can't be deleted"));
    }
    delete(call, message);
    Ok(json!(true))
}

/// Deletes those of the messages that can be found and deleted.
pub(crate) fn many(call: &mut Call<'_>) -> Outcome {
    let chat = target::writable(call)?;
    let ids = call.parameters.integers("message_ids")?;
    if ids.is_empty() {
        return Err(ApiError::bad("message identifiers are not specified"));
    }
    if ids.len() > MANY_MAX {
        return Err(ApiError::bad("too many message identifiers specified"));
    }
    for id in ids {
        if let Ok(message) = target::find(call, &chat, id, "message to delete not found")
            && is_deletable(call, &chat, &message)
        {
            delete(call, message);
        }
    }
    Ok(json!(true))
}

/// In private chats anything younger than two days; elsewhere its own, or anything as an administrator.
fn is_deletable(call: &Call<'_>, chat: &Chat, message: &Message) -> bool {
    let is_young = message.date > call.now - DELETABLE_SECONDS;
    let is_own = message.author.user() == call.world.bot;
    let is_start =
        matches!(&message.content, Content::Service(fields) if fields.contains_key("supergroup_chat_created"));
    match chat.kind {
        ChatKind::Private => is_young,
        _ => !is_start && (target::is_admin(call, chat) || (is_own && is_young)),
    }
}

fn delete(call: &mut Call<'_>, mut message: Message) {
    message.deleted_at = Some(call.now);
    call.world.put(Change::Message(Box::new(message)));
}
