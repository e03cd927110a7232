//! Only this machine's own pages and programs may give orders: no foreign page, no rebound name.

use axum::{
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{HOST, HeaderName, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses what a browser sends for a page of another site.
pub(super) async fn from_this_machine(request: Request, next: Next) -> Response {
    if is_ours(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "the stand-in takes orders from this machine only").into_response()
}

fn is_ours(headers: &HeaderMap) -> bool {
    let host = text(headers, &HOST).unwrap_or_default();
    let is_same = text(headers, &ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    is_loopback(host) && is_same
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}
