//! One entry of `messages`, as what was observed.

use chronogram_model::{
    Authored, ExportTime, Forward, MessageContent, MessageId, ReactionCount, Sender, ServiceMessageObserved, Source,
    channel::PostObserved, conversation::MessageReceived,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

use crate::{
    chat::{Chat, peer},
    fields::{Bad, Fields},
    media::media_of,
    people::Sighting,
    service::service_of,
    text::Text,
};

/// What an entry is.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Entry {
    Message(MessageReceived, Option<Sighting>),
    Post(PostObserved, Option<Sighting>),
    Service(ServiceMessageObserved, Option<Sighting>),
    /// Telegram Desktop could not export it and says only that it exists.
    Unsupported,
}

/// Reads the entry `json` of `chat`.
pub(crate) fn entry_of(json: &str, chat: &Chat, zone: &TimeZone) -> Result<Entry, Bad> {
    let mut fields = Fields::parse(json)?;
    let kind = fields.string("type")?.unwrap_or_default();
    let message_id = fields.integer("id")?.map(MessageId).ok_or_else(|| Bad::new("id", "the message's number"))?;
    match kind.as_str() {
        "message" => message_of(message_id, fields, chat, zone),
        "service" => {
            let (happened_at, time) = sent_at(&mut fields, zone)?;
            let (service, sighting) = service_of(message_id, happened_at, time, fields)?;
            Ok(Entry::Service(service, sighting))
        }
        "unsupported" => Ok(Entry::Unsupported),
        _ => Err(Bad::new("type", "message, service or unsupported")),
    }
}

fn message_of(message_id: MessageId, mut fields: Fields, chat: &Chat, zone: &TimeZone) -> Result<Entry, Bad> {
    let (sent_at, time) = sent_at(&mut fields, zone)?;
    let touched_at = touched_at(&mut fields, zone, sent_at)?;
    let sender = peer("from_id", fields.take("from_id"))?;
    let sighting = Sighting::of(&sender, fields.label("from")?, sent_at);
    let author = fields.label("author")?;
    let reply_to = reply_to(&mut fields, chat)?;
    let via_bot = fields.label("via_bot")?.map(|name| name.trim_start_matches('@').to_owned());
    let reactions = reactions(&mut fields)?;
    let forward = forward(&mut fields)?;
    let text = Text::of(&mut fields)?;
    let media = media_of(&mut fields)?;
    let content =
        MessageContent { text: text.plain, entities: text.entities, media, forward, nul_replaced: text.nul_replaced };
    Ok(match chat.place {
        crate::chat::Place::Channel { .. } => Entry::Post(
            PostObserved {
                channel: chat.id,
                post_id: message_id,
                posted_at: sent_at,
                time,
                author,
                content,
                reply_to,
                touched_at,
                reactions,
                source: Source::Export,
            },
            sighting,
        ),
        crate::chat::Place::Conversation(_) => Entry::Message(
            MessageReceived {
                message_id,
                content: Authored::by(sender.person().cloned(), content),
                sender,
                sent_at,
                received_at: None,
                time: Some(time),
                reply_to,
                // Exports do not tell topics apart.
                topic: None,
                touched_at,
                via_bot,
                reactions,
                source: Source::Export,
            },
            sighting,
        ),
    })
}

fn sent_at(fields: &mut Fields, zone: &TimeZone) -> Result<(Timestamp, ExportTime), Bad> {
    if let Some(at) = unix_time(fields, "date_unixtime")? {
        return Ok((at, ExportTime::Unix));
    }
    let at = local_time(fields, "date", zone)?.ok_or_else(|| Bad::new("date", "the time of the message"))?;
    Ok((at, ExportTime::AssumedZone(zone.iana_name().unwrap_or("UTC").to_owned())))
}

/// Old exports give 1970 where nothing was touched: what was touched before it was sent was not.
fn touched_at(fields: &mut Fields, zone: &TimeZone, sent_at: Timestamp) -> Result<Option<Timestamp>, Bad> {
    let local = local_time(fields, "edited", zone)?;
    Ok(unix_time(fields, "edited_unixtime")?.or(local).filter(|at| *at >= sent_at))
}

fn unix_time(fields: &mut Fields, key: &str) -> Result<Option<Timestamp>, Bad> {
    let seconds = match fields.take(key) {
        None => return Ok(None),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(value) => value.as_i64(),
    };
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map(Some)
        .ok_or_else(|| Bad::new(key, "seconds since 1970, like \"1689611019\""))
}

fn local_time(fields: &mut Fields, key: &str, zone: &TimeZone) -> Result<Option<Timestamp>, Bad> {
    let Some(text) = fields.string(key)? else { return Ok(None) };
    text.parse::<DateTime>()
        .and_then(|local| zone.to_ambiguous_timestamp(local).compatible())
        .map(Some)
        .map_err(|_| Bad::new(key, "a time like 2023-07-18T00:23:39"))
}

/// Answers within the chat only: a number of another chat means nothing here.
fn reply_to(fields: &mut Fields, chat: &Chat) -> Result<Option<MessageId>, Bad> {
    let reply_to = fields.integer("reply_to_message_id")?.map(MessageId);
    let elsewhere = match peer("reply_to_peer_id", fields.take("reply_to_peer_id"))? {
        Sender::Unknown => false,
        Sender::Chat(other) => other != chat.id,
        Sender::Person(person) => chat.other_person() != Some(person),
    };
    Ok(reply_to.filter(|_| !elsewhere))
}

fn forward(fields: &mut Fields) -> Result<Option<Forward>, Bad> {
    let is_forward = fields.has("forwarded_from") || fields.has("forwarded_from_id") || fields.has("saved_from");
    let sender = peer("forwarded_from_id", fields.take("forwarded_from_id"))?;
    let saved_from = fields.label("saved_from")?;
    let name = fields.label("forwarded_from")?.or(saved_from);
    Ok(is_forward.then_some(Forward { name, sender }))
}

fn reactions(fields: &mut Fields) -> Result<Vec<ReactionCount>, Bad> {
    let items = fields.objects("reactions")?.into_iter().enumerate();
    items
        .map(|(at, mut item)| {
            let mut read = || -> Result<ReactionCount, Bad> {
                let kind = item.label("type")?.ok_or_else(|| Bad::new("type", "emoji, custom_emoji or paid"))?;
                let document = item.label("document_id")?;
                let reaction = item.label("emoji")?.or(document);
                let count = item.count("count")?.ok_or_else(|| Bad::new("count", "a whole number from 0"))?;
                Ok(ReactionCount { kind, reaction, count })
            };
            read().map_err(|bad| bad.within(&format!("reactions[{at}]")))
        })
        .collect()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
