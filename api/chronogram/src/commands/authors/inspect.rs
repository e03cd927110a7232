//! `plugins inspect`: what a component is, before anybody trusts it.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context as _;
use chronogram_plugin_host::{Limits, PluginDigest, PluginHost, World};
use serde_json::json;

use super::artifact::{Sizes, Surface};
use crate::commands::{DONE_WITH_FAULTS, print_json};

pub(crate) async fn run(file: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let wasm = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let digest = PluginDigest::of(&wasm);
    let host = PluginHost::new(Limits { pool_size: 1, ..Limits::default() })?;
    // The host first: it looks at the first bytes and the size before anything reads on.
    let loaded = host.load(&wasm).await;
    let refusal = loaded.as_ref().err().map(|error| format!("{:#}", anyhow::Error::new(error.clone())));
    let sizes = Sizes::of(&wasm);
    let surface = Surface::of(&wasm);
    let strategy = loaded.ok();
    let world = strategy.as_ref().map(|strategy| match strategy.world() {
        World::Profile => "profile-strategy",
        World::Alert => "alert-strategy",
    });
    let descriptor = strategy.as_ref().map(|strategy| strategy.descriptor());

    if as_json {
        print_json(&json!({
            "digest": digest,
            "world": world,
            "wit_version": surface.as_ref().ok().and_then(Surface::wit_version),
            "descriptor": descriptor,
            "imports": surface.as_ref().ok().map(|surface| &surface.imports),
            "exports": surface.as_ref().ok().map(|surface| &surface.exports),
            "sizes": sizes.as_ref().ok(),
            "refused": refusal,
        }))?;
    } else {
        println!("digest    {digest}");
        println!("size      {} bytes", wasm.len());
        if let Ok(sizes) = &sizes {
            let (modules, bytes) = (sizes.core_modules, sizes.core_module_bytes);
            println!("          {bytes} in {modules} modules, {} in custom sections", sizes.custom_section_bytes);
        }
        if let Ok(surface) = &surface {
            println!("wit       chronogram:strategy@{}", surface.wit_version().unwrap_or("?"));
            println!("imports   {}", surface.imports.join(", "));
            println!("exports   {}", surface.exports.join(", "));
        }
        if let (Some(world), Some(descriptor)) = (world, descriptor) {
            println!("world     {world}");
            println!("name      {} {}", descriptor.name, descriptor.version);
            println!("summary   {}", descriptor.summary);
            println!(
                "wants     {}",
                if descriptor.wants.is_empty() { "nothing".into() } else { descriptor.wants.join(", ") }
            );
            println!("config    {}", descriptor.config_schema);
        }
        if let Some(refusal) = &refusal {
            println!("REFUSED   {refusal}");
        }
    }
    Ok(if refusal.is_none() { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}
