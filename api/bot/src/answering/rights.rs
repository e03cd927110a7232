//! Who may do what with a channel: admins of the bot everything, others what concerns channels that they run.
//!
//! Telegram is asked each time. Administrators are made and dismissed there without a word to us, and a recorded fact
//! would go on giving numbers of a channel to somebody who was dismissed. What is recorded (`ChannelAdministratorSeen`)
//! only says which channels to ask about when somebody wants to see all of theirs: asking about every channel there
//! is would make a stranger's `/list` cost as many requests as we track channels.

use chronogram_bot_talk::{
    ChannelRef,
    views::{self, Role},
};
use chronogram_gateways::telegram::TelegramError;
use chronogram_model::{
    ChatId, PersonId,
    channel::{ChannelAdministratorSeen, ChannelCommand},
    conversation::OutgoingMessage,
};
use chronogram_read_models::{
    channels::{self, ChannelRow},
    members,
};
use futures::future::try_join_all;

use super::Listener;
use crate::{Bot, Trouble, updates::Incoming};

/// Channels of one person that are shown: Telegram is asked about each.
const OWN_CHANNELS_MAX: u32 = 40;
/// Questions to Telegram at the same time: one list must not use up what it grants us.
const ASKED_AT_ONCE: usize = 8;

/// What somebody may do with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Everything: they run it, or are an admin of the bot.
    Yes,
    /// Nothing.
    No,
    /// Telegram does not tell us.
    Unknown,
}

impl Bot {
    /// What somebody may do with this channel, now.
    pub(super) async fn right(&self, listener: &Listener, channel: &ChannelRef) -> Result<Right, Trouble> {
        if listener.role == Role::Admin {
            return Ok(Right::Yes);
        }
        let PersonId::Telegram(user) = listener.person else { return Ok(Right::No) };
        match self.parts.telegram.is_administrator(&channel.to_string(), user).await {
            Ok(true) => Ok(Right::Yes),
            Ok(false) => Ok(Right::No),
            Err(TelegramError::NotFound | TelegramError::Forbidden | TelegramError::Refused { .. }) => {
                Ok(Right::Unknown)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What to tell somebody who may not; `None`: they may. `named` is how they called the channel.
    pub(super) async fn refusal(
        &self,
        listener: &Listener,
        channel: &ChannelRef,
        named: &ChannelRef,
    ) -> Result<Option<OutgoingMessage>, Trouble> {
        Ok(match self.right(listener, channel).await? {
            Right::Yes => None,
            Right::No => Some(views::not_yours(listener.language, named)),
            Right::Unknown => Some(views::channel_owner_unknown(listener.language, named)),
        })
    }

    /// The tracked channel that somebody names and may look at, else what to tell them. Where we know the channel,
    /// Telegram is asked by its number: names change hands, and who has one now has no right to the channel that had
    /// it before. Where we do not, it is asked all the same: a stranger does not learn what is tracked.
    pub(super) async fn allowed(
        &self,
        listener: &Listener,
        named: &ChannelRef,
    ) -> Result<Result<ChannelRow, OutgoingMessage>, Trouble> {
        self.fresh().await?;
        let known = self.tracked(named).await?;
        let channel = known.as_ref().map_or_else(|| named.clone(), |row| ChannelRef::Id(row.id));
        Ok(match self.refusal(listener, &channel, named).await? {
            Some(refusal) => Err(refusal),
            None => known.ok_or_else(|| views::channel_not_tracked(listener.language, named)),
        })
    }

    /// Records that somebody runs a channel, once: from then on it stands in their list.
    pub(super) async fn note_administrator(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChatId,
    ) -> Result<(), Trouble> {
        if listener.role == Role::Admin {
            return Ok(());
        }
        let seen = ChannelAdministratorSeen { channel, person: listener.person.clone(), seen_at: incoming.now };
        let command = ChannelCommand::NoteAdministrator(seen);
        self.channels.handle(&command, &incoming.context(Some(&listener.person))).await?;
        Ok(())
    }

    /// The tracked channels that somebody who is no admin runs, by title.
    pub(super) async fn own_channels(&self, listener: &Listener) -> Result<Vec<ChannelRow>, Trouble> {
        let seen = members::administered_by(&self.parts.queries, &listener.person, OWN_CHANNELS_MAX).await?;
        let rows = channels::channels_by_id(&self.parts.queries, &seen).await?;
        let tracked: Vec<_> = rows.into_iter().filter(|row| row.tracked).collect();
        let mut own = Vec::new();
        for some in tracked.chunks(ASKED_AT_ONCE) {
            let references: Vec<_> = some.iter().map(|row| ChannelRef::Id(row.id)).collect();
            let rights = try_join_all(references.iter().map(|channel| self.right(listener, channel))).await?;
            own.extend(some.iter().zip(rights).filter(|(_, right)| *right == Right::Yes).map(|(row, _)| row.clone()));
        }
        own.sort_by(|one, other| (&one.title, one.id).cmp(&(&other.title, other.id)));
        Ok(own)
    }
}
