//! Runs strategies: WASM components that are pure functions, confined in fuel, time and memory.
//!
//! [`PluginHost::load`] takes an uploaded component, refuses what is outside the contract in
//! `plugins/wit/world.wit`, compiles it and asks it to describe itself. [`Strategy::fill`] runs it
//! in a fresh instance, of which nothing survives the call. A strategy that misbehaves ends in a
//! [`Fault`], never in harm to the host; one that cannot decide says so, and that is an outcome.

mod cell;
mod contract;
mod descriptor;
mod digest;
mod engine;
mod fault;
mod host;
mod imports;
mod limits;
mod logbook;
mod output;
mod profile;
mod strategy;
mod trial;
mod wire;

pub use descriptor::{BadDescriptor, Descriptor, World};
pub use digest::{NotADigest, PluginDigest, seed_for};
pub use fault::{Fault, TrapKind};
pub use host::{HostError, LoadError, PluginHost};
pub use limits::Limits;
pub use logbook::{LogLevel, LogLine};
pub use profile::{
    CallContext, EffectRequest, Fact, LlmMessage, LlmRequest, Message, ProfileField, ProfileInput, ProfileOutcome,
    ProfilePatch, Scalar, StrategyError,
};
pub use strategy::{Filled, Strategy};
pub use trial::{TrialError, TrialReport};
