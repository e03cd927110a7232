//! One update becomes commands. All are durable when this returns; a repeat changes nothing.

use chronogram_gateways::telegram::{Update, UpdateKind, wire};
use chronogram_handlers::{Context, HandleError};
use chronogram_log::{Actor, crash_point};
use chronogram_model::{
    ChatId, ConversationId, MessageId, Origin, PersonId, Personal,
    channel::ChannelCommand,
    conversation::{
        BotBlocked, BotUnblocked, ButtonPressed, ChatKind, ConversationMigrated, Happening, MessageEdited, TalkCommand,
    },
    person::PersonCommand,
};
use jiff::Timestamp;

use crate::{Bot, Trouble, reading};

/// What all commands of one update have in common.
#[derive(Clone)]
pub(crate) struct Incoming {
    /// Root of their ids.
    pub(crate) origin: Origin,
    /// When we got it.
    pub(crate) now: Timestamp,
}

impl Incoming {
    /// A command of `person`, or of the bot where nobody spoke.
    pub(crate) fn context(&self, person: Option<&PersonId>) -> Context {
        let actor = person.map_or_else(|| Actor::Automation("bot".to_owned()), |person| Actor::Person(person.clone()));
        // What came of one update belongs together, in whatever stream.
        Context { correlation: Some(self.origin.event().0), ..Context::new(self.origin, actor) }
    }
}

impl Bot {
    pub(crate) async fn handle(&self, update: &Update) -> Result<(), Trouble> {
        let origin = Origin::of(&["telegram", &self.parts.account.id.to_string(), &update.id.0.to_string()]);
        let incoming = Incoming { origin, now: self.parts.clock.now() };
        let kind = match &update.kind {
            UpdateKind::Message(message) => self.message(&incoming, message).await.map(|()| "message"),
            UpdateKind::EditedMessage(message) => self.edited(&incoming, message).await.map(|()| "edited_message"),
            UpdateKind::ChannelPost(post) => self.post(&incoming, post).await.map(|()| "channel_post"),
            UpdateKind::EditedChannelPost(post) => self.post(&incoming, post).await.map(|()| "edited_channel_post"),
            UpdateKind::CallbackQuery(press) => self.pressed(&incoming, press).await.map(|()| "callback_query"),
            UpdateKind::MyChatMember(change) => self.membership(&incoming, change).await.map(|()| "my_chat_member"),
            UpdateKind::ChatMember(change) => self.see(&incoming, &change.from).await.map(|()| "chat_member"),
            UpdateKind::Error(_) => {
                tracing::warn!(update = update.id.0, "an update cannot be read and is passed");
                Ok("unreadable")
            }
            _ => Ok("other"),
        }?;
        crash_point("update.done");
        metrics::counter!("telegram_updates_total", "kind" => kind).increment(1);
        Ok(())
    }

    /// The conversation with us that is held in a chat.
    pub(crate) fn conversation(&self, chat: &wire::Chat) -> ConversationId {
        ConversationId::Bot { bot: self.parts.account.id, chat: reading::chat_id(chat) }
    }

    pub(crate) async fn happen(
        &self,
        incoming: &Incoming,
        chat: &wire::Chat,
        person: Option<&PersonId>,
        what: Happening,
    ) -> Result<(), Trouble> {
        let command = TalkCommand { conversation: self.conversation(chat), kind: reading::chat_kind(chat), what };
        self.talk.handle(&command, &incoming.context(person)).await?;
        Ok(())
    }

    /// Somebody was seen, under this name.
    async fn see(&self, incoming: &Incoming, user: &wire::User) -> Result<(), Trouble> {
        let seen = reading::seen(user, incoming.now);
        let person = seen.person.clone();
        match self.people.handle(&PersonCommand::See(seen), &incoming.context(Some(&person))).await {
            // Being seen is never refused; what is known already is nothing new.
            Ok(_) | Err(HandleError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn message(&self, incoming: &Incoming, message: &wire::Message) -> Result<(), Trouble> {
        if let Some(user) = &message.from {
            self.see(incoming, user).await?;
            crash_point("update.seen");
        }
        let person = message.from.as_ref().map(reading::person);
        if let Some(service) = reading::service(message) {
            self.happen(incoming, &message.chat, person.as_ref(), Happening::Observe(service)).await?;
            let Some(to) = message.migrate_to_chat_id() else { return Ok(()) };
            let migrated = ConversationMigrated { to: ChatId(to.0), migrated_at: incoming.now };
            return self.happen(incoming, &message.chat, person.as_ref(), Happening::Migrate(migrated)).await;
        }
        let received = reading::message(message, incoming.now);
        let text = received.content.readable().map(|content| content.text.clone()).unwrap_or_default();
        self.happen(incoming, &message.chat, person.as_ref(), Happening::Receive(received)).await?;
        crash_point("update.recorded");
        match person {
            Some(person) => self.answer_message(incoming, message, person, &text).await,
            None => Ok(()),
        }
    }

    async fn edited(&self, incoming: &Incoming, message: &wire::Message) -> Result<(), Trouble> {
        let person = message.from.as_ref().map(reading::person);
        let edited_at = message.edit_date().map_or(incoming.now, |date| reading::time(date.timestamp()));
        let edit = MessageEdited { message: reading::message(message, incoming.now), edited_at };
        self.happen(incoming, &message.chat, person.as_ref(), Happening::Edit(edit)).await
    }

    async fn post(&self, incoming: &Incoming, post: &wire::Message) -> Result<(), Trouble> {
        let command = ChannelCommand::ObservePost(reading::post(post));
        match self.channels.handle(&command, &incoming.context(None)).await {
            // What was observed is never refused.
            Ok(_) | Err(HandleError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn pressed(&self, incoming: &Incoming, press: &wire::CallbackQuery) -> Result<(), Trouble> {
        self.see(incoming, &press.from).await?;
        let person = reading::person(&press.from);
        // Under a message of an inline bot there is no chat to speak of.
        let Some(message) = &press.message else { return Ok(()) };
        let chat = message.chat();
        let pressed = ButtonPressed {
            press: press.id.0.clone(),
            person: person.clone(),
            message_id: Some(MessageId(message.id().0.into())),
            data: press.data.clone().map(|data| Personal::of(person.clone(), data)),
            pressed_at: incoming.now,
        };
        self.happen(incoming, chat, Some(&person), Happening::Press(pressed.clone())).await?;
        crash_point("update.pressed");
        self.answer_press(incoming, chat, person, &pressed).await
    }

    /// The bot was let in or thrown out. In a private chat that is blocking and unblocking.
    async fn membership(&self, incoming: &Incoming, change: &wire::ChatMemberUpdated) -> Result<(), Trouble> {
        self.see(incoming, &change.from).await?;
        let person = reading::person(&change.from);
        let is_out =
            matches!(change.new_chat_member.kind, wire::ChatMemberKind::Left | wire::ChatMemberKind::Banned(_));
        let at = reading::time(change.date.timestamp());
        let what = if is_out {
            Happening::Block(BotBlocked { person: person.clone(), blocked_at: at })
        } else {
            Happening::Unblock(BotUnblocked { person: person.clone(), unblocked_at: at })
        };
        if reading::chat_kind(&change.chat) == ChatKind::Channel {
            return Ok(());
        }
        self.happen(incoming, &change.chat, Some(&person), what).await
    }
}
