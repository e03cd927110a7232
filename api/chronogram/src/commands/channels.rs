//! `chronogram channels`: which channels are tracked, and their members in numbers.

use std::{collections::HashMap, process::ExitCode};

use anyhow::{Context as _, bail};
use chronogram_bot_talk::ChannelRef;
use chronogram_gateways::telegram::{BotApi, ChatDescription, Telegram as _, TelegramError};
use chronogram_handlers::{Context, Handler};
use chronogram_log::Actor;
use chronogram_model::{
    ChatId, Origin,
    channel::{Channel, ChannelCommand, ChannelTracked, ChannelUntracked},
};
use chronogram_read_models::{
    PAGE_MAX, PageRequest, Sorted,
    channels::{ChannelFilter, ChannelOrder, ChannelRow, channel_by_username, channels, channels_by_id},
    members::{CountRow, DailyRow, latest_counts, members_daily},
};
use jiff::{SignedDuration, tz::TimeZone};
use serde_json::{Value, json};

use super::print_json;
use crate::{
    cli::{AddChannelArgs, ChannelsCommand},
    clock::random_bytes,
    foundation::Foundation,
    settings::Settings,
};

pub(crate) async fn run(house: &Foundation, settings: &Settings, command: ChannelsCommand) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    match command {
        ChannelsCommand::Add(arguments) => add(house, settings, arguments).await?,
        ChannelsCommand::Remove { channel } => remove(house, &channel).await?,
        ChannelsCommand::List { all, json } => list(house, all, json).await?,
        ChannelsCommand::Stats { channel, days, json } => stats(house, &channel, days, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(house: &Foundation, settings: &Settings, arguments: AddChannelArgs) -> anyhow::Result<()> {
    let AddChannelArgs { channel, username, title } = arguments;
    let known = match &settings.telegram_token {
        Some(token) => {
            let telegram = BotApi::new(token, settings.telegram_api_url.as_deref())?;
            described(&telegram, &channel).await?
        }
        None => match channel {
            ChannelRef::Id(id) => ChatDescription { id, title: None, username: None, is_channel: true },
            ChannelRef::Username(_) => bail!(
                "without TELEGRAM_BOT_TOKEN nobody tells which channel {channel} is; set it, or give the channel's \
                 number, like -1001878264527 (a link to a post of it, t.me/c/…, will do)"
            ),
        },
    };
    let username = known.username.or(username.map(|name| name.trim_start_matches('@').to_owned()));
    let (channel, title) = (known.id, known.title.or(title));
    let command = ChannelCommand::Track(ChannelTracked { channel, username, title, tracked_at: house.clock.now() });
    handle(house, &command).await?;
    println!("Channel {channel} is tracked; it is counted as soon as `chronogram up` runs, and then once a day.");
    Ok(())
}

/// The channel as Telegram describes it to our bot.
async fn described(telegram: &BotApi, channel: &ChannelRef) -> anyhow::Result<ChatDescription> {
    match telegram.chat(&channel.to_string()).await {
        Ok(described) if described.is_channel => Ok(described),
        Ok(_) => bail!("{channel} is no channel"),
        Err(TelegramError::NotFound | TelegramError::Forbidden | TelegramError::Refused { .. }) => bail!(
            "Telegram does not show {channel} to the bot: check the name, and add the bot to the channel as an \
             administrator"
        ),
        Err(error) => Err(error).context("ask Telegram about the channel"),
    }
}

async fn remove(house: &Foundation, channel: &ChannelRef) -> anyhow::Result<()> {
    let channel = found(house, channel).await?.id;
    let command = ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: house.clock.now() });
    handle(house, &command).await?;
    println!("Channel {channel} is tracked no more; what is known of it stays.");
    Ok(())
}

/// Each command typed is another one.
async fn handle(house: &Foundation, command: &ChannelCommand) -> anyhow::Result<()> {
    let context = Context::new(Origin::unique(random_bytes()?), Actor::Operator);
    Handler::<Channel>::new(house.store.clone(), house.codec.clone()).handle(command, &context).await?;
    // The next command, and GraphQL, see what this one did.
    house.catch_up().await
}

