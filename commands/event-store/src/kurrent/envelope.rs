//! How our events look to those who speak EventStoreDB's protocol.
//!
//! Data is the event's JSON as it is. What the protocol has no place for (the version of the shape, the command, the
//! digest of its request) stands as the first key of the user metadata, before what we keep ourselves, so that any
//! client can read all of it as one JSON object: `{"chronogram":{"version":3,"command":"…"},"actor":…}`.

use chronogram_log::JsonText;
use chronogram_model::CommandId;
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// What the user metadata of our events begins with.
const BEGINNING: &str = "{\"chronogram\":";

/// What stands beside an event of ours in its user metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Version of the data's shape.
    pub version: u16,
    /// The command that led to it, where the writer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandId>,
    /// Digest of its request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Our metadata, where it is no object that more keys could stand beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
}

/// User metadata that begins as ours and goes on as nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Envelope {
    /// For an event of a shape's `version`.
    pub fn new(version: u16) -> Self {
        Self { version, command: None, fingerprint: None, metadata: None }
    }

    /// Of an event that `command` led to, by a request with this digest.
    #[must_use]
    pub fn of_command(mut self, command: CommandId, fingerprint: Option<String>) -> Self {
        self.command = Some(command);
        self.fingerprint = fingerprint;
        self
    }

    /// The user metadata of an event whose metadata is `metadata`.
    pub fn wrap(mut self, metadata: &JsonText) -> String {
        let text = metadata.as_str();
        let keys = text.strip_prefix('{').filter(|keys| keys.starts_with('"'));
        if keys.is_none() {
            self.metadata = Some(text.to_owned());
        }
        // Numbers, texts and ids: nothing here fails to be JSON.
        let envelope = serde_json::to_string(&self).unwrap_or_default();
        match keys {
            Some(keys) => format!("{BEGINNING}{envelope},{keys}"),
            None => format!("{BEGINNING}{envelope}}}"),
        }
    }

    /// Envelope and metadata, byte by byte as they were wrapped. `None`: an event that is none of ours.
    pub fn unwrap(user_metadata: &[u8]) -> Result<Option<(Self, JsonText)>, Malformed> {
        if !user_metadata.starts_with(BEGINNING.as_bytes()) {
            return Ok(None);
        }
        let text = std::str::from_utf8(user_metadata).map_err(|_| Malformed)?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Malformed)?;
        let behind = text.get(BEGINNING.len()..).ok_or(Malformed)?;
        let mut read = serde_json::Deserializer::from_str(behind).into_iter::<Self>();
        let mut envelope = read.next().ok_or(Malformed)?.map_err(|_| Malformed)?;
        let rest = behind.get(read.byte_offset()..).ok_or(Malformed)?;
        let metadata = match (rest.strip_prefix(','), envelope.metadata.take()) {
            (Some(keys), None) if keys.starts_with('"') => format!("{{{keys}"),
            (None, Some(text)) if rest == "}" => {
                serde_json::from_str::<IgnoredAny>(&text).map_err(|_| Malformed)?;
                text
            }
            _ => return Err(Malformed),
        };
        Ok(Some((envelope, JsonText::from_trusted(metadata))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chronogram_model::{Origin, StreamName};

    use super::*;

    fn full() -> Envelope {
        let stream = StreamName::try_from("hall".to_owned()).unwrap();
        let command = CommandId::of(Origin::of(&["test"]), "TakeSeat", &stream);
        Envelope { command: Some(command), fingerprint: Some("\"}".to_owned()), ..Envelope::new(3) }
    }

    #[test]
    fn metadata_comes_back_byte_by_byte() {
        for metadata in [r#"{"b": 1,  "a":{"chronogram":2} }"#, "{}", "{ }", " {\"a\":1}", "null", r#""text""#, "[1]"] {
            for envelope in [Envelope::new(1), full()] {
                let metadata = JsonText::from_trusted(metadata.to_owned());
                let wrapped = envelope.clone().wrap(&metadata);
                serde_json::from_str::<serde_json::Map<_, _>>(&wrapped).unwrap();
                assert_eq!(Envelope::unwrap(wrapped.as_bytes()).unwrap().unwrap(), (envelope, metadata));
            }
        }
    }

    #[test]
    fn what_others_write_is_none_of_ours() {
        for metadata in ["", "{}", r#"{"a":1}"#, r#"{ "chronogram":{"version":1}}"#, "\u{0}"] {
            assert_eq!(Envelope::unwrap(metadata.as_bytes()), Ok(None), "{metadata}");
        }
    }

    #[test]
    fn what_only_begins_as_ours_is_refused() {
        for metadata in [
            r#"{"chronogram":"#,
            r#"{"chronogram":1}"#,
            r#"{"chronogram":{"version":1}}"#,
            r#"{"chronogram":{"version":1},}"#,
            r#"{"chronogram":{"version":1},"a":1"#,
            r#"{"chronogram":{"version":1} ,"a":1}"#,
            r#"{"chronogram":{"version":70000},"a":1}"#,
            r#"{"chronogram":{"version":1,"metadata":"{"}}"#,
            r#"{"chronogram":{"version":1,"metadata":"{}"},"a":1}"#,
        ] {
            assert_eq!(Envelope::unwrap(metadata.as_bytes()), Err(Malformed), "{metadata}");
        }
    }
}
