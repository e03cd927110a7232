//! The contract of alerts: what comes through, and what is a breach of it.

use chronogram_plugin_host::{AlertInput, AlertOutcome, AlertSample, Fault, Limits, ProfileInput, World};

use crate::made::{Made, alert, call, channel, context, profile, words};

/// An answer with these alerts at 32768, and memory.
fn answering(alerts: &[[u32; 18]], memory_bytes: u32) -> Made {
    let mut after = words(8192, &[0, 0, 32_768, u32::try_from(alerts.len()).unwrap(), 65_536, memory_bytes]);
    after += r#"(data (i32.const 9000) "rule") (data (i32.const 9200) "\ff")"#;
    for (at, alert) in alerts.iter().enumerate() {
        after += &words(32_768 + 72 * u32::try_from(at).unwrap(), alert);
    }
    Made { after, memory: r#"(memory (export "memory") 400)"#, ..alert() }
}

const TEXT: (u32, u32) = (9000, 4);

/// An alert in memory: rule, severity, metric, before, after, dedup-key, suppress-ms, message, facts.
fn raw(before: f64, after: f64, key_bytes: u32) -> [u32; 18] {
    let half = |float: f64| {
        let bits = float.to_bits();
        [u32::try_from(bits & 0xffff_ffff).unwrap(), u32::try_from(bits >> 32).unwrap()]
    };
    let (at, length) = TEXT;
    let ([b0, b1], [a0, a1]) = (half(before), half(after));
    [at, length, at, length, at, length, b0, b1, a0, a1, at, key_bytes, 60_000, 0, at, length, 0, 0]
}

async fn breach(made: &Made, part: &str) {
    let fault = made.fault().await;
    assert_eq!(fault.kind(), "bad_output", "{fault}");
    assert!(fault.to_string().contains(part), "{fault} does not speak of {part}");
}

#[tokio::test]
async fn alerts_and_memory_come_through() {
    let strategy = answering(&[raw(100.0, -2.5, 3), raw(1e15, 0.000_049, 4)], 3).load().await;
    assert_eq!(strategy.world(), World::Alert);
    let evaluated = strategy.evaluate(context(), channel()).await.unwrap();
    let AlertOutcome::Done(decision) = evaluated.outcome else { panic!("it decides") };
    assert_eq!(decision.memory, [0, 0, 0]);
    let [first, second] = decision.alerts.as_slice() else { panic!("two alerts") };
    assert_eq!((first.before.to_string(), first.after.to_string()), ("100".into(), "-2.5".into()));
    assert_eq!((first.rule.as_str(), first.dedup_key.as_str(), first.suppress_ms), ("rule", "rul", 60_000));
    assert_eq!((second.before.to_string(), second.after.to_string()), ("1000000000000000".into(), "0".into()));
    let again = strategy.evaluate(context(), channel()).await.unwrap();
    assert_eq!((again.fuel_used, again.output_hash), (evaluated.fuel_used, evaluated.output_hash));
}

#[tokio::test]
async fn a_decision_out_of_bounds_names_the_place() {
    let fine = raw(1.0, 2.0, 4);
    breach(&answering(&[raw(f64::NAN, 1.0, 4)], 0), "alerts[0].before").await;
    breach(&answering(&[raw(1.0, f64::INFINITY, 4)], 0), "alerts[0].after").await;
    breach(&answering(&[raw(1e16, 1.0, 4)], 0), "alerts[0].before").await;
    breach(&answering(&[fine, fine], 0), "alerts[1].dedup-key is there twice").await;
    breach(&answering(&[raw(1.0, 2.0, 0)], 0), "alerts[0].dedup-key").await;
    breach(&answering(&[raw(1.0, 2.0, 129)], 0), "alerts[0].dedup-key").await;
    let mut patient = fine;
    patient[13] = 1;
    breach(&answering(&[patient], 0), "suppress-ms").await;
    let mut garbled = fine;
    garbled[14..16].copy_from_slice(&[9200, 1]);
    breach(&answering(&[garbled], 0), "utf-8").await;
}

#[tokio::test]
async fn too_many_alerts_and_too_much_memory_are_breaches() {
    let seventeen: Vec<_> = (0..17).map(|_| raw(1.0, 2.0, 4)).collect();
    breach(&answering(&seventeen, 0), "17 alerts where 16").await;
    breach(&answering(&[], (16 << 10) + 1), "memory has 16385 bytes").await;
    let whole = answering(&[], 16 << 10).load().await;
    assert_eq!(call(&whole).await, Ok("done"));
    // A million alerts have no room in the memory of a call; as many as have do not cross the border.
    let million = |alerts| Made { after: words(8192, &[0, 0, 32_768, alerts]), ..answering(&[], 0) };
    breach(&million(1_000_000), "bounds").await;
    breach(&million(300_000), "border").await;
}

#[tokio::test]
async fn more_input_than_a_call_takes_is_refused() {
    let strategy = alert().load().await;
    let sample = AlertSample { at_ms: 1, subscribers: 1, views: 1.into(), posts: 1, facts: Vec::new() };
    let many = AlertInput { samples: vec![sample; 401], ..AlertInput::default() };
    let fault = strategy.evaluate(context(), many).await.unwrap_err();
    assert_eq!(fault, Fault::InputTooLarge { size: 401, limit: 400, unit: "samples" });
    let memory = AlertInput { memory: vec![0; (16 << 10) + 1], ..AlertInput::default() };
    assert_eq!(strategy.evaluate(context(), memory).await.unwrap_err().kind(), "input_too_large");
    let title = AlertInput { title: "x".repeat(Limits::default().input_bytes), ..AlertInput::default() };
    assert_eq!(strategy.evaluate(context(), title).await.unwrap_err().kind(), "input_too_large");
}

#[tokio::test]
async fn a_strategy_is_asked_only_for_what_it_is_made_for() {
    let fault = profile().load().await.evaluate(context(), channel()).await.unwrap_err();
    assert_eq!(fault, Fault::WrongWorld(World::Profile));
    let fault = alert().load().await.fill(context(), ProfileInput::default()).await.unwrap_err();
    assert_eq!(fault, Fault::WrongWorld(World::Alert));
}

#[tokio::test]
async fn an_alert_strategy_passes_its_trial() {
    let report = answering(&[raw(1.0, 2.0, 4)], 1).load().await.trial().await.unwrap();
    assert_eq!(report.outcome, "done");
    assert!(report.peak_memory_bytes >= 400 << 16);
}
