//! GraphQL over WebSocket: our own session of the subprotocol `graphql-transport-ws`, by its rules. The engine's own
//! closes with other codes than the protocol has, takes an id twice, and waits for ever for who says nothing.
//!
//! Every socket is bounded in number, time and memory ([`SocketLimits`]); its client says who it is before anything is
//! executed, and is let go within seconds when its token is; no message and no token reaches a log. What a client does
//! not take waits in its own operation, one result each, and the log is read no further for it.

mod ending;
mod handshake;
mod incoming;
mod limits;
mod messages;
mod operation;
mod operations;
mod outgoing;
mod session;
mod sockets;

use axum::{
    extract::{FromRequestParts, Request, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, header::UPGRADE},
    response::Response,
};
use chronogram_listening::Connection;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::{
    HttpState,
    failure::Failure,
    tokens::{AuthError, Credential},
};
use ending::Ending;
use limits::READ_BYTES_MAX;
use messages::ServerMessage;
use outgoing::Outgoing;
use session::Session;

pub use limits::SocketLimits;
pub(crate) use sockets::Sockets;

/// The one subprotocol that is spoken here.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Whether the request asks for WebSocket.
pub(crate) fn is_wanted(request: &Request) -> bool {
    let asked = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    asked.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Switches protocols and begins a session, where there is room for one and the token of the request, if there is one,
/// is good. Without one the first message must bring it.
pub(crate) async fn accept(state: &HttpState, request: Request) -> Result<Response, Failure> {
    let (mut head, _no_body) = request.into_parts();
    let header = credential(state, &head.headers).await?;
    let connection = head.extensions.get::<Connection>().cloned();
    let connection = connection.ok_or_else(|| Failure::unavailable("this listener serves no WebSocket"))?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut head, state).await;
    let upgrade = upgrade.map_err(|_| Failure::bad_request("this is no handshake of WebSocket 13 (RFC 6455)"))?;
    let upgrade = upgrade.max_message_size(READ_BYTES_MAX).max_frame_size(READ_BYTES_MAX);
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    let socket = state.0.sockets.open(state.0.limits.sockets.sockets_max).ok_or_else(|| {
        metrics::counter!("http_shed_total").increment(1);
        Failure::unavailable("too many open sockets; try again shortly")
    })?;
    let is_spoken = upgrade.selected_protocol().is_some();
    let session = Session { state: state.clone(), socket, header, stop: connection.stop.clone() };
    let span = tracing::info_span!("graphql_socket", principal = tracing::field::Empty);
    let open = connection.hold();
    Ok(upgrade.on_upgrade(move |socket| {
        let serving = async move {
            let ending = connection.cut.run_until_cancelled(serve(session, socket, is_spoken)).await;
            let label = ending.map_or_else(|| "cut".to_owned(), Ending::label);
            tracing::info!(code = label, "a socket ended");
            metrics::counter!("graphql_socket_closes_total", "code" => label).increment(1);
            drop(open);
        };
        serving.instrument(span)
    }))
}

/// The token in the headers, found good.
async fn credential(state: &HttpState, headers: &HeaderMap) -> Result<Option<Credential>, Failure> {
    let credential = Credential::of_headers(headers);
    if credential == Err(AuthError::Missing) {
        return Ok(None);
    }
    state.0.tokens.authenticate(headers).await?;
    Ok(credential.ok())
}

async fn serve(session: Session, socket: WebSocket, is_spoken: bool) -> Ending {
    if is_spoken { session.run(socket).await } else { session.refuse(socket, Ending::SUBPROTOCOL).await }
}

/// Queues a message behind those that wait.
async fn queue(outgoing: &mpsc::Sender<Outgoing>, message: &ServerMessage<'_>) -> Result<(), Ending> {
    let text = message.text().map_err(|_| Ending::INVALID_MESSAGE)?;
    outgoing.send(Outgoing::Text(text)).await.map_err(|_| Ending::BY_CLIENT)
}
