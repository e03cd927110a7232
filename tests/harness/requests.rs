//! Asking a running system over HTTP.

use anyhow::Context as _;
use serde_json::{Value, json};

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

/// A GraphQL query with a token; the whole answer.
pub async fn graphql(api: &str, token: &str, query: &str) -> anyhow::Result<Value> {
    let request = http_client().post(format!("{api}/graphql")).bearer_auth(token).json(&json!({ "query": query }));
    request.send().await?.json().await.context("the answer of GraphQL is JSON")
}
