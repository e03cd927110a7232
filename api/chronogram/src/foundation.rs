//! What every command stands on: the database, the log, the read models' engine.

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context as _, bail};
use chronogram_automations::{
    models::{ModelParts, Models},
    people::Eraser,
    plugins::PluginRegistry,
    profiles::ProfileFiller,
};
use chronogram_engine::Engine;
use chronogram_event_store::{KeyError, KeyRing, SealOlder, Sealed, upgrade_log};
use chronogram_gateways::patience::{Means, TokioTimer};
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_plugin_host::{ChildCompiler, CompileLimits, Compiler, Limits, PluginHost};
use chronogram_private_postgres::{Options, PrivatePostgres};
use sqlx::{
    ConnectOptions as _, PgPool,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    clock::{SystemChance, SystemClock},
    event_log::EventLog,
    master_key,
    progress::{Progress, Unit},
    settings::{LogUrl, Settings},
};

/// Connections for writing and for the engine: a lock and a transaction for each projection, and room beside them.
const WORK_CONNECTIONS: u32 = 16;
/// Connections for readers: a query takes one for milliseconds.
const QUERY_CONNECTIONS: u32 = 16;
/// Statements slower than this are warnings (row C12).
const SLOW_STATEMENT: Duration = Duration::from_secs(1);
/// How long a request waits for a connection before it is answered with an error.
const ACQUIRE_PATIENCE: Duration = Duration::from_secs(5);

/// The server of the database, which answers; nothing is said of what is in it.
pub(crate) struct Server {
    private: Option<PrivatePostgres>,
    /// How to connect.
    pub(crate) options: PgConnectOptions,
}

impl Server {
    /// The private one where none is set.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            let options = url.parse().map_err(|_| anyhow::anyhow!("DATABASE_URL is no Postgres address"))?;
            return Ok(Self { private: None, options: quiet(options) });
        }
        let private = PrivatePostgres::open(&settings.data, Options::default()).await?;
        Ok(Self { options: quiet(private.connect_options()), private: Some(private) })
    }

    /// Leaves it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        if let Some(private) = self.private {
            private.close().await?;
        }
        Ok(())
    }
}

/// An opened house.
pub(crate) struct Foundation {
    private: Option<PrivatePostgres>,
    /// For writing and for the engine.
    pub(crate) pool: PgPool,
    /// For readers: its search path holds the live read models.
    pub(crate) queries: PgPool,
    /// Whether the log lies elsewhere than in `pool`'s database.
    pub(crate) log_is_elsewhere: bool,
    /// The log where it lies, for what the port does not offer.
    pub(crate) log: EventLog,
    /// The log, with the words of people sealed in it.
    pub(crate) store: SharedEventStore,
    /// The keys of people.
    pub(crate) keys: Arc<KeyRing>,
    /// Reads events of any version.
    pub(crate) codec: Arc<Codec>,
    /// Keeps the read models.
    pub(crate) engine: Arc<Engine>,
    /// Tells the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where compiled strategies are kept.
    compiled: PathBuf,
    /// Asks models, where any is configured.
    pub(crate) models: Option<Models>,
}

