//! `asOf`: the same questions, answered by read models as they were.
//!
//! They are built beforehand, by the command line or by `buildAsOf`, in schemas of their own; what is asked below the
//! field reads there, through connections with another `search_path`. There is one such moment at a time.

use std::borrow::Cow;

use async_graphql::{
    Context, ContextSelectionSet, Data, MergedObject, Object, OutputType, Positioned, ServerResult, Value,
    parser::types::Field, registry::Registry,
};
use chronogram_engine::AsOf;
use chronogram_log::Position;
use jiff::Timestamp;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::Mutex;

use crate::{
    errors::{Code, Failure},
    loaders::Loaders,
    ports::SchemaDeps,
    query::ReadModels,
    scalars::{Long, position_of},
    types::deps,
};

/// Connections to read models of the past: few ask, and not for long.
const CONNECTIONS_MAX: u32 = 4;

/// Connections that find the read models of the past; data of everything below `asOf`.
pub(crate) struct PastPool(pub(crate) PgPool);

/// The connections to the one moment that is built.
pub(crate) struct Pools {
    options: PgConnectOptions,
    open: Mutex<Option<(Vec<String>, PgPool)>>,
}

impl Pools {
    pub(crate) fn new(deps: &SchemaDeps) -> Self {
        Self { options: deps.pool.connect_options().as_ref().clone(), open: Mutex::new(None) }
    }

    /// Those to `built`; those to another moment are closed once nobody uses them.
    async fn to(&self, built: &AsOf) -> PgPool {
        let mut open = self.open.lock().await;
        match &*open {
            Some((schemas, pool)) if *schemas == built.schemas => pool.clone(),
            _ => {
                let path = format!("{}, public", built.schemas.join(", "));
                let options = self.options.clone().options([("search_path", path)]);
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).connect_lazy_with(options);
                *open = Some((built.schemas.clone(), pool.clone()));
                pool
            }
        }
    }
}

/// The way into the past.
#[derive(Default)]
pub(crate) struct ThePast;

/// The way into the past.
#[Object]
impl ThePast {
    /// Read models as they were: everything up to a position of the log, and nothing else. `NOT_FOUND` where they were not
    /// built; an operator builds them with `buildAsOf` or `chronogram projections rebuild --as-of`, one moment at a time,
    /// and they go by themselves after a day.
    async fn as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position that counts; give it or `time`.")] position: Option<Long>,
        #[graphql(desc = "What was recorded until then counts; give it or `position`.")] time: Option<Timestamp>,
    ) -> Result<Past, Failure> {
        let deps = deps(ctx)?;
        let wanted = moment(deps, position, time).await?;
        let built = deps.engine.as_of().await?;
        let Some(built) = built.as_ref().filter(|built| built.position == wanted) else {
            let there = built.map_or_else(|| "none are".to_owned(), |built| format!("those of {} are", built.position));
            let message = format!(
                "the read models as of position {wanted} are not built ({there}): an operator runs \
                 `chronogram projections rebuild --as-of {wanted}` or the mutation `buildAsOf(position: \"{wanted}\")`"
            );
            return Err(Failure::new(Code::NotFound, message));
        };
        let pools = ctx.data_opt::<Pools>().ok_or_else(|| Failure::miswired("the schema has no pools of the past"))?;
        let pool = pools.to(built).await;
        let mut data = Data::default();
        data.insert(Loaders::new(pool.clone()));
        data.insert(PastPool(pool));
        Ok(Past { data, moment: PastReadModels(Moment(built.clone()), ReadModels) })
    }
}

/// The position that is meant, by exactly one of the two.
pub(crate) async fn moment(
    deps: &SchemaDeps,
    position: Option<Long>,
    time: Option<Timestamp>,
) -> Result<Position, Failure> {
    match (position, time) {
        (Some(position), None) => position_of(&Value::from(position.0))
            .ok_or_else(|| Failure::input("position", "a position is a whole number from 0")),
        (None, Some(time)) => Ok(deps.engine.position_at(time).await?),
        (Some(_), Some(_)) | (None, None) => Err(Failure::input("position", "give `position` or `time`, one of both")),
    }
}

/// Read models as they were. The same questions as at the root, answered by what the log held then.
#[derive(MergedObject)]
#[graphql(name = "AsOf")]
struct PastReadModels(Moment, ReadModels);

/// Which moment it is.
struct Moment(AsOf);

/// Which moment it is.
#[Object]
impl Moment {
    /// The last position that counts.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// When these read models go by themselves.
    async fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

/// [`PastReadModels`] whose fields, and theirs in turn, find other data: the engine knows data of a request only, so
/// this hands its own down.
struct Past {
    data: Data,
    moment: PastReadModels,
}

impl OutputType for Past {
    fn type_name() -> Cow<'static, str> {
        <PastReadModels as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        PastReadModels::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut below = ctx.clone();
        below.execute_data = Some(&self.data);
        OutputType::resolve(&self.moment, &below, field).await
    }
}
