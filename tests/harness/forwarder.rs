//! An address that leads to one Postgres or another: what a virtual address or a proxy is to the product.

use std::path::PathBuf;

use tokio::{
    net::{TcpListener, UnixStream},
    sync::watch,
};

/// Forwards connections to the socket of a server; those that are open end when it is pointed elsewhere.
pub struct Forwarder {
    port: u16,
    folder: watch::Sender<PathBuf>,
}

impl Forwarder {
    /// Leads to the server that listens in this folder.
    pub async fn to(folder: PathBuf) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let folder = watch::Sender::new(folder);
        let mut folders = folder.subscribe();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let folder = folders.borrow_and_update().clone();
                let mut moved = folders.clone();
                tokio::spawn(async move {
                    let forwarding = async {
                        let mut server = UnixStream::connect(folder.join(".s.PGSQL.5432")).await?;
                        tokio::io::copy_bidirectional(&mut client, &mut server).await
                    };
                    // How a connection ends is for its two ends to judge.
                    tokio::select! { _ended = forwarding => {}, _moved = moved.changed() => {} }
                });
            }
        });
        Ok(Self { port, folder })
    }

    /// From here on it leads there.
    pub fn point_at(&self, folder: PathBuf) {
        self.folder.send_replace(folder);
    }

    /// Its address for the product.
    pub fn url(&self) -> String {
        format!("postgres://chronogram@127.0.0.1:{}/chronogram?sslmode=disable", self.port)
    }
}
