//! What the store answers.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use md5::{Digest as _, Md5};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    BUCKET, State, Upload,
    signature::{Refusal, check, decoded, raw_query},
};

/// What every part but the last must have.
const PART_BYTES_MIN: usize = 5 << 20;
/// Keys of one page: few, so that lists have several.
const PAGE_KEYS: usize = 2;

type Answer = Response<Full<Bytes>>;

pub(super) async fn start(state: Arc<Mutex<State>>, stop: CancellationToken) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("bind the object store")?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
            let (state, stop) = (state.clone(), stop.clone());
            tokio::spawn(async move {
                let service = service_fn(|request| answer(state.clone(), request));
                let serving = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                // A client that goes away in the middle is its own affair.
                let _ = stop.run_until_cancelled(serving).await;
            });
        }
    });
    Ok(url)
}

#[allow(clippy::disallowed_methods)] // as the store that it stands for
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Answer, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut state: MutexGuard<'_, State> = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.requests.push(format!("{} {}", head.method, head.uri.path()));
    let refusal = state.refusals.pop_front().flatten().map_or(Ok(()), Err);
    let signed = refusal.and_then(|()| check(head.method.as_str(), &head.uri, &head.headers, now()));
    let answered = signed.and_then(|()| route(&mut state, &head, &body));
    Ok(answered.unwrap_or_else(|(status, code)| refused(status, code, head.method == "HEAD")))
}

fn refused(status: u16, code: &str, is_head: bool) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>refused by the stand-in</Message>\
         <RequestId>1</RequestId></Error>"
    );
    let body = if is_head { String::new() } else { body };
    let answer = Response::builder().status(status).header("content-type", "application/xml");
    answer.body(Full::from(body)).unwrap_or_default()
}

fn xml(root: &str, content: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>"
    );
    Response::builder().header("content-type", "application/xml").body(Full::from(body)).unwrap_or_default()
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(bytes)))
}

fn route(state: &mut State, head: &hyper::http::request::Parts, body: &Bytes) -> Result<Answer, Refusal> {
    let path = decoded(head.uri.path());
    let path = path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if bucket != BUCKET {
        return Err((404, "NoSuchBucket"));
    }
    let query = raw_query(&head.uri);
    let query = |name: &str| query.get(name).map(|value| decoded(value));
    match (head.method.as_str(), query("uploadId")) {
        ("GET", _) if key.is_empty() && query("list-type").as_deref() == Some("2") => {
            Ok(list(state, &query("prefix").unwrap_or_default(), query("continuation-token")))
        }
        (_, _) if key.is_empty() => Err((405, "MethodNotAllowed")),
        ("GET", _) => read(state, key, head.headers.get("range").and_then(|range| range.to_str().ok())),
        ("HEAD", _) => {
            let object = state.objects.get(key).ok_or((404, "NoSuchKey"))?;
            Ok(Response::builder().header("content-length", object.len()).body(Full::default()).unwrap_or_default())
        }
        ("POST", None) if query("uploads").is_some() => {
            state.started += 1;
            let id = format!("upload-{}", state.started);
            state.uploads.insert(id.clone(), Upload { key: key.to_owned(), parts: BTreeMap::new() });
            let content = format!("<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>");
            Ok(xml("InitiateMultipartUploadResult", &content))
        }
        ("PUT", Some(id)) => {
            let md5 =
                head.headers.get("content-md5").and_then(|md5| md5.to_str().ok()).ok_or((400, "InvalidRequest"))?;
            if md5 != STANDARD.encode(Md5::digest(body)) {
                return Err((400, "BadDigest"));
            }
            let number = query("partNumber").and_then(|number| number.parse().ok());
            let number = number.filter(|number| (1..=10_000).contains(number)).ok_or((400, "InvalidArgument"))?;
            upload(state, &id, key)?.parts.insert(number, body.to_vec());
            Ok(Response::builder().header("etag", etag(body)).body(Full::default()).unwrap_or_default())
        }
        ("POST", Some(id)) => complete(state, &id, key, &String::from_utf8_lossy(body)),
        ("DELETE", Some(id)) => {
            upload(state, &id, key)?;
            state.uploads.remove(&id);
            Ok(no_content())
        }
        ("DELETE", None) => {
            state.objects.remove(key);
            Ok(no_content())
        }
        _ => Err((405, "MethodNotAllowed")),
    }
}

