//! Files on their way to Telegram, and what it calls them from then on.

use chronogram_model::{
    MessageId,
    conversation::{FileKind, OutgoingMessage},
};
use teloxide::types::{FileId, InputFile, InputMedia, InputMediaDocument, InputMediaPhoto, Message, MessageEntity};

use super::message::entities;

/// A file that is to be sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// How Telegram is to show it.
    pub kind: FileKind,
    /// What is sent.
    pub source: UploadSource,
    /// What stands under it.
    pub caption: OutgoingMessage,
}

/// What is sent of a file.
#[derive(Clone, Debug)]
pub enum UploadSource {
    /// Its bytes.
    Bytes {
        /// What it is called in the chat.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// What Telegram called it when it had the bytes.
    Known {
        /// Its id there.
        file_id: String,
    },
}

/// A file that Telegram took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// The message it is in.
    pub message: MessageId,
    /// What Telegram calls it; absent where it made something else of it, as it does of some documents.
    pub file_id: Option<String>,
}

impl UploadSource {
    pub(super) fn input(self) -> InputFile {
        match self {
            Self::Bytes { name, bytes } => InputFile::memory(bytes).file_name(name),
            Self::Known { file_id } => InputFile::file_id(FileId(file_id)),
        }
    }
}

/// The words under a file, and what is formatted in them.
pub(super) fn caption(words: &OutgoingMessage) -> Option<(String, Vec<MessageEntity>)> {
    (!words.text.is_empty()).then(|| (words.text.clone(), entities(words)))
}

/// One file of an album.
pub(super) fn item(upload: Upload) -> InputMedia {
    let words = caption(&upload.caption);
    let media = upload.source.input();
    match upload.kind {
        FileKind::Photo => {
            let photo = InputMediaPhoto::new(media);
            InputMedia::Photo(match words {
                Some((text, entities)) => photo.caption(text).caption_entities(entities),
                None => photo,
            })
        }
        FileKind::Document | FileKind::Voice => {
            let document = InputMediaDocument::new(media);
            InputMedia::Document(match words {
                Some((text, entities)) => document.caption(text).caption_entities(entities),
                None => document,
            })
        }
    }
}

/// What became of a file.
pub(super) fn sent(kind: FileKind, message: &Message) -> SentFile {
    let file = match kind {
        // The largest size stands last.
        FileKind::Photo => message.photo().and_then(|sizes| sizes.last()).map(|size| &size.file),
        FileKind::Document => message.document().map(|document| &document.file),
        FileKind::Voice => message.voice().map(|voice| &voice.file),
    };
    SentFile { message: MessageId(message.id.0.into()), file_id: file.map(|file| file.id.0.clone()) }
}
