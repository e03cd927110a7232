//! `chronogram events`: the log as it is. People's words are shown by `show` only.

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_log::{Direction, EventFilter, Position, RecordedEvent, Revision, Subscription};
use chronogram_model::StreamName;
use serde_json::{Value, json};

use crate::{
    cli::EventsCommand,
    commands::{print_json, why},
    foundation::Foundation,
};

/// Events of one page of `tail`.
const TAIL_PAGE_EVENTS: usize = 500;

pub(crate) async fn run(house: &Foundation, command: EventsCommand) -> anyhow::Result<ExitCode> {
    match command {
        EventsCommand::Streams { category, after, limit, json } => {
            streams(house, category.as_deref(), after.as_deref(), limit, json).await?;
        }
        EventsCommand::List { stream, types, after, limit, json } => {
            let events = match stream {
                Some(stream) => of_stream(house, stream, &types, after, limit).await?,
                None => house.store.read_all(Position(after), &filter(&types), limit).await?.events,
            };
            events.iter().try_for_each(|event| print_line(event, json))?;
        }
        EventsCommand::Tail { types, json } => tail(house, &types, json).await?,
        EventsCommand::Show { position, json } => show(house, position, json).await?,
        EventsCommand::Why { row, key, limit, json } => return why::run(house, &row, &key, limit, json).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn streams(
    house: &Foundation,
    category: Option<&str>,
    after: Option<&str>,
    limit: u32,
    json: bool,
) -> anyhow::Result<()> {
    let streams = house.log.streams(category, after, limit).await?;
    if !json {
        println!("{:>10}  {:>10}  {:<20}  STREAM", "EVENTS", "LAST AT", "RECORDED");
    }
    for stream in streams {
        let recorded_at = stream.last_recorded_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        if json {
            print_json(&json!({
                "stream": stream.name.as_str(),
                "events": stream.events,
                "last_position": stream.last_position,
                "last_recorded_at": stream.last_recorded_at,
            }))?;
        } else {
            println!("{:>10}  {:>10}  {recorded_at:<20}  {}", stream.events, stream.last_position, stream.name);
        }
    }
    Ok(())
}

fn filter(types: &[String]) -> EventFilter {
    if types.is_empty() { EventFilter::all() } else { EventFilter::types(types.iter().map(String::as_str)) }
}

/// `after` is a position here too: the same word means the same in both lists.
async fn of_stream(
    house: &Foundation,
    stream: String,
    types: &[String],
    after: u64,
    limit: usize,
) -> anyhow::Result<Vec<RecordedEvent>> {
    let (stream, filter) = (StreamName::try_from(stream)?, filter(types));
    let (mut found, mut from) = (Vec::new(), Revision(0));
    loop {
        let page = house.store.read_stream(&stream, from, Direction::Forward, TAIL_PAGE_EVENTS).await?;
        let Some(last) = page.last() else { return Ok(found) };
        from = last.revision.next();
        let wanted = page.into_iter().filter(|event| event.position.0 > after && filter.accepts(&event.event_type));
        found.extend(wanted.take(limit - found.len()));
        if found.len() == limit {
            return Ok(found);
        }
    }
}

async fn tail(house: &Foundation, types: &[String], json: bool) -> anyhow::Result<()> {
    let from = house.store.head().await?;
    let mut subscription = Subscription::new(house.store.clone(), from, filter(types), TAIL_PAGE_EVENTS);
    loop {
        for event in subscription.next().await?.events {
            print_line(&event, json)?;
        }
    }
}

async fn show(house: &Foundation, position: u64, compact: bool) -> anyhow::Result<()> {
    let before = Position(position.saturating_sub(1));
    let page = house.store.read_all(before, &EventFilter::all(), 1).await?;
    let event = page.events.iter().find(|event| event.position.0 == position);
    let event = event.with_context(|| format!("there is no event {position}; the log ends at {}", page.head))?;
    let mut shown = summary(event);
    if let Value::Object(fields) = &mut shown {
        fields.insert("data".to_owned(), serde_json::from_str(event.data.as_str())?);
        fields.insert("metadata".to_owned(), serde_json::from_str(event.metadata.as_str())?);
    }
    if compact {
        return print_json(&shown);
    }
    println!("{}", serde_json::to_string_pretty(&shown)?);
    Ok(())
}

fn print_line(event: &RecordedEvent, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&summary(event));
    }
    let recorded_at = event.recorded_at.strftime("%Y-%m-%d %H:%M:%S");
    println!("{:>10}  {recorded_at}  {:<24} {} @ {}", event.position.0, event.event_type, event.stream, event.revision);
    Ok(())
}

fn summary(event: &RecordedEvent) -> Value {
    json!({
        "position": event.position,
        "stream": event.stream.as_str(),
        "revision": event.revision,
        "id": event.id,
        "type": event.event_type,
        "version": event.version,
        "recorded_at": event.recorded_at,
    })
}
