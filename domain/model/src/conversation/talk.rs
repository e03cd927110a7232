//! The rules of conversations with our bots. What Telegram says has happened is recorded, and what answers it goes out;
//! only what we are to say unasked can be refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ButtonPressed, ChatKind, ConversationEvent, ConversationMigrated, ConversationOpened, DeepLinkFollowed,
    MessageReceived, Outgoing, OutgoingRefused, ReplyFailed, ReplyRequested, ReplySent,
};
use crate::{ChatId, ConversationId, Decider, PersonId, ServiceMessageObserved, Source, StreamName};

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
    /// It was the first after a link.
    FollowLink(DeepLinkFollowed),
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
    /// The group goes on as a supergroup.
    Migrate(ConversationMigrated),
}

/// What the rules need to know of a conversation with a bot.
#[derive(Clone, Copy, Debug, Default)]
pub struct TalkState {
    opened: bool,
    blocked: bool,
    migrated_to: Option<ChatId>,
}

impl TalkState {
    /// Whether a bot of ours could say something there unasked.
    pub fn can_hear(self, conversation: &ConversationId) -> Result<(), TalkRejection> {
        match self {
            Self { opened: false, .. } => Err(TalkRejection::Unknown(conversation.clone())),
            Self { blocked: true, .. } => Err(TalkRejection::Blocked(conversation.clone())),
            Self { opened: true, blocked: false, .. } => Ok(()),
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
    /// Telegram would not take it.
    #[error(transparent)]
    Outgoing(#[from] OutgoingRefused),
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
            Happening::FollowLink(_) => "FollowLink",
            Happening::Migrate(_) => "MigrateConversation",
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
            Happening::Receive(event) => {
                // Who writes to the bot has let it in again, even if Telegram never said so.
                if let (true, Some(person)) = (state.blocked, event.sender.person().cloned()) {
                    events.push(BotUnblocked { person, unblocked_at: event.sent_at }.into());
                }
                events.push(event.clone().into());
            }
            Happening::FollowLink(event) => events.push(event.clone().into()),
            Happening::Edit(event) => events.push(event.clone().into()),
            Happening::Observe(event) => events.push(event.clone().into()),
            Happening::Press(event) => events.push(event.clone().into()),
            Happening::Reply(replies) => {
                for reply in replies {
                    events.push(asked_for(reply)?);
                }
            }
            Happening::Say(reply) => {
                state.can_hear(&command.conversation)?;
                return Ok(vec![asked_for(reply)?]);
            }
            Happening::NoteSent(event) => events.push(event.clone().into()),
            Happening::NoteFailed(event) => events.push(event.clone().into()),
            // Telegram may say the same again; what is known already is nothing new.
            Happening::Block(_) if state.blocked => return Ok(Vec::new()),
            Happening::Block(event) => events.push(event.clone().into()),
            Happening::Unblock(_) if !state.blocked => return Ok(Vec::new()),
            Happening::Unblock(event) => events.push(event.clone().into()),
            Happening::Migrate(event) if state.migrated_to == Some(event.to) => return Ok(Vec::new()),
            Happening::Migrate(event) => events.push(event.clone().into()),
        }
        Ok(events)
    }

    fn evolve(mut state: TalkState, event: &ConversationEvent) -> TalkState {
        match event {
            ConversationEvent::ConversationOpened(_) => state.opened = true,
            ConversationEvent::BotBlocked(_) => state.blocked = true,
            // Logs of earlier releases hold no word of being let in where somebody just wrote.
            ConversationEvent::BotUnblocked(_) | ConversationEvent::MessageReceived(_) => state.blocked = false,
            ConversationEvent::ConversationMigrated(event) => state.migrated_to = Some(event.to),
            _ => {}
        }
        state
    }
}

/// What is asked for is what Telegram would take.
fn asked_for(reply: &ReplyRequested) -> Result<ConversationEvent, TalkRejection> {
    reply.outgoing.readable().map_or(Ok(()), Outgoing::check)?;
    Ok(reply.clone().into())
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
            topic: None,
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
    #[test]
    fn who_writes_has_let_the_bot_in_again_and_the_log_says_so() {
        let sent_at = Timestamp::from_second(1_700_000_002).unwrap();
        let message = MessageReceived {
            message_id: crate::MessageId(1),
            sender: crate::Sender::Person(PersonId::Telegram(7)),
            sent_at,
            received_at: None,
            time: None,
            content: crate::Authored::by(Some(PersonId::Telegram(7)), crate::MessageContent::default()),
            reply_to: None,
            topic: None,
            touched_at: None,
            via_bot: None,
            reactions: Vec::new(),
            source: Source::Telegram,
        };
        assert_eq!(names(&[blocked()], Happening::Receive(message.clone())), ["BotUnblocked", "MessageReceived"]);
        let twice = [blocked(), Happening::Receive(message.clone())];
        assert_eq!(names(&twice, Happening::Receive(message)), ["MessageReceived"]);
    }

    #[test]
    fn a_group_moves_once_however_often_it_is_said() {
        let migrated_at = Timestamp::from_second(1_700_000_000).unwrap();
        let migrate = Happening::Migrate(ConversationMigrated { to: ChatId::supergroup(5), migrated_at });
        assert_eq!(names(&[], migrate.clone()), ["ConversationOpened", "ConversationMigrated"]);
        assert!(names(std::slice::from_ref(&migrate), migrate.clone()).is_empty());
    }

    #[test]
    fn what_telegram_would_not_take_is_not_asked_for() {
        let reply = ReplyRequested {
            reply: crate::ReplyId::of(crate::Origin::of(&["test"]), 0),
            in_reply_to: None,
            topic: None,
            outgoing: crate::Authored::by(
                None,
                Outgoing::MediaGroup { of: super::super::AlbumKind::Photos, items: vec![] },
            ),
            priority: super::super::Priority::Report,
            requested_at: Timestamp::from_second(1_700_000_000).unwrap(),
        };
        let refused = decided(&[], Happening::Reply(vec![reply]));
        assert_eq!(refused, Err(TalkRejection::Outgoing(OutgoingRefused::Album { count: 0 })));
    }
}
