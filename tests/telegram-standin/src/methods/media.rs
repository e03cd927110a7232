//! `sendPhoto`, `sendDocument`, `sendVoice`, `sendMediaGroup`.

use serde_json::{Value, json};

use super::{
    files::{self, Given},
    post::Post,
    words,
};
use crate::{
    api::{ApiError, Call, Outcome},
    entities::{self, Formatted},
    state::{Content, FileKind, render},
};

/// Items of one album.
const ALBUM: std::ops::RangeInclusive<usize> = 2..=10;

/// Sends a picture.
pub(crate) fn send_photo(call: &mut Call<'_>) -> Outcome {
    send(call, "photo", FileKind::Photo)
}

/// Sends a file as it is.
pub(crate) fn send_document(call: &mut Call<'_>) -> Outcome {
    send(call, "document", FileKind::Document)
}

/// Sends a recording.
pub(crate) fn send_voice(call: &mut Call<'_>) -> Outcome {
    send(call, "voice", FileKind::Voice)
}

fn send(call: &mut Call<'_>, name: &str, kind: FileKind) -> Outcome {
    let post = Post::read(call)?;
    let caption = words::caption(call)?;
    let given = files::given(call, name, kind)?;
    post.afford(call, 1)?;
    let file = files::keep(call, given, kind, call.parameters.integer("duration").unwrap_or(0))?;
    let above = call.parameters.flag("show_caption_above_media");
    let spoiler = call.parameters.flag("has_spoiler");
    let message = post.send(call, Content::Media { file, caption, above, spoiler });
    Ok(render::message(call.world, &message))
}

/// Sends an album: pictures and videos together, documents or recordings among themselves.
pub(crate) fn send_group(call: &mut Call<'_>) -> Outcome {
    let post = Post::read(call)?;
    let items = call.parameters.list("media").cloned().unwrap_or_default();
    if !ALBUM.contains(&items.len()) {
        return Err(ApiError::bad("media must include 2-10 items"));
    }
    let mut kinds = Vec::new();
    for item in &items {
        kinds.push(kind_of(item)?);
    }
    let is_visual = |kind: &FileKind| matches!(kind, FileKind::Photo | FileKind::Video);
    let is_uniform = kinds.iter().all(is_visual) || kinds.windows(2).all(|pair| pair.first() == pair.last());
    if !is_uniform || kinds.contains(&FileKind::Animation) {
        return Err(ApiError::bad("media of these types can't be sent together in an album"));
    }
    let looked_at = items.iter().map(|item| Item::read(call, item)).collect::<Result<Vec<_>, _>>()?;
    post.afford(call, items.len())?;
    let contents = looked_at.into_iter().map(|item| item.keep(call)).collect::<Result<Vec<_>, _>>()?;
    let messages = post.send_album(call, contents);
    Ok(messages.iter().map(|message| render::message(call.world, message)).collect::<Vec<Value>>().into())
}

fn kind_of(item: &Value) -> Result<FileKind, ApiError> {
    match item.get("type").and_then(Value::as_str) {
        Some("photo") => Ok(FileKind::Photo),
        Some("document") => Ok(FileKind::Document),
        Some("video") => Ok(FileKind::Video),
        Some("audio") => Ok(FileKind::Audio),
        Some("animation") => Ok(FileKind::Animation),
        _ => Err(ApiError::bad("can't parse InputMedia: type must be one of photo, video, audio, document, animation")),
    }
}

/// `InputMedia`, looked at; its file is not kept yet.
pub(super) struct Item {
    kind: FileKind,
    given: Given,
    caption: Formatted,
    duration: i64,
    above: bool,
    spoiler: bool,
}

impl Item {
    pub(super) fn read(call: &Call<'_>, item: &Value) -> Result<Self, ApiError> {
        let kind = kind_of(item)?;
        let text = item.get("caption").and_then(Value::as_str).unwrap_or_default();
        let mode = item.get("parse_mode").and_then(Value::as_str).filter(|mode| !mode.is_empty());
        let caption = words::measured(entities::read(text, mode, item.get("caption_entities"))?)?;
        let given = files::named(call, files::media_text(item)?, kind)?;
        let duration = item.get("duration").and_then(Value::as_i64).unwrap_or(0);
        let is_set = |name: &str| item.get(name) == Some(&json!(true));
        let (above, spoiler) = (is_set("show_caption_above_media"), is_set("has_spoiler"));
        Ok(Self { kind, given, caption, duration, above, spoiler })
    }

    pub(super) fn keep(self, call: &mut Call<'_>) -> Result<Content, ApiError> {
        let file = files::keep(call, self.given, self.kind, self.duration)?;
        Ok(Content::Media { file, caption: self.caption, above: self.above, spoiler: self.spoiler })
    }
}
