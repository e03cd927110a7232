//! What goes wrong on purpose: faults of calls, doubled and reversed updates, updates made by hand.

use serde_json::Value;

use super::{Control, ControlError};
use crate::{
    faults::Fault,
    hub::hold,
    ids::{ChatId, UpdateId},
    limits::RateLimits,
    state::{Change, Update},
};

impl Control {
    /// The next calls that it is meant for suffer it.
    pub fn fail_next(&self, fault: Fault) {
        self.hub.faults().add(fault);
    }

    /// Faults that wait for their call.
    pub fn faults(&self) -> Vec<Fault> {
        self.hub.faults().waiting()
    }

    /// None wait any more.
    pub fn clear_faults(&self) {
        self.hub.faults().clear();
        hold(&self.hub.disorder).reverse = false;
        self.hub.write(|world| world.duplicates = 0);
    }

    /// These many of the next updates are delivered a second time after they were confirmed.
    pub fn duplicate_next(&self, updates: u32) {
        self.hub.write(|world| world.duplicates = updates);
    }

    /// The next update's id leaves out this many, as those of a busy Telegram do.
    pub fn skip_update_ids(&self, ids: u32) {
        self.hub.write(|world| world.gap = ids);
    }

    /// The next answer of `getUpdates` with more than one update has them in reverse.
    pub fn reverse_next_batch(&self) {
        hold(&self.hub.disorder).reverse = true;
    }

    /// Queues an update made by hand, whatever `allowed_updates` says: `kind` and what stands under it.
    pub fn inject(&self, kind: &str, body: Value) -> Result<UpdateId, ControlError> {
        if kind.is_empty() || kind == "update_id" {
            return Err(ControlError::Invalid("an update has a kind: message, callback_query …".to_owned()));
        }
        let at = self.hub.now();
        let chat = body.get("chat").or_else(|| body.get("message")?.get("chat"));
        let chat = chat.and_then(|chat| chat.get("id")).and_then(Value::as_i64).map(ChatId);
        Ok(self.hub.write(|world| {
            let id = world.take_update_id();
            let update = Update { id, kind: kind.to_owned(), chat, at, body, twice: world.take_duplicate() };
            world.put(Change::Update(Box::new(update)));
            id
        }))
    }

    /// Other rate limits from now on.
    pub fn set_limits(&self, limits: RateLimits) {
        *self.hub.limits() = limits;
    }

    /// The rate limits.
    pub fn limits(&self) -> RateLimits {
        *self.hub.limits()
    }
}
