//! Serving HTTP/2 on a listener, without TLS (a proxy brings it, as for the rest of the product).

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chronogram_listening::{Connection, Ending, listen};
use hyper::{body::Incoming, http::Request, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::{dispatch::answer, served::Served};

/// Open connections: clients keep one each.
const CONNECTIONS_MAX: usize = 512;
/// Calls of one connection at a time; a subscription is one.
const CALLS_MAX: u32 = 256;
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: u32 = 16_384;
/// A client has this long to make its first call.
const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a silent connection is asked whether it is there, and how long it has to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Bytes a client may send ahead of being read, per call and per connection: an append of the usual size at once.
const WINDOW_BYTES: u32 = 1_048_576;

/// Serves `served` until its stop; then takes no new connection, ends subscriptions, and lets other calls finish, 25 s at
/// most.
pub async fn serve(listener: TcpListener, served: Arc<Served>) -> Ending {
    let stop = served.stop.clone();
    listen(listener, CONNECTIONS_MAX, stop, |stream, connection| speak(stream, connection, served.clone())).await
}

async fn speak(stream: TcpStream, connection: Connection, served: Arc<Served>) {
    let called = Arc::new(AtomicBool::new(false));
    let noticed = called.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        noticed.store(true, Ordering::Relaxed);
        let answer = answer(served.clone(), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let spoken = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(CALLS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(spoken);
    let silent = async {
        tokio::time::sleep(FIRST_CALL_TIMEOUT).await;
        if called.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    // How a connection ends is its client's business: answers that failed were logged where they failed.
    tokio::select! {
        _ended = spoken.as_mut() => return,
        () = silent => return,
        () = connection.stop.cancelled() => spoken.as_mut().graceful_shutdown(),
    }
    connection.cut.run_until_cancelled(spoken).await;
}
