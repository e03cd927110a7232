//! Reading a JSON body: the right type, a bounded size.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
};

use crate::failure::Failure;

/// The body of a request that must be JSON, at most `limit_bytes` of it.
pub(crate) async fn json(headers: &HeaderMap, body: Body, limit_bytes: usize) -> Result<Bytes, Failure> {
    let unsupported = |detail: &str| Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", detail);
    if !headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json) {
        return Err(unsupported("Content-Type must be application/json, in UTF-8"));
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported("Content-Encoding is not supported: send the body as it is"));
    }
    to_bytes(body, limit_bytes).await.map_err(|error| {
        if is_too_large(&error) {
            let detail = format!("the body may have at most {limit_bytes} bytes");
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", detail)
        } else {
            Failure::bad_request("the body did not arrive whole")
        }
    })
}

/// `application/json`, alone or with `charset=utf-8`.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                let value = value.trim().trim_matches('"');
                value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
            }
            _ => true,
        })
}

/// axum wraps the limit's error; what is inside says in words which of the two it was.
fn is_too_large(error: &axum::Error) -> bool {
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
        .any(|error| error.to_string() == "length limit exceeded")
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_is_application_json_in_utf_8() {
        for right in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(is_json(right), "{right}");
        }
        for wrong in ["", "text/json", "application/json; charset=utf-16", "application/graphql", "application/jsonp"] {
            assert!(!is_json(wrong), "{wrong}");
        }
    }
}
