//! The strategies that ship with Chronogram, as components ready for the plugin host.
//!
//! Their sources are guest crates beside this one, outside the workspace: they are built for
//! another machine. `build.rs` builds them; the bytes are the same on every checkout path.

/// One strategy that ships with Chronogram.
#[derive(Clone, Copy)]
pub struct BuiltIn {
    /// The name it also gives itself in its descriptor.
    pub name: &'static str,
    /// The component, as an author would upload it.
    pub wasm: &'static [u8],
}

/// Every built-in strategy, in the order they are installed.
pub fn built_in() -> &'static [BuiltIn] {
    &[BuiltIn { name: "profile-basic", wasm: include_bytes!(concat!(env!("OUT_DIR"), "/profile-basic.wasm")) }]
}
