//! The contract in Rust, generated from `plugins/wit/world.wit`. Nothing outside `wire`, `cell`
//! and `strategy` speaks these types.
#![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, clippy::pedantic, reason = "written by a macro")]

pub(crate) mod profile {
    wasmtime::component::bindgen!({ path: "../wit", world: "profile-strategy" });
}

pub(crate) mod alert {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "alert-strategy",
        with: {
            "chronogram:strategy/log": super::profile::chronogram::strategy::log,
            "chronogram:strategy/types": super::profile::chronogram::strategy::types,
            "chronogram:strategy/effects": super::profile::chronogram::strategy::effects,
        },
    });
}
