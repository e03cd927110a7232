//! `forwardMessage(s)` and `copyMessage(s)`.

use serde_json::{Value, json};

use super::{post::Post, target, words};
use crate::{
    api::{ApiError, Call, Outcome},
    entities::Formatted,
    state::{Author, Chat, ChatKind, Content, Message, Tables, render},
};

/// Messages of one call.
const MANY_MAX: usize = 100;

/// Forwards one, with where it came from.
pub(crate) fn forward(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let source = target::readable(call, "from_chat_id")?;
    let message = target::message(call, &source, "message to forward not found")?;
    if !is_forwardable(&message) {
        return Err(ApiError::bad("the message can't be forwarded"));
    }
    post.afford(call, 1)?;
    let origin = origin(call.world, &source, &message);
    let sent = post.send_again(call, message.content, Some(origin));
    Ok(render::message(call.world, &sent))
}

/// Forwards those that can be found and forwarded.
pub(crate) fn forward_many(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let (source, messages) = several(call, "messages to forward not found")?;
    let messages: Vec<Message> = messages.into_iter().filter(is_forwardable).collect();
    post.afford(call, messages.len())?;
    let mut ids = Vec::new();
    for message in messages {
        let origin = origin(call.world, &source, &message);
        ids.push(json!({ "message_id": post.send_again(call, message.content, Some(origin)).id }));
    }
    Ok(Value::Array(ids))
}

/// Sends the same again, as the bot's own, with another caption when one is given.
pub(crate) fn copy(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let source = target::readable(call, "from_chat_id")?;
    let message = target::message(call, &source, "message to copy not found")?;
    if !is_copyable(&message) {
        return Err(ApiError::bad("the message can't be copied"));
    }
    let caption = call.parameters.get("caption").map(|_| words::caption(call)).transpose()?;
    let content = with_caption(message.content, caption);
    post.afford(call, 1)?;
    Ok(json!({ "message_id": post.send_again(call, content, None).id }))
}

/// Copies those that can be found and copied.
pub(crate) fn copy_many(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let (_, messages) = several(call, "messages to copy not found")?;
    let messages: Vec<Message> = messages.into_iter().filter(is_copyable).collect();
    post.afford(call, messages.len())?;
    let without = call.parameters.flag("remove_caption").then(Formatted::default);
    let mut ids = Vec::new();
    for message in messages {
        let content = with_caption(message.content, without.clone());
        ids.push(json!({ "message_id": post.send_again(call, content, None).id }));
    }
    Ok(Value::Array(ids))
}

fn with_caption(content: Content, new: Option<Formatted>) -> Content {
    match content {
        Content::Media { file, caption, above, spoiler } => {
            Content::Media { file, caption: new.unwrap_or(caption), above, spoiler }
        }
        other => other,
    }
}

fn several(call: &Call<'_>, missing: &str) -> Result<(Chat, Vec<Message>), ApiError> {
    let source = target::readable(call, "from_chat_id")?;
    let ids = call.parameters.integers("message_ids")?;
    if ids.is_empty() {
        return Err(ApiError::bad("message identifiers are not specified"));
    }
    if ids.len() > MANY_MAX {
        return Err(ApiError::bad("too many message identifiers specified"));
    }
    if !ids.iter().zip(ids.iter().skip(1)).all(|(one, next)| one < next) {
        return Err(ApiError::bad("message identifiers must be in a strictly increasing order"));
    }
    let messages: Vec<Message> =
        ids.into_iter().filter_map(|id| target::find(call, &source, id, missing).ok()).collect();
    if messages.is_empty() { Err(ApiError::bad(missing)) } else { Ok((source, messages)) }
}

fn is_forwardable(message: &Message) -> bool {
    !message.protected && !matches!(message.content, Content::Service(_))
}

fn is_copyable(message: &Message) -> bool {
    let is_invoice = matches!(&message.content, Content::Invoice { .. });
    is_forwardable(message) && !is_invoice
}

/// `MessageOrigin`: of the first to write it, however often it was forwarded since.
fn origin(tables: &Tables, source: &Chat, message: &Message) -> Value {
    if let Some(origin) = &message.origin {
        return origin.clone();
    }
    let date = message.date;
    match message.author {
        Author::User(user) => json!({ "type": "user", "date": date, "sender_user": render::user_of(tables, user) }),
        Author::Channel { .. } if source.kind == ChatKind::Channel => json!({
            "type": "channel",
            "date": date,
            "chat": render::chat(tables, source),
            "message_id": message.id,
        }),
        Author::Channel { .. } => {
            json!({ "type": "chat", "date": date, "sender_chat": render::chat(tables, source) })
        }
    }
}
