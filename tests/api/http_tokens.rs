//! Tokens: who is let in, and until when.

use chronogram_graphql::Role;
use chronogram_http::tokens::TokenError;
use chronogram_log::Clock;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;

use crate::http_support::{Server, header, json, random_32};

async fn status_with(server: &Server, authorization: &str) -> StatusCode {
    let request = server.get("/graphql?query={__typename}").header("authorization", authorization);
    request.send().await.unwrap().status()
}

async fn last_used(server: &Server, name: &str) -> Option<Timestamp> {
    let all = server.tokens.list().await.unwrap();
    all.into_iter().find(|token| token.name == name).unwrap().last_used_at
}

#[tokio::test]
async fn a_token_is_kept_as_a_hash_only() {
    let server = Server::start().await;
    let created = server.tokens.create("new", Role::Analyst, None, random_32()).await.unwrap();
    assert!(created.plaintext.starts_with("chr_") && created.plaintext.len() == 47, "{}", created.plaintext.len());
    assert!(!format!("{created:?}").contains(&created.plaintext));
    let table: String = sqlx::query_scalar("select string_agg(t::text, ' ') from api_token t")
        .fetch_one(&server.database.pool)
        .await
        .unwrap();
    assert!(table.contains("new") && !table.contains(&created.plaintext));
    assert_eq!(status_with(&server, &format!("Bearer {}", created.plaintext)).await, StatusCode::OK);
    assert_eq!(status_with(&server, &format!("bearer {}", created.plaintext)).await, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let server = Server::start().await;
    let good = server.token(Role::Admin).to_owned();
    let flipped = format!("{}{}", &good[..46], if good.ends_with('A') { 'B' } else { 'A' });
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        good.clone(),
        format!("Basic {good}"),
        format!("Bearer {good}x"),
        format!("Bearer {}", &good[4..]),
        format!("Bearer {flipped}"),
        format!("Bearer chr_{}", "'".repeat(43)),
    ] {
        assert_eq!(status_with(&server, &authorization).await, StatusCode::UNAUTHORIZED, "{authorization}");
    }
    let twice = server.get("/graphql?query={__typename}").bearer_auth(&good).bearer_auth(&good);
    assert_eq!(twice.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_revoke_counts_at_once_here_and_within_five_seconds_elsewhere() {
    let server = Server::start().await;
    let bearer = format!("Bearer {}", server.token(Role::Analyst));
    assert_eq!(status_with(&server, &bearer).await, StatusCode::OK);
    server.tokens.revoke("the-analyst").await.unwrap();
    assert_eq!(status_with(&server, &bearer).await, StatusCode::UNAUTHORIZED);
    assert!(matches!(server.tokens.revoke("the-analyst").await, Err(TokenError::NotFound(_))));

    let bearer = format!("Bearer {}", server.token(Role::Operator));
    assert_eq!(status_with(&server, &bearer).await, StatusCode::OK);
    let elsewhere = chronogram_http::Tokens::new(server.database.pool.clone(), server.clock.clone());
    elsewhere.revoke("the-operator").await.unwrap();
    server.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(status_with(&server, &bearer).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_expiry_counts_to_the_second_although_the_token_is_remembered() {
    let server = Server::start().await;
    let expires_at = server.clock.now() + SignedDuration::from_secs(3);
    let created = server.tokens.create("short", Role::Admin, Some(expires_at), random_32()).await.unwrap();
    let bearer = format!("Bearer {}", created.plaintext);
    assert_eq!(status_with(&server, &bearer).await, StatusCode::OK);
    server.clock.advance(SignedDuration::from_secs(3));
    assert_eq!(status_with(&server, &bearer).await, StatusCode::UNAUTHORIZED);
    let late = server.tokens.create("late", Role::Admin, Some(server.clock.now()), random_32()).await;
    assert!(matches!(late, Err(TokenError::ExpiryPassed(_))));
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let server = Server::start().await;
    let bearer = format!("Bearer {}", server.token(Role::Analyst));
    assert_eq!(last_used(&server, "the-analyst").await, None);
    let first = server.clock.now();
    status_with(&server, &bearer).await;
    assert_eq!(last_used(&server, "the-analyst").await, Some(first));
    server.clock.advance(SignedDuration::from_secs(59));
    status_with(&server, &bearer).await;
    assert_eq!(last_used(&server, "the-analyst").await, Some(first));
    // Past the minute, and past the five seconds for which the token is remembered.
    server.clock.advance(SignedDuration::from_secs(5));
    status_with(&server, &bearer).await;
    assert_eq!(last_used(&server, "the-analyst").await, Some(first + SignedDuration::from_secs(64)));
}

#[tokio::test]
async fn names_are_given_once_and_have_a_form() {
    let server = Server::start().await;
    let taken = server.tokens.create("the-admin", Role::Analyst, None, random_32()).await;
    assert!(matches!(taken, Err(TokenError::NameTaken(_))));
    for name in ["", "a b", "ä", "a\n", &"x".repeat(65)] {
        let refused = server.tokens.create(name, Role::Analyst, None, random_32()).await;
        assert!(matches!(refused, Err(TokenError::BadName)), "{name}");
    }
}

#[tokio::test]
async fn when_tokens_cannot_be_looked_up_the_answer_is_503_not_401() {
    let server = Server::start().await;
    server.database.pool.close().await;
    let request = server.get("/metrics").bearer_auth(server.token(Role::Admin));
    let (status, content_type, body) = json(request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(content_type, "application/problem+json");
    assert_eq!((&body["code"], &body["retryable"]), (&"UNAVAILABLE".into(), &true.into()));
}

#[tokio::test]
async fn metrics_are_for_operators_on_the_public_port_and_free_on_the_other() {
    let server = Server::start().await;
    for (role, expected) in [
        (Role::Analyst, StatusCode::FORBIDDEN),
        (Role::PluginAuthor, StatusCode::FORBIDDEN),
        (Role::Operator, StatusCode::OK),
        (Role::Admin, StatusCode::OK),
    ] {
        let response = server.get("/metrics").bearer_auth(server.token(role)).send().await.unwrap();
        assert_eq!(response.status(), expected, "{role}");
    }
    assert_eq!(server.get("/metrics").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let admin = chronogram_http::admin_router(server.state.clone());
    tokio::spawn(chronogram_http::serve(listener, admin, server.stop.clone()));
    let response = server.client.get(format!("{url}/metrics")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("text/plain; version=0.0.4"));
    assert_eq!(response.text().await.unwrap(), "up 1\n");
    assert_eq!(server.client.get(format!("{url}/ready")).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(server.client.get(format!("{url}/graphql")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    server.stop.cancel();
}
