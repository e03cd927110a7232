//! Asks a model about those of whom it is likely to tell something, and tells of all what is known without one.
//!
//! Whether asking is worth it is predicted from the person's history, with the weights of the configuration or else by a
//! rule. Where asking fails the call is refused, as `profile-llm` refuses it.

mod config;
mod history;

use chronogram_asking::{PROPERTIES, ask, can_tell};
use chronogram_predictor::Features;
use chronogram_strategy::prelude::*;

use crate::{
    config::{Config, PREDICTOR_PROPERTIES},
    history::history,
};

struct Hybrid;

impl ProfileStrategy for Hybrid {
    fn describe() -> Descriptor {
        Descriptor::new(
            "profile-hybrid",
            env!("CARGO_PKG_VERSION"),
            "Asks a model where a predictor says that it is worth it, and tells what is plainly known of everybody.",
        )
        .configured_by(&format!(
            r#"{{"type":"object","properties":{{{PROPERTIES},{PREDICTOR_PROPERTIES}}},"additionalProperties":false}}"#
        ))
        .wanting("llm")
    }

    fn fill(call: &CallContext, input: ProfileInput, fx: &mut Effects) -> Decision<ProfilePatch> {
        let config = Config::of(call)?;
        let is_asked = can_tell(&input.wanted_keys) && config.is_worth_asking(&Features::of(&history(&input)));
        let told = if is_asked { ask(&config.asking, call, &input, fx)? } else { Vec::new() };
        let known = chronogram_basic::fill(call, input);
        Ok(merged(told, known))
    }
}

/// What the model told, and below it what is known besides. Nothing is withdrawn: what one way told of a person the other
/// need not know, and which way is taken may change with every message.
fn merged(told: Vec<ProfileField>, known: ProfilePatch) -> ProfilePatch {
    let mut set = told;
    for field in known.set {
        if !set.iter().any(|told| told.key == field.key) {
            set.push(field);
        }
    }
    ProfilePatch { set, ..ProfilePatch::default() }
}

chronogram_strategy::export_profile!(Hybrid);

#[cfg(test)]
mod tests;
