//! The messages of `graphql-transport-ws`, both ways.

use async_graphql::Response as GraphqlResponse;
use serde::Serialize;
use serde_json::{Map, Value};

use super::limits::ID_BYTES_MAX;
use crate::{
    graphql::Parameters,
    tokens::{AuthError, Credential},
};

/// What a client says.
pub(super) enum ClientMessage {
    /// Who it is; the token, where the payload holds one.
    Init(Option<Result<Credential, AuthError>>),
    Ping(Option<Value>),
    Pong,
    Subscribe {
        id: String,
        parameters: Parameters,
    },
    Complete {
        id: String,
    },
}

/// What a client said is none of the protocol's messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoMessage;

impl ClientMessage {
    /// Reads one message. Fields that the protocol does not know are left alone.
    pub(super) fn parse(text: &str) -> Result<Self, NoMessage> {
        let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else { return Err(NoMessage) };
        let Some(Value::String(kind)) = fields.remove("type") else { return Err(NoMessage) };
        match kind.as_str() {
            "connection_init" => Ok(Self::Init(token_in(object(&mut fields)?.unwrap_or_default()))),
            "ping" => Ok(Self::Ping(object(&mut fields)?.map(Value::Object))),
            "pong" => object(&mut fields).map(|_| Self::Pong),
            "subscribe" => {
                let payload = object(&mut fields)?.ok_or(NoMessage)?;
                let parameters = Parameters::from_fields(payload).map_err(|_| NoMessage)?;
                Ok(Self::Subscribe { id: id(&mut fields)?, parameters })
            }
            "complete" => Ok(Self::Complete { id: id(&mut fields)? }),
            _ => Err(NoMessage),
        }
    }
}

/// `null` is the same as absent.
fn object(fields: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, NoMessage> {
    match fields.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(NoMessage),
    }
}

fn id(fields: &mut Map<String, Value>) -> Result<String, NoMessage> {
    match fields.remove("id") {
        Some(Value::String(id)) if (1..=ID_BYTES_MAX).contains(&id.len()) => Ok(id),
        _ => Err(NoMessage),
    }
}

/// `{"Authorization": "Bearer chr_…"}`, in any case, as browsers cannot send headers; or `{"token": "chr_…"}`.
fn token_in(payload: Map<String, Value>) -> Option<Result<Credential, AuthError>> {
    payload.into_iter().find_map(|(name, value)| {
        let read = match name.to_ascii_lowercase().as_str() {
            "authorization" => Credential::of_authorization,
            "token" => Credential::of_token,
            _ => return None,
        };
        Some(value.as_str().ok_or(AuthError::Malformed).and_then(read))
    })
}

/// What we say.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Ping,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Next {
        id: &'a str,
        payload: &'a GraphqlResponse,
    },
    Error {
        id: &'a str,
        payload: Value,
    },
    Complete {
        id: &'a str,
    },
}

impl ServerMessage<'_> {
    pub(super) fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{ClientMessage, ServerMessage};

    #[test]
    fn what_is_no_message_of_a_client_is_refused() {
        for text in [
            "",
            "{",
            "[]",
            "null",
            "\"ping\"",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"nonsense"}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"complete","id":7}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","operationName":7}}"#,
            &format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(129)),
        ] {
            assert!(ClientMessage::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn messages_of_a_client_are_read_and_what_is_unknown_in_them_is_left_alone() {
        let parse = |text| ClientMessage::parse(text).unwrap();
        assert!(matches!(parse(r#"{"type":"connection_init"}"#), ClientMessage::Init(None)));
        assert!(matches!(parse(r#"{"type":"connection_init","payload":{"a":1}}"#), ClientMessage::Init(None)));
        assert!(matches!(parse(r#"{"type":"ping","payload":null,"x":1}"#), ClientMessage::Ping(None)));
        assert!(matches!(parse(r#"{"type":"pong","payload":{}}"#), ClientMessage::Pong));
        let subscribe = r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":null,"more":1}}"#;
        assert!(matches!(parse(subscribe), ClientMessage::Subscribe { id, .. } if id == "1"));
        assert!(matches!(parse(r#"{"type":"complete","id":"é"}"#), ClientMessage::Complete { id } if id == "é"));
    }

    #[test]
    fn a_token_is_found_in_the_payload_under_either_name() {
        let token = format!("chr_{}", "a".repeat(43));
        for (payload, good) in [
            (format!(r#"{{"Authorization":"Bearer {token}"}}"#), true),
            (format!(r#"{{"authorization":"bearer {token}"}}"#), true),
            (format!(r#"{{"token":"{token}"}}"#), true),
            (format!(r#"{{"token":"Bearer {token}"}}"#), false),
            (format!(r#"{{"Authorization":"{token}"}}"#), false),
            (r#"{"token":null}"#.to_owned(), false),
        ] {
            let message = ClientMessage::parse(&format!(r#"{{"type":"connection_init","payload":{payload}}}"#));
            assert!(matches!(message.unwrap(), ClientMessage::Init(Some(found)) if found.is_ok() == good), "{payload}");
        }
    }

    #[test]
    fn our_messages_have_the_protocols_form() {
        assert_eq!(ServerMessage::ConnectionAck.text().unwrap(), r#"{"type":"connection_ack"}"#);
        assert_eq!(ServerMessage::Pong { payload: None }.text().unwrap(), r#"{"type":"pong"}"#);
        assert_eq!(ServerMessage::Complete { id: "7" }.text().unwrap(), r#"{"type":"complete","id":"7"}"#);
    }
}
