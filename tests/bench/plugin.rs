//! A call of `profile-basic` on a fresh instance.

use std::time::Instant;

use anyhow::Context as _;
use chronogram_plugin_host::{CallContext, Limits, Message, PluginHost, ProfileInput};

use crate::table::Table;

const CALLS: u32 = 2_000;

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let host = PluginHost::new(Limits::default())?;
    let built_in = chronogram_strategies::built_in().first().context("there is a built-in strategy")?;
    let strategy = host.load(built_in.wasm).await?;
    let call = CallContext {
        tenant: "default".to_owned(),
        now_ms: 1_700_000_000_000,
        seed: "00".to_owned(),
        config: "{}".to_owned(),
        locale: None,
    };
    let empty = ProfileInput { user: "1".to_owned(), ..ProfileInput::default() };
    let message = |id: u32| Message {
        id: id.to_string(),
        from_user: true,
        text: "I play the guitar and travel a lot, tomorrow we go to a concert".to_owned(),
        facts: Vec::new(),
    };
    let full = ProfileInput { messages: (0..20).map(message).collect(), ..empty.clone() };
    let mut nothing = None;
    for (what, input) in [("plugin call, nothing known", empty), ("plugin call, 20 messages", full)] {
        let started = Instant::now();
        for _ in 0..CALLS {
            strategy.fill(call.clone(), input.clone()).await.map_err(|fault| anyhow::anyhow!(fault.kind()))?;
        }
        let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS);
        let baseline = nothing.map(|nothing| ("nothing known", nothing));
        table.row(what, micros, "µs", baseline, "a fresh instance, then the guest's own work");
        nothing = Some(micros);
    }
    Ok(())
}
