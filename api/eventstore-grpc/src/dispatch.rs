//! Which call a request is.

use std::{future::ready, sync::Arc};

use futures::{Stream, TryStreamExt, stream::once};
use prost::Message;
use tonic::{Request, Response, Status, Streaming, body::Body, codec::ProstCodec, codegen::http, server::Grpc};
use tower::service_fn;

use crate::{
    access::{Access, Caller},
    append::{APPEND_BYTES_MAX, append},
    batch::batch_append,
    delete::{Deletion, delete},
    node,
    read::read,
    served::Served,
};

/// Bytes of a message without events: a filter of the longest expression or the most prefixes.
const SMALL_BYTES_MAX: usize = 1_048_576;
/// Bytes of a message with one event: the largest one that a store takes, and what stands around it.
const EVENT_MESSAGE_BYTES_MAX: usize = 2 * chronogram_log::limits::EVENT_BYTES_MAX;
/// Bytes of a message with a whole append: its events, and some hundred bytes around each.
const BATCH_MESSAGE_BYTES_MAX: usize = APPEND_BYTES_MAX + 8 * 1_048_576;

/// Answers any request. Nothing of its body is read before its caller is admitted.
pub(crate) async fn answer<B>(served: Arc<Served>, request: http::Request<B>) -> http::Response<Body>
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let path = request.uri().path().to_owned();
    let admitted = |access| Caller::admit(request.headers(), access, &served.gatekeeper);
    let (method, caller) = match path.as_str() {
        "/event_store.client.streams.Streams/Read" => ("Read", Some(admitted(Access::Read).await)),
        "/event_store.client.streams.Streams/Append" => ("Append", Some(admitted(Access::Write).await)),
        "/event_store.client.streams.Streams/BatchAppend" => ("BatchAppend", Some(admitted(Access::Write).await)),
        "/event_store.client.streams.Streams/Delete" => ("Delete", Some(admitted(Access::Write).await)),
        "/event_store.client.streams.Streams/Tombstone" => ("Tombstone", Some(admitted(Access::Write).await)),
        "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" => ("GetSupportedMethods", None),
        "/event_store.client.gossip.Gossip/Read" => ("Gossip", None),
        _ => ("other", None),
    };
    metrics::counter!("eventstore_calls_total", "method" => method).increment(1);
    let caller = match caller.transpose() {
        Ok(caller) => caller,
        Err(status) => return status.into_http(),
    };
    match (method, caller) {
        ("Read", Some(caller)) => {
            let reading = |requests| async { read(served, caller, only(requests).await?).await };
            call(SMALL_BYTES_MAX, request, |requests| once(reading(requests)).try_flatten()).await
        }
        ("Append", Some(caller)) => {
            call(EVENT_MESSAGE_BYTES_MAX, request, |requests| once(append(served, caller, requests))).await
        }
        ("BatchAppend", Some(caller)) => {
            call(BATCH_MESSAGE_BYTES_MAX, request, |requests| batch_append(served, caller, requests)).await
        }
        ("Delete" | "Tombstone", Some(caller)) => {
            let deletion = if method == "Delete" { Deletion::Soft } else { Deletion::Tombstone };
            let deleting = |requests| async move { delete(served, caller, deletion, only(requests).await?).await };
            call(SMALL_BYTES_MAX, request, |requests| once(deleting(requests))).await
        }
        ("GetSupportedMethods", _) => {
            call(SMALL_BYTES_MAX, request, |_: Streaming<()>| once(ready(Ok(node::supported_methods())))).await
        }
        ("Gossip", _) => {
            let reached = request.uri().authority();
            let host = reached.map_or("localhost", |authority| authority.host());
            let info = node::gossip(&served, host, reached.and_then(http::uri::Authority::port_u16));
            call(SMALL_BYTES_MAX, request, |_: Streaming<()>| once(ready(Ok(info)))).await
        }
        _ => Status::unimplemented(format!("{path} is not served here")).into_http(),
    }
}

/// Every call is answered as a session would be: the headers at once, messages and status when they are there. A client
/// that sends a request in two packets waits, by Nagle's algorithm, until the first of them is acknowledged; an answer at
/// once does that, 40 ms before the system would by itself.
async fn call<Question, Answer, Answers, B>(
    message_bytes_max: usize,
    request: http::Request<B>,
    answers: impl FnOnce(Streaming<Question>) -> Answers + Send,
) -> http::Response<Body>
where
    Question: Message + Default + Send + 'static,
    Answer: Message + Send + 'static,
    Answers: Stream<Item = Result<Answer, Status>> + Send + 'static,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut answers = Some(answers);
    let handler = service_fn(|requests: Request<Streaming<Question>>| {
        // A handler is called once a request; its type does not say so.
        let answers = answers.take().map(|answers| Response::new(answers(requests.into_inner())));
        ready(answers.ok_or_else(|| Status::internal("a request was handled twice")))
    });
    let codec = ProstCodec::<Answer, Question>::default();
    Grpc::new(codec).max_decoding_message_size(message_bytes_max).streaming(handler, request).await
}

/// The one message of a call that has one.
async fn only<Question>(mut requests: Streaming<Question>) -> Result<Question, Status> {
    requests.message().await?.ok_or_else(|| Status::invalid_argument("the call ended before its request came"))
}
