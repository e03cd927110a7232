//! People write, edit and delete; the bot is told what Telegram would tell it.

use std::collections::BTreeMap;

use super::{Control, ControlError, Speech, people::open_private};
use crate::{
    api::Upload,
    entities::{self, units},
    hub::Hub,
    ids::{ChatId, MessageId, UserId},
    limits::{CAPTION_MAX, TEXT_MAX},
    methods,
    state::{Author, Change, Chat, ChatKind, Content, Message, Standing, World, render},
    updates::announce,
};

impl Control {
    /// A person writes to the bot.
    pub fn say(&self, user: UserId, text: &str) -> Result<MessageId, ControlError> {
        self.send(user, user, Speech::text(text))
    }

    /// A person writes in a group; an administrator of a channel posts in its name.
    pub fn say_in(&self, chat: ChatId, user: UserId, text: &str) -> Result<MessageId, ControlError> {
        self.send(chat, user, Speech::text(text))
    }

    /// A person sends anything, anywhere.
    pub fn send(&self, chat: impl Into<ChatId>, user: UserId, speech: Speech) -> Result<MessageId, ControlError> {
        let (id, now) = (chat.into(), self.hub.now());
        self.hub.write(|world| {
            let (chat, author) = place(world, id, user)?;
            let reply_to = speech.reply_to;
            if let Some(answered) = reply_to.filter(|answered| world.live_message(id, *answered).is_none()) {
                return Err(ControlError::NoSuchMessage(id, answered));
            }
            if let Some(thread) = speech.thread.filter(|thread| !chat.topics.contains_key(thread)) {
                return Err(ControlError::NoSuchMessage(id, thread));
            }
            let (date, thread, origin) = (speech.date.unwrap_or(now), speech.thread, speech.origin.clone());
            let content = content(&self.hub, world, speech)?;
            let mut message = draft(world, &chat, author, content, date);
            (message.reply_to, message.thread, message.origin) = (reply_to, thread, origin);
            let id = message.id;
            let is_heard = is_heard(&self.hub, world, &chat, &message);
            publish(world, &chat, &message, now, is_heard);
            Ok(id)
        })
    }

    /// Changes the text or caption of one's own message.
    pub fn edit(
        &self,
        chat: impl Into<ChatId>,
        user: UserId,
        message: MessageId,
        text: &str,
    ) -> Result<(), ControlError> {
        let (id, now) = (chat.into(), self.hub.now());
        self.hub.write(|world| {
            let (chat, author) = place(world, id, user)?;
            let found = world.live_message(id, message).cloned();
            let mut edited = found.ok_or(ControlError::NoSuchMessage(id, message))?;
            let is_theirs = edited.author.user() == user
                || matches!((edited.author, author), (Author::Channel { .. }, Author::Channel { .. }));
            if !is_theirs {
                return Err(ControlError::NotTheirs(message, user));
            }
            let text = entities::typed(text);
            let content = match edited.content.clone() {
                Content::Text { link_preview_options, .. } => Content::Text { text, link_preview_options },
                Content::Media { file, above, spoiler, .. } => Content::Media { file, caption: text, above, spoiler },
                _ => return Err(ControlError::Invalid("there is no text in the message to edit".to_owned())),
            };
            let keyboard = edited.keyboard.clone();
            edited.edit(content, keyboard, now);
            let is_heard = is_heard(&self.hub, world, &chat, &edited);
            world.put(Change::Message(Box::new(edited.clone())));
            if is_heard {
                let kind = if chat.kind == ChatKind::Channel { "edited_channel_post" } else { "edited_message" };
                let body = render::message(world, &edited);
                announce(world, kind, Some(id), body, now);
            }
            Ok(())
        })
    }

    /// Somebody deletes a message. Telegram tells no bot of it.
    pub fn delete(&self, chat: impl Into<ChatId>, message: MessageId) -> Result<(), ControlError> {
        let (id, now) = (chat.into(), self.hub.now());
        self.hub.write(|world| {
            let found = world.live_message(id, message).cloned();
            let mut deleted = found.ok_or(ControlError::NoSuchMessage(id, message))?;
            deleted.deleted_at = Some(now);
            world.put(Change::Message(Box::new(deleted)));
            Ok(())
        })
    }
}

