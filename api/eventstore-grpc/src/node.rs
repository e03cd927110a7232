//! What clients ask before anything else, without a token: what the server can do, and where it is. No data.

use crate::{
    served::Served,
    wire::{
        common::Uuid,
        node::{ClusterInfo, EndPoint, MemberInfo, SupportedMethod, SupportedMethods},
    },
};

/// The release of the protocol's own server whose calls are served; clients decide by it what they may call.
const PROTOCOL_VERSION: &str = "24.10.0";
/// The protocol's number for a leader.
const LEADER: i32 = 8;
/// Where a client connected that named no port.
const PORT_DEFAULT: u16 = 2113;

/// Names as clients compare them.
const METHODS: &[(&str, &str)] = &[
    ("read", "event_store.client.streams.streams"),
    ("append", "event_store.client.streams.streams"),
    ("batchappend", "event_store.client.streams.streams"),
    ("delete", "event_store.client.streams.streams"),
    ("tombstone", "event_store.client.streams.streams"),
    ("read", "event_store.client.gossip.gossip"),
    ("getsupportedmethods", "event_store.client.server_features.serverfeatures"),
];

pub(crate) fn supported_methods() -> SupportedMethods {
    let methods = METHODS.iter().map(|(method, service)| SupportedMethod {
        method: (*method).to_owned(),
        service: (*service).to_owned(),
        features: Vec::new(),
    });
    SupportedMethods { methods: methods.collect(), server_version: PROTOCOL_VERSION.to_owned() }
}

/// A cluster of one, reached where the client has just reached it.
pub(crate) fn gossip(served: &Served, host: &str, port: Option<u16>) -> ClusterInfo {
    let ticks = served.clock.now().as_nanosecond() / 100;
    let member = MemberInfo {
        instance_id: Some(Uuid::structured(served.node)),
        timestamp: i64::try_from(ticks).unwrap_or(i64::MAX),
        state: LEADER,
        is_alive: true,
        http_end_point: Some(EndPoint { address: host.to_owned(), port: u32::from(port.unwrap_or(PORT_DEFAULT)) }),
    };
    ClusterInfo { members: vec![member] }
}
