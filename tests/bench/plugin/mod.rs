//! Calls of strategies, each in a fresh instance: `profile-basic` by itself, and what the host adds to a bare call of the engine.

mod bare;

use std::time::Instant;

use anyhow::Context as _;
use chronogram_plugin_host::{CallContext, Compiler, Limits, Message, PluginHost, ProfileInput, Strategy};
use chronogram_tests::{Frozen, compiled_code};

use crate::table::Table;
use bare::Bare;

const CALLS: u32 = 2_000;
/// Calls of one turn; ours and bare ones take turns, so that what else the machine does falls on both.
const TURN: u32 = 50;

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let host = PluginHost::with(Limits::default(), Compiler::InThisProcess, compiled_code().ok())?;
    basic(&host, table).await?;
    // Ours and bare, of the same guests: those that are frozen need no tools of their languages.
    for (language, frozen) in
        [("Rust", "1.0.0/rust-profile"), ("JavaScript", "1.0.0/js-profile"), ("Python", "1.0.0/python-profile")]
    {
        let guests = Frozen::all()?;
        let wasm = guests.iter().find(|guest| guest.name == frozen).with_context(|| frozen.to_owned())?.wasm()?;
        eprintln!("  compiling the guest in {language} …");
        let (strategy, bare) = (host.load(&wasm).await?, Bare::of(&wasm)?);
        let input = ProfileInput { user: "1".to_owned(), messages: vec![message(1)], ..ProfileInput::default() };
        let (mut ours, mut bares) = (0.0, 0.0);
        for _ in 0..CALLS / TURN {
            ours += host_micros(&strategy, &input, TURN).await?;
            bares += bare.micros(&call(), &input, TURN)?;
        }
        let (ours, bares) = (ours / f64::from(CALLS), bares / f64::from(CALLS));
        table.row(
            &format!("plugin call in {language}"),
            ours,
            "µs",
            Some(("bare wasmtime call", bares)),
            "a fresh instance; the host adds checks and fingerprints",
        );
    }
    Ok(())
}

async fn basic(host: &PluginHost, table: &mut Table) -> anyhow::Result<()> {
    let built_in = chronogram_strategies::built_in().first().context("there is a built-in strategy")?;
    let strategy = host.load(built_in.wasm).await?;
    let empty = ProfileInput { user: "1".to_owned(), ..ProfileInput::default() };
    let full = ProfileInput { messages: (0..20).map(message).collect(), ..empty.clone() };
    let mut nothing = None;
    for (what, input) in [("profile-basic, nothing known", empty), ("profile-basic, 20 messages", full)] {
        let micros = host_micros(&strategy, &input, CALLS).await? / f64::from(CALLS);
        let baseline = nothing.map(|nothing| ("nothing known", nothing));
        table.row(what, micros, "µs", baseline, "a fresh instance, then the guest's own work");
        nothing = Some(micros);
    }
    Ok(())
}

/// So many calls by way of the host, in microseconds.
async fn host_micros(strategy: &Strategy, input: &ProfileInput, calls: u32) -> anyhow::Result<f64> {
    let call = call();
    let started = Instant::now();
    for _ in 0..calls {
        strategy.fill(call.clone(), input.clone()).await.map_err(|fault| anyhow::anyhow!(fault.kind()))?;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6)
}

fn call() -> CallContext {
    CallContext {
        tenant: "default".to_owned(),
        now_ms: 1_700_000_000_000,
        seed: "00".to_owned(),
        config: "{}".to_owned(),
        locale: None,
    }
}

fn message(id: u32) -> Message {
    Message {
        id: id.to_string(),
        from_user: true,
        text: "I play the guitar and travel a lot, tomorrow we go to a concert".to_owned(),
        facts: Vec::new(),
    }
}
