//! What is refused before anything runs, and what start code may not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chronogram_plugin_host::{
    CONTRACT_VERSION, Fault, HostError, Limits, LoadError, OtherVersion, PluginHost, TrapKind,
};
use std::time::Duration;

async fn refusal(artifact: impl AsRef<[u8]>) -> LoadError {
    let host = PluginHost::new(Limits::default()).unwrap();
    host.load(artifact.as_ref()).await.err().expect("it is refused")
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component that fulfils the profile contract in types, made of a core module in text.
///
/// `before` stands in the module before everything else: memories, tables, start code.
fn strategy_with(before: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_dir(&wit).unwrap();
    let world = resolve.select_world(&[package], Some("profile-strategy")).unwrap();
    let mut module = wat(&format!(
        r#"(module
            {before}
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "chronogram:strategy/manifest@1.0.0#describe") (result i32) i32.const 512)
            (func (export "chronogram:strategy/profile@1.0.0#fill") (param i32) (result i32) i32.const 512))"#
    ));
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

#[tokio::test]
async fn a_core_module_is_told_to_become_a_component() {
    assert_eq!(refusal(wat("(module)")).await, LoadError::CoreModule);
}

#[tokio::test]
async fn any_import_outside_the_contract_is_refused_by_name() {
    let wasi = wat(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#);
    let import = "wasi:clocks/wall-clock@0.2.0".to_owned();
    assert_eq!(refusal(wasi).await, LoadError::ForeignImport { import });

    let alike = wat(r#"(component (import "chronogram:strategy/log-and-more@1.0.0" (instance)))"#);
    let import = "chronogram:strategy/log-and-more@1.0.0".to_owned();
    assert_eq!(refusal(alike).await, LoadError::ForeignImport { import });

    let bare = wat(r#"(component (import "log" (func)))"#);
    assert_eq!(refusal(bare).await, LoadError::ForeignImport { import: "log".into() });
}

#[tokio::test]
async fn a_component_of_no_world_or_of_another_shape_is_refused() {
    assert_eq!(refusal(wat("(component)")).await, LoadError::NoWorld);
    let both = r#"(component (instance $i)
        (export "chronogram:strategy/profile@1.0.0" (instance $i))
        (export "chronogram:strategy/alert@1.0.0" (instance $i)))"#;
    assert_eq!(refusal(wat(both)).await, LoadError::TwoWorlds);
    let hollow = r#"(component (instance $i)
        (export "chronogram:strategy/manifest@1.0.0" (instance $i))
        (export "chronogram:strategy/profile@1.0.0" (instance $i)))"#;
    let error = refusal(wat(hollow)).await;
    assert!(matches!(error, LoadError::Contract { .. }), "{error}");
}

/// What a component of this version exports, of no shape at all.
fn of_version(version: &str) -> Vec<u8> {
    wat(&format!(
        r#"(component (instance $i)
            (export "chronogram:strategy/manifest@{version}" (instance $i))
            (export "chronogram:strategy/profile@{version}" (instance $i)))"#
    ))
}

