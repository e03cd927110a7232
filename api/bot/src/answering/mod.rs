//! What the bot has to say to a message or a pressed button.

mod channels;
mod numbers;
mod paging;
mod people;
mod reminders;
mod rights;

use std::time::Duration;

use channels::Removal;
use chronogram_bot_talk::{
    Hearing, Language, Request, Zone,
    buttons::Press,
    views::{self, Notice, Reader, Role},
};
use chronogram_gateways::telegram::wire;
use chronogram_model::{
    Authored, MessageId, PersonId, Personal, ReplyId,
    conversation::{
        ButtonPressed, ChatKind, DeepLinkFollowed, Happening, Outgoing, OutgoingMessage, Priority, ReplyRequested,
    },
};
use jiff::Timestamp;

use crate::{Bot, Trouble, reading, updates::Incoming};

/// How long an answer waits for what was said just now to be seen by the read models; behind after that, it shows what
/// there is.
const FRESH_PATIENCE: Duration = Duration::from_secs(2);

/// Who is spoken to, and how.
pub(crate) struct Listener {
    pub(crate) person: PersonId,
    pub(crate) language: Language,
    pub(crate) zone: Zone,
    /// They set the zone themselves.
    pub(crate) has_zone: bool,
    pub(crate) role: Role,
    pub(crate) now: Timestamp,
}

impl Listener {
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { language: self.language, zone: &self.zone, now: self.now }
    }
}

/// What a pressed button leads to.
pub(crate) struct PressAnswer {
    /// Shown for a moment over the chat.
    pub(crate) notice: Notice,
    /// What the message under which it stood says from now on.
    pub(crate) edit: Option<OutgoingMessage>,
}

impl PressAnswer {
    pub(crate) fn only(notice: Notice) -> Self {
        Self { notice, edit: None }
    }

    pub(crate) fn edit(notice: Notice, message: OutgoingMessage) -> Self {
        Self { notice, edit: Some(message) }
    }
}

impl Bot {
    /// Answers a message of a person. In groups only commands are for us.
    pub(crate) async fn answer_message(
        &self,
        incoming: &Incoming,
        message: &wire::Message,
        person: PersonId,
        text: &str,
    ) -> Result<(), Trouble> {
        let listener = self.listener(person, incoming.now).await?;
        let hearing = Hearing {
            bot_username: &self.parts.account.username,
            now: reading::asked_at(message, incoming.now),
            zone: &listener.zone,
            zones: &self.zones,
        };
        let is_private = reading::chat_kind(&message.chat) == ChatKind::Private;
        let words = match hearing.understand(text) {
            Ok(Request::NotForUs) => return Ok(()),
            // Among others, people speak to one another; and other bots have commands too.
            Ok(Request::Talk | Request::Unknown { .. }) if !is_private => return Ok(()),
            Ok(request) => {
                let topic = reading::topic(message);
                self.showing_typing(&message.chat, topic, self.answer(incoming, message, &listener, request)).await?
            }
            Err(usage) => views::usage(&listener.reader(), &usage),
        };
        let in_reply_to = (!is_private).then(|| MessageId(message.id.0.into()));
        let topic = reading::topic(message);
        let reply =
            ReplyRequested { in_reply_to, topic, ..reply(incoming, &listener.person, 0, Outgoing::Send(words)) };
        self.happen(incoming, &message.chat, Some(&listener.person), Happening::Reply(vec![reply])).await
    }

    async fn answer(
        &self,
        incoming: &Incoming,
        message: &wire::Message,
        listener: &Listener,
        request: Request,
    ) -> Result<OutgoingMessage, Trouble> {
        let language = listener.language;
        Ok(match request {
            Request::Start { payload } => {
                if let Some(payload) = payload {
                    self.follow_link(incoming, message, listener, payload).await?;
                }
                let name = message.from.as_ref().map(|user| user.first_name.as_str());
                views::start(language, name)
            }
            Request::Help => views::help(&listener.reader(), listener.role),
            Request::AskLanguage => views::language_menu(language),
            Request::SetLanguage(chosen) => self.choose_language(incoming, listener, chosen).await?,
            Request::AskZone => views::zone_shown(&listener.reader(), listener.has_zone),
            Request::SetZone(zone) => self.set_zone(incoming, listener, zone).await?,
            Request::Remind { due, text } => self.remind(incoming, message, listener, due, text).await?,
            Request::Reminders => self.list_reminders(listener, 0).await?,
            Request::Profile => self.profile(listener).await?,
            Request::Unknown { command } => views::unknown_command(language, &command),
            Request::Talk | Request::NotForUs => views::noted(language),
            // What concerns the system is for admins.
            Request::Health if listener.role != Role::Admin => views::refused(language),
            Request::Health => views::health(&listener.reader(), &self.parts.house.health().await),
            Request::Add(channel) => self.add_channel(incoming, listener, channel).await?,
            Request::List => self.list_channels(listener, 0).await?,
            Request::Stats { channel, days } => self.stats(incoming, listener, channel, days).await?,
            Request::Remove(channel) => self.ask_removal(listener, channel).await?,
        })
    }

