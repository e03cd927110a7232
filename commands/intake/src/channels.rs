//! Channels are tracked, and no longer are.

use chronogram_model::{
    ChatId,
    channel::{ChannelCommand, ChannelRejection, ChannelTracked, ChannelUntracked},
};
use serde::Serialize;

use crate::{Appended, Asking, Intake, IntakeError, RefusalKind, error::Refusal};

/// A channel to track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackChannel {
    /// Which.
    pub channel: ChatId,
    /// Its @username without the @.
    pub username: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

impl Intake {
    /// Tracks a channel. A conflict where it is tracked already.
    pub async fn track_channel(&self, asking: &Asking, track: TrackChannel) -> Result<Appended, IntakeError> {
        let context = asking.context(self, &("track", &track))?;
        let TrackChannel { channel, username, title } = track;
        let tracked_at = self.clock.now();
        let command = ChannelCommand::Track(ChannelTracked { channel, username, title, tracked_at });
        Appended::of(&self.channels.handle(&command, &context).await?)
    }

    /// Stops tracking a channel; what is known of it stays. A conflict where it is not tracked.
    pub async fn untrack_channel(&self, asking: &Asking, channel: ChatId) -> Result<Appended, IntakeError> {
        let context = asking.context(self, &("untrack", channel))?;
        let command = ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: self.clock.now() });
        Appended::of(&self.channels.handle(&command, &context).await?)
    }
}

impl Refusal for ChannelRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::AlreadyTracked { .. } | Self::NotTracked { .. } => RefusalKind::Conflict,
        }
    }
}
