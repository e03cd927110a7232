//! Files that the bot or people sent; their bytes lie in the state's folder, or in memory without one.

use serde::{Deserialize, Serialize};

/// What a file was sent as; a file is sent again only as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    Photo,
    Document,
    Voice,
    Video,
    Audio,
    Animation,
}

impl FileKind {
    /// The folder in `file_path`, as the real server names it.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Document => "documents",
            Self::Voice => "voice",
            Self::Video => "videos",
            Self::Audio => "music",
            Self::Animation => "animations",
        }
    }

    /// How file ids of the kind begin.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Photo => "AgACAgIAAxkBAA",
            Self::Document => "BQACAgIAAxkBAA",
            Self::Voice => "AwACAgIAAxkBAA",
            Self::Video => "BAACAgIAAxkBAA",
            Self::Audio => "CQACAgIAAxkBAA",
            Self::Animation => "CgACAgIAAxkBAA",
        }
    }

    /// As `InputMedia.type` and messages say it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Animation => "animation",
        }
    }
}

/// A file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) number: i64,
    pub(crate) kind: FileKind,
    pub(crate) file_id: String,
    pub(crate) file_unique_id: String,
    pub(crate) path: String,
    pub(crate) size_bytes: usize,
    pub(crate) name: Option<String>,
    pub(crate) mime_type: Option<String>,
    /// Width and height of a picture.
    pub(crate) dimensions: Option<(u32, u32)>,
    /// Seconds of a recording.
    pub(crate) duration: i64,
}
