//! Strategies by chance, the same ones every time: valid modules of random code, and components with bytes changed.

use arbitrary::Unstructured;
use chronogram_plugin_host::{Fault, Limits, LoadError, PluginHost};
use wasm_smith::{Config, Module};

use crate::made::{call, profile, try_component_of};

const MODULES: u64 = 120;
const MUTATIONS: u64 = 300;
/// What the generator makes a module of.
const SEED_BYTES: usize = 2_048;

/// A small generator of numbers (xorshift): chance that repeats itself.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

fn limits() -> Limits {
    Limits { fuel: 1_000_000, ..Limits::default() }
}

/// What a module must export to become a strategy; the generator makes up the bodies.
fn exports() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "chronogram:strategy/manifest@1.0.0#describe") (result i32) unreachable)
            (func (export "chronogram:strategy/profile@1.0.0#fill") (param i32) (result i32) unreachable))"#,
    )
    .unwrap()
}

fn made_up(seed: u64) -> Option<Vec<u8>> {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let bytes: Vec<u8> = (0..SEED_BYTES).map(|_| u8::try_from(chance.next() & 0xff).unwrap()).collect();
    let config = Config {
        exports: Some(exports()),
        max_imports: 0,
        max_memories: 3,
        // References to what is outside need a collector too.
        gc_enabled: false,
        reference_types_enabled: false,
        exceptions_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        wide_arithmetic_enabled: false,
        tail_call_enabled: true,
        ..Config::default()
    };
    let module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    Some(module.to_bytes())
}

#[tokio::test]
async fn valid_modules_of_random_code_end_in_typed_faults() {
    let host = PluginHost::new(limits()).unwrap();
    let mut ran = 0;
    for seed in 1..=MODULES {
        let artifact = made_up(seed).and_then(|module| try_component_of("profile-strategy", module));
        let Some(artifact) = artifact else { continue };
        match host.load(&artifact).await {
            Ok(strategy) => drop(call(&strategy).await),
            Err(LoadError::HostFailed { why } | LoadError::Describe(Fault::HostFailed { why })) => {
                panic!("seed {seed} harms the host: {why}")
            }
            Err(LoadError::Describe(_)) => ran += 1,
            Err(_) => {}
        }
    }
    assert!(ran > MODULES / 4, "only {ran} modules ran at all");
    call(&host.load(&profile().bytes()).await.unwrap()).await.expect("the next call works");
}

/// The smoke of `fuzz/fuzz_targets/artifact.rs`, which goes on for as long as it is let.
#[tokio::test]
async fn components_with_bytes_changed_end_in_typed_errors() {
    let host = PluginHost::new(limits()).unwrap();
    let whole = profile().bytes();
    let (mut refused, mut taken) = (0, 0);
    for seed in 1..=MUTATIONS {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut artifact = whole.clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(artifact.len());
            match chance.below(3) {
                0 => artifact[at] ^= 1 << chance.below(8),
                1 => drop(artifact.remove(at)),
                _ => artifact.insert(at, u8::try_from(chance.next() & 0xff).unwrap()),
            }
        }
        match host.load(&artifact).await {
            Ok(strategy) => {
                taken += 1;
                if let Err(Fault::HostFailed { why }) = call(&strategy).await {
                    panic!("seed {seed} harms the host: {why}");
                }
            }
            Err(LoadError::HostFailed { why }) => panic!("seed {seed} harms the host: {why}"),
            Err(_) => refused += 1,
        }
    }
    // Names in a custom section may change without harm; most bytes may not.
    assert!(refused > MUTATIONS / 2 && taken > 0, "{refused} refused, {taken} taken");
    call(&host.load(&whole).await.unwrap()).await.expect("the next call works");
}
