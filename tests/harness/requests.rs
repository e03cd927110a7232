//! Asking a running system over HTTP.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

/// How long an answer that asks for another try is believed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client; its TLS provider is installed once, though nothing here speaks TLS.
pub fn http_client() -> reqwest::Client {
    // Err: another test of this binary was first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::new()
}

/// GET, as JSON.
pub async fn get_json(url: &str) -> anyhow::Result<Value> {
    http_client().get(url).send().await?.json().await.with_context(|| format!("JSON of {url}"))
}

/// A GraphQL query with a token; the whole answer. Asked again, as clients should, while the answer says that this helps.
pub async fn graphql(api: &str, token: &str, query: &str) -> anyhow::Result<Value> {
    let begun = Instant::now();
    loop {
        let request = http_client().post(format!("{api}/graphql")).bearer_auth(token).json(&json!({ "query": query }));
        let answer: Value = request.send().await?.json().await.context("the answer of GraphQL is JSON")?;
        let mut errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
        let may_help = |error: &Value| error.pointer("/extensions/retryable") == Some(&Value::Bool(true));
        if !errors.any(may_help) || begun.elapsed() > PATIENCE {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
