//! `ServerFeatures.GetSupportedMethods` and `Gossip.Read`: what clients ask before anything else.

use prost::Message;

use super::common::Uuid;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethods {
    #[prost(message, repeated, tag = "1")]
    pub(crate) methods: Vec<SupportedMethod>,
    #[prost(string, tag = "2")]
    pub(crate) server_version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethod {
    #[prost(string, tag = "1")]
    pub(crate) method: String,
    #[prost(string, tag = "2")]
    pub(crate) service: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) features: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClusterInfo {
    #[prost(message, repeated, tag = "1")]
    pub(crate) members: Vec<MemberInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MemberInfo {
    #[prost(message, optional, tag = "1")]
    pub(crate) instance_id: Option<Uuid>,
    /// Ticks of 100 ns since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub(crate) timestamp: i64,
    #[prost(int32, tag = "3")]
    pub(crate) state: i32,
    #[prost(bool, tag = "4")]
    pub(crate) is_alive: bool,
    #[prost(message, optional, tag = "5")]
    pub(crate) http_end_point: Option<EndPoint>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EndPoint {
    #[prost(string, tag = "1")]
    pub(crate) address: String,
    #[prost(uint32, tag = "2")]
    pub(crate) port: u32,
}
