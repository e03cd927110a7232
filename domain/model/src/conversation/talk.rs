//! The rules of conversations with our bots. What Telegram says has happened is recorded, and what answers it goes out;
//! only what we are to say unasked can be refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ButtonPressed, ChatKind, ConversationEvent, ConversationOpened, MessageReceived, ReplyFailed, ReplyRequested,
    ReplySent,
};
use crate::{ConversationId, Decider, PersonId, ServiceMessageObserved, Source, StreamName};

/// The words of a message changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// The message as it is now, whole: an edit of a message that was never seen shows it.
    pub message: MessageReceived,
    /// When it was edited, by Telegram.
    pub edited_at: Timestamp,
}

/// A person does not want to hear from the bot: nothing can be sent to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotBlocked {
    /// Who.
    pub person: PersonId,
    /// When.
    pub blocked_at: Timestamp,
}

/// A person wants to hear from the bot again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotUnblocked {
    /// Who.
    pub person: PersonId,
    /// When.
    pub unblocked_at: Timestamp,
}

/// What happens in a conversation with a bot.
#[derive(Clone, Debug)]
pub struct TalkCommand {
    /// Where.
    pub conversation: ConversationId,
    /// What kind of chat it is; kept when the conversation is opened by this.
    pub kind: ChatKind,
    /// What happened.
    pub what: Happening,
}

/// What happened in a conversation with a bot.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "lives for one decision only")]
pub enum Happening {
    /// A message came.
    Receive(MessageReceived),
    /// A message was edited.
    Edit(MessageEdited),
    /// Somebody joined, a title changed, …
    Observe(ServiceMessageObserved),
    /// A button was pressed.
    Press(ButtonPressed),
    /// Messages of ours are to go out, in this order.
    Reply(Vec<ReplyRequested>),
    /// A message of ours is to go out though nobody in the chat asked for it.
    Say(ReplyRequested),
    /// One went out.
    NoteSent(ReplySent),
    /// One will not go out.
    NoteFailed(ReplyFailed),
    /// The bot was blocked.
    Block(BotBlocked),
    /// The bot is welcome again.
    Unblock(BotUnblocked),
}

/// What the rules need to know of a conversation with a bot.
#[derive(Clone, Copy, Debug, Default)]
pub struct TalkState {
    opened: bool,
    blocked: bool,
}

impl TalkState {
    /// Whether a bot of ours could say something there unasked.
    pub fn can_hear(self, conversation: &ConversationId) -> Result<(), TalkRejection> {
        match self {
            Self { opened: false, .. } => Err(TalkRejection::Unknown(conversation.clone())),
            Self { blocked: true, .. } => Err(TalkRejection::Blocked(conversation.clone())),
            Self { opened: true, blocked: false } => Ok(()),
        }
    }
}

/// Why we say nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TalkRejection {
    /// Nobody ever spoke to our bot there, and a bot cannot speak first.
    #[error("no bot of ours was ever spoken to in conversation {0}")]
    Unknown(ConversationId),
    /// Who is there does not want to hear from the bot.
    #[error("the bot is blocked in conversation {0}; nothing can be sent there until it is let in again")]
    Blocked(ConversationId),
}

/// The rules of conversations with our bots.
pub struct Talk;

impl Decider for Talk {
    type Command = TalkCommand;
    type Event = ConversationEvent;
    type State = TalkState;
    type Rejection = TalkRejection;

