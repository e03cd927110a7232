//! Serving a listener: HTTP/2 without TLS (a proxy brings it, as for the rest of the product), bounded, ended in order.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{body::Incoming, http::Request, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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
/// What is at work when the stop comes has this long; Kubernetes kills 30 s after it asked, by default.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);
/// Pause after a failed accept (out of file descriptors, mostly), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes a client may send ahead of being read, per call and per connection: an append of the usual size at once.
const WINDOW_BYTES: u32 = 1_048_576;

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every call got its answer.
    Clean,
    /// These many connections were still at work when the time was up, and were cut.
    Cut(usize),
}

/// Serves `served` until its stop; then takes no new connection, ends subscriptions, and lets other calls finish, 25 s at
/// most.
pub async fn serve(listener: TcpListener, served: Arc<Served>) -> Ending {
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let cut = CancellationToken::new();
    while let Some((stream, slot)) = next_connection(&listener, &slots, &served.stop).await {
        connections.spawn(connection(stream, slot, served.clone(), cut.clone()));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.wait()).await.is_ok() {
        return Ending::Clean;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    tracing::warn!(connections = left, "calls were still at work when the time to stop was up, and were cut");
    Ending::Cut(left)
}

async fn next_connection(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accepting = async {
        // The semaphore is never closed.
        let slot = slots.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _peer)) => return Some((stream, slot)),
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accepting).await.flatten()
}

async fn connection(stream: TcpStream, _slot: OwnedSemaphorePermit, served: Arc<Served>, cut: CancellationToken) {
    // Without it small answers wait for an acknowledgement; a socket that refuses is slower, not wrong.
    stream.set_nodelay(true).ok();
    let (stop, called) = (served.stop.clone(), Arc::new(AtomicBool::new(false)));
    let noticed = called.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        noticed.store(true, Ordering::Relaxed);
        let answer = answer(served.clone(), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(CALLS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let silent = async {
        tokio::time::sleep(FIRST_CALL_TIMEOUT).await;
        if called.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    // How a connection ends is its client's business: answers that failed were logged where they failed.
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = silent => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    cut.run_until_cancelled(connection).await;
}
