//! Artifacts are compiled in a child of the real binary, which the kernel holds to its limits; what it made is kept.

use std::{fs, path::PathBuf, time::Duration};

use chronogram_plugin_host::{ChildCompiler, CompileLimits, Compiler, Limits, LoadError, PluginHost};
use chronogram_tests::binary;

fn host(program: PathBuf, limits: CompileLimits, cache: Option<PathBuf>) -> PluginHost {
    let child = ChildCompiler { program, arguments: vec!["compile-plugin".into()], limits };
    PluginHost::with(Limits::default(), Compiler::InChild(child), cache).unwrap()
}

fn real(limits: CompileLimits) -> PluginHost {
    host(binary().to_owned(), limits, None)
}

fn basic() -> &'static [u8] {
    chronogram_strategies::built_in()[0].wasm
}

/// A component around one module.
fn component(inside: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module {inside}))")).unwrap()
}

/// A thousand live values over thousands of blocks, each of which may change any of them.
fn bomb(blocks: usize) -> Vec<u8> {
    let locals = "(local i64)".repeat(1_000);
    let block = |n: usize| {
        format!(
            "(block (br_if 0 (i64.eqz (local.get {})))
                (local.set {} (i64.add (local.get {}) (local.get {}))))",
            n * 7 % 1_000,
            n * 11 % 1_000,
            n * 13 % 1_000,
            n * 17 % 1_000
        )
    };
    let blocks: String = (0..blocks).map(block).collect();
    component(&format!("(func (export \"f\") {locals} (loop {blocks} br 0))"))
}

#[tokio::test]
async fn what_a_child_compiled_is_kept_and_loaded_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("compiled");
    let compiling = host(binary().to_owned(), CompileLimits::default(), Some(cache.clone()));
    let strategy = compiling.load(basic()).await.unwrap();
    let report = strategy.trial().await.unwrap();
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);

    // Nobody there who could compile: it comes from the folder, and does the same to the unit of fuel.
    let nobody = || host(PathBuf::from("/nonexistent/compiler"), CompileLimits::default(), Some(cache.clone()));
    assert_eq!(nobody().load(basic()).await.unwrap().trial().await.unwrap(), report);

    // A flipped bit is found, and the code compiled again.
    let file = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let error = nobody().load(basic()).await.err().unwrap();
    assert!(matches!(error, LoadError::HostFailed { .. }), "{error}");
    let again = host(binary().to_owned(), CompileLimits::default(), Some(cache.clone()));
    assert_eq!(again.load(basic()).await.unwrap().trial().await.unwrap(), report);
}

#[tokio::test]
async fn compile_bombs_end_with_the_childs_processor_time() {
    let limits = CompileLimits { cpu: Duration::from_secs(1), ..CompileLimits::default() };
    let host = real(limits);
    for (name, artifact) in [
        ("live locals", bomb(6_000)),
        ("blocks", component(&format!("(func {} nop {})", "(block ".repeat(900), ")".repeat(900)).repeat(300))),
        ("functions", component(&"(func (result i64) (i64.add (i64.const 1) (i64.const 2)))".repeat(60_000))),
    ] {
        let started = std::time::Instant::now();
        let error = host.load(&artifact).await.err().unwrap();
        // One that a fast machine compiles in time fulfils no contract.
        let fits = matches!(error, LoadError::TooCostly { what: "time", .. } | LoadError::NoWorld);
        assert!(fits || matches!(error, LoadError::Compile { .. }), "{name}: {error}");
        assert!(started.elapsed() < Duration::from_mins(1), "{name}: {:?}", started.elapsed());
    }
    // Not by chance: this one takes minutes and gigabytes where nothing holds it.
    let error = host.load(&bomb(20_000)).await.err().unwrap();
    assert!(matches!(error, LoadError::TooCostly { .. }), "{error}");
    let patient = real(CompileLimits::default());
    assert!(patient.load(basic()).await.is_ok(), "the next one works");
}

#[tokio::test]
async fn memory_wall_clock_and_room_are_limits_too() {
    let small = CompileLimits { memory_bytes: 192 << 20, ..CompileLimits::default() };
    let error = real(small).load(&bomb(20_000)).await.err().unwrap();
    assert!(matches!(error, LoadError::TooCostly { .. } | LoadError::Compile { .. }), "{error}");
    let hurried = CompileLimits { wall: Duration::from_millis(1), ..CompileLimits::default() };
    let error = real(hurried).load(basic()).await.err().unwrap();
    assert!(matches!(error, LoadError::TooCostly { what: "time", .. }), "{error}");
    let narrow = CompileLimits { code_bytes: 1_000, ..CompileLimits::default() };
    let error = real(narrow).load(basic()).await.err().unwrap();
    assert!(matches!(error, LoadError::TooCostly { what: "room", .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_component_is_refused_in_the_childs_words() {
    let half = &basic()[..basic().len() / 2];
    let error = real(CompileLimits::default()).load(half).await.err().unwrap();
    let LoadError::Compile { why } = error else { panic!("{error}") };
    assert!(!why.is_empty());
    let absent = host(PathBuf::from("/nonexistent/compiler"), CompileLimits::default(), None);
    assert!(matches!(absent.load(basic()).await.err(), Some(LoadError::HostFailed { .. })));
}
