//! Pages: complete forward and backward, in every order; counted only when somebody asks.

use serde_json::Value;

use crate::{
    graphql_fixture::{Fixture, code, list},
    graphql_world::{CHANNEL, MESSAGES, POSTS, REMINDERS, chat, group, talk, world},
};

/// Reads the list `field(arguments)` of `parent` page by page and gives the keys of all nodes.
async fn walk(fixture: &Fixture, parent: &str, field: &str, arguments: &str, key: &str, backward: bool) -> Vec<Value> {
    let mut keys: Vec<Value> = Vec::new();
    let mut place = String::new();
    for _ in 0..200 {
        let size = if backward { "last: 7" } else { "first: 7" };
        let inner = format!(
            "{field}({arguments} {size} {place}) {{ edges {{ cursor node {{ {key} }} }} nodes {{ {key} }}
             pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"
        );
        let query = if parent.is_empty() { format!("{{ {inner} }}") } else { format!("{{ {parent} {{ {inner} }} }}") };
        let data = fixture.data(&query).await;
        let root = parent.split('(').next().unwrap();
        let connection = if parent.is_empty() { &data[field] } else { &data[root][field] };
        let page: Vec<Value> = list(connection, "/edges").iter().map(|edge| edge["node"][key].clone()).collect();
        let nodes: Vec<Value> = list(connection, "/nodes").iter().map(|node| node[key].clone()).collect();
        assert_eq!(page, nodes);
        let info = &connection["pageInfo"];
        let ends =
            (connection.pointer("/edges/0/cursor"), list(connection, "/edges").last().map(|edge| &edge["cursor"]));
        assert_eq!(ends, (Some(&info["startCursor"]), Some(&info["endCursor"])));
        assert_eq!(info[if backward { "hasNextPage" } else { "hasPreviousPage" }], !keys.is_empty(), "{query}");
        if backward {
            keys.splice(0..0, page);
        } else {
            keys.extend(page);
        }
        if info[if backward { "hasPreviousPage" } else { "hasNextPage" }] == false {
            return keys;
        }
        let (name, cursor) = if backward { ("before", "startCursor") } else { ("after", "endCursor") };
        place = format!("{name}: {}", info[cursor]);
    }
    panic!("{field}({arguments}) does not end");
}

/// Both directions give the same list, without repeats, of `expected` rows.
async fn is_complete(
    fixture: &Fixture,
    parent: &str,
    field: &str,
    arguments: &str,
    key: &str,
    expected: usize,
) -> Vec<Value> {
    let forward = walk(fixture, parent, field, arguments, key, false).await;
    let backward = walk(fixture, parent, field, arguments, key, true).await;
    assert_eq!(forward, backward, "{field}({arguments})");
    let mut distinct: Vec<String> = forward.iter().map(ToString::to_string).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!((distinct.len(), forward.len()), (expected, expected), "{field}({arguments})");
    forward
}

