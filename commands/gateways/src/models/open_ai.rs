//! One request to a model's server.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use reqwest_of_teloxide::{
    Client, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect,
};

use super::{
    ChatRequest, ModelError, ModelSettings, SchemaWay,
    error::Unsupported,
    wire::{self, Dialect},
};

/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer: a text of the longest kind, escaped, and room.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// The answer was as long as it may be.
    Length,
    /// Its server did not let it go on.
    Filtered,
    /// It does not want to answer; the text says why.
    Refused,
    /// Something else.
    Other,
}

impl Finish {
    /// As events have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Filtered => "content_filter",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}

/// What a server counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the question.
    pub input_tokens: u32,
    /// Tokens of the answer.
    pub output_tokens: u32,
}

/// An answer, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What the model said. Anybody's text.
    pub content: String,
    /// Why it stopped.
    pub finish: Finish,
    /// The model that answered, by its server's account.
    pub served_by: Option<String>,
    /// What was counted, where the server says so.
    pub usage: Option<Usage>,
}

/// A model. One call is one question: who asks again and when is the caller's matter.
#[async_trait]
pub trait ChatModel: Send + Sync + 'static {
    /// Asks.
    async fn complete(&self, request: &ChatRequest) -> Result<Completion, ModelError>;
}

/// A model behind a server that speaks as OpenAI's does.
pub struct OpenAi {
    client: Client,
    url: String,
    model: String,
    headers: HeaderMap,
    schema: SchemaWay,
    refuses_schema: AtomicBool,
    refuses_max_tokens: AtomicBool,
    refuses_temperature: AtomicBool,
}

/// Why the gateway cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ModelSetupError {
    /// The key is no text of a header.
    #[error("the key of a model must be printable ASCII")]
    Key,
    /// No client.
    #[error("the HTTP client for models cannot be made")]
    Client,
}

impl OpenAi {
    /// The model of these settings.
    pub fn new(settings: &ModelSettings) -> Result<Self, ModelSetupError> {
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(key) = &settings.key {
            let mut value = HeaderValue::from_str(&key.header()).map_err(|_| ModelSetupError::Key)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(settings.timeout)
            // Another server is not the one that was given the key.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|_| ModelSetupError::Client)?;
        Ok(Self {
            client,
            url: format!("{}/chat/completions", settings.base_url),
            model: settings.model.clone(),
            headers,
            schema: settings.schema,
            refuses_schema: AtomicBool::new(settings.schema == SchemaWay::Prompt),
            refuses_max_tokens: AtomicBool::new(false),
            refuses_temperature: AtomicBool::new(false),
        })
    }

    fn dialect(&self) -> Dialect {
        let takes = |refuses: &AtomicBool| !refuses.load(Ordering::Relaxed);
        Dialect {
            schema: takes(&self.refuses_schema),
            max_tokens: takes(&self.refuses_max_tokens),
            temperature: takes(&self.refuses_temperature),
        }
    }

    /// Whether the server refused what `dialect` has and can be asked without: once for each, for all who ask.
    fn learn(&self, error: &ModelError, dialect: Dialect) -> bool {
        let ModelError::Refused { unsupported: Some(unsupported), .. } = error else { return false };
        let (flag, had) = match unsupported {
            Unsupported::Schema if self.schema == SchemaWay::Native => return false,
            Unsupported::Schema => (&self.refuses_schema, dialect.schema),
            Unsupported::MaxTokens => (&self.refuses_max_tokens, dialect.max_tokens),
            Unsupported::Temperature => (&self.refuses_temperature, dialect.temperature),
        };
        if had {
            flag.store(true, Ordering::Relaxed);
        }
        had
    }

    async fn send(&self, request: &ChatRequest, dialect: Dialect) -> Result<Completion, ModelError> {
        let body = wire::body_of(&self.model, request, dialect).to_string();
        let sending = self.client.post(&self.url).headers(self.headers.clone()).body(body).send();
        let mut response = sending.await.map_err(|error| {
            if error.is_connect() || error.is_builder() { ModelError::Unreachable } else { ModelError::NoAnswer }
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(&mut response).await;
        if status.is_success() {
            return wire::completion_of(&body?);
        }
        // The status says enough where the body does not come.
        Err(wire::error_of(status.as_u16(), &headers, &body.unwrap_or_default()))
    }
}

#[async_trait]
impl ChatModel for OpenAi {
    async fn complete(&self, request: &ChatRequest) -> Result<Completion, ModelError> {
        loop {
            let dialect = self.dialect();
            match self.send(request, dialect).await {
                Err(error) if self.learn(&error, dialect) => {}
                result => return result,
            }
        }
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ModelError::NoAnswer)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(ModelError::Malformed("the answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
