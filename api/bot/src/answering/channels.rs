//! Channels: tracked, listed, counted, tracked no more. For admins, and for those who run the channel.

use chronogram_bot_talk::{
    ChannelRef,
    views::{self, CHANNELS_A_PAGE, ChannelLine, ChannelName, Notice, Role, StatsView},
};
use chronogram_gateways::telegram::{ChatDescription, TelegramError};
use chronogram_handlers::HandleError;
use chronogram_model::{
    ChatId,
    channel::{ChannelCommand, ChannelTracked, ChannelUntracked},
    conversation::OutgoingMessage,
};
use chronogram_read_models::{
    Sorted, TimeRange,
    channels::{self, ChannelFilter, ChannelOrder, ChannelRow, PostFilter},
};
use jiff::SignedDuration;

use super::{
    Listener, PressAnswer,
    paging::{NumberedPage, numbered_page},
    rights::Right,
};
use crate::{Bot, Trouble, updates::Incoming};

impl Bot {
    pub(super) async fn add_channel(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChannelRef,
    ) -> Result<OutgoingMessage, Trouble> {
        let described = match self.parts.telegram.chat(&channel.to_string()).await {
            Ok(described) if described.is_channel => described,
            Ok(_) | Err(TelegramError::NotFound) => {
                return Ok(views::channel_not_found(listener.language, &channel));
            }
            Err(TelegramError::Forbidden | TelegramError::Refused { .. }) => {
                return Ok(views::channel_no_access(listener.language, &channel));
            }
            Err(error) => return Err(error.into()),
        };
        let ChatDescription { id, title, username, .. } = described;
        if let Some(refusal) = self.refusal(listener, &ChannelRef::Id(id), &channel).await? {
            return Ok(refusal);
        }
        let name = ChannelName { id, title: title.clone(), username: username.clone() };
        let command = ChannelCommand::Track(ChannelTracked { channel: id, username, title, tracked_at: incoming.now });
        let tracked = self.channels.handle(&command, &incoming.context(Some(&listener.person))).await;
        let answer = match tracked {
            Ok(_) => views::channel_added(listener.language, &name),
            Err(HandleError::Rejected(_)) => views::channel_already_tracked(listener.language, &name),
            Err(error) => return Err(error.into()),
        };
        self.note_administrator(incoming, listener, id).await?;
        Ok(answer)
    }

    pub(super) async fn list_channels(&self, listener: &Listener, page: u32) -> Result<OutgoingMessage, Trouble> {
        self.fresh().await?;
        let NumberedPage { rows, number, total } = match listener.role {
            Role::Admin => self.page_of_all(page).await?,
            Role::Person => {
                let own = self.own_channels(listener).await?;
                let total = own.len() as u64;
                let number = views::page_within(page, total, CHANNELS_A_PAGE);
                let (skipped, a_page) = (number as usize * CHANNELS_A_PAGE as usize, CHANNELS_A_PAGE as usize);
                NumberedPage { rows: own.into_iter().skip(skipped).take(a_page).collect(), number, total }
            }
        };
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let members = self.newest_counts(&ids).await?;
        let line = |row: &ChannelRow| ChannelLine {
            name: name(row),
            members: members.get(&row.id).copied(),
            tracked_at: row.tracked_at.unwrap_or(listener.now),
        };
        let lines: Vec<_> = rows.iter().map(line).collect();
        Ok(views::channels(&listener.reader(), &views::Page { items: &lines, number, total }))
    }

    async fn page_of_all(&self, page: u32) -> Result<NumberedPage<ChannelRow>, Trouble> {
        let filter = ChannelFilter { tracked: Some(true) };
        let total = channels::count_channels(&self.parts.queries, &filter).await?;
        let (queries, filter, order) = (&self.parts.queries, &filter, Sorted::ascending(ChannelOrder::Id));
        let read = |request| async move { channels::channels(queries, filter, order, &request).await };
        Ok(numbered_page(page, total, CHANNELS_A_PAGE, read).await?)
    }

