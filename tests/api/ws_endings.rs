//! How sockets end: silence, stops, tokens that end, and clients that go.

use std::time::Duration;

use chronogram_graphql::Role;
use chronogram_http::{Limits, SocketLimits, Tokens};
use chronogram_listening::Ending;
use chronogram_log::Clock;
use futures::StreamExt;
use jiff::SignedDuration;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    http_support::{Server, random_32},
    ws_support::Socket,
};

async fn server_with(sockets: SocketLimits) -> Server {
    Server::with(Vec::new(), Limits { sockets, ..Limits::default() }).await
}

/// One that looks at tokens all the time.
async fn watchful() -> Server {
    server_with(SocketLimits { token_check_every: Duration::from_millis(5), ..SocketLimits::default() }).await
}

/// Codes of the close frames among the frames in `bytes`, which a server sent.
fn close_codes(mut bytes: &[u8]) -> Vec<u16> {
    let mut codes = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let length = usize::from(*length);
        assert!(length < 126, "longer than any message here");
        if first & 0x0f == 8 {
            codes.push(u16::from_be_bytes([rest[0], rest[1]]));
        }
        bytes = &rest[length..];
    }
    codes
}

#[tokio::test]
async fn a_quiet_client_is_asked_for_a_sign_of_life_and_stays() {
    let sockets = SocketLimits {
        ping_every: Duration::from_millis(20),
        silence_max: Duration::from_secs(20),
        ..SocketLimits::default()
    };
    let server = server_with(sockets).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let (mut of_the_transport, mut of_the_protocol) = (0, 0);
    while of_the_transport < 3 || of_the_protocol < 3 {
        match socket.0.next().await.unwrap().unwrap() {
            Message::Ping(_) => of_the_transport += 1,
            Message::Text(text) => {
                assert_eq!(text.as_str(), r#"{"type":"ping"}"#);
                of_the_protocol += 1;
                socket.send(json!({ "type": "pong" })).await;
            }
            other => panic!("{other:?}"),
        }
    }
    socket.subscribe("q", "{ whoami }").await;
    assert_eq!(socket.result("q").await["data"]["whoami"], "the-analyst analyst");
}

#[tokio::test]
async fn a_silent_client_is_closed_with_4499_and_one_that_answers_is_not() {
    let sockets = SocketLimits {
        ping_every: Duration::from_millis(50),
        silence_max: Duration::from_millis(500),
        close_timeout: Duration::from_millis(50),
        ..SocketLimits::default()
    };
    let server = server_with(sockets).await;
    let mut answers = Socket::ready(&server, Role::Analyst).await;
    let silent = Socket::ready(&server, Role::Analyst).await;
    // Below WebSocket nobody answers pings.
    let mut silent = silent.0.into_inner();
    let mut bytes = Vec::new();
    let reading = silent.read_to_end(&mut bytes);
    tokio::pin!(reading);
    loop {
        tokio::select! {
            ended = reading.as_mut() => {
                ended.unwrap();
                break;
            }
            // Reading is enough: the library answers pings.
            message = answers.0.next() => assert!(!message.unwrap().unwrap().is_close()),
        }
    }
    assert_eq!(close_codes(&bytes), [4499]);
    answers.subscribe("q", "{ whoami }").await;
    assert_eq!(answers.result("q").await["data"]["whoami"], "the-analyst analyst");
}

#[tokio::test]
async fn a_stop_answers_what_is_at_work_and_closes_every_socket_with_1001() {
    let server = Server::start().await;
    let mut new = Socket::open(&server).await;
    let mut listens = Socket::ready(&server, Role::Analyst).await;
    listens.subscribe("s", "subscription { said }").await;
    let mut works = Socket::ready(&server, Role::Analyst).await;
    works.subscribe("q", "{ waits }").await;
    works.subscribe("s", "subscription { said }").await;
    server.feed.wait_for_listeners(2).await;
    server.graphql_gate.wait_for_entry().await;

    server.stop.cancel();
    for socket in [&mut new, &mut listens] {
        assert_eq!(socket.closed().await, (1001, "Going away: reconnect".to_owned()));
    }
    server.feed.wait_for_listeners(0).await;
    assert!(!server.serving.is_finished(), "a socket with a query at work is work");
    server.graphql_gate.open.add_permits(1);
    assert_eq!(works.result("q").await["data"]["waits"], true);
    works.completed("q").await;
    assert_eq!(works.closed().await.0, 1001);
    assert_eq!(server.serving.await.unwrap(), Ending::Clean);
}

#[tokio::test]
async fn a_revoked_token_ends_its_sockets_with_4403_and_no_others() {
    let server = watchful().await;
    let mut analyst = Socket::ready(&server, Role::Analyst).await;
    let mut admin = Socket::ready(&server, Role::Admin).await;
    analyst.subscribe("s", "subscription { said }").await;
    admin.subscribe("s", "subscription { said }").await;
    server.feed.wait_for_listeners(2).await;
    server.tokens.revoke("the-analyst").await.unwrap();
    assert_eq!(analyst.closed().await, (4403, "Forbidden".to_owned()));
    server.feed.wait_for_listeners(1).await;
    server.feed.said.send("on and on".to_owned()).unwrap();
    assert_eq!(admin.result("s").await["data"]["said"], "on and on");

    // Another process revokes: the cache remembers the token for five seconds.
    let elsewhere = Tokens::new(server.database.pool.clone(), server.clock.clone());
    elsewhere.revoke("the-admin").await.unwrap();
    server.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(admin.closed().await.0, 4403);
}

#[tokio::test]
async fn an_expired_token_ends_its_sockets_with_4403() {
    let server = watchful().await;
    let expires_at = server.clock.now() + SignedDuration::from_secs(3);
    let created = server.tokens.create("short", Role::Admin, Some(expires_at), random_32()).await.unwrap();
    let mut socket = Socket::open(&server).await;
    socket.init(&created.plaintext).await;
    server.clock.advance(SignedDuration::from_secs(2));
    socket.subscribe("q", "{ whoami }").await;
    assert_eq!(socket.result("q").await["data"]["whoami"], "short admin");
    server.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn a_socket_whose_token_nobody_can_look_up_is_closed_with_1013() {
    let server = watchful().await;
    let mut socket = Socket::ready(&server, Role::Admin).await;
    server.database.pool.close().await;
    server.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(socket.closed().await.0, 1013);
}

/// The runtime of a test has one thread, which is where its figures go.
#[tokio::test]
async fn sockets_operations_and_closes_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let figures = || recorder.handle().render();
    let has = |line: &str| figures().lines().any(|figure| figure == line);

    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let mut other = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("s", "subscription { said }").await;
    server.feed.wait_for_listeners(1).await;
    assert!(has("graphql_sockets_open 2"), "{}", figures());
    assert!(has(r#"graphql_socket_operations{type="subscription"} 1"#), "{}", figures());
    socket.subscribe("s", "{ whoami }").await;
    assert_eq!(socket.closed().await.0, 4409);
    other.0.close(None).await.unwrap();
    while !(has(r#"graphql_socket_closes_total{code="4409"} 1"#)
        && has(r#"graphql_socket_closes_total{code="client"} 1"#))
    {
        tokio::task::yield_now().await;
    }
    for line in [
        "graphql_sockets_open 0",
        r#"graphql_socket_operations{type="subscription"} 0"#,
        r#"graphql_socket_operations_total{type="subscription"} 1"#,
    ] {
        assert!(has(line), "{line} in {}", figures());
    }
    assert!(!figures().contains("the-analyst"), "a name is no label");
}

#[tokio::test]
async fn a_client_that_goes_leaves_nothing_behind() {
    let server = Server::start().await;
    for polite in [true, false] {
        let mut socket = Socket::ready(&server, Role::Analyst).await;
        socket.subscribe("s", "subscription { said }").await;
        server.feed.wait_for_listeners(1).await;
        if polite {
            socket.0.close(None).await.unwrap();
            while let Some(Ok(_)) = socket.0.next().await {}
        }
        drop(socket);
        server.feed.wait_for_listeners(0).await;
    }
    server.stop.cancel();
    assert_eq!(server.serving.await.unwrap(), Ending::Clean);
}
