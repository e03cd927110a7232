//! Backups in a bucket of an object store: S3 itself, or one that speaks as it does.
//!
//! Requests are signed by `rusty-s3` (Signature Version 4, in the URL) and sent by the client that the binary has anyway.
//! Each part carries the MD5 of its bytes, which the store checks; what comes back is checked by the digests of the file.

mod multipart;

use std::{sync::Arc, time::Duration};

use chronogram_log::Clock;
use futures::TryStreamExt as _;
use reqwest_of_teloxide::{Client, Method, Response, StatusCode, header};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle, actions::ListObjectsV2};
use tokio_util::io::StreamReader;

use super::ReadFrom;
use crate::{error::BackupError, manifest::Kind};

pub(super) use multipart::Multipart;

/// How long a signed request is good for: retries are signed anew.
const SIGNED_FOR: Duration = Duration::from_mins(15);
/// How long a connection may take, and how long a store may say nothing.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// How often a request is sent before its failure counts.
const TRIES: u32 = 6;
/// The pause before the second try, doubled each time.
const PAUSE: Duration = Duration::from_millis(200);
/// What a store says in a refusal is read this far.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// How an object store is reached.
#[derive(Clone)]
pub struct S3Settings {
    /// Another one than Amazon's: its address.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// The id of the key.
    pub key_id: Option<String>,
    /// The key.
    pub secret: Option<String>,
    /// Of a key for some hours.
    pub session_token: Option<String>,
    /// The time, which signatures hold.
    pub clock: Arc<dyn Clock>,
}

/// A bucket and a prefix in it.
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
    /// With a slash at its end, or empty.
    prefix: String,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A request that is not signed yet.
struct Request<'a> {
    operation: &'static str,
    method: Method,
    headers: Vec<(&'static str, String)>,
    body: bytes::Bytes,
    url: &'a (dyn Fn() -> String + Send + Sync),
}

