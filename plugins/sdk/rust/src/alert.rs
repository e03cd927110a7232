//! Strategies that watch channels.

use crate::{
    CallContext, Decision, Descriptor, Effects, Stop, StrategyError,
    bindings::{alert as wit, manifest::exports::chronogram::strategy::manifest},
    panics,
};
pub use wit::exports::chronogram::strategy::alert::{Alert, AlertDecision, AlertInput, Sample};
use wit::exports::chronogram::strategy::alert::{AlertOutcome, Guest, Journal};

/// Watches the figures of a channel and raises alerts.
pub trait AlertStrategy {
    /// What it says of itself; the same every time.
    fn describe() -> Descriptor;

    /// What it makes of the newest sample. Pure: what it wants to remember it returns as `memory`.
    fn evaluate(call: &CallContext, input: AlertInput, fx: &mut Effects) -> Decision<AlertDecision>;
}

/// Makes an [`AlertStrategy`] the component's one. A native build only checks that it is one.
#[macro_export]
macro_rules! export_alert {
    ($strategy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::alert::Exported<$strategy>;
    $crate::bindings::manifest::export!(Exported with_types_in $crate::bindings::manifest);
    $crate::bindings::alert::export!(Exported with_types_in $crate::bindings::alert);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$strategy as $crate::AlertStrategy>::describe;
            let _ = <$strategy as $crate::AlertStrategy>::evaluate;
        };
    };
}

/// Between the contract's functions and the author's.
#[doc(hidden)]
pub struct Exported<S>(std::marker::PhantomData<S>);

impl<S: AlertStrategy> manifest::Guest for Exported<S> {
    fn describe() -> Descriptor {
        panics::are_logged();
        S::describe()
    }
}

impl<S: AlertStrategy> Guest for Exported<S> {
    fn evaluate(call: CallContext, input: AlertInput, journal: Journal) -> Result<AlertOutcome, StrategyError> {
        panics::are_logged();
        match S::evaluate(&call, input, &mut Effects::new(journal)) {
            Ok(decision) => Ok(AlertOutcome::Done(decision)),
            Err(Stop::Suspend(requests)) => Ok(AlertOutcome::Suspend(requests)),
            Err(Stop::Refuse(error)) => Err(error),
        }
    }
}

/// All is well, and nothing to remember.
impl Default for AlertDecision {
    fn default() -> Self {
        Self { alerts: Vec::new(), memory: Vec::new(), facts: Vec::new() }
    }
}

/// A channel without figures, for tests of a strategy.
impl Default for AlertInput {
    fn default() -> Self {
        Self {
            channel: "channel".into(),
            title: "A channel".into(),
            samples: Vec::new(),
            last_post_at: None,
            memory: Vec::new(),
            facts: Vec::new(),
        }
    }
}
