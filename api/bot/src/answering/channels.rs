//! Channels: tracked, listed, counted, tracked no more. For admins.

use chronogram_bot_talk::{
    ChannelRef,
    views::{self, CHANNELS_A_PAGE, ChannelLine, ChannelName, Counted, Notice, StatsView},
};
use chronogram_gateways::telegram::{ChatDescription, TelegramError};
use chronogram_handlers::HandleError;
use chronogram_model::{
    ChatId,
    channel::{ChannelCommand, ChannelTracked, ChannelUntracked},
    conversation::OutgoingMessage,
};
use chronogram_read_models::{
    PageRequest, Sorted, TimeRange,
    channels::{self, ChannelFilter, ChannelOrder, ChannelRow, PostFilter},
};
use jiff::SignedDuration;

use super::{Listener, PressAnswer};
use crate::{Bot, Trouble, updates::Incoming};

/// Pages that are read through to a later one.
const PAGES_MAX: u32 = 200;

impl Bot {
    pub(super) async fn add_channel(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChannelRef,
    ) -> Result<OutgoingMessage, Trouble> {
        let described = match self.parts.telegram.chat(&channel.to_string()).await {
            Ok(described) if described.is_channel => described,
            Ok(_) | Err(TelegramError::NotFound | TelegramError::Forbidden | TelegramError::Refused { .. }) => {
                return Ok(views::channel_not_found(listener.language, &channel));
            }
            Err(error) => return Err(error.into()),
        };
        let ChatDescription { id, title, username, .. } = described;
        let name = ChannelName { id, title: title.clone(), username: username.clone() };
        let command = ChannelCommand::Track(ChannelTracked { channel: id, username, title, tracked_at: incoming.now });
        match self.channels.handle(&command, &incoming.context(Some(&listener.person))).await {
            Ok(_) => Ok(views::channel_added(listener.language, &name)),
            Err(HandleError::Rejected(_)) => Ok(views::channel_already_tracked(listener.language, &name)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list_channels(&self, listener: &Listener, page: u32) -> Result<OutgoingMessage, Trouble> {
        let filter = ChannelFilter { tracked: Some(true) };
        let total = channels::count_channels(&self.parts.queries, &filter).await?;
        let total = u64::try_from(total).unwrap_or_default();
        let number = views::page_within(page.min(PAGES_MAX), total, CHANNELS_A_PAGE);
        let (mut after, mut rows) = (None, Vec::new());
        for _ in 0..=number {
            let request = PageRequest::new(Some(CHANNELS_A_PAGE.into()), after.take(), None, None).unwrap_or_default();
            let order = Sorted::ascending(ChannelOrder::Id);
            let page = channels::channels(&self.parts.queries, &filter, order, &request).await?;
            after = page.rows.last().map(|(_, cursor)| cursor.clone());
            rows = page.rows;
            if after.is_none() {
                break;
            }
        }
        let mut lines = Vec::new();
        for (row, _) in rows {
            let members = self.members(row.id).await?.map(|counted| counted.count);
            let tracked_at = row.tracked_at.unwrap_or(listener.now);
            lines.push(ChannelLine { name: name(&row), members, tracked_at });
        }
        Ok(views::channels(&listener.reader(), &views::Page { items: &lines, number, total }))
    }

    pub(super) async fn stats(
        &self,
        listener: &Listener,
        channel: ChannelRef,
        days: u16,
    ) -> Result<OutgoingMessage, Trouble> {
        match self.tracked(&channel).await? {
            Some(row) => self.stats_of(listener, row.id, days).await,
            None => Ok(views::channel_not_tracked(listener.language, &channel)),
        }
    }

    pub(super) async fn stats_of(
        &self,
        listener: &Listener,
        channel: ChatId,
        days: u16,
    ) -> Result<OutgoingMessage, Trouble> {
        let reference = ChannelRef::Id(channel);
        let Some(row) = self.tracked(&reference).await? else {
            return Ok(views::channel_not_tracked(listener.language, &reference));
        };
        let since = listener.now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok();
        let filter = PostFilter { posted_at: TimeRange { from: since, to: None } };
        let posts = channels::count_posts(&self.parts.queries, channel, &filter).await?;
        let view = StatsView {
            channel: &name(&row),
            days,
            members: self.members(channel).await?,
            // Counts of earlier days are kept once they are collected daily.
            before: None,
            posts: u64::try_from(posts).ok(),
            by_day: &[],
        };
        Ok(views::stats(&listener.reader(), &view))
    }

    pub(super) async fn ask_removal(
        &self,
        listener: &Listener,
        channel: ChannelRef,
    ) -> Result<OutgoingMessage, Trouble> {
        Ok(match self.tracked(&channel).await? {
            Some(row) => views::ask_removal(listener.language, &name(&row)),
            None => views::channel_not_tracked(listener.language, &channel),
        })
    }

    pub(super) async fn ask_removal_of(&self, listener: &Listener, channel: ChatId) -> Result<PressAnswer, Trouble> {
        Ok(PressAnswer::edit(Notice::Done, self.ask_removal(listener, ChannelRef::Id(channel)).await?))
    }

    pub(super) async fn remove_channel(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChatId,
    ) -> Result<PressAnswer, Trouble> {
        let known = channels::channels_by_id(&self.parts.queries, &[channel]).await?.pop();
        let Some(row) = known else { return Ok(PressAnswer::only(Notice::OldButton)) };
        let command = ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: incoming.now });
        match self.channels.handle(&command, &incoming.context(Some(&listener.person))).await {
            // Removed twice is removed.
            Ok(_) | Err(HandleError::Rejected(_)) => {
                Ok(PressAnswer::edit(Notice::Done, views::channel_removed(listener.language, &name(&row))))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn keep_channel(&self, listener: &Listener, channel: ChatId) -> Result<PressAnswer, Trouble> {
        let known = channels::channels_by_id(&self.parts.queries, &[channel]).await?.pop();
        Ok(known.map_or(PressAnswer::only(Notice::OldButton), |row| {
            PressAnswer::edit(Notice::Done, views::channel_stays(listener.language, &name(&row)))
        }))
    }

    async fn tracked(&self, channel: &ChannelRef) -> Result<Option<ChannelRow>, Trouble> {
        let found = match channel {
            ChannelRef::Id(id) => channels::channels_by_id(&self.parts.queries, &[*id]).await?.pop(),
            ChannelRef::Username(name) => channels::channel_by_username(&self.parts.queries, name.as_str()).await?,
        };
        Ok(found.filter(|row| row.tracked))
    }

    /// How many members a channel has now; absent where Telegram does not tell us.
    async fn members(&self, channel: ChatId) -> Result<Option<Counted>, Trouble> {
        match self.parts.telegram.member_count(channel).await {
            Ok(count) => Ok(Some(Counted { count: count.into(), at: self.parts.clock.now() })),
            Err(TelegramError::NotFound | TelegramError::Forbidden | TelegramError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn name(row: &ChannelRow) -> ChannelName {
    ChannelName { id: row.id, title: row.title.clone(), username: row.username.clone() }
}
