//! A server on a real socket, with a tiny schema, a log in memory, and a clock that stands still.

use std::sync::{
    Arc, Mutex, Once,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_graphql::{IdempotencyKey, MinPosition, Principal, Role};
use chronogram_http::{
    GraphqlExecutor, HealthCheck, HttpParts, HttpState, Limits, Tokens,
    async_graphql::{self, Context, Error, Object, Schema, Subscription as SubscriptionRoot},
};
use chronogram_intake::Intake;
use chronogram_listening::Ending;
use chronogram_log::{Clock, Codec};
use chronogram_tests::TestDatabase;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use crate::gated_log::GatedLog;

/// A clock that moves when told to.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Query;

#[Object(crate = "chronogram_http::async_graphql")]
#[allow(clippy::unused_async, reason = "the macro wants async functions")]
impl Query {
    async fn whoami(&self, context: &Context<'_>) -> async_graphql::Result<String> {
        let principal = context.data::<Principal>()?;
        Ok(format!("{} {}", principal.name, principal.role))
    }

    async fn broken(&self) -> async_graphql::Result<i32> {
        Err(Error::new("broken on purpose"))
    }

    async fn maybe_broken(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::new("broken on purpose")))
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn panics(&self) -> i32 {
        "somebody's secret words".parse().unwrap()
    }

    /// The position that came with it.
    async fn min_position(&self, context: &Context<'_>) -> Option<u64> {
        context.data_opt::<MinPosition>().map(|min| min.0.0)
    }

    /// Answers when the test lets it.
    async fn waits(&self, context: &Context<'_>) -> async_graphql::Result<bool> {
        let gate = context.data::<Arc<Gate>>()?;
        gate.entered.add_permits(1);
        gate.open.acquire().await?.forget();
        Ok(true)
    }
}

pub(crate) struct Mutation;

#[Object(crate = "chronogram_http::async_graphql")]
impl Mutation {
    async fn change(&self) -> bool {
        true
    }

    /// The idempotency key that came with it.
    async fn key(&self, context: &Context<'_>) -> Option<String> {
        context.data_opt::<IdempotencyKey>().map(|key| key.0.clone())
    }
}

/// What tests say to subscribers, and how many listen.
pub(crate) struct Feed {
    pub(crate) said: broadcast::Sender<String>,
    /// Texts that were made for `flood`.
    pub(crate) flooded: AtomicUsize,
    /// Floods that go on.
    floods: Arc<()>,
}

impl Feed {
    fn new() -> Arc<Self> {
        Arc::new(Self { said: broadcast::Sender::new(64), flooded: AtomicUsize::new(0), floods: Arc::new(()) })
    }

    /// Returns once so many subscriptions to `said` are at work.
    pub(crate) async fn wait_for_listeners(&self, number: usize) {
        while self.said.receiver_count() != number {
            tokio::task::yield_now().await;
        }
    }

    /// Returns once no flood goes on.
    pub(crate) async fn wait_for_calm(&self) {
        while Arc::strong_count(&self.floods) > 1 {
            tokio::task::yield_now().await;
        }
    }
}

/// As much as one result of `flood` says: a socket's buffers hold few of them.
pub(crate) const FLOOD_BYTES: usize = 256 * 1024;

struct Flood {
    feed: Arc<Feed>,
    _goes_on: Arc<()>,
}

impl Flood {
    fn text(&self) -> String {
        self.feed.flooded.fetch_add(1, Ordering::SeqCst);
        "x".repeat(FLOOD_BYTES)
    }
}

pub(crate) struct Subscription;

#[SubscriptionRoot(crate = "chronogram_http::async_graphql")]
#[allow(clippy::unused_async, reason = "the macro wants async functions")]
impl Subscription {
    /// The numbers from 0.
    async fn counts(&self, below: i32) -> impl Stream<Item = i32> {
        stream::iter(0..below)
    }

    /// What the test says.
    async fn said(&self, context: &Context<'_>) -> async_graphql::Result<BoxStream<'static, String>> {
        let said = context.data::<Arc<Feed>>()?.said.subscribe();
        Ok(stream::unfold(said, async |mut said| Some((said.recv().await.ok()?, said))).boxed())
    }

    /// More than anybody reads.
    async fn flood(&self, context: &Context<'_>) -> async_graphql::Result<BoxStream<'static, String>> {
        let feed = context.data::<Arc<Feed>>()?.clone();
        let flood = Flood { _goes_on: feed.floods.clone(), feed };
        Ok(stream::repeat_with(move || flood.text()).boxed())
    }

    async fn refused(&self) -> async_graphql::Result<BoxStream<'static, i32>> {
        Err(Error::new("refused on purpose"))
    }

    /// One result, then an error.
    async fn breaks(&self) -> BoxStream<'static, async_graphql::Result<i32>> {
        stream::iter([Ok(1), Err(Error::new("broken on purpose"))]).boxed()
    }

