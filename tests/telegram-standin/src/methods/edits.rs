//! `editMessageText`, `editMessageCaption`, `editMessageMedia`, `editMessageReplyMarkup`.

use serde_json::Value;

use super::{markup, media, target, words};
use crate::{
    api::{ApiError, Call, Outcome},
    limits::Cost,
    state::{Change, Chat, Content, Message, render},
};

const SAME: &str = "message is not modified: specified new message content and reply markup are exactly the same as a \
                    current content and reply markup of the message";

/// Puts another text in place.
pub(crate) fn text(call: &mut Call<'_>) -> Outcome {
    let (chat, message) = editable(call)?;
    let text = words::text(call, "MESSAGE_TOO_LONG")?;
    if !matches!(message.content, Content::Text { .. }) {
        return Err(ApiError::bad("there is no text in the message to edit"));
    }
    let keyboard = markup::inline(call)?;
    let link_preview_options = call.parameters.get("link_preview_options").cloned();
    replace(call, &chat, message, Content::Text { text, link_preview_options }, keyboard)
}

/// Puts another caption in place.
pub(crate) fn caption(call: &mut Call<'_>) -> Outcome {
    let (chat, message) = editable(call)?;
    let caption = words::caption(call)?;
    let Content::Media { file, spoiler, .. } = message.content.clone() else {
        return Err(ApiError::bad("there is no caption in the message to edit"));
    };
    let keyboard = markup::inline(call)?;
    let above = call.parameters.flag("show_caption_above_media");
    replace(call, &chat, message, Content::Media { file, caption, above, spoiler }, keyboard)
}

/// Puts another file in place, with its caption.
pub(crate) fn media(call: &mut Call<'_>) -> Outcome {
    let (chat, message) = editable(call)?;
    if !matches!(message.content, Content::Text { .. } | Content::Media { .. }) {
        return Err(ApiError::bad("message can't be edited"));
    }
    let keyboard = markup::inline(call)?;
    let item = call.parameters.get("media").cloned().unwrap_or_default();
    let content = media::Item::read(call, &item)?.keep(call)?;
    replace(call, &chat, message, content, keyboard)
}

/// Puts another keyboard in place, or none.
pub(crate) fn markup(call: &mut Call<'_>) -> Outcome {
    let (chat, message) = editable(call)?;
    let keyboard = markup::inline(call)?;
    let content = message.content.clone();
    replace(call, &chat, message, content, keyboard)
}

/// The message to edit: one of the bot's own, of which the keyboard is no reply keyboard.
fn editable(call: &Call<'_>) -> Result<(Chat, Message), ApiError> {
    if call.parameters.get("inline_message_id").is_some() {
        return Err(ApiError::bad("MESSAGE_ID_INVALID"));
    }
    let chat = target::writable(call)?;
    if call.parameters.get("message_id").is_none() {
        return Err(ApiError::bad("message identifier is not specified"));
    }
    let message = target::message(call, &chat, "message to edit not found")?;
    let is_service = matches!(message.content, Content::Service(_));
    let is_other_keyboard = message.keyboard.is_some() && message.inline_keyboard().is_none();
    if message.author.user() != call.world.bot || is_service || message.origin.is_some() || is_other_keyboard {
        return Err(ApiError::bad("message can't be edited"));
    }
    Ok((chat, message))
}

fn replace(
    call: &mut Call<'_>,
    chat: &Chat,
    mut message: Message,
    content: Content,
    keyboard: Option<Value>,
) -> Outcome {
    if message.content == content && message.keyboard == keyboard {
        return Err(ApiError::bad(SAME));
    }
    call.spend(chat, Cost::Edit)?;
    message.edit(content, keyboard, call.now);
    call.world.put(Change::Message(Box::new(message.clone())));
    Ok(render::message(call.world, &message))
}
