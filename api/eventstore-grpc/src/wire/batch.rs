//! `Streams.BatchAppend`.

use prost::{Message, Oneof};

use super::{
    append::{Proposed, Success},
    common::{RpcStatus, StreamIdentifier, Uuid},
};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchAppendReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) correlation_id: Option<Uuid>,
    #[prost(message, optional, tag = "2")]
    pub(crate) options: Option<BatchOptions>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) events: Vec<Proposed>,
    #[prost(bool, tag = "4")]
    pub(crate) is_final: bool,
}

/// Without the deadline: who gives up waiting says so by ending the call, and what was taken is appended.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<StreamIdentifier>,
    #[prost(oneof = "ExpectedBefore", tags = "2, 3, 4, 5")]
    pub(crate) expected: Option<ExpectedBefore>,
}

#[derive(Clone, Copy, PartialEq, Eq, Oneof)]
pub(crate) enum ExpectedBefore {
    #[prost(uint64, tag = "2")]
    Position(u64),
    #[prost(message, tag = "3")]
    NoStream(()),
    #[prost(message, tag = "4")]
    Any(()),
    #[prost(message, tag = "5")]
    StreamExists(()),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchAppendResp {
    #[prost(message, optional, tag = "1")]
    pub(crate) correlation_id: Option<Uuid>,
    #[prost(oneof = "BatchResult", tags = "2, 3")]
    pub(crate) result: Option<BatchResult>,
    #[prost(message, optional, tag = "4")]
    pub(crate) stream: Option<StreamIdentifier>,
    #[prost(oneof = "ExpectedEcho", tags = "5, 6, 7, 8")]
    pub(crate) expected: Option<ExpectedEcho>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum BatchResult {
    #[prost(message, tag = "2")]
    Error(RpcStatus),
    #[prost(message, tag = "3")]
    Success(Success),
}

#[derive(Clone, Copy, PartialEq, Eq, Oneof)]
pub(crate) enum ExpectedEcho {
    #[prost(uint64, tag = "5")]
    Position(u64),
    #[prost(message, tag = "6")]
    NoStream(()),
    #[prost(message, tag = "7")]
    Any(()),
    #[prost(message, tag = "8")]
    StreamExists(()),
}
