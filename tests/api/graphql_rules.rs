//! Who may ask, what is refused, and what every refusal looks like.

use chronogram_graphql::{
    MinPosition, Role,
    async_graphql::{Request, Value as GraphqlValue, Variables},
};
use chronogram_log::Position;
use serde_json::json;

use crate::{
    graphql_fixture::{Fixture, NOW, code, principal},
    graphql_world::{CHANNEL, world},
};

#[tokio::test]
async fn nobody_is_served_without_a_principal() {
    let fixture = Fixture::empty().await;
    for query in ["{ people { totalCount } }", "{ __schema { queryType { name } } }", "{ nonsense", ""] {
        let answer = fixture.execute(Request::new(query)).await;
        assert_eq!(code(&answer), "UNAUTHENTICATED", "{query}");
        assert_eq!(answer["data"], json!(null));
    }
}

#[tokio::test]
async fn the_log_and_mutations_are_for_operators_and_admins() {
    let fixture = world().await;
    let reads = ["{ people { totalCount } }", "{ channels { totalCount } }", "{ projections { name } }"];
    let operates = [
        "{ events(first: 1) { nodes { data } } }",
        r#"mutation { trackChannel(input: { id: "-1000000000600" }) { position } }"#,
        r#"mutation { untrackChannel(id: "-1000000000600") { position } }"#,
        r#"mutation { recordMessage(input: { clientId: "bob", text: "hi" }) { position } }"#,
        "mutation { clearProfile(personId: 1001) { position } }",
    ];
    for role in Role::ALL {
        for query in reads {
            assert_eq!(fixture.ask_as(role, query).await.get("errors"), None, "{role}: {query}");
        }
    }
    for role in [Role::Analyst, Role::PluginAuthor] {
        for query in operates {
            let answer = fixture.ask_as(role, query).await;
            assert_eq!(code(&answer), "FORBIDDEN", "{role}: {query}");
            assert_eq!(answer["data"], json!(null));
        }
    }
    for query in operates {
        assert_eq!(fixture.ask_as(Role::Operator, query).await.get("errors"), None, "{query}");
    }
    let again = r#"mutation { trackChannel(input: { id: "-1000000000600" }) { channel { tracked } } }"#;
    assert_eq!(fixture.ask_as(Role::Admin, again).await.get("errors"), None);
}

