//! A server on a real socket, with a tiny schema, a log in memory, and a clock that stands still.

use std::sync::{Arc, Mutex, Once};

use async_trait::async_trait;
use chronogram_graphql::{Principal, Role};
use chronogram_http::{
    Ending, GraphqlExecutor, HealthCheck, HttpParts, HttpState, Limits, Tokens,
    async_graphql::{self, Context, EmptySubscription, Error, Object, Schema},
};
use chronogram_intake::Intake;
use chronogram_log::{Clock, Codec};
use chronogram_tests::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;
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
}

type TestSchema = Schema<Query, Mutation, EmptySubscription>;

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
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) client: Client,
    pub(crate) clock: Arc<ManualClock>,
    /// What was recorded.
    pub(crate) log: Arc<GatedLog>,
    pub(crate) graphql_gate: Arc<Gate>,
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
        let database = TestDatabase::create().await.unwrap();
        let clock = Arc::new(ManualClock(Mutex::new("2026-11-21T12:00:00Z".parse().unwrap())));
        let graphql_gate = Gate::new();
        let schema = Schema::build(Query, Mutation, EmptySubscription).data(graphql_gate.clone()).finish();
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
            graphql: Arc::new(Executor(schema)),
            intake,
            tokens: tokens.clone(),
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
            graphql_gate,
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
