//! A profile strategy that does what its configuration orders: mostly harm.
//!
//! The configuration is one word in quotes (`"loop"`), so that no JSON reader is needed here.

use std::cell::Cell;

wit_bindgen::generate!({ world: "profile-strategy", path: "../../../plugins/wit" });

use chronogram::strategy::{
    effects::{EffectAnswer, EffectError, EffectRequest, LlmMessage, LlmRequest},
    log::{Level, write},
    types::StrategyError,
};
use exports::chronogram::strategy::{
    manifest::{Descriptor, Guest as Manifest},
    profile::{
        CallContext, Guest as Profile, Journal, ProfileField, ProfileInput, ProfileOutcome,
        ProfilePatch,
    },
};

struct Hostile;

std::thread_local! {
    static CALLS_OF_THIS_INSTANCE: Cell<u32> = const { Cell::new(0) };
}

impl Manifest for Hostile {
    fn describe() -> Descriptor {
        Descriptor {
            name: "profile-hostile".into(),
            version: "0.1.0".into(),
            summary: "Misbehaves on demand.".into(),
            config_schema: r#"{"type":"string"}"#.into(),
            wants: vec!["llm".into()],
            facts: Vec::new(),
        }
    }
}

fn field(key: &str, value: String, confidence: f32) -> ProfileField {
    ProfileField { key: key.into(), value, confidence, evidence: Vec::new(), facts: Vec::new() }
}

fn done(set: Vec<ProfileField>) -> Result<ProfileOutcome, StrategyError> {
    Ok(ProfileOutcome::Done(ProfilePatch { set, unset: Vec::new(), ask: None, facts: Vec::new() }))
}

#[inline(never)]
#[allow(unconditional_recursion)] // The point of the test.
fn recurse(depth: u64) -> u64 {
    let frame = core::hint::black_box([depth; 32]);
    recurse(depth + 1) + frame[(depth % 32) as usize]
}

fn llm(prompt: String, temperature: f32) -> EffectRequest {
    EffectRequest::Llm(LlmRequest {
        model: "default".into(),
        messages: vec![LlmMessage { role: "user".into(), content: prompt }],
        response_schema: None,
        max_output_tokens: 16,
        temperature,
        facts: Vec::new(),
    })
}

