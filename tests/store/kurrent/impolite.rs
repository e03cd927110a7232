//! A server that ends every subscription in order, which makes the client run away: it is ended and begun anew.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::{HeaderMap, HeaderValue},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::open;
use crate::stores::until;

/// `SupportedMethods` with the version 24.10.0 and nothing else, in its frame.
const FEATURES: &[u8] = b"\x00\x00\x00\x00\x09\x12\x0724.10.0";

type Answer = Response<BoxBody<Bytes, Infallible>>;

fn answer(request: &Request<Incoming>, subscriptions: &AtomicUsize) -> Answer {
    let message = if request.uri().path().ends_with("GetSupportedMethods") {
        FEATURES
    } else {
        subscriptions.fetch_add(1, Ordering::SeqCst);
        b""
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok(Frame::data(Bytes::from_static(message))), Ok(Frame::trailers(trailers))];
    let body = StreamBody::new(futures::stream::iter(frames)).boxed();
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

async fn start(subscriptions: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let subscriptions = subscriptions.clone();
            let service =
                service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(&request, &subscriptions))));
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_runs_away_is_ended_and_subscribes_anew() {
    let subscriptions = Arc::new(AtomicUsize::new(0));
    let address = start(subscriptions.clone()).await;
    let store = open(&format!("esdb://{address}?tls=false")).await;
    until("it subscribes again", || async { subscriptions.load(Ordering::SeqCst) >= 2 }).await;
    store.close().await;
}
