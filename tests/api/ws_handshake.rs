//! The beginning of a socket: who is let in, how they say it, and what they may not say before.

use std::time::Duration;

use chronogram_graphql::Role;
use chronogram_http::{Limits, SocketLimits};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::{
    http_support::{Server, header},
    ws_support::{PROTOCOL, Socket},
};

/// Who the schema takes this socket for.
async fn whoami(socket: &mut Socket) -> Value {
    socket.subscribe("who", "{ whoami }").await;
    let who = socket.result("who").await["data"]["whoami"].clone();
    socket.completed("who").await;
    who
}

fn status(refused: &Error) -> StatusCode {
    match refused {
        Error::Http(response) => StatusCode::from_u16(response.status().as_u16()).unwrap(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_token_comes_in_the_header_or_in_the_first_message() {
    let server = Server::start().await;
    let token = server.token(Role::Analyst);
    let bearer = format!("Bearer {token}");
    for (headers, payload) in [
        (vec![PROTOCOL, ("authorization", bearer.as_str())], json!(null)),
        (vec![PROTOCOL], json!({ "Authorization": bearer })),
        (vec![PROTOCOL], json!({ "authorization": bearer, "other": 1 })),
        (vec![PROTOCOL], json!({ "token": token })),
    ] {
        let mut socket = Socket::try_with(&server, &headers).await.unwrap();
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.next().await, json!({ "type": "connection_ack" }), "{headers:?}");
        assert_eq!(whoami(&mut socket).await, "the-analyst analyst");
    }
    // The first message knows better.
    let mut socket = Socket::try_with(&server, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    socket.init(server.token(Role::Admin)).await;
    assert_eq!(whoami(&mut socket).await, "the-admin admin");
}

#[tokio::test]
async fn a_bad_token_in_the_header_is_refused_before_the_protocol_is_switched() {
    let server = Server::start().await;
    for bad in ["Bearer chr_wrong", "chr_wrong", &format!("Bearer chr_{}", "a".repeat(43))] {
        let refused = Socket::try_with(&server, &[PROTOCOL, ("authorization", bad)]).await.err().unwrap();
        assert_eq!(status(&refused), StatusCode::UNAUTHORIZED, "{bad}");
    }
}

#[tokio::test]
async fn without_a_good_token_the_socket_is_closed_with_4403() {
    let server = Server::start().await;
    server.tokens.revoke("the-operator").await.unwrap();
    for payload in [
        json!(null),
        json!({}),
        json!({ "token": "chr_wrong" }),
        json!({ "token": format!("chr_{}", "a".repeat(43)) }),
        json!({ "token": server.token(Role::Operator) }),
        json!({ "Authorization": server.token(Role::Admin) }),
        json!({ "Authorization": 7 }),
    ] {
        let mut socket = Socket::open(&server).await;
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()), "{payload}");
    }
}

#[tokio::test]
async fn while_tokens_cannot_be_looked_up_the_socket_is_closed_with_1013() {
    let server = Server::start().await;
    server.database.pool.close().await;
    let mut socket = Socket::open(&server).await;
    socket.send(json!({ "type": "connection_init", "payload": { "token": server.token(Role::Admin) } })).await;
    assert_eq!(socket.closed().await.0, 1013);
}

#[tokio::test]
async fn nothing_is_executed_before_the_init_4401() {
    let server = Server::start().await;
    // Not even with a token in the header.
    let bearer = format!("Bearer {}", server.token(Role::Admin));
    let mut socket = Socket::try_with(&server, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    socket.subscribe("1", "{ whoami }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn pings_are_answered_before_the_init_and_after_it() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server).await;
    for is_known in [false, true] {
        if is_known {
            socket.init(server.token(Role::Analyst)).await;
        }
        socket.send(json!({ "type": "ping", "payload": { "n": 1 } })).await;
        assert_eq!(socket.next().await, json!({ "type": "pong", "payload": { "n": 1 } }));
        socket.send(json!({ "type": "pong" })).await;
        // A late complete is nobody's fault.
        socket.complete("gone").await;
        socket.send(json!({ "type": "ping" })).await;
        assert_eq!(socket.next().await, json!({ "type": "pong" }));
    }
}

#[tokio::test]
async fn who_does_not_say_who_it_is_in_time_is_closed_with_4408() {
    let sockets = SocketLimits { init_timeout: Duration::from_millis(100), ..SocketLimits::default() };
    let server = Server::with(Vec::new(), Limits { sockets, ..Limits::default() }).await;
    let mut socket = Socket::open(&server).await;
    // Pings buy no time.
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn a_second_init_is_closed_with_4429() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await, (4429, "Too many initialisation requests".to_owned()));
}

#[tokio::test]
async fn what_is_no_message_of_the_protocol_is_closed_with_4400() {
    let server = Server::start().await;
    for wrong in [
        "",
        "{",
        "[]",
        r#"{"type":"start","id":"1","payload":{"query":"{ whoami }"}}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ whoami }"}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":null}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ whoami }","variables":"x"}}"#,
    ] {
        let mut before = Socket::open(&server).await;
        before.send_text(wrong).await;
        assert_eq!(before.closed().await, (4400, "Invalid message".to_owned()), "{wrong}");
        let mut after = Socket::ready(&server, Role::Analyst).await;
        after.send_text(wrong).await;
        assert_eq!(after.closed().await, (4400, "Invalid message".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn another_subprotocol_or_none_is_closed_with_4406() {
    let server = Server::start().await;
    let mut none = Socket::try_with(&server, &[]).await.unwrap();
    assert_eq!(none.closed().await, (4406, "Subprotocol not acceptable".to_owned()));
    // This client notices by itself that its protocol was not chosen.
    let old = Socket::try_with(&server, &[("sec-websocket-protocol", "graphql-ws")]).await;
    assert!(matches!(*old.err().unwrap(), Error::Protocol(_)));
    let several = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    let mut socket = Socket::try_with(&server, &[several]).await.unwrap();
    socket.init(server.token(Role::Analyst)).await;
}

#[tokio::test]
async fn what_is_no_handshake_is_refused_as_any_bad_request() {
    let server = Server::start().await;
    let half = server.get("/graphql").header("upgrade", "websocket").header("connection", "upgrade");
    let response = half.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(header(&response, "content-type").starts_with("application/json"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}
