//! `chronogram up` and `chronogram serve`: everything that runs for long, started and stopped in order.

use std::{fs::File, net::Ipv4Addr, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use chronogram_automations::{
    policies::{Policies, PolicyParts},
    profiles::ProfileRuns,
};
use chronogram_graphql::{Role as TokenRole, SchemaDeps, schema};
use chronogram_http::{HttpParts, HttpState, TelegramWebhook, Tokens, admin_router, router, serve as serve_http};
use chronogram_intake::Intake;
use chronogram_listening::Ending;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    cli::Role, clock::random_bytes, edges, foundation::Foundation, metrics, settings::Settings, shutdown,
    telegram::Connection,
};

/// Name of the token that the very first start makes.
const FIRST_TOKEN: &str = "operator";
/// Ends a process whose requests had to be cut, so that who restarts it can tell.
const STOPPED_WITH_CUTS: u8 = 1;

/// Runs everything, with a private Postgres where none is set.
pub(crate) async fn up(settings: Settings) -> anyhow::Result<ExitCode> {
    let _alone = only_one(&settings.data)?;
    run(settings, &[Role::Api, Role::Projections, Role::Automations, Role::Bot], true).await
}

/// Runs some roles on a database that others share.
pub(crate) async fn serve(settings: Settings, roles: &[Role]) -> anyhow::Result<ExitCode> {
    if settings.database_url.is_none() {
        bail!("serve runs beside other processes and needs DATABASE_URL; `chronogram up` needs nothing");
    }
    if roles.contains(&Role::Bot) && settings.telegram_token.is_none() {
        bail!("the role bot needs TELEGRAM_BOT_TOKEN (or TELEGRAM_BOT_TOKEN_FILE)");
    }
    if roles.contains(&Role::Bot) && settings.telegram_webhook_url.is_some() && !roles.contains(&Role::Api) {
        bail!("with TELEGRAM_WEBHOOK_URL the role bot takes its updates over HTTP: add the role api");
    }
    run(settings, roles, false).await
}

/// One `up` a data folder: the lock goes with the process, however it ends.
fn only_one(data: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(data).with_context(|| format!("make the data folder {}", data.display()))?;
    let file = File::create(data.join("up.lock")).context("open the lock of the data folder")?;
    if file.try_lock().is_err() {
        bail!(
            "Chronogram is up already on {} (another `chronogram up` holds its lock); stop that one first, \
             or set CHRONOGRAM_DATA to another folder",
            data.display()
        );
    }
    Ok(file)
}

async fn run(settings: Settings, roles: &[Role], first_token: bool) -> anyhow::Result<ExitCode> {
    let stop = shutdown::on_signal()?;
    let metrics = metrics::install()?;
    // Before the database starts: a port that is taken is the commonest reason not to come up.
    let listeners = Listeners::bind(&settings, roles).await?;
    let house = Foundation::open(&settings).await?;
    let ran = tokio::select! {
        ran = run_on(&house, &settings, roles, first_token, listeners, metrics, &stop) => ran,
        never = house.keep_database() => match never {},
    };
    let closed = house.close().await;
    let code = ran?;
    closed?;
    tracing::info!("stopped in order");
    Ok(code)
}

struct Listeners {
    api: Option<TcpListener>,
    eventstore: Option<TcpListener>,
    admin: TcpListener,
}

impl Listeners {
    async fn bind(settings: &Settings, roles: &[Role]) -> anyhow::Result<Self> {
        let api = if roles.contains(&Role::Api) {
            Some(bind(Ipv4Addr::UNSPECIFIED, settings.port, "PORT").await?)
        } else {
            None
        };
        let eventstore = if roles.contains(&Role::EventstoreGrpc) {
            Some(bind(Ipv4Addr::UNSPECIFIED, settings.eventstore_grpc_port, "EVENTSTORE_GRPC_PORT").await?)
        } else {
            None
        };
        Ok(Self { api, eventstore, admin: bind(Ipv4Addr::LOCALHOST, settings.admin_port, "ADMIN_PORT").await? })
    }
}

async fn bind(address: Ipv4Addr, port: u16, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((address, port))
        .await
        .with_context(|| format!("listen on port {port}; set {setting} to a free one"))
}

