//! One session of `graphql-transport-ws`: what is said, what is done, and how it ends.

use std::pin::pin;

use axum::extract::ws::{Message, WebSocket};
use futures::{StreamExt, stream::SplitStream};
use tokio::{
    sync::mpsc::{self, Permit},
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    ending::Ending,
    handshake::{Known, refusal, shake_hands},
    incoming::heard,
    limits::QUEUE_MESSAGES,
    messages::{ClientMessage, ServerMessage},
    operation::Operation,
    operations::Operations,
    outgoing::{self, Outgoing, Sent},
    queue,
    sockets::OpenSocket,
};
use crate::{HttpState, failure::Failure, tokens::Credential};

/// What a session stands on.
pub(super) struct Session {
    pub(super) state: HttpState,
    pub(super) socket: OpenSocket,
    /// The token of the request that asked for WebSocket.
    pub(super) header: Option<Credential>,
    /// Cancelled when this process begins to stop.
    pub(super) stop: CancellationToken,
}

impl Session {
    /// Talks until the end, and says goodbye.
    pub(super) async fn run(self, socket: WebSocket) -> Ending {
        let limits = self.state.0.limits.sockets;
        let (mut sink, mut incoming) = socket.split();
        let ending = {
            let (queue, queued) = mpsc::channel(QUEUE_MESSAGES);
            let mut sending = pin!(outgoing::send_all(&mut sink, queued, limits.send_timeout));
            let talking = pin!(self.talk(&mut incoming, queue));
            let (ending, sent) = tokio::select! {
                // What was said before the end is sent before the end.
                ending = talking => {
                    let sent = timeout(limits.send_timeout, sending).await;
                    (ending, sent.unwrap_or(Sent::TooSlowly))
                }
                sent = sending.as_mut() => (Ending::BY_CLIENT, sent),
            };
            match sent {
                Sent::All => ending,
                Sent::TooSlowly => Ending::TOO_SLOW,
                Sent::ToNobody => Ending::BY_CLIENT,
            }
        };
        outgoing::close(sink, incoming, ending, limits.close_timeout).await;
        ending
    }

    /// Says goodbye at once.
    pub(super) async fn refuse(self, socket: WebSocket, ending: Ending) -> Ending {
        let (sink, incoming) = socket.split();
        outgoing::close(sink, incoming, ending, self.state.0.limits.sockets.close_timeout).await;
        ending
    }

    async fn talk(mut self, incoming: &mut SplitStream<WebSocket>, outgoing: mpsc::Sender<Outgoing>) -> Ending {
        let stop = self.stop.clone();
        let greeting = shake_hands(&self.state, &mut self.socket, self.header.take(), incoming, &outgoing);
        let known = match stop.run_until_cancelled(greeting).await {
            None => return Ending::GOING_AWAY,
            Some(Err(ending)) => return ending,
            Some(Ok(known)) => known,
        };
        tracing::Span::current().record("principal", &known.principal.name);
        let mut operations = Operations::new();
        let mut vouched = pin!(vouch(&self.state, &known));
        let conversation = converse(&self.state, &known, &mut operations, incoming, &outgoing);
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            ending = vouched.as_mut() => Some(ending),
            ending = conversation => Some(ending),
        };
        if let Some(ending) = ended {
            return ending;
        }
        tokio::select! {
            ending = vouched => ending,
            ending = finish(&mut operations, &outgoing) => ending,
        }
    }
}

/// Returns once the token is no longer good for what it was.
async fn vouch(state: &HttpState, known: &Known) -> Ending {
    loop {
        sleep(state.0.limits.sockets.token_check_every).await;
        match state.0.tokens.identify(&known.credential).await {
            Ok(principal) if principal == known.principal => {}
            Ok(_another_role) => return Ending::FORBIDDEN,
            Err(error) => return refusal(error),
        }
    }
}

/// Hears the client and tells it what its operations say. Nothing is heard or told but there is room for the answer.
async fn converse(
    state: &HttpState,
    known: &Known,
    operations: &mut Operations,
    incoming: &mut SplitStream<WebSocket>,
    outgoing: &mpsc::Sender<Outgoing>,
) -> Ending {
    let limits = state.0.limits.sockets;
    let mut pings = interval_at(Instant::now() + limits.ping_every, limits.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_heard = Instant::now();
    loop {
        let Ok(room) = outgoing.reserve().await else { return Ending::BY_CLIENT };
        let step = async {
            tokio::select! {
                message = operations.next() => Step::Tell(message),
                received = incoming.next() => Step::Hear(received),
                _tick = pings.tick() => Step::Ping,
            }
        };
        let step = tokio::select! {
            biased;
            step = step => step,
            () = sleep_until(last_heard + limits.silence_max) => return Ending::SILENT,
        };
        let done = match step {
            Step::Tell(message) => {
                room.send(Outgoing::Text(message));
                Ok(())
            }
            Step::Hear(received) => {
                last_heard = Instant::now();
                heard(received).and_then(|message| hear(state, known, operations, &message, room))
            }
            Step::Ping => {
                room.send(Outgoing::Ping);
                queue(outgoing, &ServerMessage::Ping).await
            }
        };
        if let Err(ending) = done {
            return ending;
        }
    }
}

/// What comes next in a conversation.
enum Step {
    Tell(String),
    Hear(Option<Result<Message, axum::Error>>),
    Ping,
}

/// Does what a message asks for. An answer that is due at once goes into `room`.
fn hear(
    state: &HttpState,
    known: &Known,
    operations: &mut Operations,
    message: &Message,
    room: Permit<'_, Outgoing>,
) -> Result<(), Ending> {
    // Ping and pong of the transport are answered below us.
    let Message::Text(text) = message else { return Ok(()) };
    let answer = match ClientMessage::parse(text).map_err(|_| Ending::INVALID_MESSAGE)? {
        ClientMessage::Init(_) => return Err(Ending::TOO_MANY_INITS),
        ClientMessage::Pong => return Ok(()),
        ClientMessage::Ping(payload) => ServerMessage::Pong { payload }.text(),
        ClientMessage::Complete { id } => {
            operations.stop(&id);
            return Ok(());
        }
        ClientMessage::Subscribe { id, .. } if operations.contains(&id) => return Err(Ending::SUBSCRIBER_EXISTS),
        ClientMessage::Subscribe { id, .. } if operations.len() >= state.0.limits.sockets.operations_max => {
            let detail = format!("{} operations are at work on this socket; complete one first", operations.len());
            let payload = Failure::unavailable(detail).graphql_errors();
            ServerMessage::Error { id: &id, payload }.text()
        }
        ClientMessage::Subscribe { id, parameters } => match Operation::of(state, &known.principal, parameters) {
            Ok(operation) => {
                operations.start(id, operation);
                return Ok(());
            }
            Err(payload) => ServerMessage::Error { id: &id, payload }.text(),
        },
    };
    room.send(Outgoing::Text(answer.map_err(|_| Ending::INVALID_MESSAGE)?));
    Ok(())
}

/// Lets queries and mutations at work have their answers; subscriptions end with the socket.
async fn finish(operations: &mut Operations, outgoing: &mpsc::Sender<Outgoing>) -> Ending {
    operations.stop_subscriptions();
    while operations.len() > 0 {
        let message = operations.next().await;
        if outgoing.send(Outgoing::Text(message)).await.is_err() {
            return Ending::BY_CLIENT;
        }
    }
    Ending::GOING_AWAY
}
