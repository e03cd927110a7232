//! Write a strategy: a pure function that fills profiles of people or watches a channel's figures.
//!
//! Implement [`ProfileStrategy`] or [`AlertStrategy`] and name the type in [`export_profile!`] or [`export_alert!`]. What a
//! strategy needs from outside it asks of its [`Effects`], as if the answer were there:
//!
//! ```
//! use chronogram_strategy::prelude::*;
//!
//! struct Greeter;
//!
//! impl ProfileStrategy for Greeter {
//!     fn describe() -> Descriptor {
//!         Descriptor::new("greeter", "0.1.0", "Asks a model what to call somebody.").wanting("llm")
//!     }
//!
//!     fn fill(_call: &CallContext, input: ProfileInput, fx: &mut Effects) -> Decision<ProfilePatch> {
//!         let name = input.facts.text("display_name").unwrap_or("somebody");
//!         let answer = fx.llm(LlmRequest::to("default").user(format!("A short name for {name}?")))?;
//!         Ok(ProfilePatch::default().with(ProfileField::new("short_name", answer.content, 0.7)))
//!     }
//! }
//!
//! chronogram_strategy::export_profile!(Greeter);
//! ```
//!
//! The first call ends at `fx.llm(…)?`: the host asks the model, records the answer in the event log and calls again, and
//! this time the answer is there. So nothing before an effect may differ between two calls; in a strategy nothing can, as
//! there is no clock, no randomness and no memory of the call before.
//!
//! Everything runs in ordinary `cargo test` too: see [`testing`].

pub mod alert;
#[doc(hidden)]
pub mod bindings;
mod call;
mod descriptor;
mod effects;
mod facts;
pub mod log;
#[doc(hidden)]
pub mod panics;
pub mod profile;
pub mod testing;

pub use alert::AlertStrategy;
pub use bindings::profile::chronogram::strategy::{
    effects::{EffectAnswer, EffectError, EffectRequest, LlmMessage, LlmRequest, LlmResponse},
    types::{CallContext, Fact, Scalar, StrategyError},
};
pub use descriptor::Descriptor;
pub use effects::{Decision, Effects, Stop};
pub use facts::Facts;
pub use profile::ProfileStrategy;

/// Everything a strategy usually names.
pub mod prelude {
    pub use crate::{
        AlertStrategy, CallContext, Decision, Descriptor, EffectAnswer, EffectError, EffectRequest, Effects, Fact,
        Facts, LlmMessage, LlmRequest, LlmResponse, ProfileStrategy, Scalar, Stop, StrategyError,
        alert::{Alert, AlertDecision, AlertInput, Sample},
        log,
        profile::{Message, ProfileField, ProfileInput, ProfilePatch},
    };
}
