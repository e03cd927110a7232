//! Channels: what is tracked, and what is observed of them.

mod collection;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use collection::{
    ChannelAdministratorSeen, ChannelSnapshotTaken, Collected, CollectionFailed, CollectionRefusal, CollectionSource,
};

use crate::{
    ChatId, Decider, ExportTime, MessageContent, MessageId, PersonId, ReactionCount, ServiceMessageObserved, Source,
    StreamName, event::domain_events,
};

domain_events! {
    /// What happens to a channel.
    pub enum ChannelEvent {
        ChannelTracked = 1,
        ChannelUntracked = 1,
        ChannelObserved = 1,
        PostObserved = 1,
        ServiceMessageObserved = 1,
        ChannelSnapshotTaken = 1,
        CollectionFailed = 1,
        ChannelAdministratorSeen = 1,
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
    /// It was counted.
    TakeSnapshot(ChannelSnapshotTaken),
    /// It could not be.
    NoteCollectionFailed(CollectionFailed),
    /// Somebody was seen to run it.
    NoteAdministrator(ChannelAdministratorSeen),
}

/// What the rules need to know of a channel.
#[derive(Clone, Debug, Default)]
pub struct ChannelState {
    tracked: bool,
    /// Telegram lets a channel have fifty.
    administrators: BTreeSet<PersonId>,
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
            ChannelCommand::TakeSnapshot(_) => "TakeSnapshot",
            ChannelCommand::NoteCollectionFailed(_) => "NoteCollectionFailed",
            ChannelCommand::NoteAdministrator(_) => "NoteAdministrator",
        }
    }

    fn stream(command: &ChannelCommand) -> StreamName {
        let channel = match command {
            ChannelCommand::Track(event) => event.channel,
            ChannelCommand::Untrack(event) => event.channel,
            ChannelCommand::ObservePost(event) => event.channel,
            ChannelCommand::TakeSnapshot(event) => event.channel,
            ChannelCommand::NoteCollectionFailed(event) => event.channel,
            ChannelCommand::NoteAdministrator(event) => event.channel,
        };
        channel.channel_stream()
    }

    fn decide(state: &ChannelState, command: &ChannelCommand) -> Result<Vec<ChannelEvent>, ChannelRejection> {
        let not_tracked = |channel| Err(ChannelRejection::NotTracked { channel });
        match command {
            ChannelCommand::Track(event) if state.tracked => {
                Err(ChannelRejection::AlreadyTracked { channel: event.channel })
            }
            ChannelCommand::Track(event) => Ok(vec![event.clone().into()]),
            ChannelCommand::Untrack(event) if !state.tracked => not_tracked(event.channel),
            ChannelCommand::Untrack(event) => Ok(vec![event.clone().into()]),
            // What is seen is kept, tracked or not.
            ChannelCommand::ObservePost(event) => Ok(vec![event.clone().into()]),
            // What is collected is asked for, so of a channel that nobody wants nothing is.
            ChannelCommand::TakeSnapshot(event) if !state.tracked => not_tracked(event.channel),
            ChannelCommand::TakeSnapshot(event) => Ok(vec![event.clone().into()]),
            ChannelCommand::NoteCollectionFailed(event) if !state.tracked => not_tracked(event.channel),
            ChannelCommand::NoteCollectionFailed(event) => Ok(vec![event.clone().into()]),
            ChannelCommand::NoteAdministrator(event) if state.administrators.contains(&event.person) => Ok(Vec::new()),
            ChannelCommand::NoteAdministrator(event) => Ok(vec![event.clone().into()]),
        }
    }

    fn evolve(mut state: ChannelState, event: &ChannelEvent) -> ChannelState {
        match event {
            ChannelEvent::ChannelTracked(_) => state.tracked = true,
            ChannelEvent::ChannelUntracked(_) => state.tracked = false,
            ChannelEvent::ChannelAdministratorSeen(event) => _ = state.administrators.insert(event.person.clone()),
            ChannelEvent::ChannelObserved(_)
            | ChannelEvent::PostObserved(_)
            | ChannelEvent::ServiceMessageObserved(_)
            | ChannelEvent::ChannelSnapshotTaken(_)
            | ChannelEvent::CollectionFailed(_) => {}
        }
        state
    }
}

#[cfg(test)]
mod tests;
