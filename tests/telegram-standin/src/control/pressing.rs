//! Pressing buttons, reacting, paying: what people do with the bot's messages.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Control, ControlError, ShownMessage, speaking};
use crate::{
    ids::{ChatId, MessageId, UserId},
    methods::reactions::is_emoji,
    state::{Author, Callback, CallbackAnswer, Change, ChatKind, Content, Message, PreCheckout, World, render},
    updates::announce,
};

/// What the bot said to a pressed button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The words, if there were any.
    pub text: Option<String>,
    /// Whether they are shown as an alert, to be closed by hand.
    pub show_alert: bool,
    /// A link to open.
    pub url: Option<String>,
}

impl From<CallbackAnswer> for Answer {
    fn from(answer: CallbackAnswer) -> Self {
        Self { text: answer.text, show_alert: answer.show_alert, url: answer.url }
    }
}

impl Control {
    /// Presses the button with this text or data, and waits for the bot's answer.
    pub async fn press(
        &self,
        user: UserId,
        message: &ShownMessage,
        button: &str,
        patience: Duration,
    ) -> Result<Answer, ControlError> {
        let query = self.press_only(user, message.chat, message.id, button)?;
        self.callback_answer(&query, patience).await.ok_or(ControlError::NoAnswer)
    }

    /// Presses a button and does not wait; the id of the callback query.
    pub fn press_only(
        &self,
        user: UserId,
        chat: ChatId,
        message: MessageId,
        button: &str,
    ) -> Result<String, ControlError> {
        let now = self.hub.now();
        self.hub.write(|world| {
            let found = seen(world, user, chat, message)?;
            let shown = ShownMessage::of(world, world.bot, &found);
            let buttons = shown.buttons().concat();
            let pressed = buttons.iter().find(|it| it.data.as_deref() == Some(button) || it.text == button);
            let Some(pressed) = pressed else {
                let texts = buttons.into_iter().map(|button| button.text).collect();
                return Err(ControlError::NoSuchButton(button.to_owned(), texts));
            };
            let Some(data) = pressed.data.clone() else {
                return Err(ControlError::Invalid(format!("the button {button:?} tells the bot nothing")));
            };
            let id = world.next_query();
            let body = json!({
                "id": id,
                "from": render::user_of(world, user),
                "message": render::message(world, &found),
                "chat_instance": format!("{}", chat.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1),
                "data": data,
            });
            world.put(Change::Callback(Callback { id: id.clone(), user, chat, message, at: now, answer: None }));
            announce(world, "callback_query", Some(chat), body, now);
            Ok(id)
        })
    }

    /// The bot's answer to a callback query, when it comes in time.
    pub async fn callback_answer(&self, query: &str, patience: Duration) -> Option<Answer> {
        let answer = || self.hub.read(|world| world.callbacks.get(query)?.answer.clone());
        self.hub.wait(patience, answer).await.map(Answer::from)
    }

