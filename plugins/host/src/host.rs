//! Takes artifacts in: checks, compiles, and has each describe itself in a trial instance.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use wasmtime::{
    Engine,
    component::{Component, HasSelf, Linker},
};

use crate::{
    cell::{Cell, fresh_store},
    compile::{Compiler, Workshop},
    contract::{alert::AlertStrategyPre, profile::ProfileStrategyPre},
    descriptor::{BadDescriptor, Descriptor, World},
    digest::PluginDigest,
    engine::{self, Ticker},
    fault::Fault,
    imports::{check_bytes, check_world},
    limits::Limits,
    strategy::{Prepared, Strategy},
    version::{CONTRACT_VERSION, OtherVersion},
};

/// The host could not be built.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The limits contradict each other.
    #[error("plugin limits: {0}")]
    Limits(&'static str),
    /// The engine refuses this machine or these limits.
    #[error("the plugin engine cannot start: {0}")]
    Engine(String),
    /// No thread for the clock.
    #[error("the thread that ends plugin calls in time cannot start")]
    Ticker(#[source] std::io::Error),
}

/// An artifact is no strategy that this host runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Too many bytes.
    #[error(
        "the artifact has {size_bytes} bytes where {limit_bytes} are allowed; strip it and leave out debug information"
    )]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Machine code, which nobody has checked.
    #[error("the artifact is precompiled machine code, which is never loaded; upload the WASM component")]
    Precompiled,
    /// A module without a component around it.
    #[error("the artifact is a core module; make a component of it (`wasm-tools component new`)")]
    CoreModule,
    /// Something else.
    #[error("the artifact is no WASM binary")]
    NotWasm,
    /// It is broken or beyond what the engine allows.
    #[error("the artifact does not compile: {why}")]
    Compile {
        /// In the engine's words.
        why: String,
    },
    /// Compiling it takes more than it may.
    #[error("the artifact takes more {what} to compile than is allowed ({limit})")]
    TooCostly {
        /// `memory`, `time` or `room`.
        what: &'static str,
        /// How much is allowed.
        limit: String,
    },
    /// It wants something of the outside world.
    #[error("the artifact imports `{import}`, which no strategy gets; build it without WASI")]
    ForeignImport {
        /// The first such import.
        import: String,
    },
    /// It exports neither interface.
    #[error("the artifact exports neither chronogram:strategy/profile nor chronogram:strategy/alert")]
    NoWorld,
    /// It exports both interfaces.
    #[error("the artifact exports both chronogram:strategy/profile and chronogram:strategy/alert; make it two")]
    TwoWorlds,
    /// It was built for a version of the contract that is not run here.
    #[error(transparent)]
    Version(#[from] OtherVersion),
    /// Its types are not the contract's.
    #[error("the artifact does not fit the contract chronogram:strategy@{CONTRACT_VERSION}: {why}")]
    Contract {
        /// In the engine's words.
        why: String,
    },
    /// It fails before it has done anything.
    #[error("the artifact does not describe itself")]
    Describe(#[source] Fault),
    /// What it says of itself is out of form.
    #[error("the artifact describes itself out of form")]
    Descriptor(#[from] BadDescriptor),
    /// The host's own failure.
    #[error("the plugin host could not load the artifact: {why}")]
    HostFailed {
        /// What failed.
        why: String,
    },
}

/// What every strategy of a host shares. The clock stops when the last of them is gone.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pool: Arc<Semaphore>,
    workshop: Workshop,
    _ticker: Ticker,
}

impl House {
    /// Waits for a place in the pool, which is given back when dropped.
    pub(crate) async fn place(&self) -> Result<SemaphorePermit<'_>, Fault> {
        self.pool.acquire().await.map_err(Fault::host_failed)
    }

    /// Waits for a place in the pool and runs `work` there, on a thread that may block.
    ///
    /// The place is given back when the work has ended, even if nobody waits for it any more.
    pub(crate) async fn in_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        blocking(&self.pool, work).await.unwrap_or_else(|why| Err(Fault::host_failed(why)))
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    places: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let place: OwnedSemaphorePermit = Arc::clone(places).acquire_owned().await.map_err(|closed| closed.to_string())?;
    tokio::task::spawn_blocking(move || {
        let result = work();
        drop(place);
        result
    })
    .await
    .map_err(|lost| lost.to_string())
}

