//! What comes in over HTTP is told over WebSocket, by the real binary; and its stop says goodbye.

use std::time::Duration;

use chronogram_tests::{Home, http_client};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

/// Words that must stand in no log.
const WORDS: &str = "somebody's secret words";

/// The next message, or the close.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> Result<Value, Option<CloseFrame>> {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["type"] != "ping" {
                    return Ok(message);
                }
            }
            Message::Close(frame) => return Err(frame),
            _ => {}
        }
    }
}

async fn record(api: &str, token: &str, number: usize) {
    let body = json!({ "client": { "id": "live" }, "text": format!("{WORDS} {number}") });
    let request = http_client().post(format!("{api}/api/messages")).bearer_auth(token).json(&body);
    assert!(request.send().await.unwrap().status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn new_messages_are_told_at_once_and_a_stop_closes_the_socket() {
    let home = Home::private().unwrap();
    let up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());

    let address = api.trim_start_matches("http://");
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    let subscribe = "subscription { messageReceived(conversation: \"api.live\") { messageId text sender { id } } }";
    for message in [
        json!({ "type": "connection_init", "payload": { "token": token } }),
        json!({ "type": "subscribe", "id": "m", "payload": { "query": subscribe } }),
    ] {
        socket.send(Message::text(message.to_string())).await.unwrap();
    }
    assert_eq!(next(&mut socket).await.unwrap(), json!({ "type": "connection_ack" }));

    // From the first that is heard none is missed.
    let mut recorded = 0;
    let mut heard = loop {
        recorded += 1;
        record(&api, &token, recorded).await;
        if let Ok(first) = timeout(Duration::from_millis(500), next(&mut socket)).await {
            break first.unwrap();
        }
    };
    for number in recorded + 1..recorded + 4 {
        record(&api, &token, number).await;
    }
    let number = |message: &Value| {
        let message = &message["payload"]["data"]["messageReceived"];
        let number: usize = message["messageId"].as_str().unwrap().parse().unwrap();
        assert_eq!(message["text"], format!("{WORDS} {number}"), "{message}");
        assert_eq!(message["sender"]["id"], "api.live", "{message}");
        number
    };
    while number(&heard) < recorded + 3 {
        let then = next(&mut socket).await.unwrap();
        assert_eq!(number(&then), number(&heard) + 1);
        heard = then;
    }

    let stopping = tokio::task::spawn_blocking(move || up.stop().unwrap());
    let goodbye = next(&mut socket).await.unwrap_err().unwrap();
    assert_eq!(u16::from(goodbye.code), 1001);
    while let Some(Ok(_)) = socket.next().await {}
    let log = stopping.await.unwrap();
    assert!(log.contains("a socket ended"), "{log}");
    assert!(!log.contains("secret") && !log.contains(&token[4..]), "words or a token stand in the log");
}
