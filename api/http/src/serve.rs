//! Serving HTTP on a listener: slow and idle connections are closed, and a stop lets everything at work finish, over HTTP
//! and WebSocket.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use chronogram_listening::{Connection, Ending, listen};
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
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Open connections of one listener: a quarter of the usual limit of 4096 open files or more.
const CONNECTIONS_MAX: usize = 1024;
/// A client has this long to send a request's headers, and a connection this long to stay idle.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a quiet connection is kept after the stop came: a client whose request crosses our goodbye on the way would
/// lose it. Answers given meanwhile say that they are the last.
const LAST_REQUEST_PATIENCE: Duration = Duration::from_millis(500);

/// Serves `router` until `shutdown`; then takes no new connection and lets those at work finish, 25 s at most. Handlers
/// find their [`Connection`] among the extensions of the request.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) -> Ending {
    listen(listener, CONNECTIONS_MAX, shutdown, |stream, connection| speak(stream, connection, router.clone())).await
}

async fn speak(stream: TcpStream, connection: Connection, router: Router) {
    let Connection { stop, cut, .. } = connection.clone();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let (answer, stop) = (router.call(request), connection.stop.clone());
        async move {
            let mut answer: Response<_> = answer.await?;
            if stop.is_cancelled() && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let spoken = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(spoken);
    // How a connection ends is its client's business: answers that failed were logged where they failed.
    tokio::select! {
        _ended = spoken.as_mut() => return,
        () = stopped_and_quiet(&stop) => spoken.as_mut().graceful_shutdown(),
    }
    cut.run_until_cancelled(spoken).await;
}

async fn stopped_and_quiet(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_REQUEST_PATIENCE).await;
}
