//! Which of the two media types the client wants.

use axum::http::{HeaderMap, header::ACCEPT};

/// The media types of a GraphQL answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status tells a request error.
    GraphqlResponse,
    /// `application/json`: the status of an answer is always 200.
    Json,
}

/// The one with the greatest weight, the first named of equal ones; `*/*`, `application/*` and silence mean JSON.
/// None when the client takes neither.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<MediaType> {
    let mut best: Option<(u16, MediaType)> = None;
    let mut asked = false;
    for value in headers.get_all(ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',').map(str::trim).filter(|range| !range.is_empty()) {
            asked = true;
            if let Some((weight, media_type)) = acceptable(range)
                && best.is_none_or(|(heaviest, _)| weight > heaviest)
            {
                best = Some((weight, media_type));
            }
        }
    }
    if asked { best.map(|(_, media_type)| media_type) } else { Some(MediaType::Json) }
}

/// Weight in thousandths and media type of one range, where it can be served.
fn acceptable(range: &str) -> Option<(u16, MediaType)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/graphql-response+json" => MediaType::GraphqlResponse,
        "application/json" | "application/*" | "*/*" => MediaType::Json,
        _ => return None,
    };
    let mut weight = 1000;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => weight = thousandths(value)?,
            "charset" if !matches!(value.to_ascii_lowercase().as_str(), "utf-8" | "utf8") => return None,
            _ => {}
        }
    }
    (weight > 0).then_some((weight, media_type))
}

/// `0.25` is 250; nothing for what is no weight.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if fraction.len() > 3 || !matches!(whole, "0" | "1") || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = format!("{whole}{fraction:0<3}").parse().ok()?;
    (value <= 1000).then_some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::{HeaderMap, header::ACCEPT};

    use super::{
        MediaType::{GraphqlResponse, Json},
        negotiate,
    };

    #[test]
    fn the_heaviest_known_type_wins_and_the_first_of_equals() {
        for (accept, expected) in [
            ("application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*;q=0.1", Some(Json)),
            ("application/json, application/graphql-response+json", Some(Json)),
            ("application/graphql-response+json, application/json", Some(GraphqlResponse)),
            ("application/json;q=0.8, application/graphql-response+json;q=0.9", Some(GraphqlResponse)),
            ("application/graphql-response+json;q=0, */*", Some(Json)),
            ("APPLICATION/JSON; charset=UTF-8", Some(Json)),
            ("application/json; charset=utf-16", None),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=2", None),
            ("", Some(Json)),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(negotiate(&headers), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Some(Json));
    }
}
