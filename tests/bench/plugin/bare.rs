//! The engine alone: the same guest in an instance of its own, from the same pool, with fuel and a deadline, and nothing else
//! of what the host does. It asks nothing of the answer but that it is one.

use std::time::Instant;

use anyhow::bail;
use chronogram_plugin_host::{CallContext, Limits, ProfileInput, engine_of};
use wasmtime::{
    Engine, Store,
    component::{Component, HasSelf, Linker},
};

use self::contract::{
    ProfileStrategy, ProfileStrategyPre,
    chronogram::strategy::{effects, log, types},
    exports::chronogram::strategy::profile as wit,
};

mod contract {
    #![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, clippy::pedantic, reason = "written by a macro")]
    wasmtime::component::bindgen!({ path: "../plugins/wit", world: "profile-strategy" });
}

/// A guest, bound, in an engine like the host's.
pub(super) struct Bare {
    engine: Engine,
    guest: ProfileStrategyPre<Nothing>,
    fuel: u64,
}

/// What is behind a store: nobody who counts or listens.
struct Nothing;

impl types::Host for Nothing {}
impl effects::Host for Nothing {}
impl log::Host for Nothing {
    fn write(&mut self, _: log::Level, _: String) {}
}

impl Bare {
    pub(super) fn of(wasm: &[u8]) -> anyhow::Result<Self> {
        let limits = Limits::default();
        let engine = engine_of(&limits).map_err(told)?;
        let component = Component::new(&engine, wasm).map_err(told)?;
        let mut linker = Linker::<Nothing>::new(&engine);
        ProfileStrategy::add_to_linker::<_, HasSelf<Nothing>>(&mut linker, |nothing| nothing).map_err(told)?;
        let guest = linker.instantiate_pre(&component).and_then(ProfileStrategyPre::new).map_err(told)?;
        Ok(Self { engine, guest, fuel: limits.fuel })
    }

    /// So many calls, in microseconds.
    pub(super) fn micros(&self, call: &CallContext, input: &ProfileInput, calls: u32) -> anyhow::Result<f64> {
        let (call, input) = (call_of(call), input_of(input));
        let started = Instant::now();
        for _ in 0..calls {
            let mut store = Store::new(&self.engine, Nothing);
            store.set_fuel(self.fuel).map_err(told)?;
            store.set_epoch_deadline(1);
            let instance = self.guest.instantiate(&mut store).map_err(told)?;
            let answer = instance.chronogram_strategy_profile().call_fill(&mut store, &call, &input, &Vec::new());
            match answer.map_err(told)? {
                Ok(wit::ProfileOutcome::Done(patch)) => drop(std::hint::black_box(patch)),
                _ => bail!("the guest did not decide"),
            }
        }
        Ok(started.elapsed().as_secs_f64() * 1e6)
    }
}

fn call_of(call: &CallContext) -> types::CallContext {
    types::CallContext {
        tenant: call.tenant.clone(),
        now: call.now_ms,
        seed: call.seed.clone(),
        config: call.config.clone(),
        locale: call.locale.clone(),
        facts: Vec::new(),
    }
}

/// What the bench tells has messages and nothing else.
fn input_of(input: &ProfileInput) -> wit::ProfileInput {
    let messages = input.messages.iter().map(|message| wit::Message {
        id: message.id.clone(),
        from_user: message.from_user,
        text: message.text.clone(),
        facts: Vec::new(),
    });
    wit::ProfileInput {
        user: input.user.clone(),
        known: Vec::new(),
        messages: messages.collect(),
        wanted_keys: Vec::new(),
        facts: Vec::new(),
    }
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` hands it on
fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}").context("a bare call")
}
