//! Query parameters and headers that look like an attack are counted and logged by kind, never by content, and never
//! refused for it: what a field's format forbids is refused where the field is read. Words of people are exempt.

use axum::{
    extract::{Query, Request},
    http::header::{AUTHORIZATION, COOKIE},
};

/// Parameters that hold documents or people's words, where such patterns are ordinary.
const EXEMPT_PARAMETERS: [&str; 7] = ["query", "variables", "extensions", "operationName", "q", "search", "text"];
/// What was looked for, in lower case with single spaces.
const PATTERNS: [(&str, &[&str]); 3] = [
    (
        "sql",
        &["union select", "union all select", "' or ", "or 1=1", "drop table", "insert into", "pg_sleep(", "';", "'--"],
    ),
    ("script", &["<script", "javascript:", "onerror=", "onload=", "<iframe", "<svg"]),
    ("path", &["../", "..\\", "%2e%2e", "/etc/passwd", "/proc/self", "\0"]),
];

/// Counts what this request's parameters and headers look like, each kind once.
pub(crate) fn count(request: &Request) {
    for kind in kinds(request) {
        metrics::counter!("suspicious_input_total", "kind" => kind).increment(1);
        tracing::info!(kind, "a request carried suspicious parameters or headers");
    }
}

fn kinds(request: &Request) -> Vec<&'static str> {
    let parameters = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map_or_else(
        // A query string that cannot be decoded is looked at as it stands.
        |_| vec![(String::new(), request.uri().query().unwrap_or_default().to_owned())],
        |Query(parameters)| parameters,
    );
    let parameters = parameters
        .into_iter()
        .filter(|(name, _)| !EXEMPT_PARAMETERS.contains(&name.as_str()))
        .flat_map(|(name, value)| [name, value]);
    let headers = request
        .headers()
        .iter()
        .filter(|(name, _)| **name != AUTHORIZATION && **name != COOKIE)
        .map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let inputs: Vec<String> = parameters.chain(headers).map(|input| plain(&input)).collect();
    PATTERNS
        .iter()
        .filter(|(_, patterns)| inputs.iter().any(|input| patterns.iter().any(|pattern| input.contains(pattern))))
        .map(|(kind, _)| *kind)
        .collect()
}

/// In lower case, every run of white space one space.
fn plain(input: &str) -> String {
    let words: Vec<&str> = input.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::{body::Body, extract::Request};

    use super::kinds;

    fn get(uri: &str) -> Request {
        Request::builder().uri(uri).header("accept", "*/*").body(Body::empty()).unwrap()
    }

    #[test]
    fn hostile_parameters_are_told_by_kind() {
        assert_eq!(kinds(&get("/x?id=1%27%20OR%201=1")), ["sql"]);
        assert_eq!(kinds(&get("/x?id=1+UNION%0A+SELECT+2")), ["sql"]);
        assert_eq!(kinds(&get("/x?name=%3CScript%3E")), ["script"]);
        assert_eq!(kinds(&get("/x?file=../../etc/passwd")), ["path"]);
        assert_eq!(kinds(&get("/x?file=%252e%252e/")), ["path"]);
        assert_eq!(kinds(&get("/x?a=%3Csvg&b=../")), ["script", "path"]);
    }

    #[test]
    fn hostile_headers_count_but_secrets_are_not_looked_at() {
        let mut request = get("/x");
        request.headers_mut().insert("x-forwarded-host", "<script>".parse().unwrap());
        assert_eq!(kinds(&request), ["script"]);
        let mut request = get("/x");
        request.headers_mut().insert("authorization", "Bearer ../".parse().unwrap());
        assert!(kinds(&request).is_empty());
    }

    #[test]
    fn ordinary_requests_and_the_words_of_people_are_exempt() {
        assert!(kinds(&get("/x")).is_empty());
        assert!(kinds(&get("/x?limit=10&after=abc")).is_empty());
        assert!(kinds(&get("/graphql?query=%7Ba(x:%22%27%20or%20%22)%7D")).is_empty());
        assert!(kinds(&get("/api/search?q=drop%20table")).is_empty());
    }
}