impl Foundation {
    /// Opens the database (the private one where none is set), brings it to this version and opens the log.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let Server { private, options } = Server::open(settings).await?;
        match Self::open_on(settings, options).await {
            Ok(house) => Ok(Self { private, ..house }),
            Err(error) => {
                if let Some(private) = private {
                    private.close().await?;
                }
                Err(error)
            }
        }
    }

    /// Opens a database, brings it to this version and opens the log. Who runs its server sees to that.
    pub(crate) async fn open_on(settings: &Settings, options: PgConnectOptions) -> anyhow::Result<Self> {
        let Opened { pool, queries, log, keys, codec } = Self::open_parts(settings, options).await?;
        let store: SharedEventStore = Arc::new(Sealed::new(log.store(), keys.clone()));
        let projections = chronogram_read_models::all(codec.as_ref().clone());
        let engine = Arc::new(Engine::new(pool.clone(), store.clone(), projections)?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let models = models(settings, &pool, &store, &codec, &clock)?;
        Ok(Self {
            private: None,
            pool,
            queries,
            log_is_elsewhere: settings.event_store_url.is_some(),
            log,
            store,
            keys,
            codec,
            engine,
            clock,
            compiled: settings.data.join("plugins/compiled"),
            models,
        })
    }

    async fn open_parts(settings: &Settings, options: PgConnectOptions) -> anyhow::Result<Opened> {
        let pool = PgPoolOptions::new()
            .max_connections(WORK_CONNECTIONS)
            .acquire_timeout(ACQUIRE_PATIENCE)
            .connect_with(options.clone())
            .await
            .context("the database cannot be reached; is DATABASE_URL right and the server running?")?;
        migrate(&pool).await.context("bring the database to this version")?;
        let search_path = chronogram_read_models::search_path();
        let queries = PgPoolOptions::new()
            .max_connections(QUERY_CONNECTIONS)
            .acquire_timeout(ACQUIRE_PATIENCE)
            .connect_lazy_with(options.clone().options([("search_path", search_path)]));
        let keys = open_keys(settings, &pool).await?;
        let codec = Arc::new(Codec::new()?);
        let older = SealOlder::new(codec.as_ref().clone(), keys.clone());
        let log = match &settings.event_store_url {
            None => {
                upgrade(&pool, &older).await?;
                EventLog::in_postgres(pool.clone()).await?
            }
            Some(LogUrl::Kurrent(url)) => EventLog::in_kurrent(url, pool.clone())?,
            Some(LogUrl::Postgres(url)) => {
                let options = url.parse().map_err(|_| anyhow::anyhow!("EVENT_STORE_URL is no Postgres address"))?;
                let pool = PgPoolOptions::new()
                    .max_connections(WORK_CONNECTIONS)
                    .connect_with(quiet(options))
                    .await
                    .context("the event store cannot be reached; is EVENT_STORE_URL right?")?;
                migrate(&pool).await.context("bring the event store to this version")?;
                upgrade(&pool, &older).await?;
                EventLog::in_postgres(pool).await?
            }
        };
        Ok(Opened { pool, queries, log, keys, codec })
    }

    /// The strategies; made only by who needs them, because the engine for WASM takes memory.
    pub(crate) fn plugins(&self) -> anyhow::Result<PluginRegistry> {
        let child = ChildCompiler {
            program: std::env::current_exe().context("find this program, to compile strategies in a child of it")?,
            arguments: vec!["compile-plugin".into()],
            limits: CompileLimits::default(),
        };
        let host = PluginHost::with(Limits::default(), Compiler::InChild(child), Some(self.compiled.clone()))?;
        Ok(PluginRegistry::new(self.pool.clone(), host, self.store.clone(), self.codec.clone(), self.clock.clone()))
    }

    /// Who fills profiles, by the strategies that are there.
    pub(crate) async fn filler(&self) -> anyhow::Result<ProfileFiller> {
        let plugins = Arc::new(self.plugins()?);
        plugins.ensure_built_in().await?;
        let (pool, queries, store) = (self.pool.clone(), self.queries.clone(), self.store.clone());
        let filler = ProfileFiller::new(pool, queries, store, self.codec.clone(), plugins, self.clock.clone());
        Ok(filler.with_models(self.models.clone()))
    }

    /// Who forgets people.
    pub(crate) fn eraser(&self) -> Eraser {
        let (pool, engine, store) = (self.pool.clone(), self.engine.clone(), self.store.clone());
        Eraser::new(pool, engine, store, self.codec.clone(), self.keys.clone(), self.clock.clone())
    }

    /// Time and chance, for whatever bears with others.
    pub(crate) fn means() -> Means {
        Means { timer: Arc::new(TokioTimer), chance: Arc::new(SystemChance) }
    }

    /// Returns once the read models hold everything that is in the log now; folds it itself where nobody else does.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<()> {
        let head = self.store.head().await?;
        self.engine.catch_up(head, &|_| {}).await?;
        Ok(())
    }

    /// Brings the private Postgres back whenever it is gone; nothing to do where it is not ours. Never returns.
    pub(crate) async fn keep_database(&self) -> Infallible {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Closes everything in order: answers on their way from models are recorded, then the log's queue, Postgres last.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        if let Some(models) = &self.models {
            models.finish().await;
        }
        self.log.close().await;
        drop((self.store, self.engine, self.log, self.models));
        self.queries.close().await;
        self.pool.close().await;
        if let Some(private) = self.private {
            private.close().await?;
        }
        Ok(())
    }
}

/// Brings a database to the version of this binary. One that another release made is left as it is.
async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    match chronogram_migrations::MIGRATOR.run(pool).await {
        Err(MigrateError::VersionMissing(version)) => bail!(
            "a newer release of Chronogram made this database what it is (migration {version} is not known here); \
             nothing was changed: start that release, or restore a backup from before"
        ),
        Err(MigrateError::VersionMismatch(version)) => bail!(
            "migration {version} of this database is not that of this release; nothing was changed: \
             start the release that made it"
        ),
        done => Ok(done?),
    }
}

/// What lies in databases, opened.
struct Opened {
    pool: PgPool,
    queries: PgPool,
    log: EventLog,
    keys: Arc<KeyRing>,
    codec: Arc<Codec>,
}

fn models(
    settings: &Settings,
    pool: &PgPool,
    store: &SharedEventStore,
    codec: &Arc<Codec>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Models>> {
    if settings.models.models.is_empty() {
        return Ok(None);
    }
    let parts = ModelParts {
        pool: pool.clone(),
        store: store.clone(),
        codec: codec.clone(),
        clock: clock.clone(),
        means: Foundation::means(),
    };
    Ok(Some(Models::new(settings.models.clone(), parts)?))
}

/// The keys lie beside the read models, also where the log lies elsewhere.
async fn open_keys(settings: &Settings, pool: &PgPool) -> anyhow::Result<Arc<KeyRing>> {
    match KeyRing::open(pool.clone(), master_key::open(settings, pool).await?).await {
        Ok(keys) => Ok(Arc::new(keys)),
        Err(KeyError::WrongMaster) => bail!(
            "people's words in this database are sealed with another master key: set CHRONOGRAM_KEY (or \
             CHRONOGRAM_KEY_FILE) to the one it was started with first"
        ),
        Err(error) => Err(error).context("open the keys of people"),
    }
}

/// Chains and seals what an older release stored; says so only where there is something to do.
async fn upgrade(log: &PgPool, renew: &SealOlder) -> anyhow::Result<()> {
    let progress = OnceLock::new();
    let tell = |done, total| {
        let progress: &Progress =
            progress.get_or_init(|| Progress::start("Sealing the log of an older release", Unit::Events));
        progress.set(done, total);
    };
    let upgraded = upgrade_log(log, renew, &tell).await;
    if let Some(progress) = progress.get() {
        progress.finish();
    }
    let upgraded = upgraded.context("bring the log to this version")?;
    if upgraded > 0 {
        tracing::info!(events = upgraded, "the log of an older release is chained and sealed");
    }
    Ok(())
}

/// Statements are not logged, but for slow ones, and these without their parameters.
fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("chronogram")
        .log_statements(log::LevelFilter::Off)
        .log_slow_statements(log::LevelFilter::Warn, SLOW_STATEMENT)
}
