//! The beginning of a session: the client says who it is, in time, and before anything else.

use axum::extract::ws::{Message, WebSocket};
use chronogram_graphql::Principal;
use futures::{StreamExt, stream::SplitStream};
use tokio::{sync::mpsc, time::timeout};

use super::{
    ending::Ending,
    incoming::heard,
    messages::{ClientMessage, ServerMessage},
    outgoing::Outgoing,
    queue,
    sockets::OpenSocket,
};
use crate::{
    HttpState,
    tokens::{AuthError, Credential, refused},
};

/// Who is at the other end, and by which token.
pub(super) struct Known {
    pub(super) principal: Principal,
    pub(super) credential: Credential,
}

/// Waits for `connection_init` and answers it. A token in it goes before that of the `header`.
pub(super) async fn shake_hands(
    state: &HttpState,
    socket: &mut OpenSocket,
    header: Option<Credential>,
    incoming: &mut SplitStream<WebSocket>,
    outgoing: &mpsc::Sender<Outgoing>,
) -> Result<Known, Ending> {
    let patience = state.0.limits.sockets.init_timeout;
    let known = async {
        let token = first_init(incoming, outgoing).await?;
        let credential = match token.transpose() {
            Ok(token) => token.or(header).ok_or(AuthError::Missing),
            Err(error) => Err(error),
        };
        let credential = credential.map_err(refused).map_err(refusal)?;
        let principal = state.0.tokens.identify(&credential).await.map_err(refusal)?;
        Ok(Known { principal, credential })
    };
    let known = timeout(patience, known).await.map_err(|_elapsed| Ending::INIT_TIMEOUT)??;
    if !socket.belongs_to(&known.principal.name, state.0.limits.sockets.sockets_per_token_max) {
        return Err(Ending::TOO_MANY_SOCKETS);
    }
    queue(outgoing, &ServerMessage::ConnectionAck).await?;
    Ok(known)
}

/// The token in the first `connection_init`, where it holds one.
async fn first_init(
    incoming: &mut SplitStream<WebSocket>,
    outgoing: &mpsc::Sender<Outgoing>,
) -> Result<Option<Result<Credential, AuthError>>, Ending> {
    loop {
        match heard(incoming.next().await)? {
            Message::Text(text) => match ClientMessage::parse(&text).map_err(|_| Ending::INVALID_MESSAGE)? {
                ClientMessage::Init(token) => return Ok(token),
                ClientMessage::Ping(payload) => queue(outgoing, &ServerMessage::Pong { payload }).await?,
                ClientMessage::Subscribe { .. } => return Err(Ending::UNAUTHORIZED),
                ClientMessage::Pong | ClientMessage::Complete { .. } => {}
            },
            _frame_of_the_transport => {}
        }
    }
}

/// What a client hears when its token does not open the door.
pub(super) fn refusal(error: AuthError) -> Ending {
    match error {
        AuthError::Unavailable => Ending::TOKENS_UNAVAILABLE,
        _ => Ending::FORBIDDEN,
    }
}
