//! Serving a listener: slow and idle connections are closed, and a stop lets everything at work finish, over HTTP and
//! WebSocket.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    body::Incoming,
    http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Open connections of one listener: a quarter of the usual limit of 4096 open files or more.
const CONNECTIONS_MAX: usize = 1024;
/// A client has this long to send a request's headers, and a connection this long to stay idle.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(15);
/// What is at work when the stop comes has this long; Kubernetes kills 30 s after it asked, by default.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);
/// How long a quiet connection is kept after the stop came: a client whose request crosses our goodbye on the way would
/// lose it. Answers given meanwhile say that they are the last.
const LAST_REQUEST_PATIENCE: Duration = Duration::from_millis(500);
/// Pause after a failed accept (out of file descriptors, mostly), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every request got its answer.
    Clean,
    /// These many connections were still at work when the time was up, and were cut.
    Cut(usize),
}

/// Serves `router` until `shutdown`; then takes no new connection and lets those at work finish, 25 s at most.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) -> Ending {
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let cut = CancellationToken::new();
    while let Some((stream, slot)) = next_connection(&listener, &slots, &shutdown).await {
        let connection =
            Connection { stop: shutdown.clone(), cut: cut.clone(), all: connections.clone(), slot: Arc::new(slot) };
        connections.spawn(connection.serve(stream, router.clone()));
    }
    for (stream, slot) in last_connections(listener, &slots) {
        let connection =
            Connection { stop: shutdown.clone(), cut: cut.clone(), all: connections.clone(), slot: Arc::new(slot) };
        connections.spawn(connection.serve(stream, router.clone()));
    }
    connections.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.wait()).await.is_ok() {
        return Ending::Clean;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    tracing::warn!(connections = left, "requests were still at work when the time to stop was up, and were cut");
    Ending::Cut(left)
}

async fn next_connection(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    shutdown: &CancellationToken,
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
    shutdown.run_until_cancelled(accepting).await.flatten()
}

/// Those that wait to be accepted when the listener closes: their clients are connected, and may have sent a request.
fn last_connections(listener: TcpListener, slots: &Arc<Semaphore>) -> Vec<(TcpStream, OwnedSemaphorePermit)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    std::iter::from_fn(|| {
        let slot = slots.clone().try_acquire_owned().ok()?;
        let (stream, _peer) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, slot))
    })
    .collect()
}

/// The connection that a request came over, as an extension of the request.
#[derive(Clone)]
pub(crate) struct Connection {
    /// Cancelled when the listener stops: finish what is at work.
    pub(crate) stop: CancellationToken,
    /// Cancelled when the time for that is up.
    pub(crate) cut: CancellationToken,
    all: TaskTracker,
    slot: Arc<OwnedSemaphorePermit>,
}

/// Keeps a connection among the open ones after HTTP is done with it.
pub(crate) struct Held {
    _counted: TaskTrackerToken,
    _slot: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    /// For a request that is at work: its connection stays open, for the listener, until the result is dropped.
    pub(crate) fn hold(&self) -> Held {
        Held { _counted: self.all.token(), _slot: Arc::clone(&self.slot) }
    }

    async fn serve(self, stream: TcpStream, router: Router) {
        let Self { stop, cut, .. } = self.clone();
        // Without it small answers wait for an acknowledgement; a socket that refuses is slower, not wrong.
        stream.set_nodelay(true).ok();
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(self.clone());
            let (answer, stop) = (router.call(request), self.stop.clone());
            async move {
                let mut answer: Response<_> = answer.await?;
                if stop.is_cancelled() && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        // How a connection ends is its client's business: answers that failed were logged where they failed.
        tokio::select! {
            _ended = connection.as_mut() => return,
            () = stopped_and_quiet(&stop) => connection.as_mut().graceful_shutdown(),
        }
        cut.run_until_cancelled(connection).await;
    }
}

async fn stopped_and_quiet(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_REQUEST_PATIENCE).await;
}
