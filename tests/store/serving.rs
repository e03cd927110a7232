//! A store served by the protocol, on a port of its own.

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use chronogram_eventstore_grpc::{Access, Denied, Gatekeeper, Parts, Served, serve};
use chronogram_listening::Ending;
use chronogram_log::{EventStore, SharedEventStore};
use eventstore::Client;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::stores::StoppedClock;

pub(crate) const READER: &str = "chr_reader";
pub(crate) const WRITER: &str = "chr_writer";

/// Knows one token of each kind.
struct TwoTokens;

#[async_trait]
impl Gatekeeper for TwoTokens {
    async fn admit(&self, token: &str, access: Access) -> Result<String, Denied> {
        match (token, access) {
            (WRITER, _) => Ok("writer".to_owned()),
            (READER, Access::Read) => Ok("reader".to_owned()),
            (READER, Access::Write) => Err(Denied::Forbidden),
            _ => Err(Denied::Unknown),
        }
    }
}

pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Ending>,
}

impl Serving {
    pub(crate) async fn start(store: SharedEventStore) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), store).await
    }

    pub(crate) async fn start_at(address: SocketAddr, store: SharedEventStore) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let parts = Parts {
            store,
            gatekeeper: Arc::new(TwoTokens),
            clock: Arc::new(StoppedClock),
            node: Uuid::from_u128(1),
            stop: stop.clone(),
        };
        Self { address, stop, task: tokio::spawn(serve(listener, Arc::new(Served::new(parts)))) }
    }

    /// Ends it in order; says how that went.
    pub(crate) async fn stop(self) -> Ending {
        self.stop.cancel();
        self.task.await.unwrap()
    }

    /// Serves as long as any of these stores, which use it, is in use.
    pub(crate) fn until_unused(self, users: Vec<Weak<dyn EventStore>>) {
        tokio::spawn(async move {
            while users.iter().any(|user| user.strong_count() > 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.stop().await
        });
    }

    pub(crate) fn url(&self, token: &str) -> String {
        format!("esdb://anybody:{token}@{}?tls=false", self.address)
    }

    /// The official client.
    pub(crate) fn client(&self, token: &str) -> Client {
        client(&self.url(token))
    }
}

pub(crate) fn client(url: &str) -> Client {
    install_tls();
    Client::new(format!("{url}&discoveryInterval=10").parse().unwrap()).unwrap()
}

/// Both TLS libraries are compiled in: without a default the client panics, though nothing here speaks TLS.
pub(crate) fn install_tls() {
    // Err: another test of this binary was first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
