//! What many rows refer to is read with one statement a kind of row, and nothing is read that nobody asked for.

use std::{cell::Cell, sync::Once};

use tracing::{Event, Metadata, Subscriber, span};

use crate::{
    graphql_fixture::{Fixture, list},
    graphql_world::{CHANNEL, chat, group, talk, world},
};

thread_local! {
    static STATEMENTS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the statements that sqlx reports, each on its own thread. One for the whole binary: subscribers that come and
/// go beside other tests would race for tracing's cache of who is interested.
struct Statements;

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        STATEMENTS.set(STATEMENTS.get() + 1);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// How many statements `query` takes. Everything of a current-thread runtime happens on this thread.
async fn statements(fixture: &Fixture, query: &str) -> usize {
    static COUNTING: Once = Once::new();
    COUNTING.call_once(|| tracing::subscriber::set_global_default(Statements).expect("nobody else subscribes here"));
    let before = STATEMENTS.get();
    let data = fixture.data(query).await;
    assert!(data.is_object());
    STATEMENTS.get() - before
}

#[tokio::test]
async fn fifty_messages_with_everything_they_refer_to_take_four_statements() {
    let fixture = world().await;
    let query = format!(
        r#"{{ messages(filter: {{ conversation: "{}" }}, first: 50) {{ nodes {{ id sender {{ id displayName }}
            conversation {{ id title }} replyTo {{ id text }} }} }} }}"#,
        group()
    );
    let data = fixture.data(&query).await;
    let nodes = list(&data, "/messages/nodes");
    assert_eq!(nodes.len(), 50);
    for node in nodes {
        assert!(
            node["sender"]["id"].is_string()
                && node["conversation"]["id"].is_string()
                && node["replyTo"]["id"].is_string()
        );
    }
    assert_eq!(statements(&fixture, &query).await, 4);
}

#[tokio::test]
async fn nested_objects_cost_a_statement_a_kind_and_not_one_a_row() {
    let fixture = world().await;
    let people = "{ people { nodes { id profile { fields { key value } } } } }";
    assert_eq!(statements(&fixture, people).await, 2);
    let posts = format!(
        r#"{{ channel(id: "{CHANNEL}") {{ posts {{ nodes {{ channel {{ id }} replyTo {{ id channel {{ id }} }}
        forward {{ person {{ id }} }} }} }} }} }}"#
    );
    // The channel is known from the first statement on.
    assert_eq!(statements(&fixture, &posts).await, 4);
    let rooms = "{ conversations { nodes { id peopleCount titlePerson { id } } } }";
    assert_eq!(statements(&fixture, rooms).await, 3);
    let members = "{ channels { nodes { id members { members takenAt } } } }";
    assert_eq!(statements(&fixture, members).await, 2);
}

#[tokio::test]
async fn reminders_and_replies_cost_a_statement_a_kind_of_row() {
    let fixture = world().await;
    talk(&fixture).await;
    let reminders = "{ reminders { nodes { person { id } conversation { id } } } }";
    assert_eq!(statements(&fixture, reminders).await, 3);
    let replies = format!(
        r#"{{ replies(filter: {{ conversation: "{}" }}) {{ nodes {{ conversation {{ id }} inReplyTo {{ id }} }} }} }}"#,
        chat()
    );
    assert_eq!(statements(&fixture, &replies).await, 3);
    assert_eq!(statements(&fixture, "{ outbox { waiting } }").await, 1);
    let held = "{ outbox { byPriority { waiting } heldChats { conversation { id } } } }";
    assert_eq!(statements(&fixture, held).await, 4);
}

#[tokio::test]
async fn totals_are_counted_only_when_they_are_selected() {
    let fixture = world().await;
    assert_eq!(statements(&fixture, "{ people { nodes { id } pageInfo { hasNextPage } } }").await, 1);
    assert_eq!(statements(&fixture, "{ people { totalCount nodes { id } } }").await, 2);
    assert_eq!(statements(&fixture, "{ events { totalCount nodes { id } } }").await, 0);
    assert_eq!(statements(&fixture, "{ __typename }").await, 0);
}
