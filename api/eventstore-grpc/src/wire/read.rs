//! `Streams.Read`.

use std::collections::HashMap;

use bytes::Bytes;
use prost::{Message, Oneof};

use super::common::{Position, StreamIdentifier, Timestamp, Uuid};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) options: Option<ReadOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadOptions {
    #[prost(oneof = "Source", tags = "1, 2")]
    pub(crate) source: Option<Source>,
    /// 0: forwards, 1: backwards.
    #[prost(int32, tag = "3")]
    pub(crate) direction: i32,
    #[prost(bool, tag = "4")]
    pub(crate) resolve_links: bool,
    #[prost(oneof = "Extent", tags = "5, 6")]
    pub(crate) extent: Option<Extent>,
    #[prost(oneof = "Selection", tags = "7, 8")]
    pub(crate) selection: Option<Selection>,
    #[prost(message, optional, tag = "9")]
    pub(crate) uuids: Option<UuidOption>,
    #[prost(message, optional, tag = "10")]
    pub(crate) control: Option<ControlOption>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Source {
    #[prost(message, tag = "1")]
    Stream(StreamOptions),
    #[prost(message, tag = "2")]
    All(AllOptions),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<StreamIdentifier>,
    #[prost(oneof = "FromRevision", tags = "2, 3, 4")]
    pub(crate) from: Option<FromRevision>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum FromRevision {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    Start(()),
    #[prost(message, tag = "4")]
    End(()),
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct AllOptions {
    #[prost(oneof = "FromPosition", tags = "1, 2, 3")]
    pub(crate) from: Option<FromPosition>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum FromPosition {
    #[prost(message, tag = "1")]
    Position(Position),
    #[prost(message, tag = "2")]
    Start(()),
    #[prost(message, tag = "3")]
    End(()),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Extent {
    #[prost(uint64, tag = "5")]
    Count(u64),
    #[prost(message, tag = "6")]
    Subscription(()),
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Selection {
    #[prost(message, tag = "7")]
    Filter(FilterOptions),
    #[prost(message, tag = "8")]
    NoFilter(()),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FilterOptions {
    #[prost(oneof = "FilterBy", tags = "1, 2")]
    pub(crate) by: Option<FilterBy>,
    #[prost(oneof = "Window", tags = "3, 4")]
    pub(crate) window: Option<Window>,
    #[prost(uint32, tag = "5")]
    pub(crate) checkpoint_interval_multiplier: u32,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum FilterBy {
    #[prost(message, tag = "1")]
    StreamName(Expression),
    #[prost(message, tag = "2")]
    EventType(Expression),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Window {
    #[prost(uint32, tag = "3")]
    Max(u32),
    #[prost(message, tag = "4")]
    Count(()),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Expression {
    #[prost(string, tag = "1")]
    pub(crate) regex: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) prefix: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct UuidOption {
    #[prost(oneof = "UuidForm", tags = "1, 2")]
    pub(crate) form: Option<UuidForm>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum UuidForm {
    #[prost(message, tag = "1")]
    Structured(()),
    #[prost(message, tag = "2")]
    Text(()),
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct ControlOption {
    #[prost(uint32, tag = "1")]
    pub(crate) compatibility: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadResp {
    #[prost(oneof = "Content", tags = "1, 2, 3, 4, 6, 8, 9")]
    pub(crate) content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Content {
    #[prost(message, tag = "1")]
    Event(ReadEvent),
    #[prost(message, tag = "2")]
    Confirmation(Confirmation),
    #[prost(message, tag = "3")]
    Checkpoint(Checkpoint),
    #[prost(message, tag = "4")]
    StreamNotFound(StreamNotFound),
    #[prost(uint64, tag = "6")]
    LastStreamRevision(u64),
    #[prost(message, tag = "8")]
    CaughtUp(Caught),
    #[prost(message, tag = "9")]
    FellBehind(Caught),
}

impl From<Content> for ReadResp {
    fn from(content: Content) -> Self {
        Self { content: Some(content) }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    pub(crate) event: Option<Recorded>,
    #[prost(oneof = "EventPosition", tags = "3, 4")]
    pub(crate) position: Option<EventPosition>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum EventPosition {
    #[prost(uint64, tag = "3")]
    Commit(u64),
    #[prost(message, tag = "4")]
    None(()),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Recorded {
    #[prost(message, optional, tag = "1")]
    pub(crate) id: Option<Uuid>,
    #[prost(message, optional, tag = "2")]
    pub(crate) stream: Option<StreamIdentifier>,
    #[prost(uint64, tag = "3")]
    pub(crate) revision: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) prepare: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) commit: u64,
    /// `type`, `content-type`, and `created` in ticks of 100 ns since the Unix epoch.
    #[prost(map = "string, string", tag = "6")]
    pub(crate) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "7")]
    pub(crate) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "8")]
    pub(crate) data: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Confirmation {
    #[prost(string, tag = "1")]
    pub(crate) subscription_id: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Checkpoint {
    #[prost(uint64, tag = "1")]
    pub(crate) commit: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) prepare: u64,
    #[prost(message, optional, tag = "3")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamNotFound {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<StreamIdentifier>,
}

/// `CaughtUp` and `FellBehind`, which are alike.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Caught {
    #[prost(message, optional, tag = "1")]
    pub(crate) at: Option<Timestamp>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) revision: Option<i64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) position: Option<Position>,
}
