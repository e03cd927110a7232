//! Operations over a socket: results, errors, ends, and many at once.

use std::time::Duration;

use chronogram_graphql::Role;
use chronogram_http::Limits;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    http_support::{Server, json as answer_of},
    ws_support::Socket,
};

#[tokio::test]
async fn queries_and_mutations_have_one_result() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Operator).await;
    for (query, data) in [
        ("{ whoami }", json!({ "whoami": "the-operator operator" })),
        ("mutation { change }", json!({ "change": true })),
    ] {
        socket.subscribe("one", query).await;
        assert_eq!(socket.result("one").await, json!({ "data": data }));
        socket.completed("one").await;
    }
    let payload = json!({
        "query": "query A($text: String!) { echo(text: $text) } query B { broken }",
        "operationName": "A",
        "variables": { "text": "Run🏃" },
    });
    socket.send(json!({ "type": "subscribe", "id": "two", "payload": payload })).await;
    assert_eq!(socket.result("two").await, json!({ "data": { "echo": "Run🏃" } }));
    socket.completed("two").await;
}

#[tokio::test]
async fn a_mutation_brings_its_idempotency_key_along() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Operator).await;
    let mutation = |key| json!({ "query": "mutation { key }", "extensions": { "idempotencyKey": key } });
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": mutation("k-1") })).await;
    assert_eq!(socket.result("1").await["data"]["key"], "k-1");
    socket.completed("1").await;
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": mutation("\n") })).await;
    assert_eq!(socket.error("1").await, "BAD_REQUEST");
}

#[tokio::test]
async fn a_subscription_has_its_results_in_order_and_then_its_end() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    // The id is free again after the end.
    for below in [100, 3] {
        socket.subscribe("c", &format!("subscription {{ counts(below: {below}) }}")).await;
        for number in 0..below {
            assert_eq!(socket.result("c").await, json!({ "data": { "counts": number } }));
        }
        socket.completed("c").await;
    }
}

#[tokio::test]
async fn subscriptions_on_one_socket_do_not_wait_for_one_another() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("a", "subscription { said }").await;
    socket.subscribe("b", "subscription { said }").await;
    server.feed.wait_for_listeners(2).await;
    // One that waits holds up nobody.
    socket.subscribe("waits", "{ waits }").await;
    server.graphql_gate.wait_for_entry().await;
    for text in ["hello", "again"] {
        server.feed.said.send(text.to_owned()).unwrap();
        let mut heard = vec![socket.next().await, socket.next().await];
        heard.sort_by_key(|message| message["id"].to_string());
        let next = |id: &str| json!({ "type": "next", "id": id, "payload": { "data": { "said": text } } });
        assert_eq!(heard, [next("a"), next("b")]);
    }
    server.graphql_gate.open.add_permits(1);
    assert_eq!(socket.result("waits").await["data"]["waits"], true);
    socket.completed("waits").await;
}

#[tokio::test]
async fn complete_stops_a_subscription_and_frees_its_id() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("a", "subscription { said }").await;
    socket.subscribe("b", "subscription { said }").await;
    server.feed.wait_for_listeners(2).await;
    socket.complete("a").await;
    server.feed.wait_for_listeners(1).await;
    server.feed.said.send("for b".to_owned()).unwrap();
    assert_eq!(socket.result("b").await["data"]["said"], "for b");
    socket.subscribe("a", "{ whoami }").await;
    assert_eq!(socket.result("a").await["data"]["whoami"], "the-analyst analyst");
    socket.completed("a").await;
}

#[tokio::test]
async fn an_id_in_use_is_closed_with_4409_whatever_the_operation() {
    let server = Server::start().await;
    for first in ["subscription { said }", "{ waits }"] {
        let mut socket = Socket::ready(&server, Role::Analyst).await;
        socket.subscribe("same", first).await;
        socket.subscribe("same", "{ whoami }").await;
        assert_eq!(socket.closed().await, (4409, "Subscriber for this id already exists".to_owned()), "{first}");
    }
    server.feed.wait_for_listeners(0).await;
}

#[tokio::test]
async fn what_cannot_be_executed_ends_in_an_error_with_a_code() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let deep = format!("{}a", "{a ".repeat(200));
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        (deep.as_str(), "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { whoami } query B { whoami }", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        socket.subscribe("1", query).await;
        assert_eq!(socket.error("1").await, code, "{query}");
    }
    socket.subscribe("1", "subscription { refused }").await;
    let refused = socket.next().await;
    assert_eq!((&refused["type"], &refused["payload"][0]["message"]), (&json!("error"), &json!("refused on purpose")));
}

#[tokio::test]
async fn an_error_while_executing_is_a_result() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("q", "{ maybeBroken }").await;
    let result = socket.result("q").await;
    assert_eq!(
        (&result["data"], &result["errors"][0]["path"]),
        (&json!({ "maybeBroken": null }), &json!(["maybeBroken"]))
    );
    socket.completed("q").await;

    socket.subscribe("s", "subscription { breaks }").await;
    assert_eq!(socket.result("s").await, json!({ "data": { "breaks": 1 } }));
    assert_eq!(socket.result("s").await["errors"][0]["message"], "broken on purpose");
    socket.completed("s").await;
}

#[tokio::test]
async fn a_panic_is_one_operations_own_and_tells_nothing() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("listens", "subscription { said }").await;
    server.feed.wait_for_listeners(1).await;
    socket.subscribe("q", "{ panics }").await;
    assert_eq!(socket.error("q").await, "INTERNAL_SERVER_ERROR");
    socket.subscribe("s", "subscription { panics }").await;
    assert_eq!(socket.result("s").await["data"]["panics"], 1);
    assert_eq!(socket.error("s").await, "INTERNAL_SERVER_ERROR");
    server.feed.said.send("still here".to_owned()).unwrap();
    assert_eq!(socket.result("listens").await["data"]["said"], "still here");
}

#[tokio::test]
async fn queries_over_a_socket_keep_the_bounds_of_requests() {
    let limits = Limits { request_timeout: Duration::from_millis(300), in_flight_max: 1, ..Limits::default() };
    let server = Server::with(Vec::new(), limits).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("waits", "{ waits }").await;
    server.graphql_gate.wait_for_entry().await;
    socket.subscribe("second", "{ whoami }").await;
    assert_eq!(socket.error("second").await, "UNAVAILABLE");
    assert_eq!(socket.error("waits").await, "TIMEOUT");
    socket.subscribe("second", "{ whoami }").await;
    assert_eq!(socket.result("second").await["data"]["whoami"], "the-analyst analyst");
}

#[tokio::test]
async fn a_subscription_over_plain_http_is_told_where_to_go() {
    let server = Server::start().await;
    let document = "subscription { counts(below: 1) }";
    for request in [
        server.post("/graphql").json(&json!({ "query": document })),
        server.get("/graphql").query(&[("query", document)]),
    ] {
        let (status, _, answer) = answer_of(request.bearer_auth(server.token(Role::Analyst))).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (StatusCode::OK, &json!("BAD_REQUEST")));
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("graphql-transport-ws"), "{answer}");
    }
}