#[tokio::test]
async fn lists_are_complete_forward_and_backward_in_every_order() {
    let fixture = world().await;
    for order in ["SENT_AT_DESC", "SENT_AT_ASC", "MESSAGE_ID_ASC", "MESSAGE_ID_DESC"] {
        let arguments = format!(r#"filter: {{ conversation: "{}" }}, orderBy: {order},"#, group());
        is_complete(&fixture, "", "messages", &arguments, "id", 60).await;
        let parent = format!(r#"conversation(id: "{}")"#, group());
        is_complete(&fixture, &parent, "messages", &format!("orderBy: {order},"), "id", 60).await;
    }
    for order in ["SENT_AT_DESC", "SENT_AT_ASC"] {
        let arguments = format!("filter: {{ person: 1002 }}, orderBy: {order},");
        is_complete(&fixture, "", "messages", &arguments, "id", 12).await;
        is_complete(&fixture, "person(id: 1002)", "messages", &format!("orderBy: {order},"), "id", 12).await;
    }
    for order in ["POSTED_AT_DESC", "POSTED_AT_ASC", "POST_ID_ASC", "POST_ID_DESC", "REACTIONS_TOTAL_ASC"] {
        let parent = format!(r#"channel(id: "{CHANNEL}")"#);
        is_complete(&fixture, &parent, "posts", &format!("orderBy: {order},"), "id", 25).await;
    }
    for order in ["TITLE_ASC", "TITLE_DESC", "ID_ASC", "ID_DESC", "POSTS_ASC", "POSTS_DESC"] {
        is_complete(&fixture, "", "channels", &format!("orderBy: {order},"), "id", 7).await;
    }
    for order in ["LAST_MESSAGE_AT_DESC", "LAST_MESSAGE_AT_ASC", "ID_ASC", "ID_DESC"] {
        is_complete(&fixture, "", "conversations", &format!("orderBy: {order},"), "id", 6).await;
    }
    for order in ["LAST_SEEN_AT_DESC", "LAST_SEEN_AT_ASC", "ID_ASC", "ID_DESC", "MESSAGES_DESC", "MESSAGES_ASC"] {
        is_complete(&fixture, "", "people", &format!("orderBy: {order},"), "id", 5).await;
    }
}

#[tokio::test]
async fn reminders_and_replies_are_complete_forward_and_backward_in_every_order() {
    let fixture = world().await;
    talk(&fixture).await;
    let reminders = usize::try_from(REMINDERS).unwrap();
    for order in ["DUE_AT_ASC", "DUE_AT_DESC"] {
        is_complete(&fixture, "", "reminders", &format!("orderBy: {order},"), "id", reminders).await;
        let scheduled = format!("state: SCHEDULED, orderBy: {order},");
        is_complete(&fixture, "person(id: 1001)", "reminders", &scheduled, "id", reminders - 1).await;
    }
    for order in ["REQUESTED_AT_ASC", "REQUESTED_AT_DESC"] {
        let parent = format!(r#"conversation(id: "{}")"#, chat());
        is_complete(&fixture, &parent, "replies", &format!("orderBy: {order},"), "id", 3).await;
        let arguments = format!("filter: {{ state: REQUESTED }}, orderBy: {order},");
        is_complete(&fixture, "", "replies", &arguments, "id", 1).await;
    }
}

#[tokio::test]
async fn the_log_is_complete_forward_and_backward_whole_by_type_and_by_stream() {
    let fixture = world().await;
    let head: usize =
        fixture.data("{ events { totalCount } }").await["events"]["totalCount"].as_str().unwrap().parse().unwrap();
    let positions = is_complete(&fixture, "", "events", "", "position", head).await;
    let expected: Vec<Value> = (1..=head).map(|position| Value::from(position.to_string())).collect();
    assert_eq!(positions, expected);
    is_complete(&fixture, "", "events", r#"filter: { types: ["PostObserved"] },"#, "position", 25).await;
    is_complete(&fixture, "", "events", r#"filter: { types: ["PersonSeen", "ProfileEnriched"] },"#, "position", 6)
        .await;
    let stream = format!(r#"filter: {{ stream: "channel-{CHANNEL}" }},"#);
    is_complete(&fixture, "", "events", &stream, "revision", 31).await;
    // Both ends at once: what lies between two cursors.
    let page = fixture.data("{ events(first: 10) { edges { cursor } } }").await;
    let (third, eighth) = (&page["events"]["edges"][2]["cursor"], &page["events"]["edges"][7]["cursor"]);
    for size in ["first: 9", "last: 9"] {
        let query = format!("{{ events({size}, after: {third}, before: {eighth}) {{ nodes {{ position }} }} }}");
        let between = fixture.data(&query).await;
        let between: Vec<_> = list(&between, "/events/nodes").iter().map(|node| node["position"].clone()).collect();
        assert_eq!(between, ["4", "5", "6", "7"]);
    }
}

#[tokio::test]
async fn rare_events_far_behind_the_head_are_found_backward() {
    let fixture = world().await;
    let filler = |number: i64| {
        let person = chronogram_model::PersonId::Telegram(number);
        chronogram_model::person::ProfileCleared {
            person,
            cleared_at: crate::graphql_fixture::at("2026-11-02T00:00:00Z"),
        }
    };
    for batch in 0..8 {
        fixture.append_to_person(9_000 + batch, (0..900).map(|_| filler(9_000 + batch).into()).collect()).await;
    }
    let ask = |types: &str| {
        format!(
            "{{ events(last: 3, filter: {{ types: [{types}] }}) {{ nodes {{ type }} pageInfo {{ hasPreviousPage }} }} }}"
        )
    };
    let answer = fixture.data(&ask(r#""ProfileEnriched""#)).await;
    assert_eq!(answer["events"]["nodes"], serde_json::json!([{ "type": "ProfileEnriched" }]));
    assert_eq!(answer["events"]["pageInfo"]["hasPreviousPage"], false);
    let answer = fixture.data(&ask(r#""PostObserved""#)).await;
    assert_eq!(list(&answer, "/events/nodes").len(), 3);
    assert_eq!(answer["events"]["pageInfo"]["hasPreviousPage"], true);
}

#[tokio::test]
async fn totals_count_the_whole_list_under_its_filter() {
    let fixture = world().await;
    let query = format!(
        r#"{{ messages(filter: {{ conversation: "{group}", person: 1001 }}, first: 1) {{ totalCount }}
        ranged: messages(filter: {{ conversation: "{group}",
            sentAt: {{ gte: "2026-11-01T00:05:00Z", lt: "2026-11-01T00:10:00Z" }} }}) {{ totalCount nodes {{ sentAt }} }}
        channels(filter: {{ tracked: true }}) {{ totalCount nodes {{ username }} }}
        people(filter: {{ hasProfile: false }}) {{ totalCount }}
        conversations(filter: {{ kind: SUPERGROUP }}) {{ totalCount nodes {{ title peopleCount messagesCount }} }}
        conversation(id: "{group}") {{ serviceMessages {{ totalCount }} }}
        channel(id: "{CHANNEL}") {{ posts(first: 1) {{ totalCount }} serviceMessages {{ totalCount }} }}
        person(id: 1001) {{ conversations {{ totalCount nodes {{ conversation {{ id }} messagesCount }} }} }}
        events(filter: {{ types: ["PostObserved"] }}, first: 1) {{ totalCount }}
        stream: events(filter: {{ stream: "person-1001" }}, first: 1) {{ totalCount }} }}"#,
        group = group(),
    );
    let data = fixture.data(&query).await;
    let total = |pointer: &str| data.pointer(pointer).unwrap()["totalCount"].as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(total("/messages"), MESSAGES / 5);
    assert_eq!(total("/ranged"), 10);
    assert_eq!(list(&data, "/ranged/nodes").len(), 10);
    assert_eq!(total("/channels"), 1);
    assert_eq!(total("/people"), 4);
    assert_eq!(total("/conversations"), 1);
    let expected = serde_json::json!({ "title": "The group", "peopleCount": "5", "messagesCount": "60" });
    assert_eq!(data.pointer("/conversations/nodes/0").unwrap(), &expected);
    assert_eq!(total("/conversation/serviceMessages"), 1);
    assert_eq!(total("/channel/posts"), POSTS);
    assert_eq!(total("/channel/serviceMessages"), 1);
    assert_eq!(total("/person/conversations"), 1);
    assert_eq!(total("/events"), POSTS);
    assert_eq!(total("/stream"), 5);
}

#[tokio::test]
async fn pages_that_cannot_be_are_refused_with_the_arguments_name() {
    let fixture = world().await;
    let cursor = fixture.data("{ people(first: 1) { pageInfo { endCursor } } }").await;
    let foreign = cursor.pointer("/people/pageInfo/endCursor").unwrap().to_string();
    let cases = [
        ("people", "first: 1, last: 1".to_owned(), "first"),
        ("people", "first: 101".to_owned(), "first"),
        ("people", "last: 0".to_owned(), "last"),
        ("people", "first: -1".to_owned(), "first"),
        ("people", r#"after: "AAAA""#.to_owned(), "after"),
        ("people", r#"before: "not base64!""#.to_owned(), "before"),
        ("channels", format!("after: {foreign}"), "after"),
        ("people", format!("orderBy: ID_ASC, after: {foreign}"), "after"),
        ("events", "first: 1, last: 1".to_owned(), "first"),
        ("events", "first: 501".to_owned(), "first"),
        ("events", "last: 0".to_owned(), "last"),
        ("events", format!("after: {foreign}"), "after"),
        ("events", r#"before: """#.to_owned(), "before"),
        ("messages", "filter: {}".to_owned(), "filter"),
        ("messages", "filter: { person: 1001 }, orderBy: MESSAGE_ID_ASC".to_owned(), "orderBy"),
        (
            "messages",
            format!(
                r#"filter: {{ conversation: "{}", sentAt: {{ lt: "2026-11-01T00:00:00Z" }} }}, orderBy: MESSAGE_ID_ASC"#,
                group()
            ),
            "orderBy",
        ),
        ("messages", r#"filter: { conversation: "nonsense" }"#.to_owned(), "filter.conversation"),
        ("events", r#"filter: { types: ["A"], stream: "b" }"#.to_owned(), "filter"),
    ];
    for (field, arguments, argument) in cases {
        let answer = fixture.ask(&format!("{{ {field}({arguments}) {{ nodes {{ __typename }} }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{field}({arguments})");
        assert_eq!(answer["errors"][0]["extensions"]["argument"], argument, "{answer}");
    }
}
