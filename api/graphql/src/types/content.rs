//! What messages and posts carry. Offsets and lengths are in UTF-16 units, as Telegram counts.

use async_graphql::{Context, ID, Object, SimpleObject};
use chronogram_model as model;
use rust_decimal::Decimal;

use crate::{errors::Nullable, loaders::Loaders, scalars::Long, types::Person};

/// A formatted stretch of text.
#[derive(SimpleObject)]
pub(crate) struct Entity {
    /// `bold`, `link`, `text_link`, `hashtag`, `mention`, … as the source names it.
    kind: String,
    /// Start, in UTF-16 units.
    offset: u32,
    /// Length, in UTF-16 units.
    length: u32,
    /// Target of a `text_link`.
    url: Option<String>,
    /// The person of a `mention_name`.
    person_id: Option<ID>,
    /// Programming language of a `pre`.
    language: Option<String>,
    /// Document of a `custom_emoji`.
    document_id: Option<ID>,
}

impl From<model::Entity> for Entity {
    fn from(entity: model::Entity) -> Self {
        let model::Entity { kind, offset, length, url, person, language, document_id } = entity;
        let (person_id, document_id) = (person.map(ID::from), document_id.map(ID::from));
        Self { kind, offset, length, url, person_id, language, document_id }
    }
}

/// What is attached to a message. Files themselves are not kept.
#[derive(SimpleObject)]
pub(crate) struct Media {
    /// `photo`, `video`, `video_message`, `animation`, `audio`, `voice`, `sticker`, `document`, `poll`, `contact`,
    /// `location`, `venue`, `game`, `invoice`; a kind unknown to this release as its source names it.
    kind: String,
    /// File name as its sender gave it.
    file_name: Option<String>,
    /// MIME type.
    mime_type: Option<String>,
    /// Size in bytes.
    size_bytes: Option<Long>,
    /// Width in pixels.
    width: Option<u32>,
    /// Height in pixels.
    height: Option<u32>,
    /// Duration in seconds.
    duration_seconds: Option<u32>,
    /// Title of a track, game or invoice.
    title: Option<String>,
    /// Performer of a track.
    performer: Option<String>,
    /// The emoji of a sticker.
    emoji: Option<String>,
    /// The poll.
    poll: Option<Poll>,
    /// The contact.
    contact: Option<Contact>,
    /// The place.
    location: Option<Location>,
}

/// A poll and its votes when it was observed.
#[derive(SimpleObject)]
pub(crate) struct Poll {
    /// The question.
    question: String,
    /// No more votes are taken.
    closed: bool,
    /// How many people voted.
    total_voters: Long,
    /// The answers in order.
    answers: Vec<PollAnswer>,
}

/// One answer of a poll.
#[derive(SimpleObject)]
pub(crate) struct PollAnswer {
    /// Its text.
    text: String,
    /// How many voted for it.
    voters: Long,
}

/// A shared contact.
#[derive(SimpleObject)]
pub(crate) struct Contact {
    /// Name as shared.
    name: String,
    /// Phone number as shared.
    phone_number: String,
}

/// A place on Earth, in degrees (WGS 84).
#[derive(SimpleObject)]
pub(crate) struct Location {
    /// North is positive.
    latitude: Decimal,
    /// East is positive.
    longitude: Decimal,
    /// Name of the venue, where one was chosen.
    name: Option<String>,
    /// Address of the venue.
    address: Option<String>,
}

/// How often one reaction was given, when last observed.
#[derive(SimpleObject)]
pub(crate) struct ReactionCount {
    /// `emoji`, `custom_emoji` or `paid`.
    kind: String,
    /// The emoji, or the custom emoji's document.
    reaction: Option<String>,
    /// How often.
    count: Long,
}

impl Media {
    /// `kind` is the read model's name for `media.kind`.
    pub(crate) fn of(media: model::Media, kind: String) -> Self {
        Self {
            kind,
            file_name: media.file_name,
            mime_type: media.mime_type,
            size_bytes: media.size_bytes.map(long),
            width: media.width,
            height: media.height,
            duration_seconds: media.duration_seconds,
            title: media.title,
            performer: media.performer,
            emoji: media.emoji,
            poll: media.poll.map(Poll::from),
            contact: media.contact.map(|contact| {
                let model::Contact { name, phone_number } = contact;
                Contact { name, phone_number }
            }),
            location: media.location.map(|location| {
                let model::Location { latitude, longitude, name, address } = location;
                Location { latitude, longitude, name, address }
            }),
        }
    }
}

impl From<model::Poll> for Poll {
    fn from(poll: model::Poll) -> Self {
        let answers = poll.answers.into_iter();
        Self {
            question: poll.question,
            closed: poll.closed,
            total_voters: long(poll.total_voters),
            answers: answers.map(|answer| PollAnswer { text: answer.text, voters: long(answer.voters) }).collect(),
        }
    }
}

impl From<model::ReactionCount> for ReactionCount {
    fn from(reaction: model::ReactionCount) -> Self {
        Self { kind: reaction.kind, reaction: reaction.reaction, count: long(reaction.count) }
    }
}

/// Counts and sizes of Telegram are far below 2⁶³.
fn long(number: u64) -> Long {
    Long(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Where a message was forwarded from.
pub(crate) struct Forward(pub(crate) model::Forward);

/// Where a message was forwarded from.
#[Object]
impl Forward {
    /// Name shown.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The person it came from, where that is not hidden.
    async fn person_id(&self) -> Option<ID> {
        self.0.sender.person().map(ID::from)
    }

    /// What is known of that person.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        Loaders::person(ctx, self.0.sender.person()).await
    }

    /// The chat or channel it came from, in the Bot API's signed form.
    async fn chat_id(&self) -> Option<ID> {
        match &self.0.sender {
            model::Sender::Chat(chat) => Some(ID::from(chat)),
            model::Sender::Person(_) | model::Sender::Unknown => None,
        }
    }
}
