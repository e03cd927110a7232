//! The strategies that ship with Chronogram, as components ready for the plugin host.
//!
//! Their sources are guest crates beside this one, outside the workspace: they are built for
//! another machine. `build.rs` builds them; the bytes are the same on every checkout path.

/// One strategy that ships with Chronogram, and what it is activated with unless an operator says otherwise.
#[derive(Clone, Copy)]
pub struct BuiltIn {
    /// The name it also gives itself in its descriptor.
    pub name: &'static str,
    /// The component, as an author would upload it.
    pub wasm: &'static [u8],
    /// Its configuration, JSON.
    pub config: &'static str,
    /// What it is granted. Whether there is such a model, and how much it may cost, is the operator's.
    pub grants: &'static [&'static str],
}

macro_rules! component {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm"))
    };
}

/// Every built-in strategy, in the order they are installed.
pub fn built_in() -> &'static [BuiltIn] {
    &[
        BuiltIn { name: "profile-basic", wasm: component!("profile-basic"), config: "{}", grants: &[] },
        BuiltIn { name: "profile-llm", wasm: component!("profile-llm"), config: "{}", grants: &["llm:default"] },
        BuiltIn { name: "profile-hybrid", wasm: component!("profile-hybrid"), config: "{}", grants: &["llm:default"] },
    ]
}
