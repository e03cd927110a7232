//! `setMessageReaction`.

use serde_json::{Value, json};

use super::target;
use crate::{
    api::{ApiError, Call, Outcome},
    state::Change,
};

/// What people can answer a message with; Telegram's list is longer and changes.
const EMOJI: &[&str] = &[
    "👍",
    "👎",
    "❤",
    "🔥",
    "🥰",
    "👏",
    "😁",
    "🤔",
    "🤯",
    "😱",
    "🤬",
    "😢",
    "🎉",
    "🤩",
    "🤮",
    "💩",
    "🙏",
    "👌",
    "🕊",
    "🤡",
    "🥱",
    "🥴",
    "😍",
    "🐳",
    "❤‍🔥",
    "🌚",
    "🌭",
    "💯",
    "🤣",
    "⚡",
    "🍌",
    "🏆",
    "💔",
    "🤨",
    "😐",
    "🍓",
    "🍾",
    "💋",
    "🖕",
    "😈",
    "😴",
    "😭",
    "🤓",
    "👻",
    "👨‍💻",
    "👀",
    "🎃",
    "🙈",
    "😇",
    "😨",
    "🤝",
    "✍",
    "🤗",
    "🫡",
    "🎅",
    "🎄",
    "☃",
    "💅",
    "🤪",
    "🗿",
    "🆒",
    "💘",
    "🙉",
    "🦄",
    "😘",
    "💊",
    "🙊",
    "😎",
    "👾",
    "🤷‍♂",
    "🤷",
    "🤷‍♀",
    "😡",
];

/// The bot's own reaction: at most one emoji, or none.
pub(crate) fn set(call: &mut Call<'_>) -> Outcome {
    let chat = target::writable(call)?;
    let mut message = target::message(call, &chat, "message to react not found")?;
    let reactions = call.parameters.list("reaction").cloned().unwrap_or_default();
    if reactions.len() > 1 {
        return Err(ApiError::bad("REACTIONS_TOO_MANY"));
    }
    for reaction in &reactions {
        let emoji = reaction.get("emoji").and_then(Value::as_str);
        let is_known = reaction.get("type").and_then(Value::as_str) == Some("emoji") && emoji.is_some_and(is_emoji);
        if !is_known {
            return Err(ApiError::bad("REACTION_INVALID"));
        }
    }
    if reactions.is_empty() {
        message.reactions.remove(&call.world.bot);
    } else {
        message.reactions.insert(call.world.bot, reactions);
    }
    call.world.put(Change::Message(Box::new(message)));
    Ok(json!(true))
}

/// Whether an emoji is one to react with.
pub(crate) fn is_emoji(emoji: &str) -> bool {
    EMOJI.contains(&emoji.trim_end_matches('\u{fe0f}'))
}
