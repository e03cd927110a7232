//! How what was observed is laid out in columns, the same for messages and posts.

use std::collections::BTreeMap;

use chronogram_engine::ApplyError;
use chronogram_log::{Position, RecordedEvent};
use chronogram_model::{ExportTime, MediaKind, MessageContent, Sender, ServiceMessageObserved, Source};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;

/// A content's columns; those of an erased one are empty.
pub(crate) struct ContentColumns {
    /// Absent: erased.
    pub(crate) text: Option<String>,
    pub(crate) entities: String,
    pub(crate) media_kind: Option<String>,
    pub(crate) media: Option<String>,
    pub(crate) forward: Option<String>,
    pub(crate) nul_replaced: bool,
}

impl ContentColumns {
    pub(crate) fn of(content: Option<&MessageContent>, position: Position) -> Result<Self, ApplyError> {
        let media = content.and_then(|content| content.media.as_ref());
        let forward = content.and_then(|content| content.forward.as_ref());
        Ok(Self {
            text: content.map(|content| content.text.clone()),
            entities: json(content.map_or(&[][..], |content| &content.entities), position)?,
            media_kind: media.map(|media| media_kind(&media.kind).to_owned()),
            media: media.map(|media| json(media, position)).transpose()?,
            forward: forward.map(|forward| json(forward, position)).transpose()?,
            nul_replaced: content.is_some_and(|content| content.nul_replaced),
        })
    }
}

/// The columns of a service entry, without those that say where it happened.
pub(crate) struct ServiceColumns {
    pub(crate) action: String,
    pub(crate) actor_person: Option<String>,
    pub(crate) actor_chat: Option<i64>,
    pub(crate) happened_at: jiff_sqlx::Timestamp,
    pub(crate) details: Option<String>,
    pub(crate) source: &'static str,
    pub(crate) position: i64,
    pub(crate) observations: i64,
}

impl ServiceColumns {
    pub(crate) fn of(service: ServiceMessageObserved, position: Position) -> Result<Self, ApplyError> {
        let (actor_person, actor_chat) = sender(&service.actor);
        Ok(Self {
            actor_person,
            actor_chat,
            happened_at: service.happened_at.to_sqlx(),
            details: service.details.readable().map(|details| json(details, position)).transpose()?,
            source: source(service.source),
            action: service.action,
            position: position.as_i64(),
            observations: 1,
        })
    }
}

/// A row that is observed again and again; the newest observation stands.
pub(crate) trait Observed {
    /// How often it was observed.
    fn observations(&mut self) -> &mut i64;
}

impl Observed for ServiceColumns {
    fn observations(&mut self) -> &mut i64 {
        &mut self.observations
    }
}

/// Puts the newest observation of `key` in place of those before it in the batch, which stay counted.
pub(crate) fn observe<K: Ord, R: Observed>(rows: &mut BTreeMap<K, R>, key: K, mut row: R) {
    if let Some(before) = rows.get_mut(&key) {
        *row.observations() += *before.observations();
        *before = row;
    } else {
        rows.insert(key, row);
    }
}

/// The earliest and the latest of some moments.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Stretch {
    /// `stretch`, reaching to `moment` too.
    pub(crate) fn reach(stretch: Option<Self>, moment: Timestamp) -> Self {
        match stretch {
            None => Self { first: moment, last: moment },
            Some(Self { first, last }) => Self { first: first.min(moment), last: last.max(moment) },
        }
    }
}

/// The person or the chat of a sender, as columns.
pub(crate) fn sender(sender: &Sender) -> (Option<String>, Option<i64>) {
    match sender {
        Sender::Person(person) => (Some(person.to_string()), None),
        Sender::Chat(chat) => (None, Some(chat.0)),
        Sender::Unknown => (None, None),
    }
}

/// The zone that an old export's local time was read in.
pub(crate) fn assumed_zone(time: Option<ExportTime>) -> Option<String> {
    match time {
        Some(ExportTime::AssumedZone(zone)) => Some(zone),
        Some(ExportTime::Unix) | None => None,
    }
}

pub(crate) fn source(source: Source) -> &'static str {
    match source {
        Source::Export => "export",
        Source::Api => "api",
        Source::Telegram => "telegram",
    }
}

fn media_kind(kind: &MediaKind) -> &str {
    match kind {
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::VideoMessage => "video_message",
        MediaKind::Animation => "animation",
        MediaKind::Audio => "audio",
        MediaKind::Voice => "voice",
        MediaKind::Sticker => "sticker",
        MediaKind::Document => "document",
        MediaKind::Poll => "poll",
        MediaKind::Contact => "contact",
        MediaKind::Location => "location",
        MediaKind::Venue => "venue",
        MediaKind::Game => "game",
        MediaKind::Invoice => "invoice",
        MediaKind::Other(name) => name,
    }
}

pub(crate) fn json<T: Serialize + ?Sized>(value: &T, position: Position) -> Result<String, ApplyError> {
    serde_json::to_string(value)
        .map_err(|_| ApplyError::Poison { position, reason: "a part of it cannot be written as JSON".to_owned() })
}

/// What stands behind `<category>-` in the event's stream, where it is of that category.
pub(crate) fn id_in_stream<'a>(event: &'a RecordedEvent, category: &str) -> Option<&'a str> {
    event.stream.as_str().strip_prefix(category)?.strip_prefix('-')
}

/// The event stands in a stream where its kind never is.
pub(crate) fn misplaced(event: &RecordedEvent, wanted: &str) -> ApplyError {
    ApplyError::Poison {
        position: event.position,
        reason: format!("{} stands in a stream that is not {wanted}", event.event_type),
    }
}

/// One column of `rows`, for an `unnest`.
pub(crate) fn column<'a, R, T>(rows: &'a [R], value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// A count of the model as SQL keeps it; counts never reach 2⁶³.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
