//! Components that fulfil a contract in types, of core modules whose every part a test may replace.

use std::{path::Path, sync::Arc};

use chronogram_plugin_host::{
    AlertInput, AlertSample, CallContext, Fault, Limits, LoadError, PluginHost, ProfileInput, Strategy, World,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Where a module keeps what `describe` returns.
const DESCRIPTOR: &str = r#"
    (data (i32.const 512) "\58\02\00\00\03\00\00\00" "\62\02\00\00\01\00\00\00" "\58\02\00\00\03\00\00\00"
                          "\6c\02\00\00\02\00\00\00" "\78\02\00\00\01\00\00\00")
    (data (i32.const 600) "wat") (data (i32.const 610) "1") (data (i32.const 620) "{}")
    (data (i32.const 632) "\80\02\00\00\03\00\00\00") (data (i32.const 640) "llm")"#;

/// A core module in parts; each is text.
pub(crate) struct Made {
    pub(crate) world: &'static str,
    /// Before everything else: tables, further memories, start code.
    pub(crate) before: String,
    pub(crate) memory: &'static str,
    /// Body of `cabi_realloc`.
    pub(crate) realloc: &'static str,
    /// Body of `fill` or `evaluate`, which returns where the answer stands.
    pub(crate) run: String,
    /// Functions and data behind everything else.
    pub(crate) after: String,
}

/// A profile strategy that answers with whatever stands at 8192: nothing, which is an empty patch.
pub(crate) fn profile() -> Made {
    Made {
        world: "profile-strategy",
        before: String::new(),
        memory: r#"(memory (export "memory") 1)"#,
        realloc: "i32.const 16384",
        run: "i32.const 8192".into(),
        after: String::new(),
    }
}

/// An alert strategy that answers with whatever stands at 8192: no alert and no memory.
pub(crate) fn alert() -> Made {
    Made { world: "alert-strategy", ..profile() }
}

impl Made {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { before, memory, realloc, run, after, .. } = self;
        let name = self.function();
        let module = wat::parse_str(format!(
            r#"(module {before} {memory}
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export "chronogram:strategy/manifest@1.0.0#describe") (result i32) i32.const 512)
                (func (export "{name}") (param i32) (result i32) {run})
                {DESCRIPTOR} {after})"#
        ));
        component_of(self.world, module.unwrap())
    }

    /// The full name of the function that decides.
    pub(crate) fn function(&self) -> &'static str {
        match self.world {
            "profile-strategy" => "chronogram:strategy/profile@1.0.0#fill",
            _ => "chronogram:strategy/alert@1.0.0#evaluate",
        }
    }

    pub(crate) async fn load(&self) -> Arc<Strategy> {
        self.try_load(Limits::default()).await.unwrap()
    }

    pub(crate) async fn try_load(&self, limits: Limits) -> Result<Arc<Strategy>, LoadError> {
        PluginHost::new(limits).unwrap().load(&self.bytes()).await
    }

    /// The fault of a call, after which another strategy of the same host decides as if nothing had been.
    pub(crate) async fn fault(&self) -> Fault {
        let host = PluginHost::new(Limits::default()).unwrap();
        let strategy = host.load(&self.bytes()).await.unwrap();
        let fault = call(&strategy).await.expect_err("it faults");
        let tame = Self { world: self.world, ..profile() };
        call(&host.load(&tame.bytes()).await.unwrap()).await.expect("the next call works");
        fault
    }
}

/// One call of a strategy of either world.
pub(crate) async fn call(strategy: &Strategy) -> Result<&'static str, Fault> {
    match strategy.world() {
        World::Profile => strategy.fill(context(), ProfileInput::default()).await.map(|filled| filled.outcome.kind()),
        World::Alert => strategy.evaluate(context(), channel()).await.map(|evaluated| evaluated.outcome.kind()),
    }
}

pub(crate) fn context() -> CallContext {
    CallContext { tenant: "t".into(), now_ms: 1, seed: "00".into(), config: "{}".into(), locale: None }
}

pub(crate) fn channel() -> AlertInput {
    let sample = AlertSample { at_ms: 1, subscribers: 10, views: 5.into(), posts: 1, facts: Vec::new() };
    AlertInput { channel: "c".into(), samples: vec![sample], memory: vec![1, 2], ..AlertInput::default() }
}

/// A component of a core module that exports what the world asks for.
pub(crate) fn component_of(world: &str, module: Vec<u8>) -> Vec<u8> {
    try_component_of(world, module).unwrap()
}

/// The same of a module that may be stranger than the tools take.
pub(crate) fn try_component_of(world: &str, mut module: Vec<u8>) -> Option<Vec<u8>> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_dir(&wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).ok()?;
    ComponentEncoder::default().module(&module).ok()?.encode().ok()
}

/// Little-endian words as a data segment.
pub(crate) fn words(at: u32, words: &[u32]) -> String {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}"));
    let bytes = bytes.collect::<Vec<_>>().concat();
    format!(r#"(data (i32.const {at}) "{bytes}")"#)
}
