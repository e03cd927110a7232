//! The real subscriptions, over a real socket, on real read models.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_graphql::{
    ChronogramSchema, Role,
    async_graphql::{Request, Response},
};
use chronogram_http::{GraphqlExecutor, Limits};
use chronogram_log::Position;
use chronogram_model::{
    Authored, ChatId, ConversationId, MessageContent, MessageId, PersonId, Sender, Source,
    conversation::MessageReceived,
};
use futures::stream::BoxStream;
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, at},
    http_support::Server,
    ws_support::Socket,
};

struct Real(ChronogramSchema);

#[async_trait]
impl GraphqlExecutor for Real {
    async fn execute(&self, request: Request) -> Response {
        self.0.execute(request).await
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        self.0.execute_stream(request)
    }
}

async fn serving(fixture: &Fixture) -> Server {
    Server::executing(Arc::new(Real(fixture.schema.clone())), Vec::new(), Limits::default()).await
}

fn group(number: i64) -> ConversationId {
    ConversationId::Export(ChatId::supergroup(number))
}

async fn receive(fixture: &Fixture, conversation: &ConversationId, number: i64, text: &str) {
    let person = PersonId::Telegram(7);
    let content = MessageContent { text: text.to_owned(), ..MessageContent::default() };
    let message = MessageReceived {
        message_id: MessageId(number),
        sender: Sender::Person(person.clone()),
        sent_at: at("2026-11-21T02:59:00Z"),
        received_at: None,
        time: None,
        content: Authored::by(Some(person), content),
        reply_to: None,
        topic: None,
        touched_at: None,
        via_bot: None,
        reactions: Vec::new(),
        source: Source::Export,
    };
    fixture.append_to_conversation(conversation, vec![message.into()]).await;
}

/// Subscribes, and lets messages with negative numbers come until the first is heard: from then on none is missed.
/// Returns once the last of them was heard.
async fn follow(socket: &mut Socket, id: &str, fixture: &Fixture, conversation: &ConversationId, query: &str) {
    socket.subscribe(id, query).await;
    let mut sent = 0;
    let first = loop {
        sent += 1;
        receive(fixture, conversation, -sent, "probe").await;
        let patience = std::time::Duration::from_millis(50);
        if let Ok(first) = tokio::time::timeout(patience, socket.result(id)).await {
            break first;
        }
    };
    let number =
        |result: &Value| result["data"]["messageReceived"]["messageId"].as_str().unwrap().parse::<i64>().unwrap();
    let mut last = number(&first);
    while last != -sent {
        let next = number(&socket.result(id).await);
        assert_eq!(next, last - 1, "in order, without gap or repeat");
        last = next;
    }
}

const WATCH: &str = "subscription { messageReceived { id messageId text position observations
    sender { id } conversation { id messagesCount } } }";

#[tokio::test]
async fn a_new_message_arrives_once_and_complete() {
    let fixture = Fixture::empty().await;
    receive(&fixture, &group(1), 1, "before anybody listened").await;
    let server = serving(&fixture).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    follow(&mut socket, "m", &fixture, &group(9), WATCH).await;

    for number in 2..30 {
        receive(&fixture, &group(1), number, &format!("message {number}")).await;
        let result = socket.result("m").await;
        assert_eq!(result.get("errors"), None, "{result}");
        let message = &result["data"]["messageReceived"];
        assert_eq!(message["id"], format!("export.-100000000000{}/{number}", 1));
        assert_eq!(message["text"], format!("message {number}"));
        assert_eq!(message["observations"], "1");
        // What is said beside it is as new as it: nothing of an earlier result is remembered.
        assert_eq!(message["conversation"]["messagesCount"], number.to_string());
    }
    // Brought again, changed: not new. The next new one comes right after.
    receive(&fixture, &group(1), 1, "again").await;
    receive(&fixture, &group(1), 29, "again").await;
    receive(&fixture, &group(1), 30, "new").await;
    assert_eq!(socket.result("m").await["data"]["messageReceived"]["text"], "new");
    // New, and brought again before anybody looked.
    receive(&fixture, &group(2), 1, "first").await;
    receive(&fixture, &group(2), 1, "second").await;
    receive(&fixture, &group(2), 2, "last").await;
    let texts = [socket.result("m").await, socket.result("m").await];
    let texts = texts.map(|result| result["data"]["messageReceived"]["text"].clone());
    assert!(texts[0] == "first" || texts[0] == "second", "{texts:?}");
    assert_eq!(texts[1], "last");
}

