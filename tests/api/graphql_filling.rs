//! Operators look at runs that fill profiles, and stop them; `tests/path/filling` starts some.

use chronogram_graphql::Role;
use serde_json::json;

use crate::graphql_fixture::{Fixture, NOW, code};

/// The run that stands in `filling.run`.
pub(crate) const RUN: &str = "00000000-0000-0000-0000-000000000007";

/// A run that told this of itself.
pub(crate) async fn run(fixture: &Fixture, outcome: Option<&str>, told_at: &str) {
    let sql = "insert into filling.run (id, wanted, strategy, since, began_at, told_at, ended_at, outcome, people, report)
        values ($1::uuid, 'a digest', 'llm', $2::timestamptz, $2::timestamptz, $2::timestamptz,
                case when $3::text is null then null else $2::timestamptz end, $3, 12, $4)
        on conflict (id) do update set told_at = excluded.told_at, ended_at = excluded.ended_at, outcome = excluded.outcome";
    let report = json!({ "people": 7, "enriched": 5, "tokens": 5_000_000_000_i64, "cost": "0.0042" });
    let query = sqlx::query(sql).bind(RUN).bind(told_at).bind(outcome).bind(report);
    query.execute(&fixture.pool).await.unwrap();
}

/// A policy that says everything that one can say, rests, and was due once.
pub(crate) async fn policy(fixture: &Fixture) {
    let set = r#"mutation { setFillPolicy(input: { name: "weekly", strategy: "llm", schedule: "03:00", activeDays: 30,
        profiles: OUTDATED, limit: 5 }) { name } }"#;
    fixture.data(set).await;
    let sql = "insert into filling.policy (name, schedule, due_at, rests, last_at, last_run, outcome)
        values ('weekly', '03:00', $1::timestamptz, 'no_model', $1::timestamptz, $2::uuid, 'done')";
    sqlx::query(sql).bind(NOW).bind(RUN).execute(&fixture.pool).await.unwrap();
}

#[tokio::test]
async fn a_run_tells_how_far_it_is_and_whether_anybody_is_at_it() {
    let fixture = Fixture::empty().await;
    run(&fixture, None, NOW).await;
    let query = format!(
        r#"{{ profileRun(id: "{RUN}") {{ id strategy state beganAt people done filled tokens cost report }} }}"#
    );
    let expected = json!({
        "id": RUN, "strategy": "llm", "state": "running", "beganAt": NOW, "people": "12", "done": "7", "filled": "5",
        "tokens": "5000000000", "cost": "0.0042",
        "report": { "people": 7, "enriched": 5, "tokens": 5_000_000_000_i64, "cost": "0.0042" },
    });
    assert_eq!(fixture.data(&query).await["profileRun"], expected);
    let state = async || fixture.data(&query).await["profileRun"]["state"].clone();
    run(&fixture, None, "2026-11-21T02:58:00Z").await;
    assert_eq!(state().await, "cut_off");
    run(&fixture, Some("budget_exhausted"), NOW).await;
    assert_eq!(state().await, "budget_exhausted");
    let unknown = r#"{ profileRun(id: "00000000-0000-0000-0000-000000000008") { id } }"#;
    assert_eq!(fixture.data(unknown).await["profileRun"], json!(null));
    assert_eq!(code(&fixture.ask(r#"{ profileRun(id: "seven") { id } }"#).await), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_run_is_cancelled_once_and_only_while_it_is_under_way() {
    let fixture = Fixture::empty().await;
    let cancel = format!(r#"mutation {{ cancelProfileRun(id: "{RUN}") {{ id state }} }}"#);
    assert_eq!(code(&fixture.ask(&cancel).await), "NOT_FOUND");
    run(&fixture, None, NOW).await;
    assert_eq!(fixture.data(&cancel).await["cancelProfileRun"], json!({ "id": RUN, "state": "running" }));
    let wanted: bool = sqlx::query_scalar("select cancelled from filling.run").fetch_one(&fixture.pool).await.unwrap();
    assert!(wanted);
    run(&fixture, Some("done"), NOW).await;
    assert_eq!(code(&fixture.ask(&cancel).await), "CONFLICT");
}

#[tokio::test]
async fn only_operators_fill_and_only_where_profiles_are_filled() {
    let fixture = Fixture::empty().await;
    let start = r"mutation { startProfileRun(input: {}) { id } }";
    assert_eq!(code(&fixture.ask(start).await), "UNAVAILABLE");
    let cancel = format!(r#"mutation {{ cancelProfileRun(id: "{RUN}") {{ id }} }}"#);
    for role in [Role::Analyst, Role::PluginAuthor] {
        let policies = [
            r#"mutation { setFillPolicy(input: { name: "a", strategy: "basic", schedule: "1h" }) { name } }"#,
            r#"mutation { switchFillPolicy(name: "new", enabled: false) { name } }"#,
            r#"mutation { removeFillPolicy(name: "new") }"#,
            r#"mutation { runFillPolicy(name: "new") { name } }"#,
            r#"mutation { setVip(personId: "1", vip: true) { id } }"#,
            "{ fillPolicies { name } }",
        ];
        for query in [start, cancel.as_str()].into_iter().chain(policies) {
            assert_eq!(code(&fixture.ask_as(role, query).await), "FORBIDDEN", "{role}: {query}");
        }
        let looked = fixture.ask_as(role, &format!(r#"{{ profileRun(id: "{RUN}") {{ id }} }}"#)).await;
        assert_eq!(code(&looked), "FORBIDDEN", "{role}");
    }
}
