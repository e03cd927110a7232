//! Through the past: read models that somebody folds as far as they like, reads, and folds on.
//!
//! The folds and the queries are those of the live read models; only the tables are others. They are temporary ones of
//! a session of their own: nobody else sees them, and they go with the session, however it ends. Nothing of it is
//! remembered, so a walk that is killed begins anew.

use std::{borrow::Cow, sync::Arc};

use chronogram_log::{EventFilter, Page, Position, RecordedEvent};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::{
    Engine, EngineError,
    apply::fold,
    error::While,
    left_out::LeftOut,
    registered::Registered,
    replay::{FIRST_PAGE_EVENTS, page_events, union},
    schema,
};

const OPERATION: &str = "fold read models of the past";
/// Names mean temporary tables. These keep to memory while they are small, and their statements are planned each time:
/// a plan that was made for ten rows would be kept for a million.
const SESSION: &str = "
    set temp_buffers = '64MB';
    set search_path = pg_temp, public;
    set plan_cache_mode = force_custom_plan";

/// Read models on their way through the log.
pub struct Walk {
    engine: Engine,
    connection: PgConnection,
    models: Vec<(Arc<Registered>, LeftOut)>,
    filter: EventFilter,
    /// Where the next page begins, and how many events it should have.
    read: (Position, usize),
    folded: usize,
    /// How many were folded when the tables were last counted; `None`: they have no indexes yet.
    counted: Option<usize>,
}

impl Engine {
    /// Empty tables of these read models (no name: all), before the first event. No two of them may have a table of the
    /// same name: they lie side by side.
    pub async fn walk(&self, names: &[&str]) -> Result<Walk, EngineError> {
        let selected = self.select(names)?;
        let options = self.sessions.pool.connect_options().as_ref().clone().application_name("chronogram walk");
        let mut connection = options.connect().await.while_(OPERATION)?;
        sqlx::raw_sql(SESSION).execute(&mut connection).await.while_(OPERATION)?;
        let mut models = Vec::with_capacity(selected.len());
        for registered in selected {
            sqlx::raw_sql(registered.projection.tables_sql()).execute(&mut connection).await.while_(OPERATION)?;
            let left_out = LeftOut::of(&mut connection, &registered).await?;
            models.push((registered, left_out));
        }
        let filter = union(models.iter().map(|(registered, _)| &registered.filter));
        let read = (Position::START, FIRST_PAGE_EVENTS.min(self.batches.replay));
        Ok(Walk { engine: self.clone(), connection, models, filter, read, folded: 0, counted: None })
    }
}

impl Walk {
    /// The types that the read models fold.
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// The next events of the log up to `until`, of these types; an empty page that does not get further is the last.
    pub async fn page(&mut self, filter: &EventFilter, until: Position) -> Result<Page, EngineError> {
        let (after, events) = self.read;
        let page = self.engine.page_until(filter, after, until, events).await?;
        self.read = (page.up_to, page_events(&page, self.engine.batches.replay));
        Ok(page)
    }

    /// Folds events; those of them that a read model does not want are passed over.
    pub async fn fold(&mut self, events: &[RecordedEvent]) -> Result<(), EngineError> {
        for (registered, left_out) in &self.models {
            let wants =
                |event: &RecordedEvent| registered.filter.accepts(&event.event_type) && !left_out.has(event.position);
            let wanted: Cow<'_, [RecordedEvent]> = if events.iter().all(wants) {
                Cow::Borrowed(events)
            } else {
                events.iter().filter(|event| wants(event)).cloned().collect()
            };
            let mut transaction = self.connection.begin().await.while_(OPERATION)?;
            let folded = fold(registered, &wanted, &mut transaction).await;
            folded.map_err(|fault| fault.into_error(registered, &wanted))?;
            transaction.commit().await.while_(OPERATION)?;
        }
        self.folded += events.len();
        Ok(())
    }

    /// A connection on which the queries of the read models answer from the rows as they stand now.
    pub async fn rows(&mut self) -> Result<&mut PgConnection, EngineError> {
        if self.counted.is_none() {
            for (registered, _) in &self.models {
                let made = schema::create_indexes(&mut self.connection, &*registered.projection).await;
                made.while_(OPERATION)?;
            }
        }
        // Nobody else counts temporary tables, and how to find a row depends on how many there are.
        if self.counted.is_none_or(|counted| self.folded > 2 * counted) {
            for table in self.models.iter().flat_map(|(registered, _)| registered.projection.tables()) {
                let sql = format!("analyze {}", schema::quoted(table.table));
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await.while_(OPERATION)?;
            }
            self.counted = Some(self.folded);
        }
        Ok(&mut self.connection)
    }
}
