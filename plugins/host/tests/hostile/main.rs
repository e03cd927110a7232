//! Hostile strategies: each ends in its typed fault within its budget, and the next call works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use chronogram_plugin_host::{
    CallContext, EffectRequest, Fault, Filled, Limits, LoadError, LogLevel, Message, PluginHost, ProfileInput,
    ProfileOutcome, Strategy, StrategyError, TrapKind, TrialError, World,
};

mod effects;
#[path = "../../../strategies/guest_build.rs"]
mod guest_build;

/// The guest that does what its configuration orders; built once for all tests.
fn hostile() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/hostile");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-guest");
        guest_build::build_guest(&guest, &target).unwrap_or_else(|error| panic!("{error}"))
    })
}

async fn strategy(limits: Limits) -> Arc<Strategy> {
    PluginHost::new(limits).unwrap().load(hostile()).await.unwrap()
}

fn order(word: &str) -> CallContext {
    CallContext {
        tenant: "tests".into(),
        now_ms: 1_700_000_000_000,
        seed: "00".into(),
        config: format!("\"{word}\""),
        locale: None,
    }
}

fn input() -> ProfileInput {
    let message = |id: &str| Message { id: id.into(), from_user: true, text: "hello".into(), facts: Vec::new() };
    ProfileInput { messages: vec![message("m1"), message("m2")], ..ProfileInput::default() }
}

async fn run(strategy: &Strategy, word: &str) -> Result<Filled, Fault> {
    strategy.fill(order(word), input()).await
}

/// Runs the order, and then a well-behaved call on the same host, which must not notice.
async fn fault_of(strategy: &Strategy, word: &str) -> Fault {
    let fault = run(strategy, word).await.expect_err(word);
    let after = run(strategy, "behave").await;
    assert!(after.is_ok(), "after {word}: {after:?}");
    fault
}

#[tokio::test]
async fn endless_work_ends_when_the_fuel_is_burnt() {
    let patient = Limits { deadline: Duration::from_mins(10), ..Limits::default() };
    let strategy = strategy(patient).await;
    assert_eq!(fault_of(&strategy, "loop").await, Fault::OutOfFuel);
}

#[tokio::test]
async fn endless_work_with_endless_fuel_ends_at_the_deadline() {
    let generous = Limits {
        fuel: u64::MAX,
        deadline: Duration::from_millis(20),
        tick: Duration::from_millis(2),
        ..Limits::default()
    };
    let strategy = strategy(generous).await;
    assert_eq!(run(&strategy, "loop").await, Err(Fault::Deadline));
}

#[tokio::test]
async fn traps_are_told_apart() {
    let strategy = strategy(Limits::default()).await;
    for (word, kind) in [
        ("unreachable", TrapKind::Unreachable),
        ("panic", TrapKind::Unreachable),
        ("divide", TrapKind::Unreachable),
        ("out-of-bounds", TrapKind::OutOfBounds),
        ("recurse", TrapKind::OutOfBounds),
    ] {
        assert_eq!(fault_of(&strategy, word).await, Fault::Trap(kind), "{word}");
    }
}

#[tokio::test]
async fn memory_without_end_ends_at_the_limit() {
    let patient = Limits { fuel: u64::MAX, deadline: Duration::from_mins(10), ..Limits::default() };
    let strategy = strategy(patient).await;
    assert_eq!(fault_of(&strategy, "allocate").await, Fault::MemoryLimit);
}

#[tokio::test]
async fn answers_that_break_the_contract_name_the_place() {
    let strategy = strategy(Limits::default()).await;
    for (word, place) in [
        ("nan", "set[0].confidence"),
        ("infinite", "set[0].confidence"),
        ("overconfident", "set[0].confidence"),
        ("long-value", "set[0].value has 5000 bytes"),
        ("nul", "set[0].value holds U+0000"),
        ("no-key", "key 0"),
        ("long-key", "key 0"),
        ("twice", "key 1 is there twice"),
        ("set-and-unset", "key 1 is there twice"),
        ("many-fields", "65 fields where 64"),
        ("huge-output", "bytes of words where 65536"),
        ("giant-output", "cross the border"),
        ("log-giant", "cross the border"),
        ("foreign-evidence", "set[0].evidence names no message"),
        ("repeated-evidence", "set[0].evidence names a message twice"),
        ("suspend-often", "suspend with 5 requests"),
        ("suspend-nothing", "suspend with 0 requests"),
        ("suspend-huge", "suspend[0] has more than 32768 bytes"),
        ("unknown-effect", "suspend[0] asks for an effect that this release does not perform"),
        ("unknown-outcome", "an outcome that this release does not take"),
        ("suspend-nan", "suspend[0].temperature"),
        ("unwanted-lookup", "suspend[0] asks for what its descriptor does not want"),
    ] {
        let fault = fault_of(&strategy, word).await;
        assert_eq!(fault.kind(), "bad_output", "{word}: {fault}");
        assert!(fault.to_string().contains(place), "{word}: {fault}");
    }
}

#[tokio::test]
async fn a_log_flood_is_cut_counted_and_harmless() {
    let strategy = strategy(Limits::default()).await;
    let filled = run(&strategy, "log-flood").await.unwrap();
    assert_eq!((filled.logs.len(), filled.dropped_log_lines), (64, 9_936));
    assert_eq!(filled.logs[63].message, "line 63");

    let filled = run(&strategy, "log-wide").await.unwrap();
    assert_eq!((filled.logs.len(), filled.dropped_log_lines), (1, 3));

    let filled = run(&strategy, "log-control").await.unwrap();
    assert_eq!(filled.logs[0].level, LogLevel::Error);
    assert_eq!(filled.logs[0].message, "[31mred[0mforgedline");
}