#[tokio::test]
async fn a_conversation_is_followed_alone_and_beside_others() {
    let fixture = Fixture::empty().await;
    let server = serving(&fixture).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let of = |group: &ConversationId| {
        format!("subscription {{ messageReceived(conversation: \"{group}\") {{ messageId text }} }}")
    };
    follow(&mut socket, "one", &fixture, &group(1), &of(&group(1))).await;
    follow(&mut socket, "two", &fixture, &group(2), &of(&group(2))).await;
    receive(&fixture, &group(3), 1, "for nobody").await;
    receive(&fixture, &group(2), 1, "for two").await;
    assert_eq!(socket.result("two").await["data"]["messageReceived"]["text"], "for two");
    receive(&fixture, &group(1), 1, "for one").await;
    assert_eq!(socket.result("one").await["data"]["messageReceived"]["text"], "for one");
    socket.complete("one").await;
    receive(&fixture, &group(1), 2, "for nobody").await;
    receive(&fixture, &group(2), 2, "for two again").await;
    assert_eq!(socket.result("two").await["data"]["messageReceived"]["text"], "for two again");
}

#[tokio::test]
async fn progress_is_told_now_and_when_it_changes() {
    let fixture = Fixture::empty().await;
    let server = serving(&fixture).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("p", "subscription { projectionProgress { name position head lagEvents state } }").await;
    let first = socket.result("p").await["data"]["projectionProgress"].clone();
    assert_eq!(first.as_array().unwrap().len(), 6, "{first}");
    assert_eq!((&first[0]["position"], &first[0]["lagEvents"]), (&json!("0"), &json!("0")));
    receive(&fixture, &group(1), 1, "one").await;
    let behind = socket.result("p").await["data"]["projectionProgress"].clone();
    assert_eq!((&behind[0]["head"], &behind[0]["lagEvents"]), (&json!("1"), &json!("1")));
    fixture.folds.catch_up().await.unwrap();
    let there = socket.result("p").await["data"]["projectionProgress"].clone();
    assert_eq!((&there[0]["position"], &there[0]["lagEvents"]), (&json!("1"), &json!("0")));
}

#[tokio::test]
async fn every_role_may_watch() {
    let fixture = Fixture::empty().await;
    let server = serving(&fixture).await;
    for role in Role::ALL {
        let mut socket = Socket::ready(&server, role).await;
        socket.subscribe("p", "subscription { projectionProgress { name } }").await;
        assert!(socket.result("p").await["data"]["projectionProgress"].is_array(), "{role}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_subscription_has_a_code() {
    let fixture = Fixture::empty().await;
    let server = serving(&fixture).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    let costly = "conversation { messages(first: 100) { nodes { id text sentAt sender { id displayName language } \
        replyTo { id text sentAt sender { id displayName language } } conversation { id kind title openedAt } } } }";
    for (query, code) in [
        ("subscription { messageReceived(conversation: \"nonsense\") { id } }".to_owned(), "BAD_USER_INPUT"),
        ("subscription { messageReceived { nonsense } }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        (format!("subscription {{ messageReceived {{ {costly} }} }}"), "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: messageReceived { id } b: messageReceived { id } }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { ...F } fragment F on Subscription { messageReceived { id } }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        socket.subscribe("1", &query).await;
        assert_eq!(socket.error("1").await, code, "{query}");
    }
    let payload = json!({
        "query": "subscription($c: ID) { messageReceived(conversation: $c) { id } }",
        "variables": { "c": { "not": "an id" } },
    });
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    let code = socket.error("1").await;
    assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&code.as_str()), "{code}");
}

#[tokio::test]
async fn when_the_read_models_do_not_follow_the_subscription_says_so_and_ends() {
    let fixture = Fixture::reaching(Position(0)).await;
    let server = serving(&fixture).await;
    let mut socket = Socket::ready(&server, Role::Analyst).await;
    socket.subscribe("m", "subscription { messageReceived { id } }").await;
    let message = loop {
        receive(&fixture, &group(1), 1, "never seen").await;
        let patience = std::time::Duration::from_millis(50);
        if let Ok(message) = tokio::time::timeout(patience, socket.next()).await {
            break message;
        }
    };
    assert_eq!(message["type"], "error", "{message}");
    assert_eq!(message["payload"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(message["payload"][0]["extensions"]["retryable"], true);
    // The socket lives on.
    socket.subscribe("m", "{ projections { name } }").await;
    assert!(socket.result("m").await["data"]["projections"].is_array());
}