/// The chat, and in whose name a person writes there.
fn place(world: &mut World, id: ChatId, user: UserId) -> Result<(Chat, Author), ControlError> {
    if !world.users.contains_key(&user) {
        return Err(ControlError::NoSuchUser(user));
    }
    let chat = if id == ChatId::from(user) {
        open_private(world, user)?
    } else {
        world.chats.get(&id).cloned().ok_or(ControlError::NoSuchChat(id))?
    };
    let standing = chat.standing(user);
    if let Some(to) = chat.upgraded_to {
        return Err(ControlError::Upgraded(id, to));
    }
    match chat.kind {
        ChatKind::Private if chat.standing(world.bot) == Standing::Kicked => Err(ControlError::Blocked(user)),
        ChatKind::Channel if standing.is_admin() => Ok((chat, Author::Channel { by: user })),
        ChatKind::Channel => Err(ControlError::NotInside(id, user)),
        _ if standing.is_inside() => Ok((chat, Author::User(user))),
        _ => Err(ControlError::NotInside(id, user)),
    }
}

fn content(hub: &Hub, world: &mut World, speech: Speech) -> Result<Content, ControlError> {
    let text = entities::typed(&speech.text);
    let most = if speech.file.is_some() { CAPTION_MAX } else { TEXT_MAX };
    if units(&text.text) > most {
        return Err(ControlError::Invalid(format!("people's texts end at {most} characters too")));
    }
    if let Some((field, value)) = speech.plain {
        return Ok(Content::Plain { field, value });
    }
    let Some(file) = speech.file else {
        if text.text.is_empty() {
            return Err(ControlError::Invalid("there is nothing in the message".to_owned()));
        }
        return Ok(Content::Text { text, link_preview_options: None });
    };
    let upload = Upload { name: file.name, mime_type: file.mime_type, bytes: file.bytes };
    let file = methods::files::store(hub, world, upload, file.kind, file.duration)
        .map_err(|error| ControlError::Invalid(error.description))?;
    Ok(Content::Media { file, caption: text, above: false, spoiler: false })
}

/// A message that nobody has yet.
pub(super) fn draft(world: &World, chat: &Chat, author: Author, content: Content, date: i64) -> Message {
    Message {
        id: world.next_message(chat),
        chat: chat.id,
        thread: None,
        author,
        date,
        edit_date: None,
        reply_to: None,
        quote: None,
        origin: None,
        content,
        keyboard: None,
        album: None,
        protected: false,
        deleted_at: None,
        reactions: BTreeMap::new(),
        versions: Vec::new(),
    }
}

/// Puts a message in its chat; the bot is told when it hears it.
pub(super) fn publish(world: &mut World, chat: &Chat, message: &Message, now: i64, is_heard: bool) {
    world.put(Change::Message(Box::new(message.clone())));
    if is_heard && chat.standing(world.bot).is_inside() {
        let kind = if chat.kind == ChatKind::Channel { "channel_post" } else { "message" };
        let body = render::message(world, message);
        announce(world, kind, Some(chat.id), body, now);
    }
}

/// Privacy mode: in a group a bot that is no administrator hears commands, answers to it and its name only.
fn is_heard(hub: &Hub, world: &World, chat: &Chat, message: &Message) -> bool {
    let standing = chat.standing(world.bot);
    if !standing.is_inside() {
        return false;
    }
    if chat.kind == ChatKind::Channel {
        return standing.is_admin();
    }
    if chat.kind == ChatKind::Private || standing.is_admin() || !hub.options.privacy {
        return true;
    }
    let answered = message.reply_to.and_then(|id| world.message(chat.id, id));
    if answered.is_some_and(|answered| answered.author.user() == world.bot) {
        return true;
    }
    let name = format!("@{}", hub.options.bot_username).to_lowercase();
    message.content.words().is_some_and(|words| {
        words.entities.iter().any(|entity| {
            let piece = entities::cut(&words.text, entity.offset, entity.length).unwrap_or_default().to_lowercase();
            match entity.kind.as_str() {
                "bot_command" => !piece.contains('@') || piece.ends_with(&name),
                "mention" => piece == name,
                _ => false,
            }
        })
    })
}