#[tokio::test]
async fn no_instance_sees_another_and_equal_calls_are_equal_to_the_unit_of_fuel() {
    let strategy = strategy(Limits::default()).await;
    let first = run(&strategy, "behave").await.unwrap();
    for _ in 0..20 {
        assert_eq!(run(&strategy, "behave").await.unwrap(), first);
    }
    let calls = 200_u32;
    let begin = std::time::Instant::now();
    for _ in 0..calls {
        run(&strategy, "behave").await.unwrap();
    }
    // Shown by `cargo test -- --nocapture`; machines differ too much for a bound.
    eprintln!("a fresh call of a guest that does nothing: {:?}", begin.elapsed() / calls);
    let ProfileOutcome::Done(patch) = &first.outcome else { panic!("{:?}", first.outcome) };
    assert_eq!(patch.set[0].value, "1", "the guest counts the calls of its instance");
    assert_eq!(patch.set[0].confidence.to_string(), "0.1235");
    assert!(first.fuel_used > 0);
    assert!(first.peak_memory_bytes >= 64 << 10);
    assert_ne!(first.input_hash, first.output_hash);
}

#[tokio::test]
async fn evidence_refusals_and_wishes_come_through() {
    let strategy = strategy(Limits::default()).await;
    let ProfileOutcome::Done(patch) = run(&strategy, "own-evidence").await.unwrap().outcome else {
        panic!("it decides")
    };
    assert_eq!(patch.set[0].evidence, ["m1", "m2"]);

    let refused = run(&strategy, "refuse").await.unwrap().outcome;
    assert_eq!(refused, ProfileOutcome::Refused(StrategyError::Unsupported("not today".into())));

    let ProfileOutcome::Suspended(requests) = run(&strategy, "suspend").await.unwrap().outcome else {
        panic!("it asks")
    };
    let [EffectRequest::Llm(ask)] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((ask.messages[0].content.as_str(), ask.temperature.to_string()), ("hello", "0.5".into()));
}

#[tokio::test]
async fn more_input_than_a_call_takes_is_refused_and_fits_when_fitted() {
    let limits = Limits::default();
    let strategy = strategy(limits.clone()).await;
    let many = ProfileInput {
        messages: (0..201)
            .map(|id| Message { id: id.to_string(), from_user: true, text: "x".repeat(2_000), facts: Vec::new() })
            .collect(),
        ..ProfileInput::default()
    };
    let fault = strategy.fill(order("behave"), many.clone()).await.unwrap_err();
    assert_eq!(fault, Fault::InputTooLarge { size: 201, limit: 200, unit: "messages" });
    let filled = strategy.fill(order("behave"), many.fitted(&limits)).await;
    assert!(filled.is_ok(), "{filled:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn more_callers_than_places_wait_and_are_all_served_while_the_runtime_goes_on() {
    let limits = Limits { pool_size: 2, deadline: Duration::from_mins(10), ..Limits::default() };
    let strategy = strategy(limits).await;
    let callers: Vec<_> = (0..24)
        .map(|caller| {
            let strategy = Arc::clone(&strategy);
            let word = if caller % 8 == 0 { "loop" } else { "behave" };
            tokio::spawn(async move { run(&strategy, word).await.map(|_| ()) })
        })
        .collect();
    // The only thread of this runtime is free although two guests loop.
    tokio::task::yield_now().await;
    for (caller, task) in callers.into_iter().enumerate() {
        let expected = if caller % 8 == 0 { Err(Fault::OutOfFuel) } else { Ok(()) };
        assert_eq!(task.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_trial_compares_two_runs() {
    let strategy = strategy(Limits::default()).await;
    assert_eq!(strategy.world(), World::Profile);
    assert_eq!(strategy.descriptor().name, "profile-hostile");
    let bad = strategy.trial().await.unwrap_err();
    assert!(matches!(bad, TrialError::Config(_)), "`{{}}` is no order, says its schema: {bad}");
    let report = strategy.trial_with("\"behave\"", &[]).await.unwrap();
    assert_eq!(report.outcome, "done");
    assert_eq!(strategy.trial_with("\"behave\"", &[]).await.unwrap(), report);
    let faulting = strategy.trial_with("\"panic\"", &[]).await.unwrap_err();
    assert!(matches!(faulting, TrialError::Faulted { .. }), "{faulting}");
}

#[tokio::test]
async fn calls_and_fuel_are_counted_by_outcome() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // The tests of this file share the process; nobody else installs a recorder.
    metrics::set_global_recorder(recorder).unwrap();
    let strategy = strategy(Limits::default()).await;
    run(&strategy, "refuse").await.unwrap();
    run(&strategy, "unreachable").await.unwrap_err();
    let page = handle.render();
    for sample in [
        "plugin_calls_total{plugin=\"profile-hostile\",outcome=\"refused\"}",
        "plugin_calls_total{plugin=\"profile-hostile\",outcome=\"trap\"}",
        "plugin_fuel_count{plugin=\"profile-hostile\"}",
    ] {
        assert!(page.contains(sample), "{sample} in {page}");
    }
}

#[tokio::test]
async fn a_truncated_artifact_does_not_compile() {
    let host = PluginHost::new(Limits::default()).unwrap();
    let half = &hostile()[..hostile().len() / 2];
    let error = host.load(half).await.err().unwrap();
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
}
