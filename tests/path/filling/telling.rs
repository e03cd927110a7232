//! Who waits for a run is told of it: by a webhook, by the exit code, by sentences.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture};
use serde_json::Value;
use sqlx::ConnectOptions as _;

const SECRET: &str = "only the two of us know";

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

/// Not there at first, then there.
async fn hook(State(told): State<Told>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut told = told.0.lock().unwrap();
    told.push((headers, body));
    if told.len() == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::NO_CONTENT }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_in_figures_signed_and_again_where_it_was_not_there() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    let told = Told::default();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/hooks/hidden-path", listener.local_addr().unwrap());
    let routes = Router::new().route("/hooks/hidden-path", post(hook)).with_state(told.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let mut fill = home.command(&["profiles", "fill", "--all", "--json", "--webhook", &url]);
    fill.env("PROFILES_WEBHOOK_SECRET", SECRET);
    let output = tokio::task::spawn_blocking(move || fill.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hidden-path"), "an address may be a secret");

    let told = told.0.lock().unwrap();
    let [(_, first), (headers, body)] = told.as_slice() else { panic!("told {} times", told.len()) };
    assert_eq!(first, body);
    let signature = headers["x-chronogram-signature"].to_str().unwrap().strip_prefix("sha256=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, body, &hex::decode(signature).unwrap()).unwrap();
    let posted: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&posted["event"], &posted["report"]), (&"profiles_filled".into(), &report));
    assert!(report["enriched"].as_u64() > Some(10), "{report}");
    let text = posted.to_string();
    for name in ["Anna", "Анна", "Bob"] {
        assert!(!text.contains(name), "nobody is named: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_nobody_hears_fails_no_run() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    // A port that was free a moment ago, and is nobody's.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let output = home.run(&["profiles", "fill", "--all", "--webhook", &url]).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("127.0.0.1 was not told"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_refused_before_anything_is_opened() {
    let home = Home::private().unwrap();
    let refused = home.run(&["profiles", "fill", "--all", "--outdated"]).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("exclude each other"));
    let left: Vec<_> = std::fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["plugins"], "nothing was begun: this is where tests share compiled code");
}
