//! Any bytes as an artifact: refused with a typed error, or loaded and called; the host must stand either way. A seeded
//! smoke of the same runs with the tests (`tests/sandbox/generated.rs`).
#![no_main]

use std::{sync::LazyLock, time::Duration};

use chronogram_plugin_host::{AlertInput, CallContext, Fault, Limits, LoadError, PluginHost, ProfileInput, World};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

static HOST: LazyLock<(Runtime, PluginHost)> = LazyLock::new(|| {
    let limits = Limits { fuel: 1_000_000, deadline: Duration::from_millis(100), ..Limits::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let host = PluginHost::new(limits).expect("a host");
    (runtime, host)
});

fuzz_target!(|artifact: &[u8]| {
    let (runtime, host) = &*HOST;
    runtime.block_on(async {
        let call =
            CallContext { tenant: "f".into(), now_ms: 1, seed: "00".into(), config: "{}".into(), locale: None };
        let fault = match host.load(artifact).await {
            Ok(strategy) if strategy.world() == World::Profile => {
                strategy.fill(call, ProfileInput::default()).await.err()
            }
            Ok(strategy) => strategy.evaluate(call, AlertInput::default()).await.err(),
            Err(LoadError::Describe(fault)) => Some(fault),
            Err(LoadError::HostFailed { why }) => panic!("the host failed: {why}"),
            Err(_) => None,
        };
        if let Some(Fault::HostFailed { why }) = fault {
            panic!("the host failed: {why}");
        }
    });
});
