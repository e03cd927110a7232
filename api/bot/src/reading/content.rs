//! What a message says and carries.

use chronogram_gateways::telegram::wire::{self, MessageEntityKind, MessageOrigin};
use chronogram_model::{
    Contact, Entity, Forward, Location, Media, MediaKind, MessageContent, Poll, PollAnswer, Sender, cleaned,
    without_nul,
};
use rust_decimal::Decimal;

use super::{chat_id, full_name, person};

/// A caption is the text of a message with a file.
pub(super) fn of(message: &wire::Message) -> MessageContent {
    let text = message.text().or_else(|| message.caption()).unwrap_or_default();
    let entities = message.entities().or_else(|| message.caption_entities()).unwrap_or_default();
    let (text, nul_replaced) = without_nul(text);
    MessageContent {
        text,
        entities: entities.iter().map(entity).collect(),
        media: media(message),
        forward: message.forward_origin().map(forward),
        nul_replaced,
    }
}

/// Named as exports name them, so that history reads alike whichever way it came.
fn entity(entity: &wire::MessageEntity) -> Entity {
    let kind = match &entity.kind {
        MessageEntityKind::Mention => "mention",
        MessageEntityKind::Hashtag => "hashtag",
        MessageEntityKind::Cashtag => "cashtag",
        MessageEntityKind::BotCommand => "bot_command",
        MessageEntityKind::Url => "link",
        MessageEntityKind::Email => "email",
        MessageEntityKind::PhoneNumber => "phone",
        MessageEntityKind::Bold => "bold",
        MessageEntityKind::Blockquote | MessageEntityKind::ExpandableBlockquote => "blockquote",
        MessageEntityKind::Italic => "italic",
        MessageEntityKind::Underline => "underline",
        MessageEntityKind::Strikethrough => "strikethrough",
        MessageEntityKind::Spoiler => "spoiler",
        MessageEntityKind::Code => "code",
        MessageEntityKind::Pre { .. } => "pre",
        MessageEntityKind::TextLink { .. } => "text_link",
        MessageEntityKind::TextMention { .. } => "mention_name",
        MessageEntityKind::CustomEmoji { .. } => "custom_emoji",
    };
    let mut read = Entity {
        kind: kind.to_owned(),
        offset: u32::try_from(entity.offset).unwrap_or(u32::MAX),
        length: u32::try_from(entity.length).unwrap_or(u32::MAX),
        url: None,
        person: None,
        language: None,
        document_id: None,
    };
    match &entity.kind {
        MessageEntityKind::TextLink { url } => read.url = Some(url.to_string()),
        MessageEntityKind::TextMention { user } => read.person = Some(person(user)),
        MessageEntityKind::Pre { language } => read.language.clone_from(language),
        MessageEntityKind::CustomEmoji { custom_emoji_id } => read.document_id = Some(custom_emoji_id.0.clone()),
        _ => {}
    }
    read
}

fn forward(origin: &MessageOrigin) -> Forward {
    let (name, sender) = match origin {
        MessageOrigin::User { sender_user, .. } => (full_name(sender_user), Sender::Person(person(sender_user))),
        MessageOrigin::HiddenUser { sender_user_name, .. } => (cleaned(sender_user_name), Sender::Unknown),
        MessageOrigin::Chat { sender_chat: chat, .. } | MessageOrigin::Channel { chat, .. } => {
            (cleaned(chat.title().unwrap_or_default()), Sender::Chat(chat_id(chat)))
        }
    };
    Forward { name: Some(name).filter(|name| !name.is_empty()), sender }
}

