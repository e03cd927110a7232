//! A listener of bounded connections, whatever is spoken over them, that ends in order: a stop lets everything at work
//! finish.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// What is at work when the stop comes has this long; Kubernetes kills 30 s after it asked, by default.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);
/// Pause after a failed accept (out of file descriptors, mostly), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything asked for was answered.
    Clean,
    /// These many connections were still at work when the time was up, and were cut.
    Cut(usize),
}

/// One open connection, as the listener sees it. It counts as open until it and everything that [holds] it is dropped.
///
/// [holds]: Self::hold
#[derive(Clone)]
pub struct Connection {
    /// Cancelled when the listener stops: finish what is at work.
    pub stop: CancellationToken,
    /// Cancelled when the time for that is up.
    pub cut: CancellationToken,
    all: TaskTracker,
    slot: Arc<OwnedSemaphorePermit>,
}

/// Keeps a connection among the open ones after the protocol it began with is done with it.
pub struct Held {
    _counted: TaskTrackerToken,
    _slot: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    /// For what is at work over it: the connection stays open, for the listener, until the result is dropped.
    pub fn hold(&self) -> Held {
        Held { _counted: self.all.token(), _slot: Arc::clone(&self.slot) }
    }
}

/// Speaks with whoever connects, `connections_max` of them at a time, until `stop`; then takes no new connection and lets
/// those at work finish, 25 s at most.
pub async fn listen<F>(
    listener: TcpListener,
    connections_max: usize,
    stop: CancellationToken,
    speak: impl Fn(TcpStream, Connection) -> F,
) -> Ending
where
    F: Future<Output = ()> + Send + 'static,
{
    let all = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(connections_max));
    let cut = CancellationToken::new();
    let begin = |(stream, slot): (TcpStream, OwnedSemaphorePermit)| {
        // Without it small answers wait for an acknowledgement; a socket that refuses is slower, not wrong.
        stream.set_nodelay(true).ok();
        let connection = Connection { stop: stop.clone(), cut: cut.clone(), all: all.clone(), slot: Arc::new(slot) };
        all.spawn(speak(stream, connection));
    };
    while let Some(connected) = next_connection(&listener, &slots, &stop).await {
        begin(connected);
    }
    last_connections(listener, &slots).into_iter().for_each(begin);
    all.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, all.wait()).await.is_ok() {
        return Ending::Clean;
    }
    let left = all.len();
    cut.cancel();
    all.wait().await;
    tracing::warn!(connections = left, "connections were still at work when the time to stop was up, and were cut");
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
