//! Files of ours that go to a chat. An event names a file and never holds its bytes: they lie in a table by digest, put
//! there before anybody asks for them.

use serde::{Deserialize, Serialize};

use super::{Outgoing, OutgoingMessage};

/// The longest caption, in UTF-16 units; of a longer one the words follow the file as messages.
pub const CAPTION_UTF16_MAX: usize = 1024;
/// The largest picture, in bytes.
pub const PHOTO_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// The largest file of any other kind, and all files of one album together: what Telegram takes in one request.
pub const FILE_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Files of one album.
pub const ALBUM_FILES: std::ops::RangeInclusive<usize> = 2..=10;

/// SHA-256 of a file's bytes, 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileDigest(String);

impl FileDigest {
    /// The hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileDigest {
    type Error = OutgoingRefused;

    fn try_from(text: String) -> Result<Self, OutgoingRefused> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() == 64 && digits { Ok(Self(text)) } else { Err(OutgoingRefused::Digest) }
    }
}

impl From<FileDigest> for String {
    fn from(digest: FileDigest) -> Self {
        digest.0
    }
}

/// How Telegram shows a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture, shown as one.
    Photo,
    /// A file as it is.
    Document,
    /// A recording, OGG with Opus.
    Voice,
}

impl FileKind {
    /// The name in SQL, JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
        }
    }

    /// The largest of this kind, in bytes.
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Photo => PHOTO_BYTES_MAX,
            Self::Document | Self::Voice => FILE_BYTES_MAX,
        }
    }
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingFile {
    /// With us, under its digest.
    Stored {
        /// Which.
        digest: FileDigest,
        /// What it is called in the chat.
        name: String,
        /// How large it is.
        size_bytes: u64,
    },
    /// With Telegram, under the id that it gave this bot.
    Telegram {
        /// Which.
        file_id: String,
    },
}

impl OutgoingFile {
    /// The digest, where the bytes are with us.
    pub fn digest(&self) -> Option<&FileDigest> {
        match self {
            Self::Stored { digest, .. } => Some(digest),
            Self::Telegram { .. } => None,
        }
    }

    fn size_bytes(&self) -> u64 {
        match self {
            Self::Stored { size_bytes, .. } => *size_bytes,
            Self::Telegram { .. } => 0,
        }
    }

    /// Whether Telegram takes it as a file of this kind.
    pub fn check(&self, kind: FileKind) -> Result<(), OutgoingRefused> {
        match self {
            Self::Telegram { file_id } if file_id.is_empty() => Err(OutgoingRefused::Empty { field: "file_id" }),
            Self::Stored { name, .. } if name.is_empty() => Err(OutgoingRefused::Empty { field: "name" }),
            Self::Stored { size_bytes: 0, .. } => Err(OutgoingRefused::Empty { field: "size_bytes" }),
            Self::Stored { size_bytes, .. } if *size_bytes > kind.bytes_max() => {
                Err(OutgoingRefused::TooLarge { kind: kind.as_str(), size_bytes: *size_bytes, max: kind.bytes_max() })
            }
            _ => Ok(()),
        }
    }
}

/// A file with words and buttons under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionedFile {
    /// The file.
    pub file: OutgoingFile,
    /// The words, of any length, and buttons; of an album none.
    #[serde(default)]
    pub caption: OutgoingMessage,
}

/// What an album holds; Telegram does not mix them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlbumKind {
    /// Pictures.
    Photos,
    /// Files as they are.
    Documents,
}

impl AlbumKind {
    /// The kind of each file in it.
    pub const fn of_each(self) -> FileKind {
        match self {
            Self::Photos => FileKind::Photo,
            Self::Documents => FileKind::Document,
        }
    }
}

/// Why something cannot go out. Nothing was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingRefused {
    /// No digest.
    #[error("digest: the digest of a file is 64 lower-case hex digits")]
    Digest,
    /// Nothing stands there.
    #[error("{field}: a file that goes out has a {field} that is not empty")]
    Empty {
        /// Which field.
        field: &'static str,
    },
    /// Larger than Telegram takes.
    #[error("size_bytes: a {kind} has at most {max} bytes, this one has {size_bytes}")]
    TooLarge {
        /// What it is: `photo`, `document`, `voice`, `album`.
        kind: &'static str,
        /// Its size.
        size_bytes: u64,
        /// The largest that goes out.
        max: u64,
    },
    /// Too few or too many.
    #[error("items: an album holds {} to {} files, this one holds {count}", ALBUM_FILES.start(), ALBUM_FILES.end())]
    Album {
        /// How many there are.
        count: usize,
    },
    /// Telegram shows none there.
    #[error("buttons: an album has no buttons; send them with a message after it")]
    AlbumButtons,
}

