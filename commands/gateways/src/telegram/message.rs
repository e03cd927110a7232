//! Our messages in Telegram's form.

use chronogram_model::{
    Entity, PersonId,
    conversation::{Button, OutgoingMessage},
};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, MessageEntityKind, User, UserId};

/// Formatting as Telegram knows it. A kind that cannot be sent is left out: the words stay.
pub(super) fn entities(message: &OutgoingMessage) -> Vec<MessageEntity> {
    message.entities.iter().filter_map(entity).collect()
}

fn entity(entity: &Entity) -> Option<MessageEntity> {
    let kind = match entity.kind.as_str() {
        "bold" => MessageEntityKind::Bold,
        "italic" => MessageEntityKind::Italic,
        "underline" => MessageEntityKind::Underline,
        "strikethrough" => MessageEntityKind::Strikethrough,
        "spoiler" => MessageEntityKind::Spoiler,
        "blockquote" => MessageEntityKind::Blockquote,
        "code" => MessageEntityKind::Code,
        "pre" => MessageEntityKind::Pre { language: entity.language.clone() },
        "text_link" => MessageEntityKind::TextLink { url: entity.url.as_deref()?.parse().ok()? },
        // The Bot API's name, and the export's.
        "text_mention" | "mention_name" => MessageEntityKind::TextMention { user: user(entity.person.as_ref()?)? },
        _ => return None,
    };
    Some(MessageEntity { kind, offset: entity.offset as usize, length: entity.length as usize })
}

/// Telegram reads nothing of a mentioned user but the id.
fn user(person: &PersonId) -> Option<User> {
    let PersonId::Telegram(id) = person else { return None };
    Some(User {
        id: UserId(u64::try_from(*id).ok()?),
        is_bot: false,
        first_name: String::new(),
        last_name: None,
        username: None,
        language_code: None,
        is_premium: false,
        added_to_attachment_menu: false,
    })
}

/// The buttons, where there are any.
pub(super) fn keyboard(message: &OutgoingMessage) -> Option<InlineKeyboardMarkup> {
    let button = |button: &Button| InlineKeyboardButton::callback(button.text.clone(), button.data.clone());
    let rows: Vec<Vec<_>> = message.buttons.iter().map(|row| row.iter().map(button).collect()).collect();
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}
