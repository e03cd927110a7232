//! The chat page: three files, in the binary.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

/// Nothing from elsewhere, no inline script: what people write stays text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")], text)
}

/// `/` and what it needs.
pub(crate) fn routes() -> axum::Router {
    axum::Router::new()
        .route("/", get(|| async { file("text/html; charset=utf-8", include_str!("../page/index.html")) }))
        .route("/page/style.css", get(|| async { file("text/css; charset=utf-8", include_str!("../page/style.css")) }))
        .route("/page/icon.svg", get(|| async { file("image/svg+xml", include_str!("../page/icon.svg")) }))
        .route("/page/api.js", get(|| async { file("text/javascript", include_str!("../page/api.js")) }))
        .route("/page/entities.js", get(|| async { file("text/javascript", include_str!("../page/entities.js")) }))
        .route("/page/bubbles.js", get(|| async { file("text/javascript", include_str!("../page/bubbles.js")) }))
        .route("/page/composer.js", get(|| async { file("text/javascript", include_str!("../page/composer.js")) }))
        .route("/page/main.js", get(|| async { file("text/javascript", include_str!("../page/main.js")) }))
}
