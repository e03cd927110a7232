//! Messages of ours that nobody in the chat asked for. They go out as every reply does, by the outbox.

use std::collections::HashSet;

use chronogram_model::{
    Authored, ChatId, ConversationId, Entity, MessageId, PersonId, ReplyId,
    conversation::{
        Button, ChatKind, Happening, Outgoing, OutgoingMessage, Priority, ReplyRequested, TalkCommand, TalkRejection,
    },
};
use serde::Serialize;

use crate::{Appended, Asking, Intake, IntakeError, RefusalKind, check_words, error::Refusal, field_rules::faults};

/// Telegram's limit of formatted stretches in a message; it drops those beyond.
const ENTITIES_MAX: usize = 100;
/// Telegram's limit of buttons under a message.
const BUTTONS_MAX: usize = 100;
/// Telegram's limit of buttons in a row.
const BUTTONS_IN_A_ROW_MAX: usize = 8;
/// What a phone shows of a button's words.
const BUTTON_CHARACTERS_MAX: usize = 64;
/// Telegram's limit of what a button sends back.
const BUTTON_DATA_BYTES_MAX: usize = 64;
/// The formatting that can be sent.
const KINDS: [&str; 10] = [
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "code",
    "pre",
    "text_link",
    "text_mention",
];

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendMessage {
    /// Where: a conversation with a bot of ours.
    pub conversation: ConversationId,
    /// What it says: 1 to 4096 UTF-16 units.
    pub text: String,
    /// Formatting, in UTF-16 units.
    pub entities: Vec<Entity>,
    /// Rows of buttons; what they send back stands in the log.
    pub buttons: Vec<Vec<Button>>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// Who goes first.
    pub priority: Priority,
}

impl Intake {
    /// Asks for a message to go out. Not found where no bot of ours was ever spoken to, a conflict where it is blocked.
    pub async fn send_message(&self, asking: &Asking, send: SendMessage) -> Result<(ReplyId, Appended), IntakeError> {
        let chat = bot_chat(&send.conversation);
        faults([
            ("conversation_id", chat.as_ref().map(|_| ()).map_err(Clone::clone)),
            ("text", check_words(&send.text)),
            ("entities", check_entities(&send.entities, &send.text)),
            ("buttons", check_buttons(&send.buttons)),
            ("reply_to_id", send.reply_to.map_or(Ok(()), check_message_id)),
        ])?;
        let context = asking.context(self, &("send message", &send))?;
        let SendMessage { conversation, text, entities, buttons, reply_to, priority } = send;
        let reply = ReplyId::of(context.origin, 0);
        let outgoing = Outgoing::Send(OutgoingMessage { text, entities, buttons });
        // In a private chat it is for one person, and goes when they are forgotten.
        let reader = chat.ok().filter(|chat| chat.0 > 0).map(|chat| PersonId::Telegram(chat.0));
        let request = ReplyRequested {
            reply,
            in_reply_to: reply_to,
            topic: None,
            outgoing: Authored::by(reader, outgoing),
            priority,
            requested_at: self.clock.now(),
        };
        // The kind counts only for who opens a conversation; this never does.
        let command = TalkCommand { conversation, kind: ChatKind::Private, what: Happening::Say(request) };
        let handled = self.talk.handle(&command, &context).await?;
        Ok((reply, Appended::of(&handled)?))
    }
}

fn bot_chat(conversation: &ConversationId) -> Result<ChatId, String> {
    match conversation {
        ConversationId::Bot { chat, .. } => Ok(*chat),
        ConversationId::Export(_) | ConversationId::Api(_) => {
            Err("must be a conversation with a bot of ours: <bot>.<chat>".to_owned())
        }
    }
}

/// Telegram counts messages of a chat in 31 bits.
fn check_message_id(id: MessageId) -> Result<(), String> {
    if (1..=i64::from(i32::MAX)).contains(&id.0) { Ok(()) } else { Err("must be 1 to 2147483647".to_owned()) }
}

/// Each within the text and on whole characters, of a kind that can be sent, with what that kind needs.
fn check_entities(entities: &[Entity], text: &str) -> Result<(), String> {
    if entities.len() > ENTITIES_MAX {
        return Err(format!("must be at most {ENTITIES_MAX}"));
    }
    let mut bounds: HashSet<usize> = HashSet::from([0]);
    let mut end = 0;
    for character in text.chars() {
        end += character.len_utf16();
        bounds.insert(end);
    }
    for (index, entity) in entities.iter().enumerate() {
        let wrong = |must: &str| Err(format!("must each {must}; number {} does not", index + 1));
        let from = usize::try_from(entity.offset).unwrap_or(usize::MAX);
        let to = from.saturating_add(usize::try_from(entity.length).unwrap_or(usize::MAX));
        if from >= to || !bounds.contains(&from) || !bounds.contains(&to) {
            return wrong("cover whole characters within the text, counted in UTF-16 units");
        }
        if !KINDS.contains(&entity.kind.as_str()) {
            return wrong(&format!("be of a kind that can be sent ({})", KINDS.join(", ")));
        }
        if entity.kind == "text_link" && !entity.url.as_deref().is_some_and(is_link) {
            return wrong("have a url that begins with http://, https:// or tg:// if it is a text_link");
        }
        if entity.kind == "text_mention" && !matches!(entity.person, Some(PersonId::Telegram(1..))) {
            return wrong("name a Telegram user if it is a text_mention");
        }
    }
    Ok(())
}

fn is_link(url: &str) -> bool {
    let rest = ["http://", "https://", "tg://"].into_iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && !url.contains(|character: char| character.is_whitespace()))
}

fn check_buttons(rows: &[Vec<Button>]) -> Result<(), String> {
    if rows.iter().map(Vec::len).sum::<usize>() > BUTTONS_MAX {
        return Err(format!("must be at most {BUTTONS_MAX}"));
    }
    if rows.iter().any(|row| !(1..=BUTTONS_IN_A_ROW_MAX).contains(&row.len())) {
        return Err(format!("must stand in rows of 1 to {BUTTONS_IN_A_ROW_MAX}"));
    }
    let is_plain = |text: &str| !text.contains(char::is_control);
    for button in rows.iter().flatten() {
        let characters = button.text.chars().count();
        if button.text.trim().is_empty() || characters > BUTTON_CHARACTERS_MAX || !is_plain(&button.text) {
            return Err(format!("must each have a text of 1 to {BUTTON_CHARACTERS_MAX} characters, in one line"));
        }
        if !(1..=BUTTON_DATA_BYTES_MAX).contains(&button.data.len()) || !is_plain(&button.data) {
            return Err(format!("must each have data of 1 to {BUTTON_DATA_BYTES_MAX} bytes, no control characters"));
        }
    }
    Ok(())
}

impl Refusal for TalkRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Unknown(_) => RefusalKind::NotFound,
            Self::Blocked(_) | Self::Outgoing(_) => RefusalKind::Conflict,
        }
    }
}
