//! What it answers.

use axum::{
    Json,
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{Manner, rules::error};

/// Puts something in the place of what stands there.
fn put(answer: &mut Value, place: &str, new: Value) {
    if let Some(old) = answer.pointer_mut(place) {
        *old = new;
    }
}

pub(super) async fn of(request: &Value, manner: Manner) -> Response {
    let mut response = match manner {
        Manner::Say(text) => completion(request, &text, "stop").into_response(),
        Manner::RunOut(text) => completion(request, &text, "length").into_response(),
        Manner::Slow(wait, text) => {
            tokio::time::sleep(wait).await;
            completion(request, &text, "stop").into_response()
        }
        Manner::Refuse(text) => {
            let Json(mut answer) = completion(request, "", "stop");
            put(&mut answer, "/choices/0/message", json!({ "role": "assistant", "content": null, "refusal": text }));
            Json(answer).into_response()
        }
        Manner::Uncounted(text) => {
            let Json(mut answer) = completion(request, &text, "stop");
            put(&mut answer, "/usage", Value::Null);
            Json(answer).into_response()
        }
        Manner::Limited(seconds) => {
            let message = "Rate limit reached for requests.";
            let mut response = error(429, "requests", None, Some("rate_limit_exceeded"), message);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Manner::QuotaSpent => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            error(429, "insufficient_quota", None, Some("insufficient_quota"), message)
        }
        Manner::Fault(status) => {
            error(status, "server_error", None, None, "The server had an error while processing your request.")
        }
        Manner::Never => std::future::pending().await,
        Manner::CutOff => cut_off(request),
        Manner::NoJson => "<html>The gateway is tired</html>".into_response(),
    };
    for (name, value) in [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn completion(request: &Value, text: &str, finish: &str) -> Json<Value> {
    let asked: usize = request["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| tokens(message["content"].as_str().unwrap_or_default()) + 3)
        .sum();
    let said = tokens(text);
    Json(json!({
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": 1_795_248_000,
        "model": format!("{}-2026-11-01", super::ModelStandin::MODEL),
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null, "annotations": [] },
            "logprobs": null,
            "finish_reason": finish,
        }],
        "usage": {
            "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said,
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_standin",
    }))
}

/// As such servers count, about: a token is four characters.
fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

fn cut_off(request: &Value) -> Response {
    let Json(answer) = completion(request, "This is never heard", "stop");
    let text = answer.to_string();
    let half = Bytes::from(text.chars().take(text.chars().count() / 2).collect::<String>());
    let broken = stream::iter([Ok(half)]).chain(stream::once(async {
        // What is sent so far goes out first.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut off"))
    }));
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(broken)).into_response()
}
