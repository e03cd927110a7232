//! Channels: what is tracked, and what is observed of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ChatId, Decider, ExportTime, MessageContent, MessageId, ReactionCount, ServiceMessageObserved, Source, StreamName,
    event::domain_events,
};

domain_events! {
    /// What happens to a channel.
    pub enum ChannelEvent {
        ChannelTracked = 1,
        ChannelUntracked = 1,
        ChannelObserved = 1,
        PostObserved = 1,
        ServiceMessageObserved = 1,
    }
}

/// Somebody wants this channel to be collected and watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTracked {
    /// Which channel.
    pub channel: ChatId,
    /// Its @username without the @, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its title, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When.
    pub tracked_at: Timestamp,
}

/// The channel is no longer collected. What is known of it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUntracked {
    /// Which channel.
    pub channel: ChatId,
    /// When.
    pub untracked_at: Timestamp,
}

/// How a channel is called, as observed; the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelObserved {
    /// Which channel.
    pub channel: ChatId,
    /// Its title.
    pub title: String,
    /// Anybody can read it.
    pub public: bool,
    /// Which way it reached us.
    pub source: Source,
}

/// A post as it was when observed. A later observation of the same post replaces it for readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostObserved {
    /// Which channel.
    pub channel: ChatId,
    /// Number within the channel.
    pub post_id: MessageId,
    /// When it was published.
    pub posted_at: Timestamp,
    /// How that time is known.
    pub time: ExportTime,
    /// The signature under the post: plain text of the channel, no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What it says.
    pub content: MessageContent,
    /// The post it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// When Telegram last touched it; reactions touch it too, so this proves no edit of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<Timestamp>,
    /// Reactions when observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionCount>,
    /// Which way it reached us.
    pub source: Source,
}

/// What may be done about a channel. Lives for one decision only, so its size costs nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum ChannelCommand {
    /// Collect and watch it.
    Track(ChannelTracked),
    /// Stop that.
    Untrack(ChannelUntracked),
    /// A post was seen as it is now.
    ObservePost(PostObserved),
}

/// What the rules need to know of a channel.
#[derive(Clone, Debug, Default)]
pub struct ChannelState {
    tracked: bool,
}

/// Why nothing is done about a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelRejection {
    /// It is tracked already.
    #[error("channel {channel} is tracked already")]
    AlreadyTracked {
        /// Which.
        channel: ChatId,
    },
    /// It is not tracked.
    #[error("channel {channel} is not tracked")]
    NotTracked {
        /// Which.
        channel: ChatId,
    },
}

/// The rules of channels.
pub struct Channel;

impl Decider for Channel {
    type Command = ChannelCommand;
    type Event = ChannelEvent;
    type State = ChannelState;
    type Rejection = ChannelRejection;

    fn name(command: &ChannelCommand) -> &'static str {
        match command {
            ChannelCommand::Track(_) => "TrackChannel",
            ChannelCommand::Untrack(_) => "UntrackChannel",
            ChannelCommand::ObservePost(_) => "ObservePost",
        }
    }

    fn stream(command: &ChannelCommand) -> StreamName {
        match command {
            ChannelCommand::Track(event) => event.channel.channel_stream(),
            ChannelCommand::Untrack(event) => event.channel.channel_stream(),
            ChannelCommand::ObservePost(event) => event.channel.channel_stream(),
        }
    }

    fn decide(state: &ChannelState, command: &ChannelCommand) -> Result<Vec<ChannelEvent>, ChannelRejection> {
        match command {
            ChannelCommand::Track(event) if state.tracked => {
                Err(ChannelRejection::AlreadyTracked { channel: event.channel })
            }
            ChannelCommand::Track(event) => Ok(vec![event.clone().into()]),
            ChannelCommand::Untrack(event) if !state.tracked => {
                Err(ChannelRejection::NotTracked { channel: event.channel })
            }
            ChannelCommand::Untrack(event) => Ok(vec![event.clone().into()]),
            // What is seen is kept, tracked or not.
            ChannelCommand::ObservePost(event) => Ok(vec![event.clone().into()]),
        }
    }

    fn evolve(mut state: ChannelState, event: &ChannelEvent) -> ChannelState {
        match event {
            ChannelEvent::ChannelTracked(_) => state.tracked = true,
            ChannelEvent::ChannelUntracked(_) => state.tracked = false,
            ChannelEvent::ChannelObserved(_)
            | ChannelEvent::PostObserved(_)
            | ChannelEvent::ServiceMessageObserved(_) => {}
        }
        state
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CHANNEL: ChatId = ChatId::supergroup(1_878_264_527);

    fn tracked() -> ChannelTracked {
        let tracked_at = Timestamp::from_second(1_700_000_000).unwrap();
        ChannelTracked { channel: CHANNEL, username: None, title: None, tracked_at }
    }

    fn untracked() -> ChannelUntracked {
        ChannelUntracked { channel: CHANNEL, untracked_at: tracked().tracked_at }
    }

    fn given_when(events: &[ChannelEvent], command: &ChannelCommand) -> Result<Vec<ChannelEvent>, ChannelRejection> {
        Channel::decide(&events.iter().fold(ChannelState::default(), Channel::evolve), command)
    }

    #[test]
    fn a_channel_is_tracked_once() {
        let past = [tracked().into()];
        let refused = given_when(&past, &ChannelCommand::Track(tracked()));
        assert_eq!(refused, Err(ChannelRejection::AlreadyTracked { channel: CHANNEL }));
    }

    #[test]
    fn only_a_tracked_channel_is_untracked_and_it_can_be_tracked_again() {
        let refused = given_when(&[], &ChannelCommand::Untrack(untracked()));
        assert_eq!(refused, Err(ChannelRejection::NotTracked { channel: CHANNEL }));
        let past = [tracked().into(), untracked().into()];
        assert_eq!(given_when(&past, &ChannelCommand::Track(tracked())), Ok(vec![tracked().into()]));
    }
}
