//! A server that speaks chat completions as OpenAI's does, strict about what it is asked, on a real socket; it answers,
//! or fails, as a test wants it to.

mod answers;
mod rules;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::AbortHandle};

/// How it behaves to one request.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Says this: JSON, fenced JSON, free text, or what breaks a schema.
    Say(String),
    /// Says this, and that it could not go on.
    RunOut(String),
    /// Does not want to answer.
    Refuse(String),
    /// Says this without telling what it counted.
    Uncounted(String),
    /// 429, to be tried again after so many seconds.
    Limited(u32),
    /// 429 for good: no money left.
    QuotaSpent,
    /// 5xx.
    Fault(u16),
    /// Says this after a while.
    Slow(Duration, String),
    /// Holds the connection and says nothing.
    Never,
    /// Ends the connection in the middle of the answer.
    CutOff,
    /// 200 with what is no JSON.
    NoJson,
}

/// The server. It ends when this is dropped.
pub struct ModelStandin {
    address: String,
    shared: Arc<Shared>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Shared(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    manners: VecDeque<Manner>,
    otherwise: Option<Manner>,
    latency: Duration,
    takes_no_schema: bool,
    takes_no_max_tokens: bool,
    accepted: Vec<Value>,
    refused: usize,
    at_once: usize,
    at_once_most: usize,
}

impl ModelStandin {
    /// The key that it takes.
    pub const KEY: &str = "sk-standin-key";
    /// The model that it has.
    pub const MODEL: &str = "standin-1";

    /// Starts on a free port of loopback.
    pub async fn start() -> anyhow::Result<Self> {
        let shared = Arc::new(Shared::default());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let routes = Router::new()
            .route("/v1/chat/completions", post(complete))
            .fallback(|method: Method, uri: Uri| async move { rules::no_such_path(&method, &uri) })
            .with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, shared, serving: serving.abort_handle() })
    }

    /// What stands before `/chat/completions`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How it behaves to the next request that nothing was said of.
    pub fn next(&self, manner: Manner) {
        self.inside().manners.push_back(manner);
    }

    /// How it behaves where nothing was said of a request.
    pub fn always(&self, manner: Manner) {
        self.inside().otherwise = Some(manner);
    }

    /// How long each answer takes.
    pub fn set_latency(&self, latency: Duration) {
        self.inside().latency = latency;
    }

    /// From now on it is one of the servers that know no schemas.
    pub fn take_no_schema(&self) {
        self.inside().takes_no_schema = true;
    }

    /// From now on it is one of the models whose limit is called `max_completion_tokens`.
    pub fn take_no_max_tokens(&self) {
        self.inside().takes_no_max_tokens = true;
    }

    /// The requests that were right, oldest first.
    pub fn accepted(&self) -> Vec<Value> {
        self.inside().accepted.clone()
    }

    /// How many requests were not.
    pub fn refused(&self) -> usize {
        self.inside().refused
    }

    /// The most requests that it had at the same time.
    pub fn at_once_most(&self) -> usize {
        self.inside().at_once_most
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.shared.inside()
    }
}

impl Drop for ModelStandin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered; a client may go away any time.
struct AtOnce(Arc<Shared>);

impl AtOnce {
    fn begin(shared: &Arc<Shared>) -> Self {
        let mut inside = shared.inside();
        inside.at_once += 1;
        inside.at_once_most = inside.at_once_most.max(inside.at_once);
        Self(shared.clone())
    }
}

impl Drop for AtOnce {
    fn drop(&mut self) {
        self.0.inside().at_once -= 1;
    }
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let _at_once = AtOnce::begin(&shared);
    let (manner, latency, request) = {
        let mut inside = shared.inside();
        let takes = rules::Takes { schema: !inside.takes_no_schema, max_tokens: !inside.takes_no_max_tokens };
        let request = match rules::check(&headers, &body, takes) {
            Ok(request) => request,
            Err(refusal) => {
                inside.refused += 1;
                return *refusal;
            }
        };
        inside.accepted.push(request.clone());
        let manner = inside.manners.pop_front().or_else(|| inside.otherwise.clone());
        (manner.unwrap_or_else(|| Manner::Say("Hello!".to_owned())), inside.latency, request)
    };
    tokio::time::sleep(latency).await;
    answers::of(&request, manner).await
}
