//! The log as it is served to clients of `EventStoreDB`, and who may use it.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_eventstore_grpc::{Access, Denied, Gatekeeper, Parts, Served, serve};
use chronogram_graphql::Role;
use chronogram_http::{AuthError, Tokens};
use chronogram_listening::Ending;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{clock::random_bytes, foundation::Foundation};

/// Serves `house`'s log until `stop`.
pub(crate) fn serve_log(
    house: &Foundation,
    tokens: Tokens,
    listener: TcpListener,
    stop: &CancellationToken,
) -> anyhow::Result<JoinHandle<Ending>> {
    let served = Served::new(Parts {
        store: house.store.clone(),
        gatekeeper: Arc::new(Doorkeeper(tokens)),
        clock: house.clock.clone(),
        node: Uuid::from_bytes(random_bytes()?),
        stop: stop.clone(),
    });
    Ok(tokio::spawn(serve(listener, Arc::new(served))))
}

/// Knows the product's tokens. As in GraphQL an operator reads the log as it is; appending anything to it by hand is an
/// admin's.
struct Doorkeeper(Tokens);

#[async_trait]
impl Gatekeeper for Doorkeeper {
    async fn admit(&self, token: &str, access: Access) -> Result<String, Denied> {
        let principal = self.0.principal_of(token).await.map_err(|error| match error {
            AuthError::Unavailable => Denied::Unavailable,
            _ => Denied::Unknown,
        })?;
        let needed = match access {
            Access::Read => Role::Operator,
            Access::Write => Role::Admin,
        };
        if principal.allows(needed) { Ok(principal.name) } else { Err(Denied::Forbidden) }
    }
}
