//! How a socket ends: the close codes of `graphql-transport-ws`, those of WebSocket, and one custom of its clients.

/// Why a socket is closed, as its client hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// The close code; none where nobody is there to hear it.
    pub(super) code: Option<u16>,
    pub(super) reason: &'static str,
}

impl Ending {
    /// The client closed it, or is gone.
    pub(super) const BY_CLIENT: Self = Self { code: None, reason: "by the client" };
    pub(super) const GOING_AWAY: Self = Self::with(1001, "Going away: reconnect");
    pub(super) const PROTOCOL_ERROR: Self = Self::with(1002, "Not a WebSocket message");
    pub(super) const TOO_LARGE: Self = Self::with(1009, "Message too large");
    pub(super) const TOO_MANY_SOCKETS: Self = Self::with(1013, "Too many sockets of this token");
    pub(super) const TOO_SLOW: Self = Self::with(1013, "Results were not taken in time");
    pub(super) const TOKENS_UNAVAILABLE: Self = Self::with(1013, "Tokens cannot be looked up at the moment");
    pub(super) const INVALID_MESSAGE: Self = Self::with(4400, "Invalid message");
    pub(super) const UNAUTHORIZED: Self = Self::with(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::with(4403, "Forbidden");
    pub(super) const SUBPROTOCOL: Self = Self::with(4406, "Subprotocol not acceptable");
    pub(super) const INIT_TIMEOUT: Self = Self::with(4408, "Connection initialisation timeout");
    pub(super) const SUBSCRIBER_EXISTS: Self = Self::with(4409, "Subscriber for this id already exists");
    pub(super) const TOO_MANY_INITS: Self = Self::with(4429, "Too many initialisation requests");
    /// The protocol has no code for it; its clients use this one when they give up on a silent peer.
    pub(super) const SILENT: Self = Self::with(4499, "Terminated: no sign of life");

    const fn with(code: u16, reason: &'static str) -> Self {
        Self { code: Some(code), reason }
    }

    /// For the metric: few values, none of them the client's.
    pub(super) fn label(self) -> String {
        self.code.map_or_else(|| "client".to_owned(), |code| code.to_string())
    }
}
