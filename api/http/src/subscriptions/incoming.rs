//! What comes from the client, before anybody reads what it says.

use axum::extract::ws::Message;

use super::{ending::Ending, limits::MESSAGE_BYTES_MAX};

/// The next frame, or why there is none that this protocol knows.
pub(super) fn heard(received: Option<Result<Message, axum::Error>>) -> Result<Message, Ending> {
    match received {
        None | Some(Ok(Message::Close(_))) => Err(Ending::BY_CLIENT),
        // Messages are JSON, which is text.
        Some(Ok(Message::Binary(_))) => Err(Ending::INVALID_MESSAGE),
        Some(Ok(Message::Text(text))) if text.len() > MESSAGE_BYTES_MAX => Err(Ending::TOO_LARGE),
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(why(&error)),
    }
}

/// axum wraps the transport's error; what is inside says in words what it was.
fn why(error: &axum::Error) -> Ending {
    let words = error.to_string();
    if words.starts_with("Space limit exceeded") {
        return Ending::TOO_LARGE;
    }
    let gone = words.starts_with("IO error")
        || words.starts_with("Connection closed")
        || words.contains("without closing handshake");
    if gone { Ending::BY_CLIENT } else { Ending::PROTOCOL_ERROR }
}
