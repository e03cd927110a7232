//! `Streams.Append`.

use std::collections::HashMap;

use bytes::Bytes;
use prost::{Message, Oneof};

use super::common::{Position, StreamIdentifier, Uuid};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendReq {
    #[prost(oneof = "AppendContent", tags = "1, 2")]
    pub(crate) content: Option<AppendContent>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum AppendContent {
    #[prost(message, tag = "1")]
    Options(WriteOptions),
    #[prost(message, tag = "2")]
    Event(Proposed),
}

/// Which stream, and what it must look like: the options of `Append`, `Delete` and `Tombstone`, which are alike.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct WriteOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<StreamIdentifier>,
    #[prost(oneof = "ExpectedStream", tags = "2, 3, 4, 5")]
    pub(crate) expected: Option<ExpectedStream>,
}

#[derive(Clone, Copy, PartialEq, Eq, Oneof)]
pub(crate) enum ExpectedStream {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    NoStream(()),
    #[prost(message, tag = "4")]
    Any(()),
    #[prost(message, tag = "5")]
    StreamExists(()),
}

/// An event to append, one at a time or in a batch.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Proposed {
    #[prost(message, optional, tag = "1")]
    pub(crate) id: Option<Uuid>,
    #[prost(map = "string, string", tag = "2")]
    pub(crate) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) data: Bytes,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct AppendResp {
    #[prost(oneof = "AppendResult", tags = "1, 2")]
    pub(crate) result: Option<AppendResult>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum AppendResult {
    #[prost(message, tag = "1")]
    Success(Success),
    #[prost(message, tag = "2")]
    WrongExpectedVersion(WrongExpectedVersion),
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Success {
    #[prost(oneof = "SuccessRevision", tags = "1, 2")]
    pub(crate) revision: Option<SuccessRevision>,
    #[prost(oneof = "SuccessPosition", tags = "3, 4")]
    pub(crate) position: Option<SuccessPosition>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum SuccessRevision {
    #[prost(uint64, tag = "1")]
    Current(u64),
    #[prost(message, tag = "2")]
    NoStream(()),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum SuccessPosition {
    #[prost(message, tag = "3")]
    Position(Position),
    #[prost(message, tag = "4")]
    None(()),
}

/// Says everything twice: clients before 21.6 read the first two.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct WrongExpectedVersion {
    #[prost(oneof = "OldCurrent", tags = "1, 2")]
    pub(crate) old_current: Option<OldCurrent>,
    #[prost(oneof = "OldExpected", tags = "3, 4, 5")]
    pub(crate) old_expected: Option<OldExpected>,
    #[prost(oneof = "Current", tags = "6, 7")]
    pub(crate) current: Option<Current>,
    #[prost(oneof = "Expected", tags = "8, 9, 10, 11")]
    pub(crate) expected: Option<Expected>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum OldCurrent {
    #[prost(uint64, tag = "1")]
    Revision(u64),
    #[prost(message, tag = "2")]
    NoStream(()),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum OldExpected {
    #[prost(uint64, tag = "3")]
    Revision(u64),
    #[prost(message, tag = "4")]
    Any(()),
    #[prost(message, tag = "5")]
    StreamExists(()),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Current {
    #[prost(uint64, tag = "6")]
    Revision(u64),
    #[prost(message, tag = "7")]
    NoStream(()),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Expected {
    #[prost(uint64, tag = "8")]
    Revision(u64),
    #[prost(message, tag = "9")]
    Any(()),
    #[prost(message, tag = "10")]
    StreamExists(()),
    #[prost(message, tag = "11")]
    NoStream(()),
}