#[tokio::test]
async fn a_channel_is_found_by_exactly_one_of_id_and_username() {
    let fixture = world().await;
    for by in
        [format!(r#"id: "{CHANNEL}""#), "username: \"chess_news\"".to_owned(), "username: \"@CHESS_NEWS\"".to_owned()]
    {
        let data = fixture.data(&format!("{{ channel({by}) {{ id username title public tracked trackedAt }} }}")).await;
        let expected = json!({
            "id": "-1001878264527", "username": "Chess_News", "title": "Chess news", "public": true,
            "tracked": true, "trackedAt": "2026-11-01T00:01:00Z",
        });
        assert_eq!(data["channel"], expected, "{by}");
    }
    for unknown in ["id: 42", "username: \"nobody\"", "username: \"a\\u0000b\""] {
        assert_eq!(fixture.data(&format!("{{ channel({unknown}) {{ id }} }}")).await["channel"], json!(null));
    }
    for refused in [format!(r#"(id: "{CHANNEL}", username: "chess_news")"#), String::new(), r#"(id: "@x")"#.to_owned()]
    {
        let answer = fixture.ask(&format!("{{ channel{refused} {{ id }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{refused}");
    }
    assert_eq!(fixture.data("{ person(id: 5) { id } }").await["person"], json!(null));
    assert_eq!(fixture.data(r#"{ conversation(id: "api.x") { id } }"#).await["conversation"], json!(null));
}

#[tokio::test]
async fn every_error_has_its_code() {
    let fixture = Fixture::empty().await;
    let cases = [
        ("{ people { ", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ people }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { people(first: $b) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        (r#"{ messages(filter: { person: 1, sentAt: { gte: "yesterday" } }) { totalCount } }"#, "BAD_USER_INPUT"),
        (r#"{ eventCounts(from: "2026-01-02", to: "2026-01-01") { day } }"#, "BAD_USER_INPUT"),
        (r#"{ eventCounts(from: "2000-01-02", to: "2026-01-01") { day } }"#, "BAD_USER_INPUT"),
        ("mutation { clearProfile(personId: 5) { position } }", "NOT_FOUND"),
        (r#"mutation { untrackChannel(id: "-1001") { position } }"#, "CONFLICT"),
        (r#"mutation { recordMessage(input: { clientId: "a b", text: "x" }) { position } }"#, "BAD_USER_INPUT"),
        (r#"mutation { recordMessage(input: { clientId: "ab", text: "" }) { position } }"#, "BAD_USER_INPUT"),
    ];
    for (query, expected) in cases {
        let answer = fixture.ask(query).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        for error in errors {
            assert_eq!(error["extensions"]["code"], expected, "{query}: {answer}");
            assert_eq!(error["extensions"]["retryable"], false, "{query}");
        }
        assert_eq!(answer["data"], json!(null), "{query}");
    }
    // A field that may be null is null alone.
    let answer = fixture.ask(r#"{ person(id: "x") { id } people { totalCount } }"#).await;
    assert_eq!(code(&answer), "BAD_USER_INPUT");
    assert_eq!(answer["data"], json!({ "person": null, "people": { "totalCount": "0" } }));

    let unknown = Request::new("query A { __typename }").operation_name("C").data(principal(Role::Admin));
    assert_eq!(code(&fixture.execute(unknown).await), "OPERATION_RESOLUTION_FAILURE");
    let variables = Variables::from_json(json!({ "id": "1" }));
    let wrong = Request::new("query($first: Int!) { people(first: $first) { totalCount } }").variables(variables);
    let answer = fixture.execute(wrong.data(principal(Role::Admin))).await;
    assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&code(&answer)), "{answer}");
}

#[tokio::test]
async fn a_failure_of_ours_hides_its_cause_behind_an_id() {
    let fixture = Fixture::empty().await;
    sqlx::query("alter table person rename column id to number").execute(&fixture.pool).await.unwrap();
    let answer = fixture.ask("{ people { nodes { id } } }").await;
    assert_eq!(code(&answer), "INTERNAL_SERVER_ERROR");
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["people"]));
    let id = error["extensions"]["errorId"].as_str().unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
    assert!(!answer.to_string().contains("does not exist"), "{answer}");
    let other = fixture.ask("{ people { nodes { id } } }").await;
    assert_ne!(other["errors"][0]["extensions"]["errorId"], id);

    // As in the first moments of a new database, before the first read models are built.
    sqlx::query("drop table reminder").execute(&fixture.pool).await.unwrap();
    let answer = fixture.ask("{ reminders { totalCount } }").await;
    assert_eq!(code(&answer), "UNAVAILABLE");

    fixture.pool.close().await;
    let answer = fixture.ask("{ channels { nodes { id } } }").await;
    assert_eq!(code(&answer), "UNAVAILABLE");
    assert_eq!(answer["errors"][0]["extensions"]["retryable"], true);
    assert!(answer["errors"][0]["extensions"]["errorId"].is_string());
}

#[tokio::test]
async fn documents_beyond_a_limit_are_refused() {
    let fixture = Fixture::empty().await;
    let nested = |levels: usize| {
        let mut query = "id".to_owned();
        for _ in 0..levels {
            query = format!("replyTo {{ {query} }}");
        }
        format!("{{ messages(filter: {{ person: 1 }}, first: 1) {{ nodes {{ {query} }} }} }}")
    };
    let aliases = |count: usize| {
        let fields: Vec<String> = (0..count).map(|number| format!("a{number}: __typename")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    let directives = |count: usize| format!("{{ __typename {} }}", "@include(if: true)".repeat(count));
    let page = |fields: &str| format!("{{ people(first: 100) {{ nodes {{ {fields} }} }} }}");
    let wide = "id displayName username language firstSeenAt lastSeenAt messagesCount lastPosition";
    for allowed in [nested(12), aliases(30), page(wide)] {
        assert_eq!(fixture.ask(&allowed).await.get("errors"), None, "{allowed}");
    }
    let two_lists = format!(
        "{wide} messages(first: 2) {{ nodes {{ id text sentAt sender {{ id username }} conversation {{ id }} }} }}"
    );
    let bomb = "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }".to_owned();
    for refused in [nested(13), aliases(31), directives(11), page(&two_lists), bomb] {
        let answer = fixture.ask(&refused).await;
        assert_eq!(code(&answer), "GRAPHQL_VALIDATION_FAILED", "{refused}");
    }
}

#[tokio::test]
async fn an_answer_says_how_fresh_it_is_and_waits_for_a_position() {
    let fixture = world().await;
    let head = fixture.folds.catch_up().await.unwrap();
    let answer = fixture.ask("{ __typename }").await;
    assert_eq!(answer["extensions"]["asOf"], json!({ "position": head.to_string(), "lagMs": 7 }));

    // Appended, not yet folded: only a request that asks for it waits.
    let silent = chronogram_model::PersonId::Telegram(2000);
    let name = chronogram_model::Personal::of(silent.clone(), chronogram_model::person::PersonName::default());
    let seen_at = crate::graphql_fixture::at(NOW);
    let seen = chronogram_model::person::PersonSeen {
        person: silent,
        name,
        language: None,
        premium: None,
        chat: None,
        seen_at,
    };
    fixture.append_to_person(2000, vec![seen.into()]).await;
    let query = "{ person(id: 2000) { id } }";
    assert_eq!(fixture.data(query).await["person"], json!(null));
    let next = head.0 + 1;
    let with = |extension: serde_json::Value| {
        let mut request = Request::new(query).data(principal(Role::Analyst));
        request.extensions.insert("minPosition".to_owned(), GraphqlValue::from_json(extension).unwrap());
        request
    };
    let answer = fixture.execute(with(json!(next.to_string()))).await;
    assert_eq!(answer["data"], json!({ "person": { "id": "2000" } }));
    assert_eq!(answer["extensions"]["asOf"]["position"], next.to_string());
    assert_eq!(fixture.execute(with(json!(next))).await.get("errors"), None);

    let too_far = fixture.execute(with(json!((next + 1).to_string()))).await;
    assert_eq!(code(&too_far), "TIMEOUT");
    assert_eq!(too_far["errors"][0]["extensions"]["retryable"], true);
    let by_header = Request::new(query).data(principal(Role::Analyst)).data(MinPosition(Position(next + 1)));
    assert_eq!(code(&fixture.execute(by_header).await), "TIMEOUT");
    for nonsense in [json!("soon"), json!(-1), json!([1])] {
        assert_eq!(code(&fixture.execute(with(nonsense)).await), "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn events_are_counted_by_day_and_type() {
    let fixture = world().await;
    let query = r#"{ eventCounts(from: "2026-11-21", to: "2026-11-22", types: ["PostObserved", "MessageReceived"]) {
        day type events } none: eventCounts(from: "2026-11-21", to: "2026-11-22", types: []) { day }
        before: eventCounts(from: "2026-11-20", to: "2026-11-21") { day } }"#;
    let count = |name: &str, events: &str| json!({ "day": "2026-11-21", "type": name, "events": events });
    let expected = json!([count("MessageReceived", "61"), count("PostObserved", "25")]);
    let data = fixture.data(query).await;
    assert_eq!(data, json!({ "eventCounts": expected, "none": [], "before": [] }));
}
