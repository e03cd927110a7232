//! `pinChatMessage`, `unpinChatMessage`.

use serde_json::json;

use super::target;
use crate::{
    api::{ApiError, Call, Outcome},
    ids::MessageId,
    state::Change,
};

/// Pins a message.
pub(crate) fn pin(call: &mut Call<'_>) -> Outcome {
    let mut chat = target::administered(call, "not enough rights to manage pinned messages in the chat")?;
    let message = target::message(call, &chat, "message to pin not found")?;
    chat.pinned.retain(|pinned| *pinned != message.id);
    chat.pinned.push(message.id);
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}

/// Unpins a message, or the newest pinned one.
pub(crate) fn unpin(call: &mut Call<'_>) -> Outcome {
    let mut chat = target::administered(call, "not enough rights to manage pinned messages in the chat")?;
    let wanted = call.parameters.integer("message_id").map(MessageId).or_else(|| chat.pinned.last().copied());
    let before = chat.pinned.len();
    chat.pinned.retain(|pinned| Some(*pinned) != wanted);
    if chat.pinned.len() == before {
        return Err(ApiError::bad("message to unpin not found"));
    }
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}