    /// One result, then a panic.
    async fn panics(&self) -> BoxStream<'static, i32> {
        stream::iter(["1", "somebody's secret words"]).map(|text| text.parse().unwrap()).boxed()
    }
}

type TestSchema = Schema<Query, Mutation, Subscription>;

/// Where a request waits until the test says go.
pub(crate) struct Gate {
    pub(crate) entered: Semaphore,
    pub(crate) open: Semaphore,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { entered: Semaphore::new(0), open: Semaphore::new(0) })
    }

    pub(crate) async fn wait_for_entry(&self) {
        self.entered.acquire().await.unwrap().forget();
    }
}

struct Executor(TestSchema);

#[async_trait]
impl GraphqlExecutor for Executor {
    async fn execute(&self, request: async_graphql::Request) -> async_graphql::Response {
        self.0.execute(request).await
    }

    fn subscribe(&self, request: async_graphql::Request) -> BoxStream<'static, async_graphql::Response> {
        self.0.execute_stream(request)
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) client: Client,
    pub(crate) clock: Arc<ManualClock>,
    /// What was recorded.
    pub(crate) log: Arc<GatedLog>,
    pub(crate) graphql_gate: Arc<Gate>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) tokens: Tokens,
    pub(crate) database: TestDatabase,
    pub(crate) state: HttpState,
    pub(crate) draining: CancellationToken,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: tokio::task::JoinHandle<Ending>,
    /// A token of every role, in the order of `Role::ALL`.
    pub(crate) plaintexts: Vec<String>,
}

#[allow(clippy::disallowed_methods, reason = "this is where these tests take chance from")]
pub(crate) fn random() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

pub(crate) fn random_32() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&random());
    bytes[16..].copy_from_slice(&random());
    bytes
}

pub(crate) fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Vec::new(), Limits::default()).await
    }

    pub(crate) async fn with(health: Vec<Arc<dyn HealthCheck>>, limits: Limits) -> Self {
        let (graphql_gate, feed) = (Gate::new(), Feed::new());
        let schema = Schema::build(Query, Mutation, Subscription).data(graphql_gate.clone()).data(feed.clone());
        let executor = Arc::new(Executor(schema.finish()));
        Self { graphql_gate, feed, ..Self::executing(executor, health, limits).await }
    }

    /// One that serves another schema.
    pub(crate) async fn executing(
        executor: Arc<dyn GraphqlExecutor>,
        health: Vec<Arc<dyn HealthCheck>>,
        limits: Limits,
    ) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let clock = Arc::new(ManualClock(Mutex::new("2026-11-21T12:00:00Z".parse().unwrap())));
        let log = Arc::new(GatedLog::new(clock.clone()));
        let codec = Arc::new(Codec::new().unwrap());
        let intake = Arc::new(Intake::new(log.clone(), codec, clock.clone(), Arc::new(|| Ok(random()))));
        let tokens = Tokens::new(database.pool.clone(), clock.clone());
        let mut plaintexts = Vec::new();
        for role in Role::ALL {
            let created = tokens.create(&format!("the-{role}"), role, None, random_32()).await.unwrap();
            plaintexts.push(created.plaintext);
        }
        let draining = CancellationToken::new();
        let state = HttpState::new(HttpParts {
            graphql: executor,
            intake,
            tokens: tokens.clone(),
            telegram: None,
            health,
            metrics: Arc::new(|| "up 1\n".to_owned()),
            clock: clock.clone(),
            random: Arc::new(random),
            draining: draining.clone(),
            limits,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving =
            tokio::spawn(chronogram_http::serve(listener, chronogram_http::router(state.clone()), stop.clone()));
        Self {
            url: format!("http://{address}"),
            address,
            client: client(),
            clock,
            log,
            graphql_gate: Gate::new(),
            feed: Feed::new(),
            tokens,
            database,
            state,
            draining,
            stop,
            serving,
            plaintexts,
        }
    }

    pub(crate) fn token(&self, role: Role) -> &str {
        let index = Role::ALL.iter().position(|known| *known == role).unwrap();
        &self.plaintexts[index]
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Status, content type and body of an answer that is JSON.
pub(crate) async fn json(request: RequestBuilder) -> (StatusCode, String, Value) {
    let response = request.send().await.unwrap();
    let (status, content_type) = (response.status(), header(&response, "content-type").to_owned());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (status, content_type, body)
}
