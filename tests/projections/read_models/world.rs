//! A database with the read models' tables, filled by applying events without the engine.

use std::sync::Arc;

use chronogram_engine::Projection;
use chronogram_log::{Codec, RecordedEvent};
use chronogram_tests::TestDatabase;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

/// The read models, live.
pub(crate) struct World {
    /// Reads with the search path of the product's query pool.
    pub(crate) pool: PgPool,
    projections: Vec<Arc<dyn Projection>>,
}

impl World {
    pub(crate) async fn create() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let options = database.options.clone().options([("search_path", chronogram_read_models::search_path())]);
        let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
        let projections = chronogram_read_models::all(Codec::new().unwrap());
        for projection in &projections {
            let schema = schema(projection.as_ref());
            let script = format!(
                "create schema {schema}; set search_path to {schema}, public; {}; {}; reset search_path",
                projection.tables_sql(),
                projection.indexes_sql()
            );
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&pool).await.unwrap();
        }
        Self { pool, projections }
    }

    /// Filled with `events`, in batches of `size`.
    pub(crate) async fn filled(events: &[RecordedEvent], size: usize) -> Self {
        let world = Self::create().await;
        world.apply(events, size).await;
        world
    }

    pub(crate) async fn apply(&self, events: &[RecordedEvent], size: usize) {
        for projection in &self.projections {
            let wanted = |event: &&RecordedEvent| {
                projection.event_types().is_none_or(|types| types.contains(&event.event_type.as_str()))
            };
            let events: Vec<RecordedEvent> = events.iter().filter(wanted).cloned().collect();
            for batch in events.chunks(size) {
                let mut transaction = self.pool.begin().await.unwrap();
                projection.apply(batch, &mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
            }
        }
    }

    /// What `event` is refused with by the read model `name`.
    pub(crate) async fn refusal(&self, name: &str, event: &RecordedEvent) -> String {
        let projection = self.projections.iter().find(|projection| projection.name() == name).unwrap();
        let mut transaction = self.pool.begin().await.unwrap();
        projection.apply(std::slice::from_ref(event), &mut transaction).await.unwrap_err().to_string()
    }

    /// Every row of every table, as text.
    pub(crate) async fn rows(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut all = Vec::new();
        for table in self.projections.iter().flat_map(|projection| projection.tables()) {
            let sql = format!("select to_jsonb(t)::text from {} t order by {}", table.table, table.key.join(", "));
            all.push((table.table, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&self.pool).await.unwrap()));
        }
        all
    }
}

fn schema(projection: &dyn Projection) -> String {
    format!("{}_v{}", projection.name(), projection.version())
}
