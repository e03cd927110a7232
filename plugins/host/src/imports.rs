//! What an artifact may be: a component that imports our contract and nothing of the world.

use wasmtime::{Engine, component::Component};

use crate::{descriptor::World, host::LoadError, limits::Limits};

/// Everything a component may import: types, and a log that answers nothing.
const OPEN: [&str; 3] = ["chronogram:strategy/types", "chronogram:strategy/effects", "chronogram:strategy/log"];

/// Every WASM binary begins so; the second word tells modules from components.
const MAGIC: &[u8] = b"\0asm";
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Refuses what is no component before the compiler sees it.
pub(crate) fn check_bytes(wasm: &[u8], limits: &Limits) -> Result<(), LoadError> {
    if wasm.len() > limits.artifact_bytes {
        return Err(LoadError::TooLarge { size_bytes: wasm.len(), limit_bytes: limits.artifact_bytes });
    }
    if Engine::detect_precompiled(wasm).is_some() {
        return Err(LoadError::Precompiled);
    }
    if wasm.starts_with(CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    if wasm.starts_with(MAGIC) { Ok(()) } else { Err(LoadError::NotWasm) }
}

/// Refuses any import beside the contract's, by name, and says which world it fulfils.
pub(crate) fn check_world(engine: &Engine, component: &Component) -> Result<World, LoadError> {
    let kind = component.component_type();
    for (import, _) in kind.imports(engine) {
        let (interface, _version) = import.split_once('@').unwrap_or((import, ""));
        if !OPEN.contains(&interface) {
            return Err(LoadError::ForeignImport { import: import.to_owned() });
        }
    }
    let exports = |interface: &str| {
        kind.exports(engine).any(|(export, _)| export.split_once('@').is_some_and(|(name, _)| name == interface))
    };
    match (exports("chronogram:strategy/profile"), exports("chronogram:strategy/alert")) {
        (true, false) => Ok(World::Profile),
        (false, true) => Ok(World::Alert),
        (false, false) => Err(LoadError::NoWorld),
        (true, true) => Err(LoadError::TwoWorlds),
    }
}
