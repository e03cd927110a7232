//! Around every request: an id, a span without query or body, a figure in the histogram, and the security headers.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        HeaderName, HeaderValue, Method,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
    },
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{HttpState, suspicious};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id taken over from a proxy: a UUID has 36 characters, trace ids 32.
const REQUEST_ID_MAX: usize = 64;
/// For everything that is no page: nothing to load, nothing to frame.
const NO_CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) async fn observe(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request).unwrap_or_else(|| state.random_id().to_string());
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "http",
        request.id = %id,
        http.method = method,
        http.route = %route,
        http.status = tracing::field::Empty,
        principal = tracing::field::Empty,
    );
    suspicious::count(&request);
    let mut response = next.run(request).instrument(span.clone()).await;

    let status = response.status();
    span.record("http.status", status.as_u16());
    metrics::histogram!("http_seconds", "route" => route, "method" => method, "status" => status.as_str().to_owned())
        .record(started.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NO_CONTENT_POLICY));
    response
}

/// The id a proxy in front gave, where it looks like one.
fn request_id(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((1..=REQUEST_ID_MAX).contains(&id.len()) && id.bytes().all(harmless)).then(|| id.to_owned())
}

/// Clients may invent methods; a label may have few values.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
