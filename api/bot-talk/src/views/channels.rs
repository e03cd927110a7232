//! Channels that are tracked: added, listed, removed.

use chronogram_model::{
    ChatId,
    conversation::{Button, OutgoingMessage},
};
use jiff::Timestamp;

use super::{Page, Reader, answers::one_phrase};
use crate::{
    buttons::Press,
    commands::{ChannelRef, STATS_DAYS_DEFAULT},
    compose::{Composer, Style},
    language::Language,
    texts::{Word, say},
    words::{self, grouped, on_one_line, shortened},
};

/// How many channels stand on a page.
pub const CHANNELS_A_PAGE: u32 = 8;

/// The longest title that is shown in full, in UTF-16 units; Telegram takes 128.
const TITLE_MAX: usize = 128;
/// The longest title on a button.
const BUTTON_TITLE_MAX: usize = 28;

/// How a channel is called.
#[derive(Clone, Debug)]
pub struct ChannelName {
    /// Which.
    pub id: ChatId,
    /// Its title, where known.
    pub title: Option<String>,
    /// Its @username without the @, where it has one.
    pub username: Option<String>,
}

impl ChannelName {
    /// Its title, else its username, else its number.
    fn shown(&self) -> String {
        let title = self.title.as_deref().map(on_one_line).filter(|title| !title.is_empty());
        let title = title.or_else(|| self.username.as_ref().map(|name| format!("@{name}")));
        shortened(&title.unwrap_or_else(|| self.id.to_string()), TITLE_MAX)
    }

    /// The name in bold, leading to the channel where it is public.
    pub(super) fn word<'a>(&self) -> Word<'a> {
        let style = match &self.username {
            Some(name) => Style::Link(format!("https://t.me/{name}")),
            None => Style::Bold,
        };
        Word::styled(self.shown(), style)
    }
}

/// A channel of the list.
#[derive(Clone, Debug)]
pub struct ChannelLine {
    /// Which.
    pub name: ChannelName,
    /// How many members it had when last counted, where it was.
    pub members: Option<u64>,
    /// Since when it is tracked.
    pub tracked_at: Timestamp,
}

/// The channel is tracked from now on.
pub fn channel_added(language: Language, channel: &ChannelName) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::channel_added(channel.word()));
    message.row([stats_button(language, channel.id), removal_button(language, channel.id)]);
    message.finish()
}

/// The channel was tracked before.
pub fn channel_already_tracked(language: Language, channel: &ChannelName) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::channel_already_tracked(channel.word()));
    message.row([stats_button(language, channel.id), removal_button(language, channel.id)]);
    message.finish()
}

/// Telegram knows no such channel, or does not show it to us.
pub fn channel_not_found(language: Language, channel: &ChannelRef) -> OutgoingMessage {
    one_phrase(language, &say::channel_not_found(Word::code(channel.to_string())))
}

/// Telegram does not let us look into the channel; says how to let us in.
pub fn channel_no_access(language: Language, channel: &ChannelRef) -> OutgoingMessage {
    let name = channel.to_string();
    let add = Word::code(format!("/add {name}"));
    one_phrase(language, &say::channel_no_access(Word::code(name), add))
}

/// Telegram does not tell us who runs the channel, for we are no administrator there; says how to become one.
pub fn channel_owner_unknown(language: Language, channel: &ChannelRef) -> OutgoingMessage {
    one_phrase(language, &say::channel_owner_unknown(Word::code(channel.to_string())))
}

/// The channel is not among those that are tracked.
pub fn channel_not_tracked(language: Language, channel: &ChannelRef) -> OutgoingMessage {
    let name = channel.to_string();
    let add = Word::code(format!("/add {name}"));
    one_phrase(language, &say::channel_not_tracked(Word::code(name), add))
}

/// A page of the channels that are tracked, of those that the reader may see.
pub fn channels(reader: &Reader<'_>, page: &Page<'_, ChannelLine>) -> OutgoingMessage {
    let language = reader.language;
    if page.items.is_empty() && page.number == 0 {
        return one_phrase(language, &say::channels_none(Word::code("/add @telegram")));
    }
    let mut message = Composer::new(language);
    message.say(&say::channels_title(i64::try_from(page.total).unwrap_or(i64::MAX)));
    let pages = page.pages(CHANNELS_A_PAGE);
    if pages > 1 {
        let (number, pages) = (i64::from(page.number) + 1, i64::try_from(pages).unwrap_or(i64::MAX));
        message.words(" · ").say(&say::page(number, pages));
    }
    message.line();
    for (number, line) in page.numbered(CHANNELS_A_PAGE) {
        let members = match line.members {
            Some(count) => say::members(i64::try_from(count).unwrap_or(i64::MAX), grouped(count)),
            None => say::members_unknown(),
        };
        let tracked = words::day(line.tracked_at.to_zoned(reader.zone.rules().clone()).date());
        message.line().words(&format!("{number}. ")).say(&say::channels_line(line.name.word(), members, tracked));
        let title = shortened(&line.name.shown(), BUTTON_TITLE_MAX);
        message.row([Press::Stats(line.name.id, STATS_DAYS_DEFAULT).button(format!("📊 {title}"))]);
    }
    message.row(page.turning(language, CHANNELS_A_PAGE, Press::ChannelsPage));
    message.row([Press::Close.button(Composer::plain(language, &say::button_close()))]);
    message.finish()
}

/// Asks whether the channel is really to be removed, and says what that means.
pub fn ask_removal(language: Language, channel: &ChannelName) -> OutgoingMessage {
    let mut message = Composer::new(language);
    message.say(&say::channel_ask_removal(channel.word()));
    message.row([
        Press::ConfirmRemoval(channel.id).button(Composer::plain(language, &say::button_remove())),
        Press::AbandonRemoval(channel.id).button(Composer::plain(language, &say::button_keep())),
    ]);
    message.finish()
}

/// The channel is tracked no more.
pub fn channel_removed(language: Language, channel: &ChannelName) -> OutgoingMessage {
    one_phrase(language, &say::channel_removed(channel.word()))
}

/// The removal was abandoned.
pub fn channel_stays(language: Language, channel: &ChannelName) -> OutgoingMessage {
    one_phrase(language, &say::channel_stays(channel.word()))
}

/// Only admins and those who run the channel may do that.
pub fn not_yours(language: Language, channel: &ChannelRef) -> OutgoingMessage {
    one_phrase(language, &say::channel_not_yours(Word::code(channel.to_string())))
}

fn stats_button(language: Language, channel: ChatId) -> Button {
    Press::Stats(channel, STATS_DAYS_DEFAULT).button(Composer::plain(language, &say::button_stats()))
}

fn removal_button(language: Language, channel: ChatId) -> Button {
    Press::AskRemoval(channel).button(Composer::plain(language, &say::button_ask_removal()))
}