    /// They came by a link that said where from.
    async fn follow_link(
        &self,
        incoming: &Incoming,
        message: &wire::Message,
        listener: &Listener,
        payload: String,
    ) -> Result<(), Trouble> {
        let followed = DeepLinkFollowed {
            message_id: MessageId(message.id.0.into()),
            payload: Personal::of(listener.person.clone(), payload),
            followed_at: reading::time(message.date.timestamp()),
        };
        self.happen(incoming, &message.chat, Some(&listener.person), Happening::FollowLink(followed)).await
    }

    /// Answers a pressed button. A press proves nothing: whose reminder or channel it is, is checked.
    pub(crate) async fn answer_press(
        &self,
        incoming: &Incoming,
        chat: &wire::Chat,
        person: PersonId,
        pressed: &ButtonPressed,
    ) -> Result<(), Trouble> {
        let listener = self.listener(person, incoming.now).await?;
        let data = pressed.data.as_ref().and_then(Personal::plain);
        let answer = match data.map(String::as_str).map(Press::parse) {
            Some(Ok(press)) => self.showing_typing(chat, None, self.press(incoming, &listener, press)).await?,
            Some(Err(_)) | None => PressAnswer::only(Notice::OldButton),
        };
        let text = Some(views::notice(listener.language, answer.notice));
        let press = pressed.press.clone();
        let mut replies = vec![reply(incoming, &listener.person, 0, Outgoing::AnswerPress { press, text })];
        if let (Some(message), Some(message_id)) = (answer.edit, pressed.message_id) {
            replies.push(reply(incoming, &listener.person, 1, Outgoing::Edit { message_id, message }));
        }
        self.happen(incoming, chat, Some(&listener.person), Happening::Reply(replies)).await
    }

    async fn press(&self, incoming: &Incoming, listener: &Listener, press: Press) -> Result<PressAnswer, Trouble> {
        let done = |message| PressAnswer::edit(Notice::Done, message);
        match press {
            Press::CancelReminder(id) => self.cancel_reminder(incoming, listener, id).await,
            Press::RescheduleMenu(id) => self.reschedule_menu(listener, id).await,
            Press::PutOff(id, to) => self.put_off(incoming, listener, id, to).await,
            Press::RemindersPage(page) => Ok(done(self.list_reminders(listener, page).await?)),
            Press::ChooseLanguage(language) => Ok(done(self.choose_language(incoming, listener, language).await?)),
            Press::ChooseZone(name) => match self.zones.get(name.as_str()) {
                Some(zone) => Ok(done(self.set_zone(incoming, listener, zone).await?)),
                None => Ok(PressAnswer::only(Notice::OldButton)),
            },
            Press::Close => Ok(PressAnswer::only(Notice::Done)),
            Press::ChannelsPage(page) => Ok(done(self.list_channels(listener, page).await?)),
            Press::Stats(channel, days) => self.press_stats(listener, channel, days).await,
            Press::AskRemoval(channel) => self.press_removal(incoming, listener, channel, Removal::Ask).await,
            Press::ConfirmRemoval(channel) => self.press_removal(incoming, listener, channel, Removal::Confirm).await,
            Press::AbandonRemoval(channel) => self.press_removal(incoming, listener, channel, Removal::Abandon).await,
        }
    }

    /// Waits for the read models to have seen what is in the log by now, where they come to it soon.
    async fn fresh(&self) -> Result<(), Trouble> {
        let head = self.parts.store.head().await.map_err(|error| Trouble::Log(Box::new(error)))?;
        self.parts.house.wait_for(head, FRESH_PATIENCE).await;
        Ok(())
    }

    /// How somebody is spoken to: as they chose, else as their account says.
    async fn listener(&self, person: PersonId, now: Timestamp) -> Result<Listener, Trouble> {
        let state = self.people.state(&person.stream()).await?;
        let zone = state.time_zone().map(|zone| self.zones.get_or_utc(zone));
        let role = if self.parts.admins.contains(&person) { Role::Admin } else { Role::Person };
        Ok(Listener {
            language: Language::of_tag(state.language()),
            has_zone: zone.is_some(),
            zone: zone.unwrap_or_else(|| self.parts.default_zone.clone()),
            role,
            person,
            now,
        })
    }
}

fn reply(incoming: &Incoming, person: &PersonId, index: usize, outgoing: Outgoing) -> ReplyRequested {
    ReplyRequested {
        reply: ReplyId::of(incoming.origin, index),
        in_reply_to: None,
        topic: None,
        outgoing: Authored::by(Some(person.clone()), outgoing),
        priority: Priority::Answer,
        requested_at: incoming.now,
    }
}