fn no_content() -> Answer {
    Response::builder().status(204).body(Full::default()).unwrap_or_default()
}

fn upload<'a>(state: &'a mut State, id: &str, key: &str) -> Result<&'a mut Upload, Refusal> {
    state.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or((404, "NoSuchUpload"))
}

fn list(state: &State, prefix: &str, after: Option<String>) -> Answer {
    let after = after.unwrap_or_default();
    let mut keys = state.objects.iter().filter(|(key, _)| key.starts_with(prefix) && **key > after).peekable();
    let (mut content, mut last) = (String::new(), String::new());
    for (key, object) in keys.by_ref().take(PAGE_KEYS) {
        let _ = write!(
            content,
            "<Contents><Key>{key}</Key><LastModified>2026-11-21T02:00:00.000Z</LastModified><ETag>{}</ETag>\
             <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            etag(object).replace('"', "&quot;"),
            object.len()
        );
        last.clone_from(key);
    }
    let more = keys.peek().is_some();
    let next = if more { format!("<NextContinuationToken>{last}</NextContinuationToken>") } else { String::new() };
    let head = format!("<Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><MaxKeys>{PAGE_KEYS}</MaxKeys>");
    xml("ListBucketResult", &format!("{head}<IsTruncated>{more}</IsTruncated>{content}{next}"))
}

fn read(state: &State, key: &str, range: Option<&str>) -> Result<Answer, Refusal> {
    let object = state.objects.get(key).ok_or((404, "NoSuchKey"))?;
    let Some(range) = range else {
        return Ok(Response::new(Full::from(object.clone())));
    };
    let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok());
    let bytes = from.and_then(|from| object.get(from..)).filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or((416, "InvalidRange"))?.to_vec();
    Ok(Response::builder().status(206).body(Full::from(bytes)).unwrap_or_default())
}

/// Numbers and tags as they are told, in rising order, every part but the last large enough.
fn complete(state: &mut State, id: &str, key: &str, body: &str) -> Result<Answer, Refusal> {
    let upload = upload(state, id, key)?;
    let told: Vec<(u32, String)> = body
        .split("<Part>")
        .skip(1)
        .filter_map(|part| Some((between(part, "PartNumber")?.parse().ok()?, between(part, "ETag")?)))
        .collect();
    if told.is_empty() || body.matches("<Part>").count() != told.len() {
        return Err((400, "MalformedXML"));
    }
    if !told.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err((400, "InvalidPartOrder"));
    }
    let mut whole = Vec::new();
    for (place, (number, tag)) in told.iter().enumerate() {
        let part = upload.parts.get(number).filter(|part| etag(part) == tag.replace("&quot;", "\""));
        let part = part.ok_or((400, "InvalidPart"))?;
        if part.len() < PART_BYTES_MIN && place + 1 < told.len() {
            return Err((400, "EntityTooSmall"));
        }
        whole.extend_from_slice(part);
    }
    let content = format!(
        "<Location>/{BUCKET}/{key}</Location><Bucket>{BUCKET}</Bucket><Key>{key}</Key><ETag>&quot;1-{}&quot;</ETag>",
        told.len()
    );
    state.uploads.remove(id);
    state.objects.insert(key.to_owned(), whole);
    Ok(xml("CompleteMultipartUploadResult", &content))
}

fn between(text: &str, tag: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    Some(rest.split_once(&format!("</{tag}>"))?.0.to_owned())
}
