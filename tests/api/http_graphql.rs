//! GraphQL over HTTP: the rules of the specification's draft, as the audits of the npm package `graphql-http` have
//! them (their ids stand beside each), and what we add.

use chronogram_graphql::Role;
use chronogram_http::Limits;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::http_support::{Server, header, json};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

/// A POST of `body` as JSON.
fn post(server: &Server, accept: Option<&str>, body: impl Into<String>) -> reqwest::RequestBuilder {
    let request =
        server.post("/graphql").bearer_auth(server.token(Role::Analyst)).header("content-type", JSON).body(body.into());
    match accept {
        Some(accept) => request.header("accept", accept),
        None => request,
    }
}

fn get(server: &Server, parameters: &[(&str, &str)]) -> reqwest::RequestBuilder {
    server.get("/graphql").bearer_auth(server.token(Role::Analyst)).query(parameters)
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_media_type_follows_accept() {
    let server = Server::start().await;
    let query = json!({ "query": "{ __typename }" }).to_string();
    for (audit, accept, expected) in [
        ("22EB", Some(GRAPHQL), GRAPHQL),
        ("4655", Some(JSON), JSON),
        ("47DE", Some("*/*"), JSON),
        ("80D8", None, JSON),
        ("weights", Some("application/json;q=0.5, application/graphql-response+json"), GRAPHQL),
    ] {
        let (status, content_type, body) = json(post(&server, accept, query.clone())).await;
        assert_eq!(status, StatusCode::OK, "{audit}");
        assert_eq!(content_type, format!("{expected}; charset=utf-8"), "{audit}");
        assert_eq!(body, json!({ "data": { "__typename": "Query" } }), "{audit}");
    }
    let (status, _, body) = json(post(&server, Some("text/html"), query)).await;
    assert_eq!((status, code(&body)), (StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST"));
}

#[tokio::test]
async fn the_position_that_an_answer_must_have_seen_comes_in_a_header_too() {
    let server = Server::start().await;
    let ask = || post(&server, None, json!({ "query": "{ minPosition }" }).to_string());
    assert_eq!(json(ask()).await.2["data"]["minPosition"], Value::Null);
    assert_eq!(json(ask().header("X-Min-Position", "4711")).await.2["data"]["minPosition"], 4711);
    for nonsense in ["-1", "soon", ""] {
        let (status, _, body) = json(ask().header("X-Min-Position", nonsense)).await;
        assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{nonsense}");
    }
}

#[tokio::test]
async fn utf_8_is_read_and_written() {
    let server = Server::start().await;
    let body = json!({ "query": "{ echo(text: \"Run🏃Swim🏊 текст\") }" }).to_string();
    for (audit, content_type) in [("BF61", "application/json; charset=utf-8"), ("78D5 82A3", JSON)] {
        let request = server.post("/graphql").bearer_auth(server.token(Role::Analyst));
        let (status, _, answer) = json(request.header("content-type", content_type).body(body.clone())).await;
        assert_eq!(status, StatusCode::OK, "{audit}");
        assert_eq!(answer["data"]["echo"], "Run🏃Swim🏊 текст", "{audit}");
    }
}

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let server = Server::start().await;
    let query = json!({ "query": "{ __typename }" }).to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/graphql"), Some("application/json; charset=latin1")]
    {
        let mut request = server.post("/graphql").bearer_auth(server.token(Role::Analyst)).body(query.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let (status, _, body) = json(request).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "9ABE {content_type:?}");
        assert_eq!(code(&body), "BAD_REQUEST");
    }
    let (status, _, _) = json(post(&server, None, query).header("content-encoding", "gzip")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn parameters_of_a_wrong_type_answer_400() {
    let server = Server::start().await;
    let mut bodies = vec![
        ("A5BF", String::new()),
        ("B6DC BCF8 B7N8", "{ \"not a JSON".to_owned()),
        ("423L", json!({ "notquery": "{ __typename }" }).to_string()),
        ("8764 3E3A", json!({ "qeury": "{ __typename }" }).to_string()),
        ("batch", json!([{ "query": "{ __typename }" }]).to_string()),
        ("string", json!("{ __typename }").to_string()),
    ];
    for wrong in [json!({ "obj": "ect" }), json!(0), json!(false), json!(["array"]), json!(null)] {
        bodies.push(("LKJ", json!({ "query": wrong }).to_string()));
        if !wrong.is_null() {
            bodies.push(("6C0", json!({ "query": "{ __typename }", "operationName": wrong }).to_string()));
        }
    }
    for wrong in [json!("string"), json!(0), json!(false), json!(["array"])] {
        bodies.push(("476", json!({ "query": "{ __typename }", "variables": wrong }).to_string()));
        bodies.push(("58B", json!({ "query": "{ __typename }", "extensions": wrong }).to_string()));
    }
    for (audit, body) in bodies {
        for accept in [None, Some(JSON), Some(GRAPHQL)] {
            let (status, content_type, answer) = json(post(&server, accept, body.clone())).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{audit} {body}");
            assert_eq!(content_type, format!("{}; charset=utf-8", accept.unwrap_or(JSON)), "{audit} {body}");
            assert_eq!(code(&answer), "BAD_REQUEST", "{audit} {body}");
            assert!(answer.get("data").is_none(), "{audit} {body}");
        }
    }
}

#[tokio::test]
async fn parameters_of_the_right_type_are_taken() {
    let server = Server::start().await;
    let typed = "query Type($name: String!) { __type(name: $name) { name } }";
    for (audit, body) in [
        ("2C94 03D4 34A2 13EE", json!({ "query": "{ __typename }" })),
        ("8161 B8B3", json!({ "query": "query Query { __typename }", "operationName": "Query" })),
        ("94B0 0220", json!({ "query": "{ __typename }", "variables": null })),
        ("94B1 0221", json!({ "query": "{ __typename }", "operationName": null })),
        ("94B2 0222", json!({ "query": "{ __typename }", "extensions": null })),
        ("2EA1 28B9", json!({ "query": typed, "variables": { "name": "sometype" } })),
        ("428F 1B7A", json!({ "query": "{ __typename }", "extensions": { "some": "value" } })),
    ] {
        for accept in [JSON, GRAPHQL] {
            let (status, _, answer) = json(post(&server, Some(accept), body.to_string())).await;
            assert_eq!(status, StatusCode::OK, "{audit} {accept}");
            assert!(answer.get("errors").is_none(), "{audit} {accept}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_request_error_has_no_data_and_its_status_follows_the_media_type() {
    let server = Server::start().await;
    for (audit, body, expected) in [
        ("572B 865D 556A D586", json!({ "query": "{" }), "GRAPHQL_PARSE_FAILED"),
        ("empty", json!({ "query": "" }), "GRAPHQL_PARSE_FAILED"),
        ("too deep", json!({ "query": "{a".repeat(60_000) }), "GRAPHQL_PARSE_FAILED"),
        ("too deep a value", json!({ "query": format!("{{ a(x: {} }}", "[".repeat(100_000)) }), "GRAPHQL_PARSE_FAILED"),
        ("FDE2 51FE 74FF 5E5B", json!({ "query": "{ f31403dfe404bccbb0e835f2629c6a7 }" }), "GRAPHQL_VALIDATION_FAILED"),
        ("FDE2", json!({ "query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }" }), "GRAPHQL_PARSE_FAILED"),
        (
            "7B9B 86EE",
            json!({ "query": "query CoerceFailure($id: ID!){ __typename }", "variables": { "id": null } }),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "which operation",
            json!({ "query": "query A { __typename } query B { __typename }" }),
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            "no such operation",
            json!({ "query": "query A { __typename }", "operationName": "B" }),
            "OPERATION_RESOLUTION_FAILURE",
        ),
    ] {
        for (accept, expected_status) in [(JSON, StatusCode::OK), (GRAPHQL, StatusCode::BAD_REQUEST)] {
            let (status, _, answer) = json(post(&server, Some(accept), body.to_string())).await;
            assert_eq!(status, expected_status, "{audit} {accept}");
            assert!(answer.get("data").is_none(), "{audit}");
            assert_eq!(code(&answer), expected, "{audit}: {answer}");
        }
    }
}

#[tokio::test]
async fn an_error_while_executing_keeps_data_and_answers_200() {
    let server = Server::start().await;
    for (query, data) in [("{ broken }", json!(null)), ("{ maybeBroken }", json!({ "maybeBroken": null }))] {
        for accept in [JSON, GRAPHQL] {
            let (status, _, answer) = json(post(&server, Some(accept), json!({ "query": query }).to_string())).await;
            assert_eq!(status, StatusCode::OK, "{query}");
            assert_eq!(answer.get("data"), Some(&data), "{query}");
            assert_eq!(answer["errors"][0]["message"], "broken on purpose");
        }
    }
}

#[tokio::test]
async fn get_runs_queries_only() {
    let server = Server::start().await;
    let typed = "query Type($name: String!) { __type(name: $name) { name } }";
    for (audit, parameters) in [
        ("5A70", vec![("query", "{ __typename }")]),
        ("D6D5 6A70", vec![("query", typed), ("variables", "{\"name\":\"sometype\"}")]),
        ("named", vec![("query", "query A { __typename } mutation B { change }"), ("operationName", "A")]),
        ("extensions", vec![("query", "{ __typename }"), ("extensions", "{}"), ("unknown", "x")]),
    ] {
        for accept in [JSON, GRAPHQL] {
            let (status, _, answer) = json(get(&server, &parameters).header("accept", accept)).await;
            assert_eq!(status, StatusCode::OK, "{audit}");
            assert!(answer.get("errors").is_none(), "{audit}: {answer}");
        }
    }
    for parameters in [
        vec![("query", "mutation { __typename }")],
        vec![("query", "query A { __typename } mutation B { change }"), ("operationName", "B")],
    ] {
        let response = get(&server, &parameters).header("accept", GRAPHQL).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "9C48");
        assert_eq!(header(&response, "allow"), "POST", "9C48");
    }
    for parameters in [
        vec![],
        vec![("query", "{ __typename }"), ("variables", "[]")],
        vec![("query", "{ __typename }"), ("variables", "{")],
        vec![("query", "{ __typename }"), ("query", "{ echo(text: \"x\") }")],
    ] {
        let (status, _, answer) = json(get(&server, &parameters)).await;
        assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{parameters:?}");
    }
}

#[tokio::test]
async fn a_mutation_runs_by_post() {
    let server = Server::start().await;
    let (status, _, answer) = json(post(&server, None, json!({ "query": "mutation { change }" }).to_string())).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "data": { "change": true } })));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let server = Server::start().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD] {
        let request = server.client.request(method.clone(), format!("{}/graphql", server.url));
        let response = request.bearer_auth(server.token(Role::Admin)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(header(&response, "allow"), "GET, POST", "{method}");
    }
}

#[tokio::test]
async fn a_body_has_at_most_256_kib() {
    let server = Server::start().await;
    let (status, _, answer) = json(post(&server, None, " ".repeat(256 * 1024 + 1))).await;
    assert_eq!((status, code(&answer)), (StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST"));
    let query = json!({ "query": "{ __typename }" }).to_string();
    let padded = format!("{}{query}", " ".repeat(256 * 1024 - query.len()));
    let (status, _, _) = json(post(&server, None, padded)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_schema_learns_who_asks_and_nobody_asks_without_a_token() {
    let server = Server::start().await;
    let body = json!({ "query": "{ whoami }" }).to_string();
    for role in Role::ALL {
        let request = server.post("/graphql").bearer_auth(server.token(role)).header("content-type", JSON);
        let (_, _, answer) = json(request.body(body.clone())).await;
        assert_eq!(answer["data"]["whoami"], format!("the-{role} {role}"));
    }
    let response = server.post("/graphql").header("content-type", JSON).body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "www-authenticate"), "Bearer");
    assert_eq!(code(&response.json().await.unwrap()), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_panic_is_one_requests_own_and_tells_nothing() {
    let server = Server::start().await;
    let (status, content_type, answer) = json(post(&server, None, json!({ "query": "{ panics }" }).to_string())).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(content_type, "application/json; charset=utf-8");
    assert_eq!(code(&answer), "INTERNAL_SERVER_ERROR");
    assert!(answer["errors"][0]["extensions"]["errorId"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    assert!(!answer.to_string().contains("secret"));
    let (status, _, _) = json(post(&server, None, json!({ "query": "{ __typename }" }).to_string())).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_504() {
    let limits = Limits { request_timeout: std::time::Duration::from_millis(300), ..Limits::default() };
    let server = Server::with(Vec::new(), limits).await;
    let (status, _, answer) = json(post(&server, None, json!({ "query": "{ waits }" }).to_string())).await;
    assert_eq!((status, code(&answer)), (StatusCode::GATEWAY_TIMEOUT, "TIMEOUT"));
    assert_eq!(answer["errors"][0]["extensions"]["retryable"], true);
}

#[tokio::test]
async fn more_than_the_limit_at_once_are_told_to_come_back_and_health_still_answers() {
    let server = Server::with(Vec::new(), Limits { in_flight_max: 1, ..Limits::default() }).await;
    let waiting = tokio::spawn(post(&server, None, json!({ "query": "{ waits }" }).to_string()).send());
    server.graphql_gate.wait_for_entry().await;
    let response = post(&server, None, json!({ "query": "{ __typename }" }).to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "retry-after"), "1");
    assert_eq!(code(&response.json().await.unwrap()), "UNAVAILABLE");
    assert_eq!(server.get("/health/live").send().await.unwrap().status(), StatusCode::OK);

    server.graphql_gate.open.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    let (status, _, _) = json(post(&server, None, json!({ "query": "{ __typename }" }).to_string())).await;
    assert_eq!(status, StatusCode::OK);
}
