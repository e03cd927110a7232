//! `sendMessage` and `sendChatAction`.

use serde_json::json;

use super::{
    post::{self, Post},
    target, words,
};
use crate::{
    api::{ApiError, Call, Outcome},
    state::{Change, Content, render},
};

const ACTIONS: &[&str] = &[
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// Sends a text.
pub(crate) fn send(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let text = words::text(call, "message is too long")?;
    let link_preview_options = call.parameters.get("link_preview_options").cloned();
    post.afford(call, 1)?;
    let message = post.send(call, Content::Text { text, link_preview_options });
    Ok(render::message(call.world, &message))
}

/// Shows for some seconds what the bot is doing.
pub(crate) fn action(call: &mut Call<'_>) -> Outcome {
    let chat = target::writable(call)?;
    post::thread(call, &chat)?;
    let action = call.parameters.text("action").unwrap_or_default().to_owned();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(ApiError::bad("wrong parameter action in request"));
    }
    call.world.put(Change::Action { chat: chat.id, action });
    Ok(json!(true))
}
