//! `Streams.BatchAppend`: a session of many appends, each answered when it is durable, whatever becomes of the others.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::Arc,
};

use futures::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::{self, BoxStream, FuturesUnordered},
};
use tonic::{Code, Status, Streaming};
use uuid::Uuid as Id;

use crate::{
    access::Caller,
    append::Gathered,
    failure,
    served::Served,
    wire::{
        batch::{BatchAppendReq, BatchAppendResp, BatchOptions, BatchResult, ExpectedBefore, ExpectedEcho},
        common::{Any, CurrentRevision, ExpectedPosition, RpcStatus, StreamDeleted, WrongExpectedVersion},
    },
    write::{Expected, Refusal, WrongVersion},
};

/// Appends of one session under way: more than one batch of the store's writer. Who sends more waits.
const UNDER_WAY_MAX: usize = 256;
/// Appends of one session that came in part: each may hold as much as one append may.
const IN_PARTS_MAX: usize = 4;

type Answer = BoxFuture<'static, BatchAppendResp>;

struct Session {
    served: Arc<Served>,
    caller: Caller,
    requests: Streaming<BatchAppendReq>,
    in_parts: HashMap<Id, Part>,
    under_way: FuturesUnordered<Answer>,
    /// What was answered while a request was prepared, and is yet to be sent.
    answered: VecDeque<BatchAppendResp>,
    open: bool,
}

/// An append that came in part.
struct Part {
    options: BatchOptions,
    gathered: Gathered,
}

pub(crate) fn batch_append(
    served: Arc<Served>,
    caller: Caller,
    requests: Streaming<BatchAppendReq>,
) -> BoxStream<'static, Result<BatchAppendResp, Status>> {
    let session = Session {
        served,
        caller,
        requests,
        in_parts: HashMap::new(),
        under_way: FuturesUnordered::new(),
        answered: VecDeque::new(),
        open: true,
    };
    stream::try_unfold(session, |mut session| async move { Ok(session.next().await?.map(|answer| (answer, session))) })
        .boxed()
}

impl Session {
    /// The next answer. `None`: the client sends no more, and everything is answered.
    async fn next(&mut self) -> Result<Option<BatchAppendResp>, Status> {
        let stop = self.served.stop.clone();
        loop {
            if let Some(answer) = self.answered.pop_front() {
                return Ok(Some(answer));
            }
            let room = self.open && !stop.is_cancelled() && self.under_way.len() < UNDER_WAY_MAX;
            tokio::select! {
                biased;
                Some(answer) = self.under_way.next() => return Ok(Some(answer)),
                request = self.requests.message(), if room => match request? {
                    Some(request) => self.take(request).await?,
                    None => self.open = false,
                },
                () = stop.cancelled(), if self.open && self.under_way.is_empty() => return Err(failure::stopping()),
                else => return Ok(None),
            }
        }
    }

    async fn take(&mut self, request: BatchAppendReq) -> Result<(), Status> {
        let correlation = request.correlation_id.clone();
        let Some(id) = correlation.as_ref().and_then(crate::wire::common::Uuid::read) else {
            return Err(Status::invalid_argument("correlation_id must be a UUID other than that of zeroes"));
        };
        let mut part = match (self.in_parts.remove(&id), request.options) {
            (Some(part), _) => part,
            (None, Some(options)) => Part { options, gathered: Gathered::default() },
            (None, None) => return Err(Status::invalid_argument("the first part of an append holds its options")),
        };
        for event in request.events {
            part.gathered.add(event)?;
        }
        if !request.is_final {
            if self.in_parts.len() == IN_PARTS_MAX {
                let message = format!("a session has at most {IN_PARTS_MAX} appends that came in part");
                return Err(Status::resource_exhausted(message));
            }
            self.in_parts.insert(id, part);
            return Ok(());
        }
        let Self { caller, served, under_way, answered, .. } = self;
        let who = beside(under_way, answered, caller.name()).await?;
        let Part { options, gathered } = part;
        let answer = BatchAppendResp {
            correlation_id: correlation,
            result: None,
            stream: options.stream.clone(),
            expected: options.expected.map(echo),
        };
        let prepared = match (&options.stream, options.expected) {
            (Some(stream), Some(expected)) => {
                let preparing = served.prepare(&who, &stream.name, expected.into(), gathered.events);
                beside(under_way, answered, preparing).await
            }
            _ => Err(Status::invalid_argument("the options name a stream and its expected revision").into()),
        };
        let served = served.clone();
        under_way.push(match prepared {
            Err(refusal) => std::future::ready(BatchAppendResp { result: Some(refused(refusal)), ..answer }).boxed(),
            Ok(prepared) => async move {
                let result = match served.commit(prepared).await {
                    Ok(written) => BatchResult::Success(written.into()),
                    Err(refusal) => refused(refusal),
                };
                BatchAppendResp { result: Some(result), ..answer }
            }
            .boxed(),
        });
        Ok(())
    }
}

/// Waits for `work` while what is under way goes on: it may hold the connection that `work` waits for.
async fn beside<T>(
    under_way: &mut FuturesUnordered<Answer>,
    answered: &mut VecDeque<BatchAppendResp>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(answer) = under_way.next() => answered.push_back(answer),
        }
    }
}

fn refused(refusal: Refusal) -> BatchResult {
    let status = |code: Code, message: &str, details: Option<Any>| {
        BatchResult::Error(RpcStatus { code: code.into(), message: message.to_owned(), details })
    };
    match refusal {
        Refusal::WrongVersion(wrong) => {
            let details = Any::of("WrongExpectedVersion", &WrongExpectedVersion::from(wrong));
            status(Code::AlreadyExists, "WrongExpectedVersion", Some(details))
        }
        Refusal::Deleted(stream) => {
            let identifier = crate::wire::common::StreamIdentifier { name: stream.as_str().to_owned().into() };
            let details = Any::of("StreamDeleted", &StreamDeleted { stream: Some(identifier) });
            status(Code::FailedPrecondition, "StreamDeleted", Some(details))
        }
        Refusal::Other(refusal) => status(refusal.code(), refusal.message(), None),
    }
}

impl From<WrongVersion> for WrongExpectedVersion {
    fn from(wrong: WrongVersion) -> Self {
        let current = wrong.current.map_or(CurrentRevision::NoStream(()), |r| CurrentRevision::Revision(r.0));
        let expected = match wrong.expected {
            Expected::Exact(revision) => ExpectedPosition::Position(revision.0),
            Expected::Any => ExpectedPosition::Any(()),
            Expected::Exists => ExpectedPosition::StreamExists(()),
            Expected::NoStream => ExpectedPosition::NoStream(()),
        };
        Self { current: Some(current), expected: Some(expected) }
    }
}

impl From<ExpectedBefore> for Expected {
    fn from(expected: ExpectedBefore) -> Self {
        match expected {
            ExpectedBefore::Position(revision) => Self::Exact(chronogram_log::Revision(revision)),
            ExpectedBefore::NoStream(()) => Self::NoStream,
            ExpectedBefore::Any(()) => Self::Any,
            ExpectedBefore::StreamExists(()) => Self::Exists,
        }
    }
}

fn echo(expected: ExpectedBefore) -> ExpectedEcho {
    match expected {
        ExpectedBefore::Position(revision) => ExpectedEcho::Position(revision),
        ExpectedBefore::NoStream(()) => ExpectedEcho::NoStream(()),
        ExpectedBefore::Any(()) => ExpectedEcho::Any(()),
        ExpectedBefore::StreamExists(()) => ExpectedEcho::StreamExists(()),
    }
}