impl Outgoing {
    /// Whether Telegram takes it, as far as we can say beforehand.
    pub fn check(&self) -> Result<(), OutgoingRefused> {
        match self {
            Self::Photo(item) => item.file.check(FileKind::Photo),
            Self::Document(item) => item.file.check(FileKind::Document),
            Self::Voice(item) => item.file.check(FileKind::Voice),
            Self::MediaGroup { of, items } => check_album(*of, items),
            Self::Send(_) | Self::Edit { .. } | Self::AnswerPress { .. } => Ok(()),
        }
    }

    /// Its files, each with how Telegram shows it.
    pub fn files(&self) -> Vec<(FileKind, &CaptionedFile)> {
        match self {
            Self::Photo(item) => vec![(FileKind::Photo, item)],
            Self::Document(item) => vec![(FileKind::Document, item)],
            Self::Voice(item) => vec![(FileKind::Voice, item)],
            Self::MediaGroup { of, items } => items.iter().map(|item| (of.of_each(), item)).collect(),
            Self::Send(_) | Self::Edit { .. } | Self::AnswerPress { .. } => Vec::new(),
        }
    }
}

fn check_album(of: AlbumKind, items: &[CaptionedFile]) -> Result<(), OutgoingRefused> {
    if !ALBUM_FILES.contains(&items.len()) {
        return Err(OutgoingRefused::Album { count: items.len() });
    }
    if items.iter().any(|item| !item.caption.buttons.is_empty()) {
        return Err(OutgoingRefused::AlbumButtons);
    }
    items.iter().try_for_each(|item| item.file.check(of.of_each()))?;
    let size_bytes = items.iter().fold(0_u64, |sum, item| sum.saturating_add(item.file.size_bytes()));
    if size_bytes > FILE_BYTES_MAX {
        return Err(OutgoingRefused::TooLarge { kind: "album", size_bytes, max: FILE_BYTES_MAX });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::conversation::Button;

    fn item(size_bytes: u64) -> CaptionedFile {
        let digest = FileDigest::try_from("ab".repeat(32)).unwrap();
        let file = OutgoingFile::Stored { digest, name: "chart.png".to_owned(), size_bytes };
        CaptionedFile { file, caption: OutgoingMessage::default() }
    }

    #[test]
    fn a_photo_has_ten_megabytes_and_a_document_fifty() {
        assert_eq!(Outgoing::Photo(item(PHOTO_BYTES_MAX)).check(), Ok(()));
        let refused = Outgoing::Photo(item(PHOTO_BYTES_MAX + 1)).check().unwrap_err().to_string();
        assert_eq!(refused, "size_bytes: a photo has at most 10485760 bytes, this one has 10485761");
        assert_eq!(Outgoing::Document(item(PHOTO_BYTES_MAX + 1)).check(), Ok(()));
        assert!(Outgoing::Voice(item(FILE_BYTES_MAX + 1)).check().is_err());
        assert_eq!(Outgoing::Document(item(0)).check(), Err(OutgoingRefused::Empty { field: "size_bytes" }));
    }

    #[test]
    fn an_album_holds_two_to_ten_files_of_fifty_megabytes_together_and_no_buttons() {
        let album = |items: Vec<CaptionedFile>| Outgoing::MediaGroup { of: AlbumKind::Documents, items }.check();
        assert_eq!(album(vec![item(1)]), Err(OutgoingRefused::Album { count: 1 }));
        assert_eq!(album(vec![item(1); 10]), Ok(()));
        assert_eq!(album(vec![item(1); 11]), Err(OutgoingRefused::Album { count: 11 }));
        assert!(matches!(album(vec![item(FILE_BYTES_MAX); 2]), Err(OutgoingRefused::TooLarge { kind: "album", .. })));
        let mut pressed = item(1);
        pressed.caption.buttons = vec![vec![Button { text: "Yes".to_owned(), data: "1:yes".to_owned() }]];
        assert_eq!(album(vec![item(1), pressed]), Err(OutgoingRefused::AlbumButtons));
    }

    #[test]
    fn a_digest_is_64_lower_case_hex_digits() {
        assert!(FileDigest::try_from("AB".repeat(32)).is_err());
        assert!(FileDigest::try_from("ab".repeat(31)).is_err());
    }
}