async fn run_on(
    house: &Foundation,
    settings: &Settings,
    roles: &[Role],
    first_token: bool,
    listeners: Listeners,
    metrics: PrometheusHandle,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let profile_runs = if roles.contains(&Role::Automations) {
        let (engine, store) = (house.engine.clone(), house.store.clone());
        Some(Arc::new(ProfileRuns::new(Box::pin(house.filler()).await?, engine, store, stop.clone())))
    } else {
        None
    };
    metrics::begin(house);
    let tokens = Tokens::new(house.pool.clone(), house.clock.clone());
    let shown_token = if first_token { make_first_token(&tokens).await? } else { None };

    let tasks = TaskTracker::new();
    if roles.contains(&Role::Projections) {
        let (engine, stop) = (house.engine.clone(), stop.clone());
        tasks.spawn(async move { engine.run(stop).await });
    }
    tasks.spawn(chronogram_backup::watch(house.pool.clone(), house.clock.clone(), stop.clone()));
    if let Some(runs) = profile_runs.clone().filter(|_| settings.profile_policies) {
        let (pool, store, codec) = (house.pool.clone(), house.store.clone(), house.codec.clone());
        let policies = Policies::new(PolicyParts { pool, store, codec, clock: house.clock.clone(), runs });
        let stop = stop.clone();
        tasks.spawn(async move { policies.run(stop).await });
    }
    if let Some(models) = house.models.clone() {
        let stop = stop.clone();
        tasks.spawn(async move { models.watch(stop).await });
    }
    let telegram = if roles.contains(&Role::Bot) || roles.contains(&Role::Automations) {
        Connection::open(settings, first_token).await?
    } else {
        None
    };
    if let Some(telegram) = &telegram {
        telegram.run(house, settings, roles, &tasks, stop);
    }
    let webhook = telegram.as_ref().filter(|_| roles.contains(&Role::Bot)).and_then(Connection::webhook);
    let mut eventstore_address = None;
    let eventstore = match listeners.eventstore {
        Some(listener) => {
            eventstore_address = Some(listener.local_addr()?);
            Some(edges::serve_log(house, tokens.clone(), listener, stop)?)
        }
        None => None,
    };
    let state = http_state(house, tokens, webhook, metrics, profile_runs, stop);
    let admin_address = listeners.admin.local_addr()?;
    let admin = tokio::spawn(serve_http(listeners.admin, admin_router(state.clone()), stop.clone()));
    let mut api_address = None;
    let api = match listeners.api {
        Some(listener) => {
            api_address = Some(listener.local_addr()?);
            Some(tokio::spawn(serve_http(listener, router(state.clone()), stop.clone())))
        }
        None => None,
    };

    println!("Chronogram {} is up.", env!("CARGO_PKG_VERSION"));
    if let Some(address) = api_address {
        let port = address.port();
        println!("  API       http://127.0.0.1:{port}/graphql");
        println!("  GraphiQL  http://127.0.0.1:{port}/graphiql");
        println!("  Health    http://127.0.0.1:{port}/health/full");
    }
    if let Some(address) = eventstore_address {
        println!("  Log       esdb://127.0.0.1:{}?tls=false", address.port());
    }
    match &telegram {
        Some(telegram) => println!("  Bot       {}", telegram.line()),
        None => println!("  Bot       off: set TELEGRAM_BOT_TOKEN"),
    }
    println!("  Metrics   http://{admin_address}/metrics");
    match &settings.database_url {
        None => println!("  Data      {} (private Postgres)", settings.data.display()),
        Some(_) => println!("  Data      DATABASE_URL"),
    }
    if let Some(token) = shown_token {
        println!("  Token     {token}  (operator; shown this once, `chronogram tokens create` makes others)");
    }
    println!("Ctrl-C stops everything.");

    stop.cancelled().await;
    tracing::info!("stopping");
    let mut code = ExitCode::SUCCESS;
    for server in [Some(admin), api, eventstore].into_iter().flatten() {
        if matches!(server.await.context("a server's task")?, Ending::Cut(_)) {
            code = ExitCode::from(STOPPED_WITH_CUTS);
        }
    }
    state.finish().await;
    tasks.close();
    tasks.wait().await;
    // Last of all: what was on its way has arrived.
    drop(telegram);
    Ok(code)
}

/// A token for the operator where there is none at all yet.
async fn make_first_token(tokens: &Tokens) -> anyhow::Result<Option<String>> {
    if !tokens.list().await?.is_empty() {
        return Ok(None);
    }
    let created = tokens.create(FIRST_TOKEN, TokenRole::Operator, None, random_bytes()?).await?;
    Ok(Some(created.plaintext))
}

fn http_state(
    house: &Foundation,
    tokens: Tokens,
    telegram: Option<Arc<dyn TelegramWebhook>>,
    metrics: PrometheusHandle,
    profile_runs: Option<Arc<ProfileRuns>>,
    stop: &CancellationToken,
) -> HttpState {
    let random = Arc::new(|| random_bytes().map_err(Into::into));
    let intake = Arc::new(Intake::new(house.store.clone(), house.codec.clone(), house.clock.clone(), random));
    let schema = schema(SchemaDeps {
        pool: house.queries.clone(),
        store: house.store.clone(),
        codec: house.codec.clone(),
        projections: Arc::new(edges::Projections::watch(house.engine.clone(), stop.clone())),
        engine: house.engine.clone(),
        intake: intake.clone(),
        eraser: Arc::new(house.eraser()),
        profile_runs,
        clock: house.clock.clone(),
    });
    HttpState::new(HttpParts {
        graphql: Arc::new(edges::Executor(schema)),
        intake,
        tokens,
        telegram,
        health: edges::checks(house),
        metrics: Arc::new(move || metrics.render()),
        clock: house.clock.clone(),
        random: Arc::new(|| random_bytes().unwrap_or_default()),
        draining: stop.clone(),
        limits: chronogram_http::Limits::default(),
    })
}
