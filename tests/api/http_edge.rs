//! The rest of the edge: health, pages, headers, and stopping.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_graphql::Role;
use chronogram_http::{CheckResult, HealthCheck, HealthStatus, Limits};
use chronogram_listening::Ending;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http_support::{Server, header, json};

struct Check {
    name: &'static str,
    required: bool,
    result: Mutex<CheckResult>,
    asked: AtomicUsize,
}

impl Check {
    fn new(name: &'static str, required: bool) -> Arc<Self> {
        let result = Mutex::new(CheckResult::healthy());
        Arc::new(Self { name, required, result, asked: AtomicUsize::new(0) })
    }

    fn becomes(&self, status: HealthStatus) {
        let detail = Some(json!("connection to 10.1.2.3 refused"));
        *self.result.lock().unwrap() = CheckResult { status, detail };
    }
}

#[async_trait]
impl HealthCheck for Check {
    fn name(&self) -> &'static str {
        self.name
    }

    fn required(&self) -> bool {
        self.required
    }

    async fn check(&self) -> CheckResult {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.result.lock().unwrap().clone()
    }
}

/// Panics, or never answers.
struct Bad(&'static str);

#[async_trait]
impl HealthCheck for Bad {
    fn name(&self) -> &'static str {
        self.0
    }

    fn required(&self) -> bool {
        false
    }

    async fn check(&self) -> CheckResult {
        assert_ne!(self.0, "panics");
        std::future::pending().await
    }
}

async fn health(server: &Server, path: &str) -> (StatusCode, Value) {
    // Past what is remembered.
    server.clock.advance(SignedDuration::from_secs(1));
    let (status, _, body) = json(server.get(path)).await;
    (status, body)
}

#[tokio::test]
async fn what_is_optional_degrades_and_what_is_required_makes_unhealthy() {
    let (database, model) = (Check::new("database", true), Check::new("model", false));
    let server = Server::with(vec![database.clone(), model.clone()], Limits::default()).await;
    let all = ["/health", "/health/full", "/health/ready", "/ready", "/health/live"];
    for path in all {
        let (status, body) = health(&server, path).await;
        assert_eq!((status, &body["status"]), (StatusCode::OK, &json!("healthy")), "{path}");
    }
    model.becomes(HealthStatus::Unhealthy);
    for (path, expected) in all.into_iter().zip(["degraded", "degraded", "healthy", "healthy", "healthy"]) {
        let (status, body) = health(&server, path).await;
        assert_eq!((status, &body["status"]), (StatusCode::OK, &json!(expected)), "{path}");
    }
    database.becomes(HealthStatus::Unhealthy);
    for path in all {
        let expected = if path == "/health/live" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        assert_eq!(health(&server, path).await.0, expected, "{path}");
    }
    let (_, body) = health(&server, "/health/full").await;
    let told = &body["dependencies"]["database"];
    assert_eq!((&told["status"], told["latency_ms"].is_u64()), (&json!("unhealthy"), true));
}

#[tokio::test]
async fn details_are_told_to_those_with_a_token_only() {
    let database = Check::new("database", true);
    database.becomes(HealthStatus::Degraded);
    let server = Server::with(vec![database], Limits::default()).await;
    for path in ["/health", "/health/full", "/ready"] {
        assert!(!health(&server, path).await.1.to_string().contains("10.1.2.3"), "{path}");
    }
    let (_, _, wrong) = json(server.get("/health/full").bearer_auth("chr_wrong")).await;
    assert!(!wrong.to_string().contains("10.1.2.3"));
    let (_, _, right) = json(server.get("/health/full").bearer_auth(server.token(Role::Analyst))).await;
    assert_eq!(right["dependencies"]["database"]["detail"], "connection to 10.1.2.3 refused");
}