    /// Reacts to a message with an emoji, or takes the reaction back.
    pub fn react(
        &self,
        chat: impl Into<ChatId>,
        user: UserId,
        message: MessageId,
        emoji: Option<&str>,
    ) -> Result<(), ControlError> {
        let (id, now) = (chat.into(), self.hub.now());
        if let Some(emoji) = emoji.filter(|emoji| !is_emoji(emoji)) {
            return Err(ControlError::Invalid(format!("{emoji} is no reaction")));
        }
        self.hub.write(|world| {
            let mut found = seen(world, user, id, message)?;
            let new: Vec<Value> = emoji.iter().map(|emoji| json!({ "type": "emoji", "emoji": emoji })).collect();
            let old = found.reactions.insert(user, new.clone()).unwrap_or_default();
            found.reactions.retain(|_, reactions| !reactions.is_empty());
            world.put(Change::Message(Box::new(found.clone())));
            let Some(chat) = world.chats.get(&id).cloned() else { return Ok(()) };
            if chat.kind != ChatKind::Private && !chat.standing(world.bot).is_admin() {
                return Ok(());
            }
            let mut body = json!({ "chat": render::chat(world, &chat), "message_id": message, "date": now });
            let (kind, fields) = if chat.kind == ChatKind::Channel {
                ("message_reaction_count", json!({ "reactions": counted(&found) }))
            } else {
                let user = render::user_of(world, user);
                ("message_reaction", json!({ "user": user, "old_reaction": old, "new_reaction": new }))
            };
            if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
                body.extend(fields);
            }
            announce(world, kind, Some(id), body, now);
            Ok(())
        })
    }

    /// Pays a bill: the bot is asked, and when it agrees, told of the payment.
    pub async fn pay(
        &self,
        user: UserId,
        message: &ShownMessage,
        patience: Duration,
    ) -> Result<MessageId, ControlError> {
        let now = self.hub.now();
        let query = self.hub.write(|world| {
            let found = seen(world, user, message.chat, message.id)?;
            let Content::Invoice { invoice, payload } = found.content.clone() else {
                return Err(ControlError::Invalid("the message is no bill".to_owned()));
            };
            let id = world.next_query();
            let body = json!({
                "id": id,
                "from": render::user_of(world, user),
                "currency": invoice.get("currency"),
                "total_amount": invoice.get("total_amount"),
                "invoice_payload": payload,
            });
            let query =
                PreCheckout { id: id.clone(), user, chat: message.chat, invoice, payload, at: now, answer: None };
            world.put(Change::PreCheckout(query));
            announce(world, "pre_checkout_query", Some(message.chat), body, now);
            Ok(id)
        })?;
        let answer = || self.hub.read(|world| world.pre_checkouts.get(&query)?.answer.clone());
        let answer = self.hub.wait(patience, answer).await.ok_or(ControlError::NoAnswer)?;
        if !answer.ok {
            return Err(ControlError::Invalid(answer.error_message.unwrap_or_default()));
        }
        self.hub.write(|world| paid(world, &query, now))
    }
}

/// The message of the payment.
fn paid(world: &mut World, query: &str, now: i64) -> Result<MessageId, ControlError> {
    let Some(query) = world.pre_checkouts.get(query).cloned() else { return Err(ControlError::NoAnswer) };
    let chat = world.chats.get(&query.chat).cloned().ok_or(ControlError::NoSuchChat(query.chat))?;
    let payment = json!({
        "currency": query.invoice.get("currency"),
        "total_amount": query.invoice.get("total_amount"),
        "invoice_payload": query.payload,
        "telegram_payment_charge_id": format!("stars_{}", query.id),
        "provider_payment_charge_id": format!("standin_{}", query.id),
    });
    let content = Content::Service(Map::from_iter([("successful_payment".to_owned(), payment)]));
    let message = speaking::draft(world, &chat, Author::User(query.user), content, now);
    let id = message.id;
    speaking::publish(world, &chat, &message, now, true);
    Ok(id)
}

/// A message that a person can see.
fn seen(world: &World, user: UserId, chat: ChatId, message: MessageId) -> Result<Message, ControlError> {
    if !world.users.contains_key(&user) {
        return Err(ControlError::NoSuchUser(user));
    }
    let place = world.chats.get(&chat).ok_or(ControlError::NoSuchChat(chat))?;
    if !place.standing(user).is_inside() {
        return Err(ControlError::NotInside(chat, user));
    }
    world.live_message(chat, message).cloned().ok_or(ControlError::NoSuchMessage(chat, message))
}

/// `ReactionCount` of each.
fn counted(message: &Message) -> Vec<Value> {
    let mut counts: Vec<(Value, u32)> = Vec::new();
    for reaction in message.reactions.values().flatten() {
        match counts.iter_mut().find(|(counted, _)| counted == reaction) {
            Some((_, count)) => *count += 1,
            None => counts.push((reaction.clone(), 1)),
        }
    }
    counts.into_iter().map(|(kind, count)| json!({ "type": kind, "total_count": count })).collect()
}