impl S3 {
    /// `place` is `bucket` or `bucket/prefix`.
    pub(super) fn new(place: &str, settings: &S3Settings) -> Result<Self, BackupError> {
        let invalid = |what: &str| BackupError::Invalid(what.to_owned());
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        let is_name =
            name.len() >= 3 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        if !is_name {
            return Err(invalid(
                "s3:// is followed by a bucket's name, and where you like a prefix: s3://bucket/prefix",
            ));
        }
        let (Some(key), Some(secret)) = (&settings.key_id, &settings.secret) else {
            return Err(invalid("an s3:// target needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or …_FILE)"));
        };
        // A store of one's own is found by one name; Amazon wants the bucket in the host, where its certificate allows.
        let style =
            if settings.endpoint.is_some() || name.contains('.') { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = match &settings.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://s3.{}.amazonaws.com", settings.region),
        };
        let endpoint =
            endpoint.parse().map_err(|_| invalid("BACKUP_S3_ENDPOINT must be an address like https://host:9000"))?;
        let bucket = Bucket::new(endpoint, style, name.to_owned(), settings.region.clone())
            .map_err(|error| BackupError::Invalid(format!("BACKUP_S3_ENDPOINT or the bucket's name: {error}")))?;
        let token = settings.session_token.clone();
        let credentials = match token {
            Some(token) => Credentials::new_with_token(key, secret, token),
            None => Credentials::new(key, secret),
        };
        let client = Client::builder()
            .connect_timeout(CONNECT_PATIENCE)
            .read_timeout(SILENCE_MAX)
            .redirect(reqwest_of_teloxide::redirect::Policy::none())
            .build()
            .map_err(|error| BackupError::Unreachable { operation: "begin", source: error.into() })?;
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { bucket, credentials, prefix, client, clock: settings.clock.clone() })
    }

    pub(super) fn shown(&self) -> String {
        format!("s3://{}/{}", self.bucket.name(), self.prefix).trim_end_matches('/').to_owned()
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn sign<'a>(&self, action: &impl S3Action<'a>) -> String {
        action.sign_with_time(SIGNED_FOR, &self.clock.now()).into()
    }

    /// Sends it until the store takes it, refuses it for good, or the tries are over.
    async fn send(&self, request: &Request<'_>) -> Result<Response, BackupError> {
        let mut pause = PAUSE;
        for last in (0..TRIES).map(|nth| nth + 1 == TRIES) {
            match self.try_once(request).await {
                Err(error) if !last && is_worth_another(&error) => {
                    tracing::debug!(operation = request.operation, error = %error, "the object store is asked again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        Err(BackupError::Invalid("nothing was tried".to_owned())) // TRIES is not 0
    }

    async fn try_once(&self, request: &Request<'_>) -> Result<Response, BackupError> {
        let operation = request.operation;
        let mut sent = self.client.request(request.method.clone(), (request.url)()).body(request.body.clone());
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        // The URL holds a signature: it stays out of errors.
        let answer = sent.send().await.map_err(|error| unreachable(operation, error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refused(operation, answer).await)
    }

    async fn text(&self, request: &Request<'_>) -> Result<String, BackupError> {
        self.send(request).await?.text().await.map_err(|error| unreachable(request.operation, error))
    }

    pub(super) async fn size(&self, name: &str) -> Result<u64, BackupError> {
        let key = self.key(name);
        let url = || self.sign(&self.bucket.head_object(Some(&self.credentials), &key));
        let request = plain("look for a backup", Method::HEAD, &url);
        match self.send(&request).await {
            Ok(answer) => {
                let length =
                    answer.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
                length.ok_or_else(|| refusal("look for a backup", 200, "no Content-Length in the answer"))
            }
            Err(BackupError::Refused { status: 404, .. }) => {
                Err(BackupError::NotFound(format!("{}/{name}", self.shown())))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn read(&self, name: &str, from: u64) -> Result<ReadFrom, BackupError> {
        const OPERATION: &str = "read a backup";
        let key = self.key(name);
        let url = || self.sign(&self.bucket.get_object(Some(&self.credentials), &key));
        let headers = vec![("range", format!("bytes={from}-"))];
        let answer = self.send(&Request { headers, ..plain(OPERATION, Method::GET, &url) }).await?;
        if from > 0 && answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(refusal(OPERATION, answer.status().as_u16(), "it does not answer ranges"));
        }
        let bytes = answer.bytes_stream().map_err(|error| std::io::Error::other(error.without_url()));
        Ok(Box::pin(StreamReader::new(bytes)))
    }

    pub(super) async fn names(&self) -> Result<Vec<String>, BackupError> {
        const OPERATION: &str = "list the backups";
        let mut names = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let url = || {
                let mut list = self.bucket.list_objects_v2(Some(&self.credentials));
                list.with_prefix(self.key("chronogram-"));
                if let Some(token) = &token {
                    list.with_continuation_token(token.clone());
                }
                self.sign(&list)
            };
            let page = self.text(&plain(OPERATION, Method::GET, &url)).await?;
            let page =
                ListObjectsV2::parse_response(&page).map_err(|_| refusal(OPERATION, 200, "its list cannot be read"))?;
            let found = page.contents.iter().filter_map(|object| object.key.strip_prefix(&self.prefix));
            names.extend(found.filter(|name| Kind::of_name(name).is_some()).map(str::to_owned));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), BackupError> {
        let key = self.key(name);
        let url = || self.sign(&self.bucket.delete_object(Some(&self.credentials), &key));
        match self.send(&plain("remove a backup", Method::DELETE, &url)).await {
            Ok(_) | Err(BackupError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn plain<'a>(operation: &'static str, method: Method, url: &'a (dyn Fn() -> String + Send + Sync)) -> Request<'a> {
    Request { operation, method, headers: Vec::new(), body: bytes::Bytes::new(), url }
}

fn unreachable(operation: &'static str, error: reqwest_of_teloxide::Error) -> BackupError {
    BackupError::Unreachable { operation, source: error.without_url().into() }
}

fn refusal(operation: &'static str, status: u16, code: &str) -> BackupError {
    BackupError::Refused { operation, status, code: code.to_owned() }
}

/// The store's own word for it; a HEAD has no body, and a proxy may answer anything.
async fn refused(operation: &'static str, answer: Response) -> BackupError {
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let mut bytes = answer.bytes_stream();
    while let Ok(Some(more)) = bytes.try_next().await
        && body.len() < REFUSAL_BYTES_MAX
    {
        body.extend_from_slice(&more);
    }
    refusal(operation, status, error_code(&String::from_utf8_lossy(&body)).unwrap_or("without a word why"))
}

/// What stands in `<Error><Code>…</Code>`: letters, or it is nobody's code.
fn error_code(body: &str) -> Option<&str> {
    let (_, error) = body.split_once("<Error")?;
    let (code, _) = error.split_once("<Code>")?.1.split_once("</Code>")?;
    (!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}

fn is_worth_another(error: &BackupError) -> bool {
    match error {
        BackupError::Unreachable { .. } => true,
        BackupError::Refused { status, code, .. } => {
            matches!(status, 408 | 429 | 500 | 502 | 503 | 504) || code == "RequestTimeout" || code == "InternalError"
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_refusal_is_read_and_nothing_else_of_it() {
        let refusal = "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>your words</Message></Error>";
        assert_eq!(error_code(refusal), Some("SlowDown"));
        assert_eq!(error_code("<Error><Code>a b</Code></Error>"), None);
        assert_eq!(error_code("<html>Bad Gateway</html>"), None);
    }
}