#[tokio::test]
async fn what_was_built_for_another_version_is_told_both_versions_and_what_to_do() {
    for (built, remedy) in [
        ("0.1.0", "build it again with the kit of this release"),
        ("1.1.0", "run it with a later release"),
        ("2.0.0", "run it with a later release"),
    ] {
        let error = refusal(of_version(built)).await;
        assert_eq!(error, LoadError::Version(OtherVersion { built: built.into() }));
        let said = error.to_string();
        assert!(said.contains(built) && said.contains(CONTRACT_VERSION) && said.contains(remedy), "{said}");
    }
    let importing = wat(r#"(component (import "chronogram:strategy/log@1.1.0" (instance)))"#);
    assert_eq!(refusal(importing).await, LoadError::Version(OtherVersion { built: "1.1.0".into() }));
    // A patch changes words only: what is wrong with this one is its shape.
    let error = refusal(of_version("1.0.7")).await;
    assert!(matches!(error, LoadError::Contract { .. }), "{error}");
}

#[tokio::test]
async fn machine_code_text_and_too_many_bytes_are_refused() {
    let engine = wasmtime::Engine::default();
    let compiled = engine.precompile_component(&wat("(component)")).unwrap();
    assert_eq!(refusal(compiled).await, LoadError::Precompiled);
    assert_eq!(refusal("(component)").await, LoadError::NotWasm);
    assert_eq!(refusal("").await, LoadError::NotWasm);
    let limit_bytes = Limits::default().artifact_bytes;
    let size_bytes = limit_bytes + 1;
    assert_eq!(refusal(vec![0; size_bytes]).await, LoadError::TooLarge { size_bytes, limit_bytes });
}

#[tokio::test]
async fn start_code_is_held_to_the_limits_of_a_call() {
    let endless = "(func $s (loop $l br $l)) (start $s)";
    assert_eq!(refusal(strategy_with(endless)).await, LoadError::Describe(Fault::OutOfFuel));
    let trapping = "(func $s unreachable) (start $s)";
    let fault = Fault::Trap(TrapKind::Unreachable);
    assert_eq!(refusal(strategy_with(trapping)).await, LoadError::Describe(fault));
    let deep = "(func $s call $s) (start $s)";
    let fault = Fault::Trap(TrapKind::StackOverflow);
    assert_eq!(refusal(strategy_with(deep)).await, LoadError::Describe(fault));
    let dividing = "(func $s (drop (i32.div_u (i32.const 1) (i32.const 0)))) (start $s)";
    let fault = Fault::Trap(TrapKind::Arithmetic);
    assert_eq!(refusal(strategy_with(dividing)).await, LoadError::Describe(fault));
    let nowhere = "(table 1 funcref) (type $t (func)) \
        (func $s (call_indirect (type $t) (i32.const 0))) (start $s)";
    let fault = Fault::Trap(TrapKind::BadCall);
    assert_eq!(refusal(strategy_with(nowhere)).await, LoadError::Describe(fault));
}

#[tokio::test]
async fn tables_are_summed() {
    let growing = "(table $t 1 funcref) \
        (func $s (drop (table.grow $t (ref.null func) (i32.const 20001)))) (start $s)";
    assert_eq!(refusal(strategy_with(growing)).await, LoadError::Describe(Fault::TableLimit));
    // Each is within the limit of one table; together they are not.
    let many = "(table 15000 funcref) (table 15000 funcref)";
    assert_eq!(refusal(strategy_with(many)).await, LoadError::Describe(Fault::TableLimit));
}

#[tokio::test]
async fn memories_are_summed() {
    // 18.75 MiB each, within the 32 MiB of one memory; together they are not.
    let two = "(memory 300) (memory 300)";
    assert_eq!(refusal(strategy_with(two)).await, LoadError::Describe(Fault::MemoryLimit));
    let growing = "(memory $m 1) (func $s (drop (memory.grow $m (i32.const 511)))) (start $s)";
    assert_eq!(refusal(strategy_with(growing)).await, LoadError::Describe(Fault::MemoryLimit));
}

#[tokio::test]
async fn more_memories_than_a_call_may_have_do_not_compile() {
    let error = refusal(strategy_with(&"(memory 1)".repeat(4))).await;
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
}

#[tokio::test]
async fn a_memory_that_begins_above_the_limit_does_not_compile() {
    let vast = wat("(component (core module $m (memory 65536)) (core instance (instantiate $m)))");
    let error = refusal(vast).await;
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_outside_the_memory_cannot_be_read() {
    // The descriptor's strings begin where the memory has ended.
    let beyond = r#"(data (i32.const 512) "\00\00\00\7f\ff\00\00\00")"#;
    let error = refusal(strategy_with(beyond)).await;
    let LoadError::Describe(Fault::BadOutput { what }) = error else { panic!("{error}") };
    assert!(what.contains("out-of-bounds") || what.contains("out of bounds"), "{what}");
}

#[tokio::test]
async fn an_empty_descriptor_is_out_of_form() {
    let LoadError::Descriptor(bad) = refusal(strategy_with("")).await else {
        panic!("it describes itself with empty words")
    };
    assert_eq!(bad.field, "name");
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let no_pool = Limits { pool_size: 0, ..Limits::default() };
    assert!(matches!(PluginHost::new(no_pool), Err(HostError::Limits(_))));
    let no_tick = Limits { tick: Duration::ZERO, ..Limits::default() };
    assert!(matches!(PluginHost::new(no_tick), Err(HostError::Limits(_))));
}
