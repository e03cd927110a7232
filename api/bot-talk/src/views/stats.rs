//! A channel's numbers. What was not measured is said to be missing, never made up.

use chronogram_model::conversation::{Button, OutgoingMessage};
use jiff::{Timestamp, civil::Date};

use super::{ChannelName, Reader};
use crate::{
    buttons::Press,
    compose::Composer,
    language::Language,
    texts::say,
    words::{self, grouped, signed},
};

/// How many days the table shows: the last fortnight, since more lines are not read on a phone.
const ROWS_MAX: usize = 14;

/// Periods that are one tap away, in days.
const PERIODS: [u16; 3] = [7, 30, 90];

/// A count and when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub count: u64,
    /// When.
    pub at: Timestamp,
}

/// Members on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The day, in the reader's zone.
    pub day: Date,
    /// The last count of that day, where one was taken.
    pub members: Option<u64>,
}

/// A channel's numbers over the last days.
#[derive(Clone, Copy, Debug)]
pub struct StatsView<'a> {
    /// Which channel.
    pub channel: &'a ChannelName,
    /// Over how many days was asked for.
    pub days: u16,
    /// The newest count of members.
    pub members: Option<Counted>,
    /// The count that the change is reckoned from: the last of the day that the period begins on or of one before it,
    /// else the oldest since. It may be younger or older than asked for; then that is said.
    pub before: Option<Counted>,
    /// Posts published within these days, where posts are collected.
    pub posts: Option<u64>,
    /// Day by day, oldest first.
    pub by_day: &'a [DayCount],
}

/// The numbers: members now, the change, posts, and a table of the last days.
pub fn stats(reader: &Reader<'_>, view: &StatsView<'_>) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&say::stats_title(i64::from(view.days), view.channel.word())).line();
    match view.members {
        Some(now) => {
            message.line().say(&say::stats_members(grouped(now.count), words::moment(now.at, reader.zone)));
            message.line();
            change(&mut message, reader, view, now);
        }
        None => _ = message.line().say(&say::stats_no_members()),
    }
    match view.posts {
        Some(posts) => message.line().say(&say::stats_posts(grouped(posts))),
        None => message.line().say(&say::stats_no_posts()),
    };
    let table = table(view.by_day);
    if !table.is_empty() {
        message.paragraph();
        if view.by_day.len() > ROWS_MAX {
            message.say(&say::stats_last_days(i64::try_from(ROWS_MAX).unwrap_or(i64::MAX))).line();
        }
        message.pre(&table);
    }
    let periods = PERIODS.into_iter().filter(|days| *days != view.days);
    let button = |days: u16| -> Button {
        Press::Stats(view.channel.id, days).button(Composer::plain(reader.language, &say::button_days(i64::from(days))))
    };
    message.row(periods.map(button));
    message.row([
        Press::AskRemoval(view.channel.id).button(Composer::plain(reader.language, &say::button_ask_removal())),
        Press::Close.button(Composer::plain(reader.language, &say::button_close())),
    ]);
    message.finish()
}

fn change(message: &mut Composer, reader: &Reader<'_>, view: &StatsView<'_>, now: Counted) {
    let Some(before) = view.before.filter(|before| before.at < now.at) else {
        message.say(&say::stats_no_change());
        return;
    };
    let change = difference(now.count, before.count);
    message.say(&say::stats_change(signed(change) + &percent(reader.language, change, before.count)));
    let covered = now.at.duration_since(before.at);
    let asked = i64::from(view.days) * 24;
    let (span, since) = (words::span(covered), words::moment(before.at, reader.zone));
    // A day's tolerance: counts are taken once a day, not to the minute.
    if covered.as_hours() < asked - 24 {
        message.line().say(&say::stats_covers_less(span, since));
    } else if covered.as_hours() > asked + 24 {
        message.line().say(&say::stats_covers_more(span, since));
    }
}

fn difference(now: u64, before: u64) -> i64 {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    count(now) - count(before)
}

/// " (+1.2 %)", rounded half away from zero; nothing where there is nothing to compare with.
fn percent(language: Language, change: i64, before: u64) -> String {
    if before == 0 {
        return String::new();
    }
    let before = i128::from(before);
    let change = i128::from(change);
    let tenths = (change.abs() * 2000 + before) / (before * 2);
    let sign = match change.signum() {
        1 if tenths > 0 => "+",
        -1 if tenths > 0 => "−",
        _ => "",
    };
    match language {
        Language::Ru => format!(" ({sign}{},{}\u{A0}%)", tenths / 10, tenths % 10),
        Language::En => format!(" ({sign}{}.{}%)", tenths / 10, tenths % 10),
    }
}

/// Days, members and the change from the line before; "—" for what was not counted. Empty when nothing was.
fn table(by_day: &[DayCount]) -> String {
    if by_day.iter().all(|day| day.members.is_none()) {
        return String::new();
    }
    let shown = by_day.get(by_day.len().saturating_sub(ROWS_MAX)..).unwrap_or_default();
    let mut before = by_day.len().checked_sub(ROWS_MAX + 1).and_then(|place| by_day.get(place)?.members);
    let mut rows = Vec::with_capacity(shown.len());
    for day in shown {
        let count = day.members.map_or_else(|| "—".to_owned(), grouped);
        let change = day.members.zip(before).map(|(now, before)| signed(difference(now, before)));
        rows.push((day.day.strftime("%d.%m").to_string(), count, change.unwrap_or_default()));
        before = day.members;
    }
    let width = |of: fn(&(String, String, String)) -> &String| rows.iter().map(|row| of(row).chars().count()).max();
    let (counts, changes) = (width(|row| &row.1).unwrap_or(0), width(|row| &row.2).unwrap_or(0));
    let line = |(day, count, change): &(String, String, String)| {
        format!("{day}  {count:>counts$}  {change:>changes$}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
