//! Counts events by day and type.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::RecordedEvent;
use jiff::{civil::Date, tz::TimeZone};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The projection `event_counts`. It reads every event, and none of their data.
pub struct EventCounts;

#[async_trait]
impl Projection for EventCounts {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u32 {
        super::VERSION
    }

    fn tables_sql(&self) -> &'static str {
        include_str!("tables.sql")
    }

    fn indexes_sql(&self) -> &'static str {
        include_str!("indexes.sql")
    }

    fn tables(&self) -> &'static [TableKey] {
        &[TableKey { table: "event_count", key: &["day", "event_type"] }]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        const SQL: &str = "insert into event_count (day, event_type, events)
            select * from unnest($1::date[], $2::text[], $3::bigint[])
            on conflict (day, event_type) do update set events = event_count.events + excluded.events";
        let mut counts: BTreeMap<(Date, &str), i64> = BTreeMap::new();
        for event in batch {
            let day = event.recorded_at.to_zoned(TimeZone::UTC).date();
            *counts.entry((day, &event.event_type)).or_default() += 1;
        }
        let days: Vec<_> = counts.keys().map(|(day, _)| day.to_sqlx()).collect();
        let types: Vec<&str> = counts.keys().map(|(_, event_type)| *event_type).collect();
        let events: Vec<i64> = counts.into_values().collect();
        sqlx::query(SQL).bind(days).bind(types).bind(events).execute(connection).await?;
        Ok(())
    }
}
