//! Operators look after projections: what they ask for becomes a job, once; what is parked is tried again or skipped.

use chronogram_engine::Engine;
use chronogram_graphql::{IdempotencyKey, Role, async_graphql::Request};
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, code, principal},
    graphql_world::world,
};

/// `people` is stopped by an event.
async fn stopped(fixture: &Fixture) {
    let version = i32::try_from(chronogram_read_models::people::VERSION).unwrap();
    for sql in [
        "insert into projection.checkpoint (name, version, fingerprint, state, error, error_position) \
         values ('people', $1, '', 'stopped', 'a reason', 3)",
        "insert into projection.parked (name, version, position, kind, reason) values ('people', $1, 3, 'poison', 'a reason')",
    ] {
        sqlx::query(sql).bind(version).execute(&fixture.pool).await.unwrap();
    }
}

async fn parked(engine: &Engine) -> Vec<(u64, Option<String>)> {
    let parked = engine.parked(Some("people")).await.unwrap();
    parked
        .into_iter()
        .map(|event| (event.position.0, event.skipped.map(|skipped| format!("{}: {}", skipped.by, skipped.why))))
        .collect()
}

#[tokio::test]
async fn what_an_operator_asks_for_is_a_job_for_who_keeps_the_projections() {
    let fixture = world().await;
    fixture.folds.catch_up().await.unwrap();
    let query =
        r#"mutation { rebuildProjection(name: "people", switch: true) { kind projection state askedBy error } }"#;
    let answer = fixture.ask_as(Role::Operator, query).await;
    let job = json!({ "kind": "rebuild", "projection": "people", "state": "queued", "askedBy": "the operator", "error": null });
    assert_eq!(answer["data"]["rebuildProjection"], job);
    fixture.data(r#"mutation { switchProjection(name: "people") { id } }"#).await;
    fixture.data(r#"mutation { rollbackProjection(name: "people") { id } }"#).await;
    fixture.data(r#"mutation { buildAsOf(position: "5") { id projection } }"#).await;
    fixture.data(r#"mutation { buildAsOf(time: "2026-11-21T03:00:00Z") { id } }"#).await;
    let seen = fixture.data("{ projections { name jobs { kind state } } projectionJobs { kind } }").await;
    let people = seen["projections"].as_array().unwrap().iter().find(|one| one["name"] == "people").unwrap();
    let kinds: Vec<_> = people["jobs"].as_array().unwrap().iter().map(|job| job["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rollback", "switch", "rebuild"]);
    let all: Vec<_> =
        seen["projectionJobs"].as_array().unwrap().iter().map(|job| job["kind"].as_str().unwrap()).collect();
    assert_eq!(all, ["as_of", "as_of", "rollback", "switch", "rebuild"]);

    let unknown = fixture.ask(r#"mutation { switchProjection(name: "chairs") { id } }"#).await;
    assert_eq!(code(&unknown), "NOT_FOUND");
}

#[tokio::test]
async fn a_repeat_under_the_same_key_is_the_same_job() {
    let fixture = world().await;
    let ask = |query: &str| {
        let request = Request::new(query).data(principal(Role::Operator)).data(IdempotencyKey("k".to_owned()));
        fixture.execute(request)
    };
    let rollback = r#"mutation { rollbackProjection(name: "people") { id } }"#;
    let first = ask(rollback).await;
    assert!(first["data"]["rollbackProjection"]["id"].is_string(), "{first}");
    assert_eq!(ask(rollback).await["data"], first["data"]);
    let other = ask(r#"mutation { rollbackProjection(name: "channels") { id } }"#).await;
    assert_eq!(code(&other), "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn what_stopped_a_projection_is_tried_again_or_skipped() {
    let fixture = world().await;
    stopped(&fixture).await;
    let retry = r#"mutation { retryParked(projection: "people") { name } }"#;
    assert_eq!(fixture.data(retry).await["retryParked"]["name"], "people");
    let state: String = sqlx::query_scalar("select state from projection.checkpoint where name = 'people'")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(state, "running");

    let skip = |position: &str, why: &str| {
        format!(r#"mutation {{ skipParked(projection: "people", position: "{position}", why: "{why}") {{ name }} }}"#)
    };
    assert_eq!(code(&fixture.ask(&skip("4", "broken")).await), "CONFLICT");
    assert_eq!(code(&fixture.ask(&skip("3", " ")).await), "BAD_USER_INPUT");
    assert_eq!(parked(&fixture.engine).await, [(3, None)]);
    fixture.data(&skip("3", "it is broken")).await;
    assert_eq!(parked(&fixture.engine).await, [(3, Some("the admin: it is broken".to_owned()))]);
    assert_eq!(code(&fixture.ask(retry).await), "CONFLICT", "nothing waits any more");
}

#[tokio::test]
async fn only_operators_and_admins_look_after_projections() {
    let fixture = world().await;
    for field in [
        r#"rebuildProjection(name: "people") { id }"#,
        r#"switchProjection(name: "people") { id }"#,
        r#"rollbackProjection(name: "people") { id }"#,
        r#"buildAsOf(position: "1") { id }"#,
        r#"retryParked(projection: "people") { name }"#,
        r#"skipParked(projection: "people", position: "1", why: "x") { name }"#,
    ] {
        for role in [Role::Analyst, Role::PluginAuthor] {
            let refused: Value = fixture.ask_as(role, &format!("mutation {{ {field} }}")).await;
            assert_eq!(code(&refused), "FORBIDDEN", "{role}: {field}");
        }
    }
    for field in ["projectionJobs { id }", "projections { jobs { id } }", "projections { parkedEvents { position } }"] {
        let refused = fixture.ask_as(Role::Analyst, &format!("{{ {field} }}")).await;
        let errors = refused["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["extensions"]["code"] == "FORBIDDEN"), "{refused}");
    }
}
