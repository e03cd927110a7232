//! What all new messages of the bot have in common: topic, answered message, keyboard, limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{markup, target};
use crate::{
    api::{ApiError, Call},
    entities,
    ids::MessageId,
    limits::Cost,
    state::{Author, Change, Chat, ChatKind, Content, Message},
};

/// Where and how new messages go: looked at before anything is sent.
pub(super) struct Post {
    pub(super) chat: Chat,
    thread: Option<MessageId>,
    reply_to: Option<MessageId>,
    quote: Option<Value>,
    keyboard: Option<Value>,
    protected: bool,
}

impl Post {
    /// Reads the parameters that every sending method has.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, ApiError> {
        let chat = target::writable(call)?;
        let thread = thread(call, &chat)?;
        let (reply_to, quote) = answered(call, &chat)?;
        let keyboard = markup::any(call)?;
        if chat.kind == ChatKind::Channel && keyboard.as_ref().is_some_and(|it| it.get("inline_keyboard").is_none()) {
            return Err(ApiError::bad("reply keyboard is unsupported in channels"));
        }
        let protected = call.parameters.flag("protect_content");
        Ok(Self { chat, thread, reply_to, quote, keyboard, protected })
    }

    /// Takes the cost of so many messages; the last thing that can refuse a call.
    pub(super) fn afford(&self, call: &Call<'_>, messages: usize) -> Result<(), ApiError> {
        call.spend(&self.chat, Cost::Messages(u32::try_from(messages).unwrap_or(u32::MAX)))
    }

    /// Sends one message.
    pub(super) fn send(&self, call: &mut Call<'_>, content: Content) -> Message {
        self.put(call, content, None, None)
    }

    /// Sends several that belong together.
    pub(super) fn send_album(&self, call: &mut Call<'_>, items: Vec<Content>) -> Vec<Message> {
        let album = format!("{}{:05}", call.now, call.world.next_message(&self.chat).0);
        items.into_iter().map(|content| self.put(call, content, Some(album.clone()), None)).collect()
    }

    /// Sends what was in another message, with where it came from when it is forwarded.
    pub(super) fn send_again(&self, call: &mut Call<'_>, content: Content, origin: Option<Value>) -> Message {
        self.put(call, content, None, origin)
    }

    fn put(&self, call: &mut Call<'_>, content: Content, album: Option<String>, origin: Option<Value>) -> Message {
        let bot = call.world.bot;
        let author = if self.chat.kind == ChatKind::Channel { Author::Channel { by: bot } } else { Author::User(bot) };
        let message = Message {
            id: call.world.next_message(&self.chat),
            chat: self.chat.id,
            thread: self.thread,
            author,
            date: call.now,
            edit_date: None,
            reply_to: self.reply_to,
            quote: self.quote.clone(),
            origin,
            content,
            keyboard: self.keyboard.clone(),
            album,
            protected: self.protected,
            deleted_at: None,
            reactions: BTreeMap::new(),
            versions: Vec::new(),
        };
        call.world.put(Change::Message(Box::new(message.clone())));
        message
    }
}

/// The topic of `message_thread_id`.
pub(super) fn thread(call: &Call<'_>, chat: &Chat) -> Result<Option<MessageId>, ApiError> {
    let Some(id) = call.parameters.integer("message_thread_id").map(MessageId) else { return Ok(None) };
    let topic = chat.topics.get(&id).ok_or_else(|| ApiError::bad("message thread not found"))?;
    if topic.closed && !target::is_admin(call, chat) {
        return Err(ApiError::bad("TOPIC_CLOSED"));
    }
    Ok(Some(id))
}

/// The message that `reply_parameters` answers, and the piece of it that is quoted.
fn answered(call: &Call<'_>, chat: &Chat) -> Result<(Option<MessageId>, Option<Value>), ApiError> {
    let Some(reply) = call.parameters.get("reply_parameters") else { return Ok((None, None)) };
    let Some(id) = reply.get("message_id").and_then(Value::as_i64).map(MessageId) else {
        return Err(ApiError::bad("can't parse reply parameters: Field \"message_id\" must be of type Number"));
    };
    let elsewhere = reply.get("chat_id").is_some_and(|other| {
        other.as_i64() != Some(chat.id.0)
            && other.as_str().map(|name| name.trim_start_matches('@')) != chat.username.as_deref()
    });
    if elsewhere {
        return Err(ApiError::bad("the stand-in answers messages of the same chat only"));
    }
    let Some(message) = call.world.live_message(chat.id, id) else {
        let allowed = reply.get("allow_sending_without_reply").and_then(Value::as_bool).unwrap_or(false);
        return if allowed { Ok((None, None)) } else { Err(ApiError::bad("message to be replied not found")) };
    };
    let Some(quote) = reply.get("quote").and_then(Value::as_str) else { return Ok((Some(id), None)) };
    let mode = reply.get("quote_parse_mode").and_then(Value::as_str);
    let quoted = entities::read(quote, mode, reply.get("quote_entities"))?;
    let whole = message.content.words().map(|words| words.text.as_str()).unwrap_or_default();
    let Some(byte) = whole.find(&quoted.text) else { return Err(ApiError::bad("QUOTE_TEXT_INVALID")) };
    let position = entities::units(whole.get(..byte).unwrap_or_default());
    Ok((Some(id), Some(json!({ "text": quoted.text, "position": position, "is_manual": true }))))
}
