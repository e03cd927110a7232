//! `createForumTopic`, `editForumTopic`, `closeForumTopic`, `reopenForumTopic`, `deleteForumTopic`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::target;
use crate::{
    api::{ApiError, Call, Outcome},
    ids::MessageId,
    state::{Author, Change, Chat, Content, Message, Topic},
};

const COLORS: &[i64] = &[7_322_096, 16_766_590, 13_338_331, 9_367_192, 16_749_490, 16_478_047];
const NAME_MAX: usize = 128;

/// Makes a topic; its number is that of the message that says so.
pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let mut chat = forum(call)?;
    let name = name(call)?.ok_or_else(|| ApiError::bad("TOPIC_TITLE_EMPTY"))?;
    let icon_color = call.parameters.integer("icon_color").or(COLORS.first().copied()).unwrap_or_default();
    if !COLORS.contains(&icon_color) {
        return Err(ApiError::bad("invalid icon color specified"));
    }
    let icon_custom_emoji_id = call.parameters.text("icon_custom_emoji_id").map(str::to_owned);
    let created = json!({ "name": name, "icon_color": icon_color });
    let id = call.world.next_message(&chat);
    let topic = Topic { name, icon_color, icon_custom_emoji_id, closed: false };
    let rendered = render(id, &topic);
    chat.topics.insert(id, topic);
    say(call, &chat, id, "forum_topic_created", created);
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(rendered)
}

/// Renames a topic or changes its icon.
pub(crate) fn edit(call: &mut Call<'_>) -> Outcome {
    let (mut chat, id, mut topic) = topic(call)?;
    let name = name(call)?;
    let icon = call.parameters.text("icon_custom_emoji_id").map(str::to_owned);
    let mut edited = Map::new();
    if let Some(name) = name.filter(|name| *name != topic.name) {
        edited.insert("name".to_owned(), json!(name));
        topic.name = name;
    }
    if let Some(icon) = icon.filter(|icon| Some(icon) != topic.icon_custom_emoji_id.as_ref()) {
        edited.insert("icon_custom_emoji_id".to_owned(), json!(icon));
        topic.icon_custom_emoji_id = Some(icon);
    }
    if edited.is_empty() {
        return Err(ApiError::bad("TOPIC_NOT_MODIFIED"));
    }
    chat.topics.insert(id, topic);
    say(call, &chat, id, "forum_topic_edited", Value::Object(edited));
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}

/// Closes a topic: only administrators write in it.
pub(crate) fn close(call: &mut Call<'_>) -> Outcome {
    set_closed(call, true, "forum_topic_closed")
}

/// Opens it again.
pub(crate) fn reopen(call: &mut Call<'_>) -> Outcome {
    set_closed(call, false, "forum_topic_reopened")
}

fn set_closed(call: &mut Call<'_>, closed: bool, field: &str) -> Outcome {
    let (mut chat, id, mut topic) = topic(call)?;
    if topic.closed == closed {
        return Err(ApiError::bad("TOPIC_NOT_MODIFIED"));
    }
    topic.closed = closed;
    chat.topics.insert(id, topic);
    say(call, &chat, id, field, json!({}));
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}

/// Deletes a topic with all its messages.
pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    let (mut chat, id, _) = topic(call)?;
    chat.topics.remove(&id);
    let messages = call.world.messages.get(&chat.id).into_iter().flat_map(BTreeMap::values);
    let inside = messages.filter(|message| message.thread == Some(id) && message.deleted_at.is_none());
    let inside: Vec<Message> = inside.cloned().collect();
    for mut message in inside {
        message.deleted_at = Some(call.now);
        call.world.put(Change::Message(Box::new(message)));
    }
    call.world.put(Change::Chat(Box::new(chat)));
    Ok(json!(true))
}

fn forum(call: &Call<'_>) -> Result<Chat, ApiError> {
    let chat = target::writable(call)?;
    if !chat.is_forum() {
        return Err(ApiError::bad("the chat is not a forum"));
    }
    if !target::is_admin(call, &chat) {
        return Err(ApiError::bad("not enough rights to create a topic"));
    }
    Ok(chat)
}

fn topic(call: &Call<'_>) -> Result<(Chat, MessageId, Topic), ApiError> {
    let chat = forum(call)?;
    let id = MessageId(call.parameters.integer("message_thread_id").unwrap_or(0));
    let topic = chat.topics.get(&id).cloned().ok_or_else(|| ApiError::bad("TOPIC_ID_INVALID"))?;
    Ok((chat, id, topic))
}

fn name(call: &Call<'_>) -> Result<Option<String>, ApiError> {
    let name = call.parameters.text("name").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
        return Err(ApiError::bad("TOPIC_TITLE_TOO_LONG"));
    }
    Ok(name)
}

fn render(id: MessageId, topic: &Topic) -> Value {
    let mut fields = Map::new();
    fields.insert("message_thread_id".to_owned(), json!(id));
    fields.insert("name".to_owned(), json!(topic.name));
    fields.insert("icon_color".to_owned(), json!(topic.icon_color));
    if let Some(icon) = &topic.icon_custom_emoji_id {
        fields.insert("icon_custom_emoji_id".to_owned(), json!(icon));
    }
    Value::Object(fields)
}

/// The message of the bot that says what happened to a topic.
fn say(call: &mut Call<'_>, chat: &Chat, thread: MessageId, field: &str, what: Value) {
    let message = Message {
        id: call.world.next_message(chat),
        chat: chat.id,
        thread: Some(thread),
        author: Author::User(call.world.bot),
        date: call.now,
        edit_date: None,
        reply_to: None,
        quote: None,
        origin: None,
        content: Content::Service(Map::from_iter([(field.to_owned(), what)])),
        keyboard: None,
        album: None,
        protected: false,
        deleted_at: None,
        reactions: BTreeMap::new(),
        versions: Vec::new(),
    };
    call.world.put(Change::Message(Box::new(message)));
}