async fn found(house: &Foundation, channel: &ChannelRef) -> anyhow::Result<ChannelRow> {
    let row = match channel {
        ChannelRef::Id(id) => channels_by_id(&house.queries, &[*id]).await?.pop(),
        ChannelRef::Username(name) => channel_by_username(&house.queries, name.as_str()).await?,
    };
    row.with_context(|| format!("nothing is known of channel {channel}; `channels list --all` shows what is"))
}

async fn list(house: &Foundation, all: bool, json: bool) -> anyhow::Result<()> {
    let filter = ChannelFilter { tracked: (!all).then_some(true) };
    let order = Sorted::ascending(ChannelOrder::Title);
    let mut after = None;
    if !json {
        println!("{:>16}  {:>10}  {:<16}  CHANNEL", "ID", "MEMBERS", "COUNTED (UTC)");
    }
    loop {
        let request = PageRequest::new(Some(PAGE_MAX.into()), after.take(), None, None)?;
        let page = channels(&house.queries, &filter, order, &request).await?;
        let ids: Vec<ChatId> = page.rows.iter().map(|(row, _)| row.id).collect();
        let counts = latest_counts(&house.queries, &ids).await?;
        let counts: HashMap<ChatId, CountRow> = counts.into_iter().map(|count| (count.channel, count)).collect();
        for (row, _) in &page.rows {
            print_channel(row, counts.get(&row.id), json)?;
        }
        match page.rows.into_iter().next_back() {
            Some((_, cursor)) if page.has_next => after = Some(cursor),
            _ => return Ok(()),
        }
    }
}

fn print_channel(row: &ChannelRow, count: Option<&CountRow>, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&summary(row, count));
    }
    let members = count.map_or_else(|| "–".to_owned(), |count| count.members.to_string());
    let counted = count.map_or_else(String::new, |count| count.taken_at.strftime("%Y-%m-%d %H:%M").to_string());
    let untracked = if row.tracked { "" } else { "  (not tracked)" };
    println!("{:>16}  {members:>10}  {counted:<16}  {}{untracked}", row.id, called(row));
    Ok(())
}

fn summary(row: &ChannelRow, count: Option<&CountRow>) -> Value {
    json!({
        "id": row.id,
        "username": row.username,
        "title": row.title,
        "tracked": row.tracked,
        "tracked_at": row.tracked_at,
        "posts": row.posts_count,
        "members": count.map(|count| count.members),
        "members_at": count.map(|count| count.taken_at),
    })
}

/// Its title and username, as far as they are known.
fn called(row: &ChannelRow) -> String {
    let username = row.username.as_ref().map(|name| format!("@{name}"));
    let names: Vec<String> = row.title.clone().into_iter().chain(username).collect();
    if names.is_empty() { "(no name)".to_owned() } else { names.join("  ") }
}

async fn stats(house: &Foundation, channel: &ChannelRef, days: u16, json: bool) -> anyhow::Result<()> {
    let row = found(house, channel).await?;
    let count = latest_counts(&house.queries, &[row.id]).await?.pop();
    let end = house.clock.now().to_zoned(TimeZone::UTC).date().tomorrow()?;
    let begin = end.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))?;
    let series = members_daily(&house.queries, row.id, begin, end).await?;
    if json {
        let mut shown = summary(&row, count.as_ref());
        if let Value::Object(fields) = &mut shown {
            fields.insert("days".to_owned(), series.iter().map(day).collect());
        }
        return print_json(&shown);
    }
    println!("{} ({})", called(&row), row.id);
    match &count {
        Some(count) => println!("{} members on {} UTC", count.members, count.taken_at.strftime("%Y-%m-%d %H:%M")),
        None => println!("not counted yet"),
    }
    for day in &series {
        let change = day.change.map_or_else(String::new, |change| format!("{change:+}"));
        println!("  {}  {:>10}  {change:>8}", day.count.day, day.count.members);
    }
    Ok(())
}

fn day(row: &DailyRow) -> Value {
    json!({
        "day": row.count.day,
        "members": row.count.members,
        "change": row.change,
        "taken_at": row.count.taken_at,
    })
}
