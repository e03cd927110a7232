//! The built-in strategies as they ship: run by the real host, with no import but the contract's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{fs, path::Path, sync::Arc, time::Instant};

use chronogram_plugin_host::{
    CallContext, Fact, Limits, Message, PluginHost, ProfileField, ProfileInput, ProfileOutcome, Scalar, Strategy,
    StrategyError, World, seed_for,
};
use chronogram_strategies::{BuiltIn, built_in};
use rust_decimal::Decimal;

#[path = "../guest_build.rs"]
mod guest_build;

fn named(name: &str) -> &'static BuiltIn {
    built_in().iter().find(|strategy| strategy.name == name).expect(name)
}

async fn loaded(name: &str) -> Arc<Strategy> {
    PluginHost::new(Limits::default()).unwrap().load(named(name).wasm).await.unwrap()
}

fn fact(key: &str, value: Scalar) -> Fact {
    Fact { key: key.into(), value }
}

fn call(strategy: &Strategy) -> CallContext {
    CallContext {
        tenant: "tests".into(),
        now_ms: 1_700_000_000_000,
        seed: seed_for("event", strategy.digest()),
        config: "{}".into(),
        locale: None,
    }
}

/// Twenty evenings of a person who writes Russian on music and code.
fn person() -> ProfileInput {
    let texts = [
        "Слушаю новый альбом, очень нравится",
        "Сегодня писал на rust, компилятор снова прав",
        "Привет! Как дела?",
        "Завтра концерт, и я уже купил билеты",
    ];
    let evening_ms = 1_700_074_800_000; // 19:00 UTC
    let messages = (0..20_u64).zip(texts.iter().cycle()).map(|(day, text)| Message {
        id: format!("m{day}"),
        from_user: true,
        text: (*text).into(),
        facts: vec![fact("sent_at", Scalar::At(evening_ms + day * 86_400_000))],
    });
    let mut messages: Vec<Message> = messages.collect();
    messages.push(Message {
        id: "answer".into(),
        from_user: false,
        text: "Your cat, my dog, this puppy and that kitten".into(),
        facts: Vec::new(),
    });
    ProfileInput {
        user: "person".into(),
        messages,
        facts: vec![
            fact("display_name", Scalar::Text("Иван".into())),
            fact("messages_total", Scalar::Count(20)),
            fact("first_message_at", Scalar::At(evening_ms)),
            fact("last_message_at", Scalar::At(evening_ms + 19 * 86_400_000)),
        ],
        ..ProfileInput::default()
    }
}

async fn fields(strategy: &Strategy, input: ProfileInput) -> Vec<ProfileField> {
    let filled = strategy.fill(call(strategy), input).await.unwrap();
    let ProfileOutcome::Done(patch) = filled.outcome else { panic!("{:?}", filled.outcome) };
    patch.set
}

#[tokio::test]
async fn every_built_in_loads_under_its_name_and_passes_its_trial() {
    for strategy in built_in() {
        let loaded = loaded(strategy.name).await;
        assert_eq!(loaded.descriptor().name, strategy.name);
        assert_eq!(loaded.trial().await.unwrap().outcome, "done");
    }
}

#[test]
fn no_built_in_imports_anything_but_the_contract() {
    for strategy in built_in() {
        let mut depth = 0;
        let mut imports = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(strategy.wasm) {
            match payload.unwrap() {
                wasmparser::Payload::Version { .. } => depth += 1,
                wasmparser::Payload::End(_) => depth -= 1,
                wasmparser::Payload::ComponentImportSection(section) if depth == 1 => {
                    imports.extend(section.into_iter().map(|import| import.unwrap().name.name));
                }
                _ => {}
            }
        }
        assert!(!imports.is_empty(), "the log at least is imported");
        for import in imports {
            assert!(import.starts_with("chronogram:strategy/"), "{}: {import}", strategy.name);
        }
    }
}

