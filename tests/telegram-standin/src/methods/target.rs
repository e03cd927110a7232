//! Which chat a call means, and whether the bot may do that there.

use serde_json::Value;

use crate::{
    api::{ApiError, Call},
    ids::{ChatId, MessageId, UserId},
    state::{Chat, ChatKind, Message, Standing},
};

/// The chat that a parameter names, if the bot knows it at all.
pub(super) fn known(call: &Call<'_>, parameter: &str) -> Result<Chat, ApiError> {
    let not_found = || ApiError::bad("chat not found");
    let world = &call.world;
    match call.parameters.get(parameter) {
        None => Err(ApiError::bad(format!("{parameter} is empty"))),
        Some(Value::String(name)) => {
            let chat = world.chat_named(name.trim_start_matches('@')).ok_or_else(not_found)?;
            Ok(chat.clone())
        }
        Some(number) => {
            let id = ChatId(number.as_i64().ok_or_else(not_found)?);
            if let Some(chat) = world.chats.get(&id) {
                return Ok(chat.clone());
            }
            let is_person = world.users.get(&UserId(id.0)).is_some_and(|user| !user.is_bot);
            if is_person {
                return Err(ApiError::forbidden("bot can't initiate conversation with a user"));
            }
            Err(not_found())
        }
    }
}

/// A chat that the bot may look into: it is inside, or everybody may.
pub(super) fn readable(call: &Call<'_>, parameter: &str) -> Result<Chat, ApiError> {
    let chat = known(call, parameter)?;
    if chat.username.is_some() || chat.kind == ChatKind::Private {
        return Ok(chat);
    }
    inside(call, &chat)?;
    Ok(chat)
}

/// A chat that the bot may write to.
pub(super) fn writable(call: &Call<'_>) -> Result<Chat, ApiError> {
    let chat = known(call, "chat_id")?;
    if let Some(to) = chat.upgraded_to {
        return Err(ApiError::upgraded(to));
    }
    inside(call, &chat)?;
    if chat.kind == ChatKind::Channel && !is_admin(call, &chat) {
        return Err(ApiError::bad("need administrator rights in the channel chat"));
    }
    Ok(chat)
}

/// A chat in which the bot has an administrator's rights.
pub(super) fn administered(call: &Call<'_>, otherwise: &str) -> Result<Chat, ApiError> {
    let chat = writable(call)?;
    if chat.kind != ChatKind::Private && !is_admin(call, &chat) {
        return Err(ApiError::bad(otherwise));
    }
    Ok(chat)
}

pub(super) fn is_admin(call: &Call<'_>, chat: &Chat) -> bool {
    chat.standing(call.world.bot).is_admin()
}

fn inside(call: &Call<'_>, chat: &Chat) -> Result<(), ApiError> {
    let kind = chat.kind.name();
    match (chat.standing(call.world.bot), chat.kind) {
        (Standing::Creator | Standing::Administrator | Standing::Member, _) => Ok(()),
        (Standing::Kicked, ChatKind::Private) => Err(ApiError::forbidden("bot was blocked by the user")),
        (Standing::Left, ChatKind::Private) => Err(ApiError::forbidden("bot can't initiate conversation with a user")),
        (Standing::Kicked, _) => Err(ApiError::forbidden(format!("bot was kicked from the {kind} chat"))),
        (Standing::Left, _) => Err(ApiError::forbidden(format!("bot is not a member of the {kind} chat"))),
    }
}

/// The message of `message_id` in a chat, unless it was deleted.
pub(super) fn message(call: &Call<'_>, chat: &Chat, missing: &str) -> Result<Message, ApiError> {
    let id = call.parameters.integer("message_id").unwrap_or(0);
    find(call, chat, id, missing)
}

/// A message by number, unless it was deleted.
pub(super) fn find(call: &Call<'_>, chat: &Chat, id: i64, missing: &str) -> Result<Message, ApiError> {
    call.world.live_message(chat.id, MessageId(id)).cloned().ok_or_else(|| ApiError::bad(missing))
}
