//! Runs strategies: WASM components that are pure functions, confined in fuel, time and memory.
//!
//! [`PluginHost::load`] takes an uploaded component, refuses what is outside the contract in
//! `plugins/wit/world.wit`, compiles it and asks it to describe itself. [`Strategy::fill`] runs it
//! in a fresh instance, of which nothing survives the call. A strategy that misbehaves ends in a
//! [`Fault`], never in harm to the host; one that cannot decide says so, and that is an outcome.

mod alert;
mod asked;
mod cell;
mod compile;
mod config_schema;
mod context;
mod contract;
mod decide;
mod descriptor;
mod digest;
mod effects;
mod engine;
mod fault;
mod golden;
mod grants;
mod host;
mod imports;
mod limits;
mod logbook;
mod outcome;
mod output;
mod profile;
mod signature;
mod strategy;
mod told;
mod trial;
mod version;
mod wire;

pub use alert::{Alert, AlertDecision, AlertInput, AlertSample};
pub use compile::{ChildCompiler, CompileLimits, Compiler, compile_as_child};
pub use config_schema::{BadConfig, CONFIG_BYTES, ConfigSchema};
pub use context::{CallContext, Fact, Scalar};
pub use decide::{Effects, Journal, NoEffects, ROUNDS, Undecided};
pub use descriptor::{BadDescriptor, Descriptor, World};
pub use digest::{NotADigest, PluginDigest, seed_for};
pub use effects::{EffectAnswer, EffectError, EffectRequest, Exchange, LlmMessage, LlmRequest, LlmResponse};
pub use engine::build as engine_of;
pub use fault::{Fault, TrapKind};
pub use golden::{BadCase, CaseBroken, GoldenAnswer, GoldenCase, Played};
pub use grants::{BadGrant, Grants};
pub use host::{HostError, LoadError, PluginHost};
pub use limits::Limits;
pub use logbook::{LogLevel, LogLine};
pub use outcome::{Answered, Figures, Outcome, StrategyError, Watched};
pub use profile::{Message, ProfileField, ProfileInput, ProfilePatch};
pub use signature::{BadSignature, NotAKey, SigningKey, signer};
pub use strategy::{AlertOutcome, Evaluated, Filled, ProfileOutcome, Strategy};
pub use told::{LimitsOf, every_limit};
pub use trial::{TrialError, TrialReport};
pub use version::{CONTRACT_VERSION, OtherVersion};
