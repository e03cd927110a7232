//! What is attached to a message.

use std::str::FromStr;

use chronogram_model::{Contact, Location, Media, MediaKind, Poll, PollAnswer, cleaned};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    fields::{Bad, Fields},
    text::Text,
};

/// Attachments that are kept by kind only, under the field that gives them away.
const OTHERS: [(&str, &str); 4] = [
    ("todo_list", "todo_list"),
    ("giveaway_information", "giveaway"),
    ("giveaway_results", "giveaway_results"),
    ("paid_stars_amount", "paid_media"),
];

/// The attachment of an entry, if it has one.
pub(crate) fn media_of(entry: &mut Fields) -> Result<Option<Media>, Bad> {
    let mut media = if let Some(poll) = entry.object("poll")? {
        let poll = poll_of(poll).map_err(|bad| bad.within("poll"))?;
        Media { poll: Some(poll), ..Media::of(MediaKind::Poll) }
    } else if let Some(contact) = entry.object("contact_information")? {
        let contact = contact_of(contact).map_err(|bad| bad.within("contact_information"))?;
        Media { contact: Some(contact), ..Media::of(MediaKind::Contact) }
    } else if entry.has("location_information") || entry.has("place_name") {
        place_of(entry)?
    } else if let Some(title) = entry.label("game_title")? {
        Media { title: Some(title), ..Media::of(MediaKind::Game) }
    } else if let Some(invoice) = entry.take("invoice_information") {
        Media { title: title_of_invoice(invoice)?, ..Media::of(MediaKind::Invoice) }
    } else if let Some(kind) = entry.label("media_type")? {
        Media::of(kind_of(kind))
    } else if entry.has("photo") {
        Media::of(MediaKind::Photo)
    } else if entry.has("file") {
        Media::of(MediaKind::Document)
    } else if let Some((_, kind)) = OTHERS.iter().find(|(field, _)| entry.has(field)) {
        Media::of(MediaKind::Other((*kind).to_owned()))
    } else {
        return Ok(None);
    };
    media.file_name = entry.label("file_name")?;
    media.mime_type = entry.label("mime_type")?;
    let photo_size_bytes = entry.count("photo_file_size")?;
    media.size_bytes = entry.count("file_size")?.or(photo_size_bytes);
    media.width = entry.small_count("width")?;
    media.height = entry.small_count("height")?;
    media.duration_seconds = entry.small_count("duration_seconds")?;
    media.performer = entry.label("performer")?;
    media.emoji = entry.label("sticker_emoji")?;
    media.title = entry.label("title")?.or(media.title);
    Ok(Some(media))
}

fn kind_of(media_type: String) -> MediaKind {
    match media_type.as_str() {
        "sticker" => MediaKind::Sticker,
        "voice_message" => MediaKind::Voice,
        "video_message" => MediaKind::VideoMessage,
        "video_file" => MediaKind::Video,
        "audio_file" => MediaKind::Audio,
        "animation" => MediaKind::Animation,
        _ => MediaKind::Other(media_type),
    }
}

fn poll_of(mut poll: Fields) -> Result<Poll, Bad> {
    let mut answers = Vec::new();
    for (at, mut answer) in poll.objects("answers")?.into_iter().enumerate() {
        let read = |answer: &mut Fields| -> Result<PollAnswer, Bad> {
            let text = Text::parse("text", answer.take("text"))?.plain;
            Ok(PollAnswer { text, voters: answer.count("voters")?.unwrap_or(0) })
        };
        answers.push(read(&mut answer).map_err(|bad| bad.within(&format!("answers[{at}]")))?);
    }
    Ok(Poll {
        question: Text::parse("question", poll.take("question"))?.plain,
        closed: poll.flag("closed")?,
        total_voters: poll.count("total_voters")?.unwrap_or(0),
        answers,
    })
}

fn contact_of(mut contact: Fields) -> Result<Contact, Bad> {
    let names = [contact.label("first_name")?, contact.label("last_name")?];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(Contact { name, phone_number: contact.label("phone_number")?.unwrap_or_default() })
}

fn place_of(entry: &mut Fields) -> Result<Media, Bad> {
    let (name, address) = (entry.label("place_name")?, entry.label("address")?);
    let is_venue = name.is_some() || address.is_some();
    let point = match entry.object("location_information")? {
        Some(mut point) => {
            let mut degrees = |key| degrees_of(key, point.take(key)).map_err(|bad| bad.within("location_information"));
            Some((degrees("latitude")?, degrees("longitude")?))
        }
        None => None,
    };
    let mut media = Media::of(if is_venue { MediaKind::Venue } else { MediaKind::Location });
    match point {
        Some((latitude, longitude)) => media.location = Some(Location { latitude, longitude, name, address }),
        None => media.title = name,
    }
    Ok(media)
}

fn degrees_of(field: &str, value: Option<Value>) -> Result<Decimal, Bad> {
    let text = match value {
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    text.and_then(|text| Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok())
        .ok_or_else(|| Bad::new(field, "degrees, as a number"))
}

/// Telegram Desktop writes the invoice as a text that holds JSON.
fn title_of_invoice(invoice: Value) -> Result<Option<String>, Bad> {
    let refused = || Bad::new("invoice_information", "an object");
    let invoice = match invoice {
        Value::String(json) => serde_json::from_str(&json).map_err(|_| refused())?,
        other => other,
    };
    let mut invoice = Fields::of(invoice).ok_or_else(refused)?;
    invoice
        .string("title")
        .map(|title| title.map(|title| cleaned(&title)))
        .map_err(|bad| bad.within("invoice_information"))
}
