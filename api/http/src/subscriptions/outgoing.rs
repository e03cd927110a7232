//! What goes to the client: one message after the other, each within a time, and the close at the end.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket},
};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{sync::mpsc, time::timeout};

use super::ending::Ending;

/// Something to send.
pub(super) enum Outgoing {
    /// A message of the protocol.
    Text(String),
    /// Asks any WebSocket for a sign of life: that of clients which do not know the protocol's own ping.
    Ping,
}

/// How sending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Everything that was queued.
    All,
    /// The client is gone.
    ToNobody,
    /// The client did not take a message in time.
    TooSlowly,
}

/// Sends what is queued until nobody can queue any more.
pub(super) async fn send_all(
    sink: &mut SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Outgoing>,
    patience: Duration,
) -> Sent {
    while let Some(outgoing) = queue.recv().await {
        let message = match outgoing {
            Outgoing::Text(text) => Message::Text(text.into()),
            Outgoing::Ping => Message::Ping(Bytes::new()),
        };
        match timeout(patience, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_gone)) => return Sent::ToNobody,
            Err(_elapsed) => return Sent::TooSlowly,
        }
    }
    Sent::All
}

/// Says goodbye and waits for the client's, `patience` at most. What the client still says is not heard.
pub(super) async fn close(
    mut sink: SplitSink<WebSocket, Message>,
    mut stream: SplitStream<WebSocket>,
    ending: Ending,
    patience: Duration,
) {
    let goodbye = async {
        if let Some(code) = ending.code {
            let frame = CloseFrame { code, reason: ending.reason.into() };
            if sink.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            while let Some(Ok(message)) = stream.next().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        }
        // Sends the answer to the client's close, where that is still due.
        sink.close().await.ok();
    };
    // A client that does not answer is cut off: there is nothing more to tell it.
    timeout(patience, goodbye).await.ok();
}