    pub(super) async fn stats(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChannelRef,
        days: u16,
    ) -> Result<OutgoingMessage, Trouble> {
        let row = match self.allowed(listener, &channel).await? {
            Ok(row) => row,
            Err(answer) => return Ok(answer),
        };
        self.note_administrator(incoming, listener, row.id).await?;
        self.stats_of(listener, &row, days).await
    }

    pub(super) async fn press_stats(
        &self,
        listener: &Listener,
        channel: ChatId,
        days: u16,
    ) -> Result<PressAnswer, Trouble> {
        let channel = ChannelRef::Id(channel);
        if self.right(listener, &channel).await? != Right::Yes {
            return Ok(PressAnswer::only(Notice::NotForYou));
        }
        self.fresh().await?;
        let message = match self.tracked(&channel).await? {
            Some(row) => self.stats_of(listener, &row, days).await?,
            None => views::channel_not_tracked(listener.language, &channel),
        };
        Ok(PressAnswer::edit(Notice::Done, message))
    }

    async fn stats_of(&self, listener: &Listener, row: &ChannelRow, days: u16) -> Result<OutgoingMessage, Trouble> {
        let since = listener.now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok();
        let filter = PostFilter { posted_at: TimeRange { from: since, to: None } };
        // Where not one post is known, posts are not collected: none within these days would be a made-up number.
        let posts = match row.posts_count {
            0 => None,
            _ => u64::try_from(channels::count_posts(&self.parts.queries, row.id, &filter).await?).ok(),
        };
        let growth = self.growth(row.id, days, listener.now, &listener.zone).await?;
        let view = StatsView {
            channel: &name(row),
            days,
            members: growth.now,
            before: growth.before,
            posts,
            by_day: &growth.by_day,
        };
        Ok(views::stats(&listener.reader(), &view))
    }

    pub(super) async fn ask_removal(
        &self,
        listener: &Listener,
        channel: ChannelRef,
    ) -> Result<OutgoingMessage, Trouble> {
        Ok(match self.allowed(listener, &channel).await? {
            Ok(row) => views::ask_removal(listener.language, &name(&row)),
            Err(answer) => answer,
        })
    }

    /// Answers a button about a removal: `what` they want, where they may.
    pub(super) async fn press_removal(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        channel: ChatId,
        what: Removal,
    ) -> Result<PressAnswer, Trouble> {
        if self.right(listener, &ChannelRef::Id(channel)).await? != Right::Yes {
            return Ok(PressAnswer::only(Notice::NotForYou));
        }
        self.fresh().await?;
        let known = channels::channels_by_id(&self.parts.queries, &[channel]).await?.pop();
        let Some(row) = known else { return Ok(PressAnswer::only(Notice::OldButton)) };
        let words = match what {
            Removal::Ask if !row.tracked => views::channel_not_tracked(listener.language, &ChannelRef::Id(channel)),
            Removal::Ask => views::ask_removal(listener.language, &name(&row)),
            Removal::Abandon => views::channel_stays(listener.language, &name(&row)),
            Removal::Confirm => {
                let command = ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: incoming.now });
                match self.channels.handle(&command, &incoming.context(Some(&listener.person))).await {
                    // Removed twice is removed.
                    Ok(_) | Err(HandleError::Rejected(_)) => views::channel_removed(listener.language, &name(&row)),
                    Err(error) => return Err(error.into()),
                }
            }
        };
        Ok(PressAnswer::edit(Notice::Done, words))
    }

    pub(super) async fn tracked(&self, channel: &ChannelRef) -> Result<Option<ChannelRow>, Trouble> {
        let found = match channel {
            ChannelRef::Id(id) => channels::channels_by_id(&self.parts.queries, &[*id]).await?.pop(),
            ChannelRef::Username(name) => channels::channel_by_username(&self.parts.queries, name.as_str()).await?,
        };
        Ok(found.filter(|row| row.tracked))
    }
}

/// What a button about a removal wants.
#[derive(Clone, Copy)]
pub(super) enum Removal {
    Ask,
    Confirm,
    Abandon,
}

fn name(row: &ChannelRow) -> ChannelName {
    ChannelName { id: row.id, title: row.title.clone(), username: row.username.clone() }
}
