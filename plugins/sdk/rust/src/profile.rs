//! Strategies that fill profiles.

use crate::{
    CallContext, Decision, Descriptor, Effects, Stop, StrategyError,
    bindings::{manifest::exports::chronogram::strategy::manifest, profile as wit},
    panics,
};
use wit::exports::chronogram::strategy::profile::{Guest, Journal, ProfileOutcome};
pub use wit::exports::chronogram::strategy::profile::{Message, ProfileField, ProfileInput, ProfilePatch};

/// Fills profiles of people from what they wrote and what is known of them.
pub trait ProfileStrategy {
    /// What it says of itself; the same every time.
    fn describe() -> Descriptor;

    /// What it makes of one person. Pure: no state, no clock.
    fn fill(call: &CallContext, input: ProfileInput, fx: &mut Effects) -> Decision<ProfilePatch>;
}

/// Makes a [`ProfileStrategy`] the component's one. A native build only checks that it is one.
#[macro_export]
macro_rules! export_profile {
    ($strategy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::profile::Exported<$strategy>;
    $crate::bindings::manifest::export!(Exported with_types_in $crate::bindings::manifest);
    $crate::bindings::profile::export!(Exported with_types_in $crate::bindings::profile);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$strategy as $crate::ProfileStrategy>::describe;
            let _ = <$strategy as $crate::ProfileStrategy>::fill;
        };
    };
}

/// Between the contract's functions and the author's.
#[doc(hidden)]
pub struct Exported<S>(std::marker::PhantomData<S>);

impl<S: ProfileStrategy> manifest::Guest for Exported<S> {
    fn describe() -> Descriptor {
        panics::are_logged();
        S::describe()
    }
}

impl<S: ProfileStrategy> Guest for Exported<S> {
    fn fill(call: CallContext, input: ProfileInput, journal: Journal) -> Result<ProfileOutcome, StrategyError> {
        panics::are_logged();
        match S::fill(&call, input, &mut Effects::new(journal)) {
            Ok(patch) => Ok(ProfileOutcome::Done(patch)),
            Err(Stop::Suspend(requests)) => Ok(ProfileOutcome::Suspend(requests)),
            Err(Stop::Refuse(error)) => Err(error),
        }
    }
}

impl ProfileField {
    /// A field that rests on no message. `confidence` is between 0 and 1.
    pub fn new(key: &str, value: impl Into<String>, confidence: f32) -> Self {
        Self { key: key.into(), value: value.into(), confidence, evidence: Vec::new(), facts: Vec::new() }
    }

    /// The messages of the input that support it, by id, each once.
    #[must_use]
    pub fn supported_by(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.evidence = ids.into_iter().collect();
        self
    }
}

/// No change.
impl Default for ProfilePatch {
    fn default() -> Self {
        Self { set: Vec::new(), unset: Vec::new(), ask: None, facts: Vec::new() }
    }
}

impl ProfilePatch {
    /// This field has this value now.
    #[must_use]
    pub fn with(mut self, field: ProfileField) -> Self {
        self.set.push(field);
        self
    }

    /// This key's value no longer holds.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.unset.push(key.into());
        self
    }
}

/// Nobody in particular, for tests of a strategy.
impl Default for ProfileInput {
    fn default() -> Self {
        Self {
            user: "person".into(),
            known: Vec::new(),
            messages: Vec::new(),
            wanted_keys: Vec::new(),
            facts: Vec::new(),
        }
    }
}