impl Profile for Hostile {
    fn fill(
        ctx: CallContext,
        input: ProfileInput,
        journal: Journal,
    ) -> Result<ProfileOutcome, StrategyError> {
        let calls = CALLS_OF_THIS_INSTANCE.get() + 1;
        CALLS_OF_THIS_INSTANCE.set(calls);
        match ctx.config.trim_matches('"') {
            "behave" => done(vec![field("calls", calls.to_string(), 0.123_456)]),
            "refuse" => Err(StrategyError::Unsupported("not today".into())),
            "loop" => loop {
                core::hint::black_box(());
            },
            "allocate" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(core::hint::black_box(vec![1_u8; 1 << 20]));
                }
            }
            "unreachable" => unreachable_instruction(),
            "panic" => panic!("on demand"),
            "divide" => done(vec![field("quotient", (1 / divisor()).to_string(), 1.0)]),
            "out-of-bounds" => {
                let beyond = core::hint::black_box(usize::MAX - 8) as *const u8;
                // The point of the test: an address outside the linear memory.
                #[allow(unsafe_code)]
                let byte = unsafe { core::ptr::read_volatile(beyond) };
                done(vec![field("byte", byte.to_string(), 1.0)])
            }
            "recurse" => done(vec![field("depth", recurse(0).to_string(), 1.0)]),
            "log-flood" => {
                for line in 0..10_000 {
                    write(Level::Info, &format!("line {line}"));
                }
                done(Vec::new())
            }
            "log-wide" => {
                for _ in 0..4 {
                    write(Level::Warn, &"x".repeat(5_000));
                }
                done(Vec::new())
            }
            "log-control" => {
                write(Level::Error, "\u{1b}[31mred\u{1b}[0m\r\nforged\tline\0");
                done(Vec::new())
            }
            "log-giant" => {
                write(Level::Info, &"x".repeat(2 << 20));
                done(Vec::new())
            }
            "nan" => done(vec![field("k", "v".into(), f32::NAN)]),
            "infinite" => done(vec![field("k", "v".into(), f32::INFINITY)]),
            "overconfident" => done(vec![field("k", "v".into(), 1.000_1)]),
            "long-value" => done(vec![field("k", "x".repeat(5_000), 1.0)]),
            "nul" => done(vec![field("k", "a\0b".into(), 1.0)]),
            "no-key" => done(vec![field("", "v".into(), 1.0)]),
            "long-key" => done(vec![field(&"k".repeat(65), "v".into(), 1.0)]),
            "twice" => done(vec![field("k", "v".into(), 1.0), field("k", "w".into(), 1.0)]),
            "set-and-unset" => Ok(ProfileOutcome::Done(ProfilePatch {
                set: vec![field("k", "v".into(), 1.0)],
                unset: vec!["k".into()],
                ask: None,
                facts: Vec::new(),
            })),
            "many-fields" => {
                done((0..65).map(|n| field(&format!("k{n}"), "v".into(), 1.0)).collect())
            }
            "huge-output" => {
                done((0..40).map(|n| field(&format!("k{n}"), "x".repeat(4_000), 1.0)).collect())
            }
            "giant-output" => done(vec![field("k", "x".repeat(2 << 20), 1.0)]),
            "foreign-evidence" => {
                let mut claim = field("k", "v".into(), 1.0);
                claim.evidence = vec!["somebody-else's message".into()];
                done(vec![claim])
            }
            "own-evidence" => {
                let mut claim = field("k", "v".into(), 1.0);
                claim.evidence = input.messages.iter().map(|message| message.id.clone()).collect();
                done(vec![claim])
            }
            "repeated-evidence" => {
                let mut claim = field("k", "v".into(), 1.0);
                let id = &input.messages[0].id;
                claim.evidence = vec![id.clone(), id.clone()];
                done(vec![claim])
            }
            // Asks once about what the person wrote, and takes an object, plain or fenced, for an answer.
            "read" if input.messages.is_empty() => Err(StrategyError::Unsupported("no_messages".into())),
            "read" => read(&input, &journal),
            "suspend" => Ok(ProfileOutcome::Suspend(vec![llm("hello".into(), 0.5)])),
            // Asks once more with every answer, in the manner of the contract: all it asked for, and one thing more.
            "ask-twice" if journal.len() < 2 => Ok(asking(journal.len())),
            "ask-twice" | "ask-nobody" => {
                let told = journal.iter().map(told).collect::<Vec<_>>().join("; ");
                done(vec![field("told", told, 1.0)])
            }
            "ask-without-end" => Ok(asking(journal.len())),
            "ask-four-at-once" if journal.is_empty() => Ok(asking(3)),
            "ask-four-at-once" => done(vec![field("answers", journal.len().to_string(), 1.0)]),
            "ask-something-else" if journal.is_empty() => Ok(asking(0)),
            "ask-something-else" => {
                Ok(ProfileOutcome::Suspend(vec![llm("another".into(), 0.5), llm("question 1".into(), 0.5)]))
            }
            "ask-less" if journal.len() < 2 => Ok(asking(journal.len())),
            "ask-less" => Ok(asking(0)),
            "suspend-often" => {
                Ok(ProfileOutcome::Suspend((0..5).map(|_| llm("hello".into(), 0.5)).collect()))
            }
            "suspend-huge" => Ok(ProfileOutcome::Suspend(vec![llm("x".repeat(40_000), 0.5)])),
            "suspend-nan" => Ok(ProfileOutcome::Suspend(vec![llm("x".into(), f32::NAN)])),
            "suspend-nothing" => Ok(ProfileOutcome::Suspend(Vec::new())),
            "unwanted-lookup" => {
                Ok(ProfileOutcome::Suspend(vec![EffectRequest::Lookup("salaries".into())]))
            }
            "unknown-effect" => Ok(ProfileOutcome::Suspend(vec![EffectRequest::Other(r#"{"draw":"a cat"}"#.into())])),
            "unknown-outcome" => Ok(ProfileOutcome::Other(r#"{"later":{}}"#.into())),
            other => Err(StrategyError::InvalidConfig(format!("unknown order {other}"))),
        }
    }
}

fn read(input: &ProfileInput, journal: &Journal) -> Result<ProfileOutcome, StrategyError> {
    let failed = |word: &str| Err(StrategyError::EffectFailed(word.into()));
    let said = match journal.first() {
        None => {
            let texts = input.messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n");
            let question: String = texts.chars().take(1_000).collect();
            return Ok(ProfileOutcome::Suspend(vec![llm(question, 0.0)]));
        }
        Some(Ok(EffectAnswer::Llm(said))) => said.content.trim().trim_start_matches("```json").trim(),
        Some(Ok(EffectAnswer::Lookup(_) | EffectAnswer::Other(_)) | Err(EffectError::Other(_))) => return failed("other"),
        Some(Err(EffectError::Denied(_))) => return failed("denied"),
        Some(Err(EffectError::BudgetExhausted(_))) => return failed("budget_exhausted"),
        Some(Err(EffectError::Unavailable(_))) => return failed("unavailable"),
        Some(Err(EffectError::InvalidResponse(_))) => return failed("invalid_response"),
    };
    if said.starts_with('{') && said.contains('}') {
        done(vec![field("said", said.chars().take(100).collect(), 0.5)])
    } else {
        Err(StrategyError::Other("unparsed".into()))
    }
}

/// Questions 0 to `last`.
fn asking(last: usize) -> ProfileOutcome {
    ProfileOutcome::Suspend((0..=last).map(|n| llm(format!("question {n}"), 0.5)).collect())
}

fn told(answer: &Result<EffectAnswer, EffectError>) -> String {
    match answer {
        Ok(EffectAnswer::Llm(said)) => said.content.clone(),
        Ok(EffectAnswer::Lookup(json) | EffectAnswer::Other(json)) => json.clone(),
        Err(EffectError::Denied(why)) => format!("denied: {why}"),
        Err(EffectError::Unavailable(why)) => format!("unavailable: {why}"),
        Err(EffectError::InvalidResponse(why)) => format!("invalid: {why}"),
        Err(EffectError::BudgetExhausted(why) | EffectError::Other(why)) => why.clone(),
    }
}

#[inline(never)]
fn divisor() -> u32 {
    core::hint::black_box(0)
}

fn unreachable_instruction() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort()
}

export!(Hostile);
