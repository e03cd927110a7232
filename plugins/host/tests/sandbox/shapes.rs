//! Artifacts that are refused for what they are, before anything of theirs runs.

use std::time::Instant;

use chronogram_plugin_host::{CONTRACT_VERSION, Limits, LoadError, PluginHost};

use crate::made::{Made, call, profile};

async fn refusal(artifact: &[u8]) -> LoadError {
    let host = PluginHost::new(Limits::default()).unwrap();
    let error = host.load(artifact).await.err().expect("it is refused");
    call(&host.load(&profile().bytes()).await.unwrap()).await.expect("the next one works");
    error
}

async fn refused_text(text: &str) -> LoadError {
    refusal(&wat::parse_str(text).unwrap()).await
}

fn module(inside: &str) -> String {
    format!("(component (core module $m {inside}) (core instance (instantiate $m)))")
}

#[tokio::test]
async fn what_the_engine_was_not_asked_for_does_not_compile() {
    for inside in [
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(type (struct))",
        "(tag)",
        "(memory 1 65537)",
        "(func (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0))))",
        &"(table 1 funcref)".repeat(17),
        &"(memory 1)".repeat(5),
        "(table 20001 funcref)",
    ] {
        let Ok(bytes) = wat::parse_str(module(inside)) else { continue };
        let error = refusal(&bytes).await;
        assert!(matches!(error, LoadError::Compile { .. }), "{inside}: {error}");
    }
}

#[tokio::test]
async fn thousands_of_tables_or_instances_do_not_compile() {
    let error = refused_text(&module(&"(table 1 funcref)".repeat(10_000))).await;
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
    let instances = format!("(component (core module $m) {})", "(core instance (instantiate $m))".repeat(1_000));
    let error = refused_text(&instances).await;
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
}

#[tokio::test]
async fn types_within_types_take_no_time() {
    let started = Instant::now();
    let deep = (1..5_000).map(|n| format!("(type $t{n} (list $t{}))", n - 1)).collect::<Vec<_>>().concat();
    let error = refused_text(&format!("(component (type $t0 u8) {deep})")).await;
    assert!(matches!(error, LoadError::Compile { .. } | LoadError::NoWorld), "{error}");
    let double = (1..64).map(|n| format!("(type $t{n} (tuple $t{m} $t{m}))", m = n - 1)).collect::<Vec<_>>().concat();
    let error = refused_text(&format!("(component (type $t0 u8) {double})")).await;
    assert!(matches!(error, LoadError::Compile { .. } | LoadError::NoWorld), "{error}");
    assert!(started.elapsed().as_secs() < 20);
}

/// A component whose world has this `describe` and this `fill`.
fn with_functions(describe: &str, fill: &str) -> String {
    format!(
        r#"(component
            (core module $m (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $f (result u32) (canon lift (core func $i "f")))
            (instance $d {describe})
            (instance $p {fill})
            (export "chronogram:strategy/manifest@1.0.0" (instance $d))
            (export "chronogram:strategy/profile@1.0.0" (instance $p)))"#
    )
}

#[tokio::test]
async fn functions_of_another_shape_or_none_are_not_the_contract() {
    let (describe, fill) = (r#"(export "describe" (func $f))"#, r#"(export "fill" (func $f))"#);
    for text in [with_functions(describe, fill), with_functions(describe, ""), with_functions("", fill)] {
        let error = refused_text(&text).await;
        assert!(matches!(error, LoadError::Contract { .. } | LoadError::Describe(_)), "{error}");
    }
}

/// A whole strategy, as if it had been built for another version of the contract.
fn built_for(version: &str) -> Vec<u8> {
    let (ours, theirs) = (format!("@{CONTRACT_VERSION}"), format!("@{version}"));
    assert_eq!(ours.len(), theirs.len(), "lengths in the binary stay true");
    let mut bytes = profile().bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(ours.len()).position(|window| window == ours.as_bytes()) {
        at += found;
        bytes[at..at + theirs.len()].copy_from_slice(theirs.as_bytes());
        at += theirs.len();
    }
    bytes
}

#[tokio::test]
async fn a_patch_of_the_contract_is_run_and_any_other_version_is_refused() {
    let host = PluginHost::new(Limits::default()).unwrap();
    for version in [CONTRACT_VERSION, "1.0.1"] {
        let strategy = host.load(&built_for(version)).await.unwrap();
        assert_eq!((strategy.wit_version(), call(&strategy).await), (version, Ok("done")));
    }
    for version in ["0.1.0", "1.1.0", "2.0.0"] {
        let error = refusal(&built_for(version)).await;
        assert!(matches!(&error, LoadError::Version(other) if other.built == version), "{error}");
    }
}

#[tokio::test]
async fn a_section_that_nobody_reads_counts_as_bytes() {
    let with_section = |bytes: usize| {
        let mut artifact = profile().bytes();
        artifact.push(0); // a custom section
        leb128(&mut artifact, bytes + 2);
        artifact.extend(*b"\x01x");
        artifact.resize(artifact.len() + bytes, 0);
        artifact
    };
    let host = PluginHost::new(Limits::default()).unwrap();
    assert!(host.load(&with_section(20 << 20)).await.is_ok());
    for megabytes in [50, 100] {
        let error = host.load(&with_section(megabytes << 20)).await.err().unwrap();
        assert!(matches!(error, LoadError::TooLarge { .. }), "{error}");
    }
}

fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}

#[tokio::test]
async fn a_file_that_ends_anywhere_is_refused() {
    let whole = profile().bytes();
    let host = PluginHost::new(Limits::default()).unwrap();
    for end in (0..whole.len()).step_by(37) {
        let error = host.load(&whole[..end]).await.err();
        assert!(error.is_some(), "cut at {end} of {}", whole.len());
    }
}

#[tokio::test]
async fn a_schema_bomb_is_refused_with_the_descriptor() {
    let bomb = r##"{"$ref":"#"}"##;
    let escaped = bomb.bytes().map(|byte| format!("\\{byte:02x}")).collect::<Vec<_>>().concat();
    // The schema's place and length in the descriptor are words 6 and 7.
    let after = format!(
        r#"(data (i32.const 536) "\00\04\00\00\{:02x}\00\00\00") (data (i32.const 1024) "{escaped}")"#,
        bomb.len()
    );
    let error = Made { after, ..profile() }.try_load(Limits::default()).await.err().unwrap();
    let LoadError::Descriptor(bad) = error else { panic!("{error}") };
    assert_eq!(bad.to_string(), "descriptor.config-schema must not refer to itself");
}
