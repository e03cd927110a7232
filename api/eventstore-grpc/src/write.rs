//! Appending, for one append and for many.

use bytes::Bytes;
use chronogram_log::{Append, AppendError, Direction, ExpectedRevision, Position, Revision};
use chronogram_model::StreamName;
use tonic::Status;

use crate::{
    event, failure,
    lifetimes::{Lifetime, METADATA_PREFIX},
    served::Served,
    wire::append::{
        Current, Expected as WireExpected, ExpectedStream, OldCurrent, OldExpected, Proposed, Success, SuccessPosition,
        SuccessRevision, WrongExpectedVersion,
    },
};

/// What a client expects of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    NoStream,
    Exists,
    Exact(Revision),
}

/// Where the events of an append ended up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) revision: Revision,
    pub(crate) position: Position,
}

/// Why they did not.
pub(crate) enum Refusal {
    /// The stream is not as expected.
    WrongVersion(WrongVersion),
    /// The stream is tombstoned.
    Deleted(StreamName),
    /// Anything else.
    Other(Status),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct WrongVersion {
    pub(crate) expected: Expected,
    pub(crate) current: Option<Revision>,
}

/// An append that only the store can refuse.
pub(crate) struct Prepared {
    append: Append,
    expected: Expected,
    /// The stream whose metadata it sets, where it does.
    subject: Option<StreamName>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Other(status)
    }
}

/// A stream's name as it was sent.
pub(crate) fn stream_name(name: &Bytes) -> Result<StreamName, Status> {
    let text = String::from_utf8(name.to_vec()).map_err(|_| Status::invalid_argument("a stream's name is UTF-8"))?;
    StreamName::try_from(text).map_err(|error| Status::invalid_argument(error.to_string()))
}

impl Served {
    /// Looks at everything but the revision. Appends of one caller are prepared one after the other, so that they reach
    /// the store in their order.
    pub(crate) async fn prepare(
        &self,
        who: &str,
        name: &Bytes,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Prepared, Refusal> {
        let stream = stream_name(name)?;
        let subject = match stream.as_str().strip_prefix(METADATA_PREFIX) {
            Some(subject) => Some(stream_name(&Bytes::copy_from_slice(subject.as_bytes()))?),
            None if stream.as_str().starts_with('$') => {
                return Err(Status::invalid_argument(
                    "streams named $… belong to the protocol: nobody appends to them",
                )
                .into());
            }
            None => None,
        };
        let lifetime = self.lifetimes.of(subject.as_ref().unwrap_or(&stream)).await.map_err(failure::of_store)?;
        let Lifetime::From(shown_from) = lifetime else { return Err(Refusal::Deleted(stream)) };
        let shown_from = if subject.is_some() { Revision(0) } else { shown_from };
        let appending = event::appending(&stream, who, events)?;
        let wanted = self.wanted(&stream, expected, shown_from).await?;
        let event::Appending { command_id, fingerprint, events } = appending;
        Ok(Prepared { append: Append { command_id, fingerprint, stream, expected: wanted, events }, expected, subject })
    }

    /// The last revision of a stream, whoever may see it.
    pub(crate) async fn last_revision(&self, stream: &StreamName) -> Result<Option<Revision>, Status> {
        let last = self.store.read_stream(stream, Revision(u64::MAX), Direction::Backward, 1).await;
        Ok(last.map_err(failure::of_store)?.first().map(|event| event.revision))
    }

    /// What the store must hold the stream against. The store knows no "exists": a stream never ceases to, so what was
    /// looked up stays true. A stream whose events are all hidden is none, and goes on behind them.
    async fn wanted(
        &self,
        stream: &StreamName,
        expected: Expected,
        shown_from: Revision,
    ) -> Result<ExpectedRevision, Refusal> {
        match expected {
            Expected::Any => return Ok(ExpectedRevision::Any),
            Expected::Exact(revision) => return Ok(ExpectedRevision::Exact(revision)),
            Expected::NoStream if shown_from == Revision(0) => return Ok(ExpectedRevision::NoStream),
            Expected::NoStream | Expected::Exists => {}
        }
        let last = self.last_revision(stream).await?;
        let shown = last.filter(|last| *last >= shown_from);
        match (expected, last, shown) {
            (Expected::NoStream, None, _) => Ok(ExpectedRevision::NoStream),
            (Expected::NoStream, Some(last), None) => Ok(ExpectedRevision::Exact(last)),
            (Expected::Exists, _, Some(_)) => Ok(ExpectedRevision::Any),
            (expected, _, current) => Err(Refusal::WrongVersion(WrongVersion { expected, current })),
        }
    }

    /// Appends.
    pub(crate) async fn commit(&self, prepared: Prepared) -> Result<Written, Refusal> {
        let Prepared { append, expected, subject } = prepared;
        let stream = append.stream.clone();
        let answer = self.store.append(append).await;
        if let Some(subject) = &subject {
            self.lifetimes.forget(subject);
        }
        match answer {
            Ok(appended) => Ok(Written { revision: appended.revision, position: appended.last }),
            Err(AppendError::Conflict { actual, .. }) => {
                Err(Refusal::WrongVersion(WrongVersion { expected, current: actual }))
            }
            Err(AppendError::EventsKnown(known)) => Err(Refusal::Other(Status::already_exists(format!(
                "{} of the events are in the log already, by another append than this one to {stream}",
                known.len()
            )))),
            Err(error @ AppendError::FingerprintMismatch(_)) => {
                Err(Refusal::Other(Status::already_exists(error.to_string())))
            }
            Err(AppendError::Invalid(message)) => Err(Refusal::Other(Status::invalid_argument(message))),
            Err(AppendError::Store(error)) => Err(Refusal::Other(failure::of_store(error))),
        }
    }
}

impl From<Written> for Success {
    fn from(written: Written) -> Self {
        Self {
            revision: Some(SuccessRevision::Current(written.revision.0)),
            position: Some(SuccessPosition::Position(written.position.into())),
        }
    }
}

impl From<ExpectedStream> for Expected {
    fn from(expected: ExpectedStream) -> Self {
        match expected {
            ExpectedStream::Revision(revision) => Self::Exact(Revision(revision)),
            ExpectedStream::NoStream(()) => Self::NoStream,
            ExpectedStream::Any(()) => Self::Any,
            ExpectedStream::StreamExists(()) => Self::Exists,
        }
    }
}

impl From<WrongVersion> for WrongExpectedVersion {
    fn from(wrong: WrongVersion) -> Self {
        let (old_expected, expected) = match wrong.expected {
            Expected::Exact(Revision(r)) => (Some(OldExpected::Revision(r)), WireExpected::Revision(r)),
            Expected::Any => (Some(OldExpected::Any(())), WireExpected::Any(())),
            Expected::Exists => (Some(OldExpected::StreamExists(())), WireExpected::StreamExists(())),
            // The old field has no word for it.
            Expected::NoStream => (None, WireExpected::NoStream(())),
        };
        let (old_current, current) = match wrong.current {
            Some(Revision(r)) => (OldCurrent::Revision(r), Current::Revision(r)),
            None => (OldCurrent::NoStream(()), Current::NoStream(())),
        };
        Self { old_current: Some(old_current), old_expected, current: Some(current), expected: Some(expected) }
    }
}