fn media(message: &wire::Message) -> Option<Media> {
    if let Some(sizes) = message.photo() {
        let largest = sizes.last()?;
        let (width, height) = (Some(largest.width), Some(largest.height));
        return Some(Media { width, height, ..file(MediaKind::Photo, &largest.file) });
    }
    if let Some(voice) = message.voice() {
        let duration_seconds = Some(voice.duration.seconds());
        return Some(Media {
            duration_seconds,
            mime_type: mime(voice.mime_type.as_ref()),
            ..file(MediaKind::Voice, &voice.file)
        });
    }
    // An animation is told as a document too; it comes first.
    if let Some(animation) = message.animation() {
        return Some(Media {
            file_name: animation.file_name.as_deref().map(cleaned),
            width: Some(animation.width),
            height: Some(animation.height),
            duration_seconds: Some(animation.duration.seconds()),
            mime_type: mime(animation.mime_type.as_ref()),
            ..file(MediaKind::Animation, &animation.file)
        });
    }
    if let Some(document) = message.document() {
        let file_name = document.file_name.as_deref().map(cleaned);
        return Some(Media {
            file_name,
            mime_type: mime(document.mime_type.as_ref()),
            ..file(MediaKind::Document, &document.file)
        });
    }
    if let Some(video) = message.video() {
        return Some(Media {
            file_name: video.file_name.as_deref().map(cleaned),
            width: Some(video.width),
            height: Some(video.height),
            duration_seconds: Some(video.duration.seconds()),
            mime_type: mime(video.mime_type.as_ref()),
            ..file(MediaKind::Video, &video.file)
        });
    }
    if let Some(note) = message.video_note() {
        let duration_seconds = Some(note.duration.seconds());
        return Some(Media { duration_seconds, ..file(MediaKind::VideoMessage, &note.file) });
    }
    if let Some(audio) = message.audio() {
        return Some(Media {
            file_name: audio.file_name.as_deref().map(cleaned),
            title: audio.title.as_deref().map(cleaned),
            performer: audio.performer.as_deref().map(cleaned),
            duration_seconds: Some(audio.duration.seconds()),
            mime_type: mime(audio.mime_type.as_ref()),
            ..file(MediaKind::Audio, &audio.file)
        });
    }
    if let Some(sticker) = message.sticker() {
        return Some(Media { emoji: sticker.emoji.clone(), ..file(MediaKind::Sticker, &sticker.file) });
    }
    without_file(message)
}

fn without_file(message: &wire::Message) -> Option<Media> {
    if let Some(venue) = message.venue() {
        let location = Location {
            name: Some(cleaned(&venue.title)),
            address: Some(cleaned(&venue.address)),
            ..place(&venue.location)
        };
        return Some(Media { location: Some(location), ..Media::of(MediaKind::Venue) });
    }
    if let Some(location) = message.location() {
        return Some(Media { location: Some(place(location)), ..Media::of(MediaKind::Location) });
    }
    if let Some(contact) = message.contact() {
        let last = contact.last_name.as_deref().map(|last| format!(" {last}")).unwrap_or_default();
        let name = cleaned(&format!("{}{last}", contact.first_name));
        let contact = Contact { name, phone_number: cleaned(&contact.phone_number) };
        return Some(Media { contact: Some(contact), ..Media::of(MediaKind::Contact) });
    }
    let poll = message.poll()?;
    let answers = poll.options.iter();
    let answers = answers.map(|option| PollAnswer { text: cleaned(&option.text), voters: option.voter_count.into() });
    let poll = Poll {
        question: cleaned(&poll.question),
        closed: poll.is_closed,
        total_voters: poll.total_voter_count.into(),
        answers: answers.collect(),
    };
    Some(Media { poll: Some(poll), ..Media::of(MediaKind::Poll) })
}

fn file(kind: MediaKind, file: &wire::FileMeta) -> Media {
    Media { size_bytes: Some(file.size.into()), ..Media::of(kind) }
}

fn mime(mime: Option<&impl ToString>) -> Option<String> {
    mime.map(ToString::to_string)
}

fn place(location: &wire::Location) -> Location {
    // Telegram's places have six decimals; what is no number is nowhere.
    let degrees = |value: f64| Decimal::try_from(value).unwrap_or_default().round_dp(6);
    Location { latitude: degrees(location.latitude), longitude: degrees(location.longitude), name: None, address: None }
}
