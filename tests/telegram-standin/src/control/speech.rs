//! What a person sends: words, a file, a place, a contact.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::{ids::MessageId, state::FileKind};

/// The file of a speech.
#[derive(Clone, Debug)]
pub struct SpeechFile {
    pub(crate) kind: FileKind,
    pub(crate) name: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) bytes: Bytes,
    pub(crate) duration: i64,
}

/// What a person sends.
#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// The text, or the caption of the file.
    pub(crate) text: String,
    pub(crate) file: Option<SpeechFile>,
    /// A field of `Message` with its value: `location`, `contact`.
    pub(crate) plain: Option<(String, Value)>,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) thread: Option<MessageId>,
    pub(crate) date: Option<i64>,
    pub(crate) origin: Option<Value>,
}

impl Speech {
    /// Words; commands, links and mentions in them are found.
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A picture: PNG, JPEG, GIF or WebP.
    pub fn photo(bytes: impl Into<Bytes>) -> Self {
        Self::file(FileKind::Photo, None, Some("image/jpeg"), bytes.into(), 0)
    }

    /// A file with its name.
    pub fn document(name: &str, mime_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self::file(FileKind::Document, Some(name), Some(mime_type), bytes.into(), 0)
    }

    /// A recording of some seconds.
    pub fn voice(bytes: impl Into<Bytes>, duration: i64) -> Self {
        Self::file(FileKind::Voice, None, Some("audio/ogg"), bytes.into(), duration)
    }

    fn file(kind: FileKind, name: Option<&str>, mime_type: Option<&str>, bytes: Bytes, duration: i64) -> Self {
        let (name, mime_type) = (name.map(str::to_owned), mime_type.map(str::to_owned));
        Self { file: Some(SpeechFile { kind, name, mime_type, bytes, duration }), ..Self::default() }
    }

    /// A place.
    pub fn location(latitude: f64, longitude: f64) -> Self {
        let place = json!({ "latitude": latitude, "longitude": longitude });
        Self { plain: Some(("location".to_owned(), place)), ..Self::default() }
    }

    /// Somebody's number.
    pub fn contact(phone_number: &str, first_name: &str) -> Self {
        let contact = json!({ "phone_number": phone_number, "first_name": first_name });
        Self { plain: Some(("contact".to_owned(), contact)), ..Self::default() }
    }

    /// Words under a file.
    #[must_use]
    pub fn caption(mut self, caption: &str) -> Self {
        caption.clone_into(&mut self.text);
        self
    }

    /// As an answer to a message.
    #[must_use]
    pub fn reply_to(mut self, message: MessageId) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// In a topic.
    #[must_use]
    pub fn in_topic(mut self, thread: MessageId) -> Self {
        self.thread = Some(thread);
        self
    }

    /// As if sent then: seconds since 1970. For updates that come late.
    #[must_use]
    pub fn dated(mut self, seconds: i64) -> Self {
        self.date = Some(seconds);
        self
    }

    /// As if forwarded: a `MessageOrigin`.
    #[must_use]
    pub fn forwarded_from(mut self, origin: Value) -> Self {
        self.origin = Some(origin);
        self
    }
}
