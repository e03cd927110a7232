//! How much sockets may take: numbers, sizes, and clients that do not read.

use std::{sync::atomic::Ordering, time::Duration};

use chronogram_graphql::Role;
use chronogram_http::{Limits, SocketLimits};
use futures::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{
    http_support::{FLOOD_BYTES, Server},
    ws_support::{PROTOCOL, Socket},
};

async fn server_with(sockets: SocketLimits) -> Server {
    Server::with(Vec::new(), Limits { sockets, ..Limits::default() }).await
}

#[tokio::test]
async fn more_sockets_than_the_process_takes_are_told_to_come_back() {
    let server = server_with(SocketLimits { sockets_max: 1, ..SocketLimits::default() }).await;
    let mut first = Socket::ready(&server, Role::Analyst).await;
    let refused = Socket::try_with(&server, &[PROTOCOL]).await.err().unwrap();
    let Error::Http(response) = *refused else { panic!("{refused}") };
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    // Requests are served meanwhile, and sockets again when there is room.
    assert!(server.get("/health/live").send().await.unwrap().status().is_success());
    first.0.close(None).await.unwrap();
    drop(first);
    while Socket::try_with(&server, &[PROTOCOL]).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_has_so_many_sockets_and_no_more() {
    let server = server_with(SocketLimits { sockets_per_token_max: 2, ..SocketLimits::default() }).await;
    let _first = Socket::ready(&server, Role::Analyst).await;
    let _second = Socket::ready(&server, Role::Analyst).await;
    let mut third = Socket::open(&server).await;
    let token = server.token(Role::Analyst);
    third.send(json!({ "type": "connection_init", "payload": { "token": token } })).await;
    assert_eq!(third.closed().await, (1013, "Too many sockets of this token".to_owned()));
    Socket::ready(&server, Role::Operator).await;
}

#[tokio::test]
async fn one_operation_too_many_is_refused_and_the_others_go_on() {
    let server = server_with(SocketLimits { operations_max: 2, ..SocketLimits::default() }).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("a", "subscription { said }").await;
    socket.subscribe("b", "subscription { said }").await;
    socket.subscribe("c", "{ whoami }").await;
    assert_eq!(socket.error("c").await, "UNAVAILABLE");
    server.feed.wait_for_listeners(2).await;
    socket.complete("b").await;
    server.feed.wait_for_listeners(1).await;
    socket.subscribe("c", "{ whoami }").await;
    assert_eq!(socket.result("c").await["data"]["whoami"], "the-analyst analyst");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_closed_with_1009() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let message = |bytes: usize| {
        let ping = json!({ "type": "ping" }).to_string();
        format!("{}{ping}", " ".repeat(bytes - ping.len()))
    };
    socket.send_text(&message(256 * 1024)).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    socket.send_text(&message(256 * 1024 + 1)).await;
    assert_eq!(socket.closed().await, (1009, "Message too large".to_owned()));
}

#[tokio::test]
async fn bytes_are_no_message_4400() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.0.send(Message::binary(json!({ "type": "ping" }).to_string())).await.unwrap();
    assert_eq!(socket.closed().await, (4400, "Invalid message".to_owned()));
}

#[tokio::test]
async fn a_client_that_does_not_read_fills_no_memory_and_is_closed_with_1013() {
    let server = server_with(SocketLimits {
        send_timeout: Duration::from_millis(300),
        close_timeout: Duration::from_mins(1),
        ..SocketLimits::default()
    })
    .await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    for id in ["a", "b", "c"] {
        socket.subscribe(id, "subscription { flood }").await;
    }
    while server.feed.flooded.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // Nothing is read until the server has given up.
    server.feed.wait_for_calm().await;
    assert_eq!(socket.closed().await, (1013, "Results were not taken in time".to_owned()));
    // What was made is what the buffers of the two systems took, and some thirty results here.
    let made = server.feed.flooded.load(Ordering::SeqCst) * FLOOD_BYTES;
    assert!(made < 64 * 1024 * 1024, "{made} bytes");
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_everything() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("f", "subscription { flood }").await;
    for _ in 0..200 {
        assert_eq!(socket.result("f").await["data"]["flood"].as_str().unwrap().len(), FLOOD_BYTES);
    }
    socket.complete("f").await;
    server.feed.wait_for_calm().await;
}
