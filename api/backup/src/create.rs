//! Makes a backup while everything runs: one snapshot of the database, the log up to its head, nothing held but a block.

use chronogram_engine::{Engine, Still};
use chronogram_event_store::ChainHash;
use chronogram_log::{EventFilter, Position, RecordedEvent, SharedEventStore, crash_point, limits};
use futures::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};

use crate::{
    error::{BackupError, while_},
    file::Writer,
    manifest::{FORMAT, Kind, LogKept, Manifest, Part},
    tables::{EVENTS, Place, Table},
    target::Target,
};

const OPERATION: &str = "read what is backed up";

/// Sees one moment for as long as it takes; the same text whatever the server's settings are.
pub(crate) const SNAPSHOT: &str = "begin transaction isolation level repeatable read, read only";
const SETTINGS: &str = "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex'; \
    set local extra_float_digits = 1; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0";

/// Where the log lies.
pub enum LogPlace {
    /// In the database.
    Here,
    /// In another Postgres.
    Postgres(PgPool),
    /// At a server that keeps it.
    Port(SharedEventStore),
}

/// What is backed up, and where to.
pub struct Create<'a> {
    /// The database.
    pub pool: &'a PgPool,
    /// The log, as it is stored: sealed words stay sealed.
    pub log: LogPlace,
    /// Knows what the read models hold.
    pub engine: &'a Engine,
    /// Where the archive goes.
    pub to: &'a Target,
    /// Where the keys go.
    pub keys_to: &'a Target,
    /// How long the keys are kept.
    pub keys_for: SignedDuration,
    /// This release.
    pub product: &'a str,
    /// Now.
    pub at: Timestamp,
    /// Tells moments apart.
    pub snapshot: String,
}

/// One file that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// Archive and keys of one moment.
#[derive(Clone, Debug)]
pub struct MadeBoth {
    /// The archive.
    pub archive: Made,
    /// The keys.
    pub keys: Made,
}

