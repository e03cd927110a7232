//! From an artifact to machine code: in a confined child process, once, and kept.

mod cache;
mod child;
mod jail;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::Semaphore;
use wasmtime::{Engine, component::Component};

use self::cache::Cache;
pub use self::{
    child::compile_as_child,
    jail::{ChildCompiler, CompileLimits},
};
use crate::{
    digest::PluginDigest,
    engine::compatibility,
    host::{LoadError, blocking},
    limits::Limits,
};

/// Compilations at the same time: one may take gigabytes and every core.
const COMPILATIONS: usize = 1;

/// Who turns artifacts into machine code.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// The process itself, which a hostile artifact can take down with it.
    InThisProcess,
    /// A child of it with limits of its own.
    InChild(ChildCompiler),
}

/// Compiles one artifact after the other and remembers what came of it.
pub(crate) struct Workshop {
    compiler: Compiler,
    cache: Option<Arc<Cache>>,
    turns: Arc<Semaphore>,
}

impl Workshop {
    pub(crate) fn new(compiler: Compiler, cache: Option<PathBuf>, engine: &Engine) -> Self {
        let cache = cache.map(|folder| Arc::new(Cache::new(folder, compatibility(engine))));
        Self { compiler, cache, turns: Arc::new(Semaphore::new(COMPILATIONS)) }
    }

    /// The artifact, ready to be linked.
    pub(crate) async fn component(
        &self,
        engine: &Engine,
        limits: &Limits,
        digest: &PluginDigest,
        wasm: &[u8],
    ) -> Result<Component, LoadError> {
        if let Some(component) = self.kept(engine, digest).await? {
            return Ok(component);
        }
        let compiled = match &self.compiler {
            Compiler::InThisProcess => self.compile_here(engine, wasm).await?,
            Compiler::InChild(child) => {
                let failed = |why: String| LoadError::HostFailed { why };
                let _turn = self.turns.acquire().await.map_err(|closed| failed(closed.to_string()))?;
                child.compile(limits, wasm).await?
            }
        };
        let (engine, digest, cache) = (engine.clone(), digest.clone(), self.cache.clone());
        self.blocking(move || {
            if let Some(cache) = cache
                && let Err(error) = cache.keep(&digest, &compiled)
            {
                // It is compiled again next time, which is slower and as right.
                tracing::warn!(plugin.digest = digest.as_str(), error = %error, "compiled code is not kept");
            }
            load(&engine, &compiled)
        })
        .await?
    }

    async fn kept(&self, engine: &Engine, digest: &PluginDigest) -> Result<Option<Component>, LoadError> {
        let Some(cache) = self.cache.clone() else { return Ok(None) };
        let (engine, digest) = (engine.clone(), digest.clone());
        self.blocking(move || {
            let component = load(&engine, &cache.find(&digest)?);
            // Another build of this program may have kept it; the next one will be ours.
            component.inspect_err(|_| cache.forget(&digest)).ok()
        })
        .await
    }

    async fn compile_here(&self, engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        let (engine, wasm) = (engine.clone(), wasm.to_vec());
        let compiled = self.blocking(move || engine.precompile_component(&wasm)).await?;
        compiled.map_err(|error| LoadError::Compile { why: format!("{error:#}") })
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, LoadError> {
        blocking(&self.turns, work).await.map_err(|why| LoadError::HostFailed { why })
    }
}

/// Takes over machine code of our own compiler. What the pool has no room for is refused here.
#[allow(unsafe_code)]
fn load(engine: &Engine, compiled: &[u8]) -> Result<Component, LoadError> {
    // SAFETY: these bytes were made by this program's own compiler: just now, in a child that only it writes to, or
    // before, and then their checksum was found right. Uploaded bytes never get here: `check_bytes` refuses machine
    // code, and the compiler takes WASM only.
    let component = unsafe { Component::deserialize(engine, compiled) };
    component.map_err(|error| LoadError::Compile { why: format!("{error:#}") })
}
