//! `Streams.Append`: one append, an event a message.

use std::sync::Arc;

use chronogram_log::limits;
use tonic::{Status, Streaming};

use crate::{
    access::Caller,
    failure,
    served::Served,
    wire::append::{AppendContent, AppendReq, AppendResp, AppendResult, Proposed, WriteOptions},
    write::{Expected, Refusal},
};

/// Bytes of one append's events: what a store takes at most. Checked while they come in, so that nobody fills the memory.
pub(crate) const APPEND_BYTES_MAX: usize = 64 * 1_048_576;

/// The events of an append, as they come in.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) events: Vec<Proposed>,
    pub(crate) bytes: usize,
}

impl Gathered {
    pub(crate) fn add(&mut self, event: Proposed) -> Result<(), Status> {
        self.bytes += event.data.len() + event.custom_metadata.len();
        let (events_max, bytes_max) = (limits::EVENTS_PER_APPEND_MAX, APPEND_BYTES_MAX);
        if self.events.len() == events_max || self.bytes > bytes_max {
            return Err(Status::invalid_argument(format!(
                "an append has at most {events_max} events and {bytes_max} bytes of data and user metadata"
            )));
        }
        self.events.push(event);
        Ok(())
    }
}

pub(crate) async fn append(
    served: Arc<Served>,
    caller: Caller,
    mut requests: Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let first = requests.message().await?.and_then(|request| request.content);
    let Some(AppendContent::Options(options)) = first else {
        return Err(Status::invalid_argument("the first message of an append holds its options"));
    };
    let mut gathered = Gathered::default();
    while let Some(request) = requests.message().await? {
        match request.content {
            Some(AppendContent::Event(event)) => gathered.add(event)?,
            _ => return Err(Status::invalid_argument("every message of an append but the first holds an event")),
        }
    }
    let who = caller.name().await?;
    let result = match write(&served, &who, options, gathered.events).await {
        Ok(written) => AppendResult::Success(written.into()),
        Err(Refusal::WrongVersion(wrong)) => AppendResult::WrongExpectedVersion(wrong.into()),
        Err(Refusal::Deleted(stream)) => return Err(failure::stream_deleted(stream.as_str())),
        Err(Refusal::Other(status)) => return Err(status),
    };
    Ok(AppendResp { result: Some(result) })
}

async fn write(
    served: &Served,
    who: &str,
    options: WriteOptions,
    events: Vec<Proposed>,
) -> Result<crate::write::Written, Refusal> {
    let (stream, expected) = target(options)?;
    let prepared = served.prepare(who, &stream, expected, events).await?;
    served.commit(prepared).await
}

/// The stream's name and what is expected of it.
pub(crate) fn target(options: WriteOptions) -> Result<(bytes::Bytes, Expected), Status> {
    let stream = options.stream.ok_or_else(|| Status::invalid_argument("the options name no stream"))?;
    let expected =
        options.expected.ok_or_else(|| Status::invalid_argument("the options say nothing of the expected revision"))?;
    Ok((stream.name, expected.into()))
}