/// Loads strategies. Cheap to clone; all clones are one host.
#[derive(Clone)]
pub struct PluginHost {
    house: Arc<House>,
}

impl PluginHost {
    /// A host that compiles in this process: for artifacts of our own and for tests.
    pub fn new(limits: Limits) -> Result<Self, HostError> {
        Self::with(limits, Compiler::InThisProcess, None)
    }

    /// A host with these limits: reserves the pool's address space and starts the clock. What it compiles is kept in
    /// the folder `cache`, which must be nobody else's.
    pub fn with(limits: Limits, compiler: Compiler, cache: Option<PathBuf>) -> Result<Self, HostError> {
        if limits.pool_size == 0 {
            return Err(HostError::Limits("pool_size must be at least 1"));
        }
        if limits.tick.is_zero() || limits.tick > limits.deadline {
            return Err(HostError::Limits("tick must be above zero and at most the deadline"));
        }
        let engine = engine::build(&limits).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine, limits.tick).map_err(HostError::Ticker)?;
        let house = House {
            workshop: Workshop::new(compiler, cache, &engine),
            engine,
            pool: Arc::new(Semaphore::new(limits.pool_size as usize)),
            limits,
            _ticker: ticker,
        };
        Ok(Self { house: Arc::new(house) })
    }

    /// The limits every call is held to.
    pub fn limits(&self) -> &Limits {
        &self.house.limits
    }

    /// Checks, compiles and instantiates an artifact once; what it says of itself comes back with
    /// it. The same bytes always give the same digest.
    pub async fn load(&self, wasm: &[u8]) -> Result<Arc<Strategy>, LoadError> {
        let house = &self.house;
        check_bytes(wasm, &house.limits)?;
        let digest = PluginDigest::of(wasm);
        let component = house.workshop.component(&house.engine, &house.limits, &digest, wasm).await?;
        let (prepared, wit_version) = prepare(&house.engine, &component)?;
        let prepared = Arc::new(prepared);
        let (house, trial) = (Arc::clone(&self.house), Arc::clone(&prepared));
        let descriptor =
            self.house.in_pool(move || describe(&house, &trial)).await.map_err(LoadError::Describe)?.check()?;
        tracing::info!(
            plugin.name = descriptor.name,
            plugin.version = descriptor.version,
            plugin.digest = digest.as_str(),
            "plugin loaded"
        );
        Ok(Arc::new(Strategy::new(Arc::clone(&self.house), prepared, digest, wit_version, descriptor)))
    }
}

fn prepare(engine: &Engine, component: &Component) -> Result<(Prepared, String), LoadError> {
    let (world, version) = check_world(engine, component)?;
    let unfit = |error: wasmtime::Error| LoadError::Contract { why: format!("{error:#}") };

    let mut linker = Linker::<Cell>::new(engine);
    crate::contract::profile::ProfileStrategy::add_to_linker::<_, HasSelf<Cell>>(&mut linker, |cell| cell)
        .map_err(unfit)?;
    let instance = linker.instantiate_pre(component).map_err(unfit)?;
    let prepared = match world {
        World::Profile => Prepared::Profile(ProfileStrategyPre::new(instance).map_err(unfit)?),
        World::Alert => Prepared::Alert(AlertStrategyPre::new(instance).map_err(unfit)?),
    };
    Ok((prepared, version))
}

/// Instantiates it, which finds what the types alone do not show, and asks it who it is.
fn describe(house: &House, prepared: &Prepared) -> Result<Descriptor, Fault> {
    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let limits = &house.limits;
    let ticks = limits.ticks_of(limits.deadline);
    let mut store = fresh_store(&house.engine, limits, limits.fuel, ticks).map_err(engine_error)?;
    let said: Result<Descriptor, wasmtime::Error> = match prepared {
        Prepared::Profile(strategy) => {
            let instance = strategy.instantiate(&mut store).map_err(engine_error)?;
            instance.chronogram_strategy_manifest().call_describe(&mut store).map(Into::into)
        }
        Prepared::Alert(strategy) => {
            let instance = strategy.instantiate(&mut store).map_err(engine_error)?;
            instance.chronogram_strategy_manifest().call_describe(&mut store).map(Into::into)
        }
    };
    said.map_err(engine_error)
}
