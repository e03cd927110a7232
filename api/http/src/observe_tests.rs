#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use async_trait::async_trait;
use axum::{body::Body, extract::Request, http::StatusCode};
use chronogram_intake::Intake;
use chronogram_log::{Clock, Codec, InMemoryEventStore};
use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{GraphqlExecutor, HttpParts, HttpState, Limits, Tokens};

#[derive(Debug)]
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

struct Nobody;

#[async_trait]
impl GraphqlExecutor for Nobody {
    async fn execute(&self, _: async_graphql::Request) -> async_graphql::Response {
        async_graphql::Response::default()
    }

    fn subscribe(&self, _: async_graphql::Request) -> BoxStream<'static, async_graphql::Response> {
        futures::stream::empty().boxed()
    }
}

fn state() -> HttpState {
    let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nowhere.invalid/none").unwrap();
    let store = Arc::new(InMemoryEventStore::new(Arc::new(Epoch)));
    let codec = Arc::new(Codec::new().unwrap());
    let intake = Intake::new(store, codec, Arc::new(Epoch), Arc::new(|| Ok([7; 16])));
    HttpState::new(HttpParts {
        graphql: Arc::new(Nobody),
        intake: Arc::new(intake),
        tokens: Tokens::new(pool, Arc::new(Epoch)),
        telegram: None,
        health: Vec::new(),
        metrics: Arc::new(String::new),
        clock: Arc::new(Epoch),
        random: Arc::new(|| [7; 16]),
        draining: CancellationToken::new(),
        limits: Limits::default(),
    })
}

/// What the metrics say after a GET of each of `paths`.
async fn metrics_after(paths: &[(&str, StatusCode)]) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // One thread, so that the recorder of this thread sees everything.
    let _here = metrics::set_default_local_recorder(&recorder);
    let router = crate::router(state());
    for (path, expected) in paths {
        let request = Request::builder().uri(*path).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), *expected, "{path}");
    }
    handle.render()
}

#[tokio::test]
async fn time_is_counted_by_matched_route_so_that_paths_make_no_labels() {
    let rendered = metrics_after(&[
        ("/health/live", StatusCode::OK),
        ("/assets/landing.css", StatusCode::OK),
        ("/made/up", StatusCode::NOT_FOUND),
        ("/graphql", StatusCode::UNAUTHORIZED),
    ])
    .await;
    for (route, status) in [("/health/live", 200), ("/assets/{*path}", 200), ("unmatched", 404), ("/graphql", 401)] {
        let labels = format!("http_seconds_count{{route=\"{route}\",method=\"GET\",status=\"{status}\"}} 1");
        assert!(rendered.contains(&labels), "{labels} in {rendered}");
    }
    assert!(!rendered.contains("made/up"));
}

#[tokio::test]
async fn suspicious_input_is_counted_by_kind_and_answered_like_any_other() {
    let rendered = metrics_after(&[
        ("/health/live?file=../../etc/passwd", StatusCode::OK),
        ("/health/live?id=1%27%20or%201=1", StatusCode::OK),
        ("/health/live?x=1", StatusCode::OK),
    ])
    .await;
    for kind in ["path", "sql"] {
        assert!(rendered.contains(&format!("suspicious_input_total{{kind=\"{kind}\"}} 1")), "{kind} in {rendered}");
    }
    assert!(!rendered.contains("kind=\"script\""));
}
