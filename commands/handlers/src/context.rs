//! Where a command comes from and who wants it.

use chronogram_log::{Actor, Metadata};
use chronogram_model::{CommandId, EventId, Origin, StreamName};

/// What stands beside a command and goes into its events' metadata.
#[derive(Clone, Debug)]
pub struct Context {
    /// Root of the command's id.
    pub origin: Origin,
    /// Who wants it.
    pub actor: Actor,
    /// The event that caused it, where one did.
    pub causation: Option<EventId>,
    /// What all events of one cause have in common; the command's own id where nothing else is given.
    pub correlation: Option<uuid::Uuid>,
    /// Digest of the request, where a key made its id. The command's id is then one whatever its stream, so that the
    /// same key with something else is found.
    pub fingerprint: Option<String>,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
}

impl Context {
    /// A command of `actor`, from `origin`, with nothing else known.
    pub fn new(origin: Origin, actor: Actor) -> Self {
        Self { origin, actor, causation: None, correlation: None, fingerprint: None, traceparent: None }
    }

    /// With the digest of the request, so that the same key with another request is refused.
    #[must_use]
    pub fn with_fingerprint(mut self, fingerprint: Option<String>) -> Self {
        self.fingerprint = fingerprint;
        self
    }

    /// With a fingerprint the origin is a request that somebody gave a key: one command of each kind, on one stream.
    pub(crate) fn command_id(&self, name: &str, stream: &StreamName) -> CommandId {
        match self.fingerprint {
            Some(_) => CommandId::of_request(self.origin, name),
            None => CommandId::of(self.origin, name, stream),
        }
    }

    pub(crate) fn metadata(&self, command_id: CommandId) -> Metadata {
        Metadata {
            command_id,
            correlation: self.correlation.unwrap_or(command_id.0),
            causation: self.causation,
            actor: self.actor.clone(),
            fingerprint: self.fingerprint.clone(),
            traceparent: self.traceparent.clone(),
        }
    }
}
