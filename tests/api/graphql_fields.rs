//! Every field of every type is asked for, described, and answered with a value.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chronogram_engine::Work;
use chronogram_log::Position;
use serde_json::Value;

use crate::{
    graphql_filling,
    graphql_fixture::{Fixture, NOW},
    graphql_world::{chat, failed_reminder, group, reply_id, talk, world},
};

const INTROSPECTION: &str = "{ __schema { queryType { name } types { kind name description
    enumValues { name description } inputFields { name description }
    fields { name description args { name description }
        type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

/// Where each field of the query root starts.
fn arguments(field: &str) -> String {
    match field {
        "channel" => r#"(username: "@chess_news")"#.to_owned(),
        "conversation" => format!(r#"(id: "{}")"#, group()),
        "messages" => format!(r#"(filter: {{ conversation: "{}" }}, orderBy: SENT_AT_DESC)"#, group()),
        "person" => "(id: 1001)".to_owned(),
        // Everything was recorded by then, and is built so.
        "asOf" => format!(r#"(time: "{NOW}")"#),
        "reminder" => format!(r#"(id: "{}")"#, failed_reminder()),
        "replies" => format!(r#"(filter: {{ conversation: "{}" }})"#, chat()),
        "reply" => format!(r#"(id: "{}")"#, reply_id(0)),
        "profileRun" => format!(r#"(id: "{}")"#, graphql_filling::RUN),
        "eventCounts" => r#"(from: "2026-11-01", to: "2026-12-01")"#.to_owned(),
        _ => String::new(),
    }
}

/// Name and kind of the type inside of lists and non-nulls.
fn named(mut kind: &Value) -> (&str, &str) {
    while kind["ofType"].is_object() {
        kind = &kind["ofType"];
    }
    (kind["name"].as_str().unwrap(), kind["kind"].as_str().unwrap())
}

fn types(schema: &Value) -> BTreeMap<&str, &Value> {
    let types = schema["__schema"]["types"].as_array().unwrap().iter();
    types.map(|kind| (kind["name"].as_str().unwrap(), kind)).filter(|(name, _)| !name.starts_with("__")).collect()
}

fn fields(kind: &Value) -> impl Iterator<Item = (&str, &Value)> {
    kind["fields"].as_array().into_iter().flatten().map(|field| (field["name"].as_str().unwrap(), field))
}

/// The shortest way from the query root to every object type.
fn ways<'a>(types: &BTreeMap<&'a str, &'a Value>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut ways = BTreeMap::from([("Query", Vec::new())]);
    let mut queue = VecDeque::from(["Query"]);
    while let Some(name) = queue.pop_front() {
        for (field, described) in fields(types[name]) {
            let (target, kind) = named(&described["type"]);
            if kind == "OBJECT" && !ways.contains_key(target) {
                let mut way = ways[name].clone();
                way.push(field);
                ways.insert(target, way);
                queue.push_back(target);
            }
        }
    }
    ways
}

/// All values under `path`, through lists.
fn reach<'a>(data: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    match (data, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| reach(item, path)).collect(),
        (_, []) => vec![data],
        (_, [field, rest @ ..]) => data.get(field).map(|value| reach(value, rest)).unwrap_or_default(),
    }
}

async fn ask_every_field(fixture: &Fixture) -> (usize, BTreeSet<String>) {
    let schema = fixture.data(INTROSPECTION).await;
    let types = types(&schema);
    let (mut asked, mut never_a_value) = (0, BTreeSet::new());
    for (name, way) in ways(&types) {
        for (field, described) in fields(types[name]) {
            let (_, kind) = named(&described["type"]);
            let own = if ["Query", "AsOf"].contains(&name) { arguments(field) } else { String::new() };
            let leaf =
                if kind == "OBJECT" { format!("{field}{own} {{ __typename }}") } else { format!("{field}{own}") };
            let query = way.iter().enumerate().rev().fold(leaf, |inner, (depth, step)| {
                let arguments = if depth == 0 { arguments(step) } else { String::new() };
                format!("{step}{arguments} {{ {inner} }}")
            });
            let data = fixture.data(&format!("{{ {query} }}")).await;
            let path: Vec<_> = way.iter().copied().chain([field]).collect();
            if reach(&data, &path).iter().all(|value| value.is_null()) {
                never_a_value.insert(format!("{name}.{field}"));
            }
            asked += 1;
        }
    }
    (asked, never_a_value)
}

/// What operators see only where something went wrong.
async fn operate(fixture: &Fixture) {
    let asked = fixture.engine.ask_for(&Work::Switch { name: "people".to_owned() }, "anna", None).await.unwrap();
    fixture.engine.ask_for(&Work::AsOf { until: Position(1) }, "anna", None).await.unwrap();
    sqlx::query("update projection.job set state = 'failed', error = 'in vain', ended_at = now() where id = $1")
        .bind(asked.id)
        .execute(&fixture.pool)
        .await
        .unwrap();
    sqlx::query(
        "insert into projection.parked (name, version, position, stream, event_type, kind, reason, skipped_at, \
         skipped_by, why) values ('people', $1, 3, 'person-1', 'PersonSeen', 'poison', 'a reason', now(), 'anna', 'b')",
    )
    .bind(i32::try_from(chronogram_read_models::people::VERSION).unwrap())
    .execute(&fixture.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn every_field_of_every_type_has_an_answer() {
    let fixture = world().await;
    talk(&fixture).await;
    let said = r#"mutation { recordMessage(input: { clientId: "alice", text: "hello" }) { position } }"#;
    fixture.data(said).await;
    graphql_filling::policy(&fixture).await;
    let head = fixture.folds.catch_up().await.unwrap();
    fixture.engine.build_as_of(&[], head, &|_| {}).await.unwrap();
    operate(&fixture).await;
    graphql_filling::run(&fixture, None, NOW).await;

    let (asked, never_a_value) = ask_every_field(&fixture).await;
    assert!(asked > 230, "only {asked} fields");
    // No person sends in the name of a chat, no chat over the API, and what was sent did not fail: what only the other
    // kind of row has.
    let elsewhere: BTreeSet<String> =
        ["Forward.chatId", "Message.receivedAt", "Message.senderChatId", "Reply.reason", "ServiceMessage.actorChatId"]
            .map(str::to_owned)
            .into();
    assert!(never_a_value.is_subset(&elsewhere), "{never_a_value:?}");
    let query = r#"{ api: messages(filter: { person: "api.alice" }) { nodes { receivedAt source } }
        chat: messages(filter: { conversation: "export.-1000000000501" }) {
            nodes { senderId sender { id } senderChatId forward { name personId person { id } chatId } } } }"#;
    let data = fixture.data(query).await;
    assert_eq!(data.pointer("/api/nodes/0/source").unwrap(), "API");
    assert_eq!(data.pointer("/api/nodes/0/receivedAt").unwrap(), crate::graphql_fixture::NOW);
    let chat = data.pointer("/chat/nodes/0").unwrap();
    let expected = serde_json::json!({
        "senderId": null, "sender": null, "senderChatId": "-1001878264527",
        "forward": { "name": null, "personId": null, "person": null, "chatId": "-1001878264527" },
    });
    assert_eq!(chat, &expected);
}

#[tokio::test]
async fn every_type_field_argument_and_value_is_described() {
    let fixture = Fixture::empty().await;
    let schema = fixture.data(INTROSPECTION).await;
    let mut silent = Vec::new();
    let mut hear = |name: String, described: &Value| {
        if described["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            silent.push(name);
        }
    };
    for (name, kind) in types(&schema) {
        if !["Int", "Float", "String", "Boolean", "ID"].contains(&name) {
            hear(name.to_owned(), kind);
        }
        for part in ["enumValues", "inputFields", "fields"] {
            for field in kind[part].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", field["name"].as_str().unwrap());
                for argument in field["args"].as_array().into_iter().flatten() {
                    hear(format!("{path}({})", argument["name"].as_str().unwrap()), argument);
                }
                hear(path, field);
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test]
async fn the_standard_introspection_query_passes_the_limits() {
    let fixture = Fixture::empty().await;
    let mut kind = "kind name".to_owned();
    for _ in 0..9 {
        kind = format!("kind name ofType {{ {kind} }}");
    }
    let query = format!(
        "query IntrospectionQuery {{ __schema {{
            description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }}
            types {{ ...FullType }}
            directives {{ name description isRepeatable locations
                args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
        fragment FullType on __Type {{ kind name description specifiedByURL
            fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
                type {{ ...TypeRef }} isDeprecated deprecationReason }}
            inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
            enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
            possibleTypes {{ ...TypeRef }} }}
        fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue
            isDeprecated deprecationReason }}
        fragment TypeRef on __Type {{ {kind} }}"
    );
    let data = fixture.data(&query).await;
    assert_eq!(data.pointer("/__schema/queryType/name").unwrap(), "Query");
}

#[tokio::test]
async fn members_are_told_newest_and_day_by_day() {
    let fixture = world().await;
    let query = r#"{ channel(username: "@chess_news") {
        members { members takenAt }
        month: membersDaily { day members change }
        day: membersDaily(lastDays: 2) { day }
        all: membersDaily(from: "2026-10-01", to: "2026-11-19") { day change } } }"#;
    let expected = serde_json::json!({
        "members": { "members": "5000000000", "takenAt": "2026-11-20T00:10:00Z" },
        "month": [
            { "day": "2026-11-18", "members": "3990", "change": "-10" },
            { "day": "2026-11-20", "members": "5000000000", "change": "4999996010" },
        ],
        "day": [{ "day": "2026-11-20" }],
        "all": [{ "day": "2026-10-01", "change": null }, { "day": "2026-11-18", "change": "-10" }],
    });
    assert_eq!(fixture.data(query).await["channel"], expected);
    let never = fixture.data(r#"{ channel(id: "-1000000000600") { members { members } membersDaily { day } } }"#).await;
    assert_eq!(never["channel"], serde_json::json!({ "members": null, "membersDaily": [] }));
    for (asked, argument) in [
        (r#"from: "2026-10-01""#, "from"),
        (r#"from: "2026-10-01", to: "2026-10-02", lastDays: 7"#, "from"),
        ("lastDays: 0", "lastDays"),
        ("lastDays: 5001", "lastDays"),
        (r#"from: "1990-10-01", to: "2026-10-02""#, "to"),
    ] {
        let query = format!(r#"{{ channel(username: "chess_news") {{ membersDaily({asked}) {{ day }} }} }}"#);
        let answer = fixture.ask(&query).await;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["argument"]), (&"BAD_USER_INPUT".into(), &argument.into()));
    }
}

#[tokio::test]
async fn what_a_profile_says_is_read_in_one_query() {
    let fixture = world().await;
    let query = r#"{ person(id: "1001") {
        displayName username language messagesCount conversationsCount
        profile { strategy pluginDigest enrichedAt fields { key value confidence evidence } }
        enrichments { totalCount nodes { plugin fuel cost tokens durationUs fieldsSet question fallbackReason } }
        enrichmentFailures { totalCount nodes { fault pluginDigest } } } }"#;
    let evidence = [format!("{}/1", group())];
    let field = |key: &str, value: &str| serde_json::json!({ "key": key, "value": value, "confidence": "0.8750", "evidence": evidence });
    let expected = serde_json::json!({
        "displayName": "Person 1001", "username": "user1001", "language": "ru",
        "messagesCount": "12", "conversationsCount": "1",
        "profile": {
            "strategy": "hybrid", "pluginDigest": "d1", "enrichedAt": "2026-11-01T01:40:00Z",
            "fields": [field("city", "Kazan"), field("interests", "chess")],
        },
        "enrichments": { "totalCount": "1", "nodes": [{
            "plugin": "profile-basic", "fuel": "5000000000", "cost": "0.0042", "tokens": "12", "durationUs": "1500",
            "fieldsSet": 2, "question": "Do you play blitz?", "fallbackReason": "the model was away",
        }] },
        "enrichmentFailures": { "totalCount": "1", "nodes": [{ "fault": "out_of_fuel", "pluginDigest": "d2" }] },
    });
    assert_eq!(fixture.data(query).await["person"], expected);
}
