//! `Streams.Delete` and `Streams.Tombstone`, whose messages are alike.

use prost::{Message, Oneof};

use super::{append::WriteOptions, common::Position};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DeleteReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) options: Option<WriteOptions>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct DeleteResp {
    #[prost(oneof = "DeletedAt", tags = "1, 2")]
    pub(crate) position: Option<DeletedAt>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum DeletedAt {
    #[prost(message, tag = "1")]
    Position(Position),
    #[prost(message, tag = "2")]
    None(()),
}
