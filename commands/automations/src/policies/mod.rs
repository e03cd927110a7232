//! Profiles are filled by themselves, as fill policies say.
//!
//! Promises: what is due is run once, whatever is killed and however many processes there are; one run after the other,
//! and none beside one that somebody started; times that were missed are made up for once; where nobody is to be filled
//! nothing is begun; a policy that would ask a model rests while there is none, and as it was shipped also while nothing
//! limits what it costs.

mod keeper;
mod rest;
mod standing;
mod table;

use std::sync::Arc;

use chronogram_handlers::{HandleError, Handler};
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_model::policy::{FillPolicies, PolicyRejection};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub use rest::Rest;
pub use standing::{LastTime, PolicyStanding, run_now, standings};

use crate::{
    leadership,
    plugins::PluginError,
    profiles::{ProfileRuns, StartError},
    todo::TodoError,
};

/// What policies stand on.
#[derive(Clone)]
pub struct PolicyParts {
    /// The database.
    pub pool: PgPool,
    /// The log.
    pub store: SharedEventStore,
    /// Reads its events.
    pub codec: Arc<Codec>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fills profiles in this process.
    pub runs: Arc<ProfileRuns>,
}

/// Keeps to the fill policies.
pub struct Policies {
    parts: PolicyParts,
    policies: Handler<FillPolicies>,
}

impl Policies {
    /// Policies by these means.
    pub fn new(parts: PolicyParts) -> Self {
        Self { policies: Handler::new(parts.store.clone(), parts.codec.clone()), parts }
    }

    /// Works until it is stopped, or stands by while another process does.
    pub async fn run(&self, stop: CancellationToken) {
        leadership::run(self, &stop).await;
    }
}

/// Why policies pause.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The database failed, or the log.
    #[error(transparent)]
    Todo(#[from] TodoError),
    /// The policies cannot be read.
    #[error(transparent)]
    Policies(#[from] HandleError<PolicyRejection>),
    /// What a strategy is granted cannot be read.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Whom a policy is about cannot be counted.
    #[error(transparent)]
    Start(#[from] StartError),
}
