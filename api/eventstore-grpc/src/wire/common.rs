//! `event_store.client`, and what it borrows from `google.rpc` and `google.protobuf`.

use bytes::Bytes;
use chronogram_log::Position as LogPosition;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Uuid {
    #[prost(oneof = "UuidValue", tags = "1, 2")]
    pub(crate) value: Option<UuidValue>,
}

#[derive(Clone, PartialEq, Eq, Oneof)]
pub(crate) enum UuidValue {
    #[prost(message, tag = "1")]
    Structured(StructuredUuid),
    #[prost(string, tag = "2")]
    Text(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct StructuredUuid {
    #[prost(int64, tag = "1")]
    pub(crate) most_significant_bits: i64,
    #[prost(int64, tag = "2")]
    pub(crate) least_significant_bits: i64,
}

impl Uuid {
    pub(crate) fn structured(id: uuid::Uuid) -> Self {
        let (most, least) = id.as_u64_pair();
        let bits =
            StructuredUuid { most_significant_bits: most.cast_signed(), least_significant_bits: least.cast_signed() };
        Self { value: Some(UuidValue::Structured(bits)) }
    }

    pub(crate) fn text(id: uuid::Uuid) -> Self {
        Self { value: Some(UuidValue::Text(id.to_string())) }
    }

    /// `None`: no UUID, or the one that stands for none.
    pub(crate) fn read(&self) -> Option<uuid::Uuid> {
        let id = match self.value.as_ref()? {
            UuidValue::Structured(bits) => uuid::Uuid::from_u64_pair(
                bits.most_significant_bits.cast_unsigned(),
                bits.least_significant_bits.cast_unsigned(),
            ),
            UuidValue::Text(text) => text.parse().ok()?,
        };
        (!id.is_nil()).then_some(id)
    }
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) name: Bytes,
}

/// Several messages of the protocol, all alike.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct Position {
    #[prost(uint64, tag = "1")]
    pub(crate) commit: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) prepare: u64,
}

impl From<LogPosition> for Position {
    fn from(position: LogPosition) -> Self {
        Self { commit: position.0, prepare: position.0 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
    }
}

/// `google.rpc.Status` as this protocol has it: one detail, not several.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) details: Option<Any>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

impl Any {
    /// `message`, which the protocol calls `event_store.client.<name>`.
    pub(crate) fn of(name: &str, message: &impl Message) -> Self {
        Self { type_url: format!("type.googleapis.com/event_store.client.{name}"), value: message.encode_to_vec() }
    }
}

/// The detail of a refused batch.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct WrongExpectedVersion {
    #[prost(oneof = "CurrentRevision", tags = "1, 2")]
    pub(crate) current: Option<CurrentRevision>,
    #[prost(oneof = "ExpectedPosition", tags = "3, 4, 5, 6")]
    pub(crate) expected: Option<ExpectedPosition>,
}

#[derive(Clone, Copy, PartialEq, Eq, Oneof)]
pub(crate) enum CurrentRevision {
    #[prost(uint64, tag = "1")]
    Revision(u64),
    #[prost(message, tag = "2")]
    NoStream(()),
}

#[derive(Clone, Copy, PartialEq, Eq, Oneof)]
pub(crate) enum ExpectedPosition {
    #[prost(uint64, tag = "3")]
    Position(u64),
    #[prost(message, tag = "4")]
    Any(()),
    #[prost(message, tag = "5")]
    StreamExists(()),
    #[prost(message, tag = "6")]
    NoStream(()),
}

/// The detail of a batch on a stream that was tombstoned.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct StreamDeleted {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<StreamIdentifier>,
}
