//! What a message holds.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::file::{FileKind, FileRecord};
use crate::entities::Formatted;

/// One size of a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PhotoSize {
    pub(crate) file_id: String,
    pub(crate) file_unique_id: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) file_size: usize,
}

/// What a message holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    Text {
        text: Formatted,
        link_preview_options: Option<Value>,
    },
    /// A photo, document or recording with its caption.
    Media {
        file: FileRecord,
        caption: Formatted,
        above: bool,
        spoiler: bool,
    },
    /// `location`, `contact` and the like: a field of `Message` with its value.
    Plain {
        field: String,
        value: Value,
    },
    /// A bill; its payload comes back to the bot with the payment and is shown to nobody.
    Invoice {
        invoice: Value,
        payload: String,
    },
    /// Somebody joined, a topic was made …: fields of `Message`.
    Service(Map<String, Value>),
}

impl Content {
    /// The text or the caption.
    pub(crate) fn words(&self) -> Option<&Formatted> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Media { caption, .. } => Some(caption),
            Self::Plain { .. } | Self::Invoice { .. } | Self::Service(_) => None,
        }
    }

    /// The fields of `Message` that say it.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        match self {
            Self::Text { text, link_preview_options } => {
                formatted(&mut fields, text, "text", "entities");
                if let Some(options) = link_preview_options {
                    fields.insert("link_preview_options".to_owned(), options.clone());
                }
            }
            Self::Media { file, caption, above, spoiler } => {
                fields.insert(file.kind.name().to_owned(), media(file));
                if !caption.text.is_empty() {
                    formatted(&mut fields, caption, "caption", "caption_entities");
                }
                if *above {
                    fields.insert("show_caption_above_media".to_owned(), Value::Bool(true));
                }
                if *spoiler {
                    fields.insert("has_media_spoiler".to_owned(), Value::Bool(true));
                }
            }
            Self::Plain { field, value } => {
                fields.insert(field.clone(), value.clone());
            }
            Self::Invoice { invoice, .. } => {
                fields.insert("invoice".to_owned(), invoice.clone());
            }
            Self::Service(service) => fields.clone_from(service),
        }
        fields
    }
}

fn formatted(fields: &mut Map<String, Value>, words: &Formatted, text: &str, entities: &str) {
    fields.insert(text.to_owned(), Value::from(words.text.clone()));
    if !words.entities.is_empty() {
        fields.insert(entities.to_owned(), serde_json::json!(words.entities));
    }
}

fn media(file: &FileRecord) -> Value {
    let (width, height) = file.dimensions.unwrap_or((0, 0));
    if file.kind == FileKind::Photo {
        return serde_json::json!([PhotoSize {
            file_id: file.file_id.clone(),
            file_unique_id: file.file_unique_id.clone(),
            width,
            height,
            file_size: file.size_bytes,
        }]);
    }
    let mut value = Map::new();
    value.insert("file_id".to_owned(), Value::from(file.file_id.clone()));
    value.insert("file_unique_id".to_owned(), Value::from(file.file_unique_id.clone()));
    value.insert("file_size".to_owned(), Value::from(file.size_bytes));
    if let Some(mime_type) = &file.mime_type {
        value.insert("mime_type".to_owned(), Value::from(mime_type.clone()));
    }
    if let (Some(name), false) = (&file.name, file.kind == FileKind::Voice) {
        value.insert("file_name".to_owned(), Value::from(name.clone()));
    }
    if file.kind != FileKind::Document {
        value.insert("duration".to_owned(), Value::from(file.duration));
    }
    if matches!(file.kind, FileKind::Video | FileKind::Animation) {
        value.insert("width".to_owned(), Value::from(width));
        value.insert("height".to_owned(), Value::from(height));
    }
    Value::Object(value)
}
