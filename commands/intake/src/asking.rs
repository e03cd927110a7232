//! Who asks, by which way, and under which key: the root of the ids of everything that follows.

use std::sync::Arc;

use chronogram_handlers::Context;
use chronogram_log::Actor;
use chronogram_model::Origin;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{Intake, IntakeError};

/// A request, apart from what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Name of the token; stands in the log as the actor.
    pub principal: String,
    /// Which way it came: `graphql`, `POST /api/messages`. Part of ids: never changed.
    pub route: &'static str,
    /// The idempotency key. Without one, every request is another one.
    pub key: Option<String>,
}

impl Asking {
    /// What all requests of this principal with this key on this route have in common; `None` without a key.
    pub fn keyed_origin(&self) -> Option<Origin> {
        let key = self.key.as_deref()?;
        Some(Origin::of(&["request", &self.principal, self.route, key]))
    }

    /// The context of the commands that follow. With a key it carries the digest of what is asked for, so that the
    /// same key with something else is refused; veiled, for the digest stays when the words are erased.
    pub fn context(&self, intake: &Intake, asked: &impl Serialize) -> Result<Context, IntakeError> {
        let origin = match self.keyed_origin() {
            Some(origin) => origin,
            None => Origin::unique((intake.random)().map_err(|error| IntakeError::Failed(Arc::from(error)))?),
        };
        let asked = serde_json::to_vec(asked).map_err(|error| IntakeError::Failed(Arc::new(error)))?;
        let fingerprint = self.key.as_ref().map(|_| {
            let mut digest = Sha256::digest(asked);
            intake.store.veil(&mut digest);
            hex::encode(digest)
        });
        Ok(Context::new(origin, Actor::Principal(self.principal.clone())).with_fingerprint(fingerprint))
    }
}
