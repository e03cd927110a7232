//! How much open sockets may take, and how long they may be silent.

use std::time::Duration;

/// The largest message of a client, in bytes: as large as the body of a request, for the same documents come in both.
pub(super) const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// What is read of a message that is larger, so that its client is still there to hear why the socket ends.
pub(super) const READ_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// The longest id of an operation, in bytes: clients use UUIDs (36) or counters.
pub(super) const ID_BYTES_MAX: usize = 128;
/// Messages of a client waiting for room in the socket's buffer: enough for answers to a burst of pings; one result of
/// each operation waits elsewhere.
pub(super) const QUEUE_MESSAGES: usize = 16;

/// Bounds of GraphQL over WebSocket. The defaults say why.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// Open sockets of this process; more are told to come back.
    pub sockets_max: usize,
    /// Open sockets of one token; more are closed with 1013.
    pub sockets_per_token_max: usize,
    /// Operations at work on one socket; more are answered with an error.
    pub operations_max: usize,
    /// A client has this long to say who it is, else 4408.
    pub init_timeout: Duration,
    /// So often the client is asked for a sign of life.
    pub ping_every: Duration,
    /// A client that gave none for this long is taken for gone: 4499.
    pub silence_max: Duration,
    /// So often the token of a socket is looked at again: 4403 once it is revoked or expired.
    pub token_check_every: Duration,
    /// A message that the client does not take within this ends the socket: 1013.
    pub send_timeout: Duration,
    /// The client has this long to answer a close.
    pub close_timeout: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            // A quarter of the connections of a listener, so that sockets never keep requests out.
            sockets_max: 256,
            // Every open tab of a console has one; a script has one.
            sockets_per_token_max: 16,
            // Several times what a console shows at once.
            operations_max: 50,
            // The first message follows the handshake at once; who says nothing holds a socket for nothing.
            init_timeout: Duration::from_secs(3),
            // Below the idle time-outs of common proxies (60 s), so that quiet subscriptions live on behind them.
            ping_every: Duration::from_secs(20),
            // Three pings without an answer.
            silence_max: Duration::from_secs(65),
            // Cheap, for it is answered from the cache of tokens: a revoke counts within that cache's five seconds and
            // this one more.
            token_check_every: Duration::from_secs(1),
            // Enough for the largest result on a slow line, not enough to hold memory for a client that stopped.
            send_timeout: Duration::from_secs(10),
            // A round trip, generously.
            close_timeout: Duration::from_secs(2),
        }
    }
}
