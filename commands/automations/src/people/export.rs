//! Everything the house holds of a person: the events that are theirs or tell of them, and the rows folded from these.

use std::collections::{BTreeMap, HashSet};

use chronogram_log::{Actor, EventFilter, Position, RecordedEvent, SharedEventStore, StoreError};
use chronogram_model::{ConversationId, PersonId, StreamName};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

/// Events read at once.
const PAGE_EVENTS: usize = 5_000;

/// Columns that name a person, in read models and in what is yet to go out; `id` where the table is `person`.
const COLUMNS: &str = "
select table_schema::text, table_name::text, array_agg(column_name::text order by column_name)
from information_schema.columns
where table_schema = any($1)
    and (column_name in ('person', 'sender_person', 'actor_person', 'title_person')
        or (table_name = 'person' and column_name = 'id'))
group by 1, 2 order by 1, 2";

/// Tables that are no read models and know of people.
const DELIVERY: &str = "delivery";

/// Where an export goes, piece by piece.
pub trait ExportSink {
    /// An event of theirs, or that tells of them.
    fn event(&mut self, event: &RecordedEvent) -> std::io::Result<()>;
    /// A row of theirs.
    fn row(&mut self, table: &str, row: &Value) -> std::io::Result<()>;
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database failed.
    #[error("the rows about a person cannot be read")]
    Database(#[from] sqlx::Error),
    /// It cannot be written.
    #[error("the export cannot be written")]
    Write(#[from] std::io::Error),
}

/// An export of one person, who may be known by several ids.
pub struct PersonExport {
    people: HashSet<String>,
    /// Streams that are theirs as a whole.
    streams: HashSet<StreamName>,
    /// Ids as they stand in JSON: what holds none of them is not looked at further.
    quoted: Vec<String>,
}

impl PersonExport {
    /// Of these ids.
    pub fn of(people: &[PersonId]) -> Self {
        let conversations = people.iter().filter_map(|person| match person {
            PersonId::Api(client) => Some(ConversationId::Api(client.clone()).stream()),
            PersonId::Telegram(_) => None,
        });
        Self {
            streams: people.iter().map(PersonId::stream).chain(conversations).collect(),
            quoted: people.iter().map(|person| format!("\"{person}\"")).collect(),
            people: people.iter().map(ToString::to_string).collect(),
        }
    }

    /// Writes all events up to `head`; gives how many.
    pub async fn events(
        &mut self,
        store: &SharedEventStore,
        head: Position,
        sink: &mut (dyn ExportSink + Send),
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<u64, ExportError> {
        let (mut after, mut written) = (Position::START, 0);
        while after < head {
            let page = store.read_all(after, &EventFilter::all(), PAGE_EVENTS).await?;
            for event in page.events.iter().filter(|event| event.position <= head) {
                if self.concerns(event) {
                    sink.event(event)?;
                    written += 1;
                }
            }
            if page.up_to <= after {
                break;
            }
            after = page.up_to;
            progress(after.0.min(head.0), head.0);
        }
        Ok(written)
    }

    /// Writes all rows of the schemas in `search_path` and of what is yet to go out; gives how many of each table.
    pub async fn rows(
        &self,
        pool: &PgPool,
        search_path: &str,
        sink: &mut (dyn ExportSink + Send),
    ) -> Result<BTreeMap<String, u64>, ExportError> {
        let schemas: Vec<&str> = search_path.split(',').map(str::trim).chain([DELIVERY]).collect();
        let people: Vec<&str> = self.people.iter().map(String::as_str).collect();
        let tables: Vec<(String, String, Vec<String>)> = sqlx::query_as(COLUMNS).bind(schemas).fetch_all(pool).await?;
        let mut written = BTreeMap::new();
        for (schema, table, columns) in tables {
            let named = columns.iter().map(|column| format!("\"{column}\" = any($1)")).collect::<Vec<_>>().join(" or ");
            let sql = format!("select to_jsonb(t) from \"{schema}\".\"{table}\" t where {named}");
            let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(sql)).bind(&people).fetch_all(pool).await?;
            let name = format!("{schema}.{table}");
            for row in &rows {
                sink.row(&name, row)?;
            }
            written.insert(name, rows.len() as u64);
        }
        Ok(written)
    }

    /// Whether it is of a stream of theirs, belongs to them, tells of them, or was wanted by them. The stream of a
    /// reminder of theirs is theirs from its first event on, and so is their private chat with a bot.
    fn concerns(&mut self, event: &RecordedEvent) -> bool {
        if self.streams.contains(&event.stream) {
            return true;
        }
        let mentions = |json: &str| self.quoted.iter().any(|quoted| json.contains(quoted));
        if !mentions(event.data.as_str()) && !mentions(event.metadata.as_str()) {
            return false;
        }
        let told = serde_json::from_str(event.data.as_str()).is_ok_and(|data: Value| self.named_in(&data));
        let wanted = event.metadata().is_ok_and(|metadata| match metadata.actor {
            Actor::Person(person) => self.people.contains(&person.to_string()),
            Actor::Principal(_) | Actor::Operator | Actor::Automation(_) => false,
        });
        if told && event.stream.category() == "reminder" || self.is_private_chat(&event.stream) {
            self.streams.insert(event.stream.clone());
        }
        told || wanted
    }

    fn is_private_chat(&self, stream: &StreamName) -> bool {
        let conversation = stream.as_str().strip_prefix("conversation-").and_then(|id| id.parse().ok());
        matches!(conversation, Some(ConversationId::Bot { chat, .. }) if self.people.contains(&chat.to_string()))
    }

    /// Whether a member called `person` is one of them, at any depth.
    fn named_in(&self, data: &Value) -> bool {
        match data {
            Value::Object(members) => members.iter().any(|(name, value)| {
                name == "person" && value.as_str().is_some_and(|person| self.people.contains(person))
                    || self.named_in(value)
            }),
            Value::Array(values) => values.iter().any(|value| self.named_in(value)),
            _ => false,
        }
    }
}