impl Create<'_> {
    /// Makes both files. The archive appears first; `progress` is told how many events of how many are written.
    pub async fn run(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<MadeBoth, BackupError> {
        if self.to.is(self.keys_to) {
            let place = self.to.shown();
            return Err(BackupError::Invalid(format!(
                "archives and keys shall not lie together, and both would in {place}: whoever has one should not have \
                 the other (--to, --keys-to)"
            )));
        }
        self.to.tidy()?;
        self.keys_to.tidy()?;
        let still = self.engine.hold_still().await?;
        self.make_both(still, progress).await
    }

    async fn make_both(
        &self,
        still: Still,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<MadeBoth, BackupError> {
        // The database first: what it has done of a log elsewhere, that log has.
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(while_(OPERATION))?;
        sqlx::raw_sql(SETTINGS).execute(&mut *snapshot).await.map_err(while_(OPERATION))?;
        // Others may work on them again as soon as they were read.
        let read_models = still.checksums(&mut snapshot).await;
        still.release().await;
        let read_models = read_models?;
        let migrations: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success order by 1")
            .fetch_all(&mut *snapshot)
            .await
            .map_err(while_(OPERATION))?;
        crash_point("backup.snapshot");
        let manifest = Manifest {
            format: FORMAT,
            kind: Kind::Archive,
            product: self.product.to_owned(),
            created_at: self.at,
            expires_at: None,
            snapshot: self.snapshot.clone(),
            position: Position::START,
            chain_head: None,
            log: LogKept::Rows,
            migrations,
            parts: Vec::new(),
            read_models,
        };
        let archive = self.write(self.to, &mut snapshot, manifest, progress).await?;
        let keys = Manifest {
            kind: Kind::Keys,
            expires_at: Some(self.at + self.keys_for),
            parts: Vec::new(),
            read_models: Vec::new(),
            ..archive.manifest.clone()
        };
        let keys = self.write(self.keys_to, &mut snapshot, keys, &|_, _| {}).await?;
        snapshot.rollback().await.map_err(while_(OPERATION))?;
        Ok(MadeBoth { archive, keys })
    }

    async fn write(
        &self,
        target: &Target,
        snapshot: &mut PgConnection,
        mut manifest: Manifest,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<Made, BackupError> {
        let kind = manifest.kind;
        let name = kind.file_name(self.at);
        let mut writer = Writer::begin(target.create(&name).await?).await?;
        let written = match kind {
            Kind::Archive => self.archive(&mut writer, snapshot, &mut manifest, progress).await,
            Kind::Keys => copy_tables(&mut writer, snapshot, Table::of(Place::Keys), &|_, _| {}, 0).await,
        };
        if let Err(error) = written {
            writer.abandon().await;
            return Err(error);
        }
        let (manifest, size_bytes) = writer.finish(|parts: Vec<Part>| Manifest { parts, ..manifest }).await?;
        Ok(Made { name, size_bytes, manifest })
    }

    async fn archive(
        &self,
        writer: &mut Writer,
        snapshot: &mut PgConnection,
        manifest: &mut Manifest,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<(), BackupError> {
        let of_log = || Table::of(Place::Archive).filter(|table| table.is_of_the_log());
        match &self.log {
            LogPlace::Here => {
                (manifest.position, manifest.chain_head) = end_of_log(snapshot).await?;
                copy_tables(writer, snapshot, of_log(), progress, manifest.position.0).await?;
            }
            LogPlace::Postgres(pool) => {
                let mut log = pool.begin_with(SNAPSHOT).await.map_err(while_(OPERATION))?;
                sqlx::raw_sql(SETTINGS).execute(&mut *log).await.map_err(while_(OPERATION))?;
                (manifest.position, manifest.chain_head) = end_of_log(&mut log).await?;
                copy_tables(writer, &mut log, of_log(), progress, manifest.position.0).await?;
                log.rollback().await.map_err(while_(OPERATION))?;
            }
            LogPlace::Port(store) => {
                manifest.log = LogKept::Port;
                let (position, hash) = copy_port(writer, store, progress).await?;
                (manifest.position, manifest.chain_head) = (position, Some(hash.to_string()));
            }
        }
        let others = Table::of(Place::Archive).filter(|table| !table.is_of_the_log());
        copy_tables(writer, snapshot, others, &|_, _| {}, 0).await
    }
}

async fn end_of_log(snapshot: &mut PgConnection) -> Result<(Position, Option<String>), BackupError> {
    const SQL: &str = "
        select h.position, encode(e.hash, 'hex') from es.head h left join es.event e on e.position = h.position
        where h.id = 1";
    let (head, hash): (i64, Option<String>) =
        sqlx::query_as(SQL).fetch_one(snapshot).await.map_err(while_(OPERATION))?;
    Ok((Position::from_i64(head), hash))
}

async fn copy_tables(
    writer: &mut Writer,
    snapshot: &mut PgConnection,
    tables: impl Iterator<Item = &'static Table>,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
    events: u64,
) -> Result<(), BackupError> {
    for table in tables {
        let columns = columns(snapshot, table.name).await?;
        let list = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let only = table.only.map(|only| format!(" where {only}")).unwrap_or_default();
        let copy = format!("copy (select {list} from {}{only} order by {}) to stdout", table.quoted(), table.order);
        writer.begin_part(table.name, columns).await?;
        let mut out = snapshot.copy_out_raw(&copy).await.map_err(while_(OPERATION))?;
        while let Some(row) = out.try_next().await.map_err(while_(OPERATION))? {
            let rows = writer.rows(&row).await?;
            if table.name == EVENTS {
                progress(rows, events.max(rows));
            }
        }
    }
    Ok(())
}

/// Those that are stored, and not computed, in their order.
pub(crate) async fn columns(connection: &mut PgConnection, table: &str) -> Result<Vec<String>, BackupError> {
    const SQL: &str = "
        select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
            and attgenerated = '' order by attnum";
    sqlx::query_scalar(SQL).bind(table).fetch_all(connection).await.map_err(while_("look at the columns of a table"))
}

/// The columns of an event, as Postgres would store it.
const EVENT_COLUMNS: [&str; 10] =
    ["position", "stream", "revision", "event_id", "type", "version", "data", "meta", "recorded_at", "hash"];

async fn copy_port(
    writer: &mut Writer,
    store: &SharedEventStore,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(Position, ChainHash), BackupError> {
    writer.begin_part(EVENTS, EVENT_COLUMNS.map(str::to_owned).to_vec()).await?;
    let head = store.head().await?;
    let (mut at, mut hash) = (Position::START, ChainHash::START);
    let mut last = Position::START;
    while at < head {
        let page = store.read_all(at, &EventFilter::all(), limits::PAGE_EVENTS_MAX).await?;
        for event in page.events.iter().filter(|event| event.position <= head) {
            hash = hash.follow(event);
            last = event.position;
            writer.rows(row(event, &hash).as_bytes()).await?;
        }
        at = page.up_to;
        progress(at.0.min(head.0), head.0);
    }
    Ok((last, hash))
}

/// A row as `copy` reads it.
fn row(event: &RecordedEvent, hash: &ChainHash) -> String {
    // Postgres would round what is finer; the hash counts whole microseconds.
    let recorded_at = Timestamp::from_microsecond(event.recorded_at.as_microsecond()).unwrap_or(event.recorded_at);
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{recorded_at}\t\\\\x{hash}\n",
        event.position,
        escaped(event.stream.as_str()),
        event.revision,
        event.id.0,
        escaped(&event.event_type),
        event.version,
        escaped(event.data.as_str()),
        escaped(event.metadata.as_str()),
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_a_row() {
        assert_eq!(escaped("a\tb\nc\r\\N"), "a\\tb\\nc\\r\\\\N");
    }
}
