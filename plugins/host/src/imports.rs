//! What an artifact may be: a component that imports our contract and nothing of the world.

use wasmtime::{Engine, component::Component};

use crate::{
    descriptor::World,
    host::LoadError,
    limits::Limits,
    version::{check, of_contract},
};

/// Everything a component may import: types, and a log that answers nothing.
const OPEN: [&str; 3] = ["types", "effects", "log"];

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

/// Refuses any import beside the contract's, by name, and any version of it that is not run here; says which world the
/// component fulfils, and in which version.
pub(crate) fn check_world(engine: &Engine, component: &Component) -> Result<(World, String), LoadError> {
    let kind = component.component_type();
    for (import, _) in kind.imports(engine) {
        match of_contract(import) {
            Some((interface, version)) if OPEN.contains(&interface) => check(version)?,
            _ => return Err(LoadError::ForeignImport { import: import.to_owned() }),
        }
    }
    let (mut profile, mut alert) = (None, None);
    for (interface, version) in kind.exports(engine).filter_map(|(export, _)| of_contract(export)) {
        check(version)?;
        match interface {
            "profile" => profile = Some(version.to_owned()),
            "alert" => alert = Some(version.to_owned()),
            _ => {}
        }
    }
    match (profile, alert) {
        (Some(version), None) => Ok((World::Profile, version)),
        (None, Some(version)) => Ok((World::Alert, version)),
        (None, None) => Err(LoadError::NoWorld),
        (Some(_), Some(_)) => Err(LoadError::TwoWorlds),
    }
}
