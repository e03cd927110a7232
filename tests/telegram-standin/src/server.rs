//! The listener: one door for the Bot API, the control API and the page, on loopback only.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::{api, hub::Hub};

/// A request body beyond this is refused: an upload of 50 MB and its envelope.
const BODY_MAX: usize = crate::limits::UPLOAD_MAX + 1024 * 1024;

/// Pause after a failed accept (out of file descriptors, mostly), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// In place of an answer: end the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

impl IntoResponse for Cut {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Cut);
        response
    }
}

/// Serves until the hub stops; then ends every connection.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let (stop, connections) = (hub.stop.clone(), TaskTracker::new());
    let routes = routes(&hub);
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let serving = connection(stream, routes.clone());
                    connections.spawn(stop.clone().run_until_cancelled_owned(serving));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accepting).await;
    connections.close();
    connections.wait().await;
}

fn routes(hub: &Arc<Hub>) -> axum::Router {
    let bot_api = Arc::clone(hub);
    axum::Router::new()
        .merge(crate::control::routes(Arc::clone(hub)))
        .merge(crate::page::routes())
        .fallback(move |request: Request| {
            let hub = Arc::clone(&bot_api);
            async move { dispatch(&hub, request).await }
        })
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
}

/// `/bot…` and `/file/bot…`, whose paths no router's pattern says.
async fn dispatch(hub: &Hub, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if let Some((token, file)) = api::path::split(&path, "/file/bot") {
        return api::download(hub, &token, &file);
    }
    if let Some((token, method)) = api::path::split(&path, "/bot") {
        return api::handle(hub, &token, &method, request).await;
    }
    api::ApiError::not_found().into_response()
}

async fn connection(stream: TcpStream, routes: axum::Router) {
    // Without it small answers wait for an acknowledgement; a socket that refuses is slower, not wrong.
    stream.set_nodelay(true).ok();
    let service = tower::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut routes = routes.clone();
        async move {
            let Ok(response) = routes.call(request.map(Body::new)).await;
            // An error in place of a response makes hyper close the connection without a byte.
            if response.extensions().get::<Cut>().is_some() {
                return Err(io::Error::other("cut, as asked"));
            }
            Ok(response)
        }
    });
    // How a connection ends is its client's business.
    http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await.ok();
}