    fn name(command: &TalkCommand) -> &'static str {
        match command.what {
            Happening::Receive(_) => "ReceiveMessage",
            Happening::Edit(_) => "EditMessage",
            Happening::Observe(_) => "ObserveServiceMessage",
            Happening::Press(_) => "PressButton",
            Happening::Reply(_) => "RequestReplies",
            Happening::Say(_) => "SendMessage",
            Happening::NoteSent(_) => "NoteSent",
            Happening::NoteFailed(_) => "NoteFailed",
            Happening::Block(_) => "BlockBot",
            Happening::Unblock(_) => "UnblockBot",
        }
    }

    fn stream(command: &TalkCommand) -> StreamName {
        command.conversation.stream()
    }

    fn decide(state: &TalkState, command: &TalkCommand) -> Result<Vec<ConversationEvent>, TalkRejection> {
        let mut events = Vec::new();
        if !state.opened {
            let conversation = command.conversation.clone();
            events.push(ConversationOpened { conversation, kind: command.kind, source: Source::Telegram }.into());
        }
        match &command.what {
            Happening::Receive(event) => events.push(event.clone().into()),
            Happening::Edit(event) => events.push(event.clone().into()),
            Happening::Observe(event) => events.push(event.clone().into()),
            Happening::Press(event) => events.push(event.clone().into()),
            Happening::Reply(replies) => events.extend(replies.iter().cloned().map(Into::into)),
            Happening::Say(reply) => {
                state.can_hear(&command.conversation)?;
                return Ok(vec![reply.clone().into()]);
            }
            Happening::NoteSent(event) => events.push(event.clone().into()),
            Happening::NoteFailed(event) => events.push(event.clone().into()),
            // Telegram may say the same again; what is known already is nothing new.
            Happening::Block(_) if state.blocked => return Ok(Vec::new()),
            Happening::Block(event) => events.push(event.clone().into()),
            Happening::Unblock(_) if !state.blocked => return Ok(Vec::new()),
            Happening::Unblock(event) => events.push(event.clone().into()),
        }
        Ok(events)
    }

    fn evolve(mut state: TalkState, event: &ConversationEvent) -> TalkState {
        match event {
            ConversationEvent::ConversationOpened(_) => state.opened = true,
            ConversationEvent::BotBlocked(_) => state.blocked = true,
            // Who writes to the bot has let it in again, even if we never heard so.
            ConversationEvent::BotUnblocked(_) | ConversationEvent::MessageReceived(_) => state.blocked = false,
            _ => {}
        }
        state
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{
        super::{Outgoing, OutgoingMessage, Priority},
        *,
    };
    use crate::{Authored, ChatId, DomainEvent as _, Origin, ReplyId};

    fn command(what: Happening) -> TalkCommand {
        let conversation = ConversationId::Bot { bot: 1, chat: ChatId::private(7) };
        TalkCommand { conversation, kind: ChatKind::Private, what }
    }

    fn decided(given: &[Happening], when: Happening) -> Result<Vec<&'static str>, TalkRejection> {
        let state = given.iter().fold(TalkState::default(), |state, what| {
            let events = Talk::decide(&state, &command(what.clone())).unwrap();
            events.iter().fold(state, Talk::evolve)
        });
        let events = Talk::decide(&state, &command(when))?;
        Ok(events.iter().map(|event| event.shape().name).collect())
    }

    fn names(given: &[Happening], when: Happening) -> Vec<&'static str> {
        decided(given, when).unwrap()
    }

    fn blocked() -> Happening {
        let blocked_at = Timestamp::from_second(1_700_000_000).unwrap();
        Happening::Block(BotBlocked { person: PersonId::Telegram(7), blocked_at })
    }

    fn unblocked() -> Happening {
        let unblocked_at = Timestamp::from_second(1_700_000_001).unwrap();
        Happening::Unblock(BotUnblocked { person: PersonId::Telegram(7), unblocked_at })
    }

    fn say() -> Happening {
        let words = OutgoingMessage { text: "hello".to_owned(), ..OutgoingMessage::default() };
        Happening::Say(ReplyRequested {
            reply: ReplyId::of(Origin::of(&["test"]), 0),
            in_reply_to: None,
            outgoing: Authored::by(Some(PersonId::Telegram(7)), Outgoing::Send(words)),
            priority: Priority::Alert,
            requested_at: Timestamp::from_second(1_700_000_002).unwrap(),
        })
    }

    #[test]
    fn a_bot_says_nothing_unasked_where_it_was_never_spoken_to() {
        let conversation = command(say()).conversation;
        assert_eq!(decided(&[], say()), Err(TalkRejection::Unknown(conversation)));
    }

    #[test]
    fn a_bot_says_nothing_unasked_where_it_is_blocked_and_again_once_it_is_let_in() {
        let conversation = command(say()).conversation;
        assert_eq!(decided(&[blocked()], say()), Err(TalkRejection::Blocked(conversation)));
        assert_eq!(names(&[blocked(), unblocked()], say()), ["ReplyRequested"]);
    }

    #[test]
    fn what_happens_first_opens_the_conversation() {
        assert_eq!(names(&[], blocked()), ["ConversationOpened", "BotBlocked"]);
    }

    #[test]
    fn a_block_that_is_known_is_nothing_new() {
        assert!(names(&[blocked()], blocked()).is_empty());
        assert_eq!(names(&[blocked()], unblocked()), ["BotUnblocked"]);
        assert!(names(&[blocked(), unblocked()], unblocked()).is_empty());
    }
}
