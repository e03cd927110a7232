//! `entities`: what the bot lists itself.

use serde_json::Value;

use super::{Entity, Formatted, FormattingError, refuse, utf16::units};

const KINDS: &[&str] = &[
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
];

/// Telegram finds these itself and ignores them in a bot's list.
const FOUND: &[&str] = &["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"];

/// Takes a text with the bot's own list of entities.
pub(super) fn take(text: &str, entities: Option<&Value>) -> Result<Formatted, FormattingError> {
    let Some(list) = entities else {
        return Ok(Formatted { text: text.to_owned(), entities: Vec::new() });
    };
    let entities: Vec<Entity> = match serde_json::from_value(list.clone()) {
        Ok(entities) => entities,
        Err(error) => return refuse(format!("Can't parse MessageEntity: {error}")),
    };
    let length = units(text);
    for entity in &entities {
        let kind = entity.kind.as_str();
        if !KINDS.contains(&kind) {
            return refuse("Can't parse MessageEntity: Unsupported type specified");
        }
        if entity.length == 0 || entity.offset.checked_add(entity.length).is_none_or(|end| end > length) {
            return refuse(format!(
                "Entity beginning at UTF-16 offset {} ends after the end of the text at UTF-16 offset {length}",
                entity.offset
            ));
        }
        let is_bare = (kind == "text_link" && entity.url.is_none())
            || (kind == "text_mention" && entity.user.is_none())
            || (kind == "custom_emoji" && entity.custom_emoji_id.is_none());
        if is_bare {
            return refuse(format!("Can't parse MessageEntity: a field of {kind} is missing"));
        }
    }
    let entities = entities.into_iter().filter(|entity| !FOUND.contains(&entity.kind.as_str())).collect();
    Ok(Formatted { text: text.to_owned(), entities })
}
