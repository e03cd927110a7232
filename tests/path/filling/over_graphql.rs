//! Operators start runs over GraphQL and watch them to their end.

use std::time::Duration;

use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture, graphql, http_client};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_watched_and_begun_again_by_its_key() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    let up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    let ask = async |query: &str| -> Value { graphql(&api, &token, query).await.unwrap() };
    let watch = async |id: &str| {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let answer = ask(&format!(r#"{{ profileRun(id: "{id}") {{ state done people filled report }} }}"#)).await;
            let run = answer["data"]["profileRun"].clone();
            if run["state"] != "running" {
                return run;
            }
            assert!(tokio::time::Instant::now() < deadline, "it does not end: {run}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };

    let started = ask("mutation { startProfileRun(input: { workers: 2, limit: 5 }) { id strategy people } }").await;
    let started = &started["data"]["startProfileRun"];
    assert_eq!((&started["strategy"], &started["people"]), (&"basic".into(), &"5".into()), "{started}");
    let run = watch(started["id"].as_str().unwrap()).await;
    assert_eq!((&run["state"], &run["filled"]), (&"limit".into(), &"5".into()), "{run}");

    let started = ask("mutation { startProfileRun(input: { profiles: MISSING }) { id } }").await;
    let run = watch(started["data"]["startProfileRun"]["id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "done", "{run}");
    let filled: u64 = run["filled"].as_str().unwrap().parse().unwrap();
    assert!(filled >= 7, "{run}");
    let stats: Value = serde_json::from_str(&home.succeed(&["profiles", "stats", "--json"]).unwrap()).unwrap();
    assert_eq!((&stats["with_profile"], &stats["people"]), (&(filled + 5).into(), &(filled + 5).into()), "{stats}");

    // A key is one wish: the same again is its run, another one is told so.
    let with_key = async |input: &str| -> Value {
        let query = format!("mutation {{ startProfileRun(input: {input}) {{ id }} }}");
        let request = http_client().post(format!("{api}/graphql")).bearer_auth(&token);
        let request = request.header("Idempotency-Key", "\"one-wish\"").json(&json!({ "query": query }));
        request.send().await.unwrap().json().await.unwrap()
    };
    let first = with_key("{ profiles: ANY, limit: 2 }").await;
    let id = first["data"]["startProfileRun"]["id"].as_str().unwrap_or_else(|| panic!("{first}"));
    assert_eq!(watch(id).await["state"], "limit");
    let repeated = with_key("{ profiles: ANY, limit: 2 }").await;
    assert_eq!(repeated["data"]["startProfileRun"]["id"], id, "{repeated}");
    for other in ["{ profiles: ANY, limit: 3 }", "{ profiles: ANY, limit: 2, workers: 5 }", "{ profiles: MISSING }"] {
        let refused = with_key(other).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED", "{refused}");
    }

    for (wrong, code) in [
        (r#"{ strategy: "curious" }"#, "NOT_FOUND"),
        (r#"{ personIds: ["99"] }"#, "NOT_FOUND"),
        (r"{ workers: 0 }", "BAD_USER_INPUT"),
        (r"{ profiles: OUTDATED, days: 0 }", "BAD_USER_INPUT"),
        (r#"{ personIds: ["Ann"] }"#, "BAD_USER_INPUT"),
    ] {
        let answer = ask(&format!("mutation {{ startProfileRun(input: {wrong}) {{ id }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{wrong}: {answer}");
    }
    up.stop().unwrap();
}