#[tokio::test]
async fn profile_basic_fills_a_person_who_writes() {
    let strategy = loaded("profile-basic").await;
    assert_eq!(strategy.world(), World::Profile);
    let fields = fields(&strategy, person()).await;
    let told: Vec<_> = fields.iter().map(|field| (field.key.as_str(), field.value.as_str())).collect();
    assert_eq!(
        told,
        [
            ("display_name", "Иван"),
            ("language", "ru"),
            ("activity", "regular"),
            ("active_hours", "16-20 UTC"),
            ("message_style", "short"),
            ("interests", "music, programming"),
            (
                "summary",
                "Иван: пишет по-русски; пишет регулярно (20 сообщений); чаще всего в 16-20 UTC; \
                 сообщения короткие; темы: музыка, программирование."
            ),
        ]
    );
    assert_eq!(fields[0].confidence, Decimal::ONE);
    assert!(fields[5].evidence.iter().all(|id| id != "answer"), "only the person's own words");
}

#[tokio::test]
async fn profile_basic_fills_a_person_who_never_wrote() {
    let strategy = loaded("profile-basic").await;
    let silent = ProfileInput {
        user: "person".into(),
        facts: vec![fact("username", Scalar::Text("bob".into())), fact("language", Scalar::Text("en".into()))],
        ..ProfileInput::default()
    };
    let told: Vec<_> = fields(&strategy, silent).await.into_iter().map(|field| (field.key, field.value)).collect();
    let expected = [("display_name", "@bob"), ("language", "en"), ("summary", "@bob: writes English.")];
    assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn profile_basic_refuses_a_configuration_it_does_not_know() {
    let strategy = loaded("profile-basic").await;
    let call = CallContext { config: r#"{"tone":"dry"}"#.into(), ..call(&strategy) };
    let outcome = strategy.fill(call, person()).await.unwrap().outcome;
    assert!(matches!(&outcome, ProfileOutcome::Refused(StrategyError::InvalidConfig(_))), "{outcome:?}");
}

#[tokio::test]
async fn the_largest_input_takes_at_most_half_of_the_fuel_in_either_language() {
    let strategy = loaded("profile-basic").await;
    let limits = Limits::default();
    let russian = "Слушаю музыку и пишу код на работе, а потом еду домой готовить ужин. ".repeat(10);
    let english = "I hear music and write code at work, then I go home to cook dinner. ".repeat(18);
    for text in [russian, english] {
        let messages = (0..300_u64).map(|at| Message {
            id: format!("m{at}"),
            from_user: true,
            text: text.clone(),
            facts: vec![fact("sent_at", Scalar::At(at * 3_600_000))],
        });
        let input = ProfileInput { messages: messages.collect(), ..ProfileInput::default() };
        let filled = strategy.fill(call(&strategy), input.fitted(&limits)).await.unwrap();
        let used = filled.fuel_used;
        assert!(used < limits.fuel / 2, "{used} of {}", limits.fuel);
    }
}

/// Not a bound on speed, which machines differ in: a call must only be far from its deadline.
#[tokio::test]
async fn equal_calls_are_equal_and_far_from_the_deadline() {
    let strategy = loaded("profile-basic").await;
    let first = strategy.fill(call(&strategy), person()).await.unwrap();
    let calls = 200_u32;
    let begin = Instant::now();
    for _ in 0..calls {
        assert_eq!(strategy.fill(call(&strategy), person()).await.unwrap(), first);
    }
    let each = begin.elapsed() / calls;
    let (fuel, memory) = (first.fuel_used, first.peak_memory_bytes);
    #[allow(clippy::print_stderr)] // Shown by `cargo test -- --nocapture`.
    {
        eprintln!("profile-basic: {each:?} a fresh call, {fuel} fuel, {memory} bytes of memory");
    }
    assert!(each < Limits::default().deadline / 2, "{each:?}");
}

#[test]
fn the_artifact_does_not_depend_on_the_checkout_path() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = tempfile::tempdir().unwrap();
    let name = "profile-basic";
    let plugins = elsewhere.path().join("plugins");
    for folder in ["wit", "sdk/rust/src", "strategies/profile-basic/src"] {
        copy(&here.join("..").join(folder), &plugins.join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock", "sdk/rust/Cargo.toml", "strategies/profile-basic/Cargo.toml"] {
        fs::copy(here.join("..").join(file), plugins.join(file)).unwrap();
    }
    let guest = plugins.join("strategies").join(name);
    let again =
        guest_build::build_guest(&guest, &elsewhere.path().join("target")).unwrap_or_else(|error| panic!("{error}"));
    assert!(again == named(name).wasm, "the same source gave other bytes in another folder");
}

/// One flat folder of files, which is what these are.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
