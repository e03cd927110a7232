//! What many rows refer to is read with one statement a kind of row, and nothing is read that nobody asked for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{Event, Metadata, Subscriber, span};

use crate::{
    graphql_fixture::{Fixture, list},
    graphql_world::{CHANNEL, group, world},
};

/// Counts the statements that sqlx reports on this thread.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

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
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// How many statements `query` takes. Everything of a current-thread runtime happens on this thread.
async fn statements(fixture: &Fixture, query: &str) -> usize {
    let counted = Statements::default();
    let guard = tracing::subscriber::set_default(counted.clone());
    let data = fixture.data(query).await;
    drop(guard);
    assert!(data.is_object());
    counted.0.load(Ordering::Relaxed)
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
}

#[tokio::test]
async fn totals_are_counted_only_when_they_are_selected() {
    let fixture = world().await;
    assert_eq!(statements(&fixture, "{ people { nodes { id } pageInfo { hasNextPage } } }").await, 1);
    assert_eq!(statements(&fixture, "{ people { totalCount nodes { id } } }").await, 2);
    assert_eq!(statements(&fixture, "{ events { totalCount nodes { id } } }").await, 0);
    assert_eq!(statements(&fixture, "{ __typename }").await, 0);
}
