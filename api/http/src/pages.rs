//! The static pages: the landing page, GraphiQL, and what they load. All of it is in the binary; nothing comes from
//! elsewhere, and nothing in it is data.

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{HttpState, failure};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// GraphiQL and its editor set styles from scripts, hence `unsafe-inline` for styles; scripts are files of ours only.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<HttpState> {
    Router::new()
        .route("/", get(async |headers: HeaderMap| file("index.html", &headers).await))
        .route("/graphiql", get(async |headers: HeaderMap| file("graphiql/index.html", &headers).await))
        .route("/assets/{*path}", get(async |Path(path): Path<String>, headers: HeaderMap| file(&path, &headers).await))
}

/// A file of the binary. The path is only a key among the embedded names: there is no folder to leave.
async fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(found) = Assets::get(path) else { return failure::no_such_route().await.into_response() };
    let etag = etag(&found);
    let unchanged = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match found.data {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        };
        Response::new(body)
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    // Asked again each time, answered 304 mostly: a new release is seen at once.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

fn etag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(file.metadata.sha256_hash()))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