#[tokio::test]
async fn a_result_is_remembered_for_a_second_and_living_asks_nobody() {
    let database = Check::new("database", true);
    let server = Server::with(vec![database.clone()], Limits::default()).await;
    for path in ["/health", "/ready", "/health/full", "/health/live"] {
        json(server.get(path)).await;
    }
    assert_eq!(database.asked.load(Ordering::SeqCst), 1);
    health(&server, "/health/live").await;
    assert_eq!(database.asked.load(Ordering::SeqCst), 1);
    json(server.get("/health")).await;
    assert_eq!(database.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_check_that_panics_or_hangs_is_a_finding_like_any_other() {
    let server = Server::with(vec![Arc::new(Bad("panics")), Arc::new(Bad("hangs"))], Limits::default()).await;
    let (status, body) = health(&server, "/health").await;
    assert_eq!((status, &body["status"]), (StatusCode::OK, &json!("degraded")));
    for name in ["panics", "hangs"] {
        assert_eq!(body["dependencies"][name]["status"], "unhealthy", "{name}");
    }
}

#[tokio::test]
async fn while_stopping_it_is_not_ready_but_lives() {
    let server = Server::start().await;
    server.draining.cancel();
    let (status, body) = health(&server, "/ready").await;
    assert_eq!((status, &body["draining"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(true)));
    assert_eq!(health(&server, "/health/live").await.0, StatusCode::OK);
}

#[tokio::test]
async fn unknown_paths_answer_problem_json() {
    let server = Server::start().await;
    for path in ["/nothing", "/health/openai", "/health/webhook", "/assets/../Cargo.toml", "/assets/%2e%2e/Cargo.toml"]
    {
        let (status, content_type, body) = json(server.get(path)).await;
        assert_eq!((status, content_type.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"), "{path}");
        assert_eq!(body["code"], "NOT_FOUND", "{path}");
    }
    let response = server.get("/api/messages").send().await.unwrap();
    assert_eq!((response.status(), header(&response, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_security_headers() {
    let server = Server::start().await;
    for path in ["/", "/graphiql", "/health/live", "/graphql", "/nothing"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer", "{path}");
        let policy = header(&response, "content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src"), "{path}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe"), "{path}");
        assert!(header(&response, "x-request-id").parse::<uuid::Uuid>().is_ok(), "{path}");
    }
    let given = server.get("/health/live").header("x-request-id", "from-the-proxy_1").send().await.unwrap();
    assert_eq!(header(&given, "x-request-id"), "from-the-proxy_1");
    let hostile = server.get("/health/live").header("x-request-id", "<script>").send().await.unwrap();
    assert!(header(&hostile, "x-request-id").parse::<uuid::Uuid>().is_ok());
}

#[tokio::test]
async fn the_pages_and_all_they_load_come_from_here() {
    let server = Server::start().await;
    for page in ["/", "/graphiql"] {
        let response = server.get(page).send().await.unwrap();
        assert_eq!(
            (response.status(), header(&response, "content-type")),
            (StatusCode::OK, "text/html; charset=utf-8")
        );
        let html = response.text().await.unwrap();
        let mut loaded = 0;
        for attribute in html.split(['"']).filter(|part| part.starts_with("assets/") || part.contains("//")) {
            assert!(attribute.starts_with("assets/"), "{page} loads {attribute}");
            let response = server.get(&format!("/{attribute}")).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{attribute}");
            let etag = header(&response, "etag").to_owned();
            let again = server.get(&format!("/{attribute}")).header("if-none-match", etag).send().await.unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{attribute}");
            loaded += 1;
        }
        assert!(loaded > 0 && !html.contains("<script>") && !html.contains("<style"), "{page}");
    }
    let licences = server.get("/assets/graphiql/LICENSES.txt").send().await.unwrap().text().await.unwrap();
    for package in ["graphiql 3", "react 18", "codemirror 5", "graphql 16"] {
        assert!(licences.contains(package), "{package}");
    }
}

#[tokio::test]
async fn a_stop_lets_what_is_at_work_finish_and_takes_nothing_new() {
    let server = Server::start().await;
    let request = server.post("/graphql").bearer_auth(server.token(Role::Analyst));
    let at_work = tokio::spawn(request.json(&json!({ "query": "{ waits }" })).send());
    server.graphql_gate.wait_for_entry().await;
    // An idle connection must not hold the stop up.
    let mut idle = tokio::net::TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 4096]).await.unwrap() > 0);

    server.stop.cancel();
    while tokio::net::TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.graphql_gate.open.add_permits(1);
    assert_eq!(at_work.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(server.serving.await.unwrap(), Ending::Clean);
}

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

/// The head of an answer whose body is short.
async fn head(connection: &mut tokio::net::TcpStream) -> String {
    let mut bytes = [0; 4096];
    let read = connection.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).to_ascii_lowercase()
}

#[tokio::test]
async fn a_request_that_crosses_the_stop_on_its_way_is_answered_and_told_that_it_is_the_last() {
    let server = Server::start().await;
    // Over a connection that was idle when the stop came …
    let mut idle = tokio::net::TcpStream::connect(server.address).await.unwrap();
    idle.write_all(LIVE).await.unwrap();
    assert!(!head(&mut idle).await.contains("connection: close"));
    server.stop.cancel();
    idle.write_all(LIVE).await.unwrap();
    let answer = head(&mut idle).await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert_eq!(server.serving.await.unwrap(), Ending::Clean);

    // … and over one that nobody had accepted yet.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut waiting = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    waiting.write_all(LIVE).await.unwrap();
    let serving = chronogram_http::serve(listener, chronogram_http::router(server.state.clone()), server.stop.clone());
    let (ending, answer) = tokio::join!(serving, head(&mut waiting));
    assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert_eq!(ending, Ending::Clean);
}
