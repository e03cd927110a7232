//! A database beside the living one, on the same server: filled while nobody looks, then dropped, or put in its place.

use std::time::Duration;

use chronogram_log::crash_point;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{
    error::{BackupError, while_},
    tables::quoted,
};

/// Postgres cuts names after 63 bytes; this leaves room for what follows.
const NAME_MAX: usize = 30;
/// How often, and how far apart, it is looked whether a killed command's sessions are over: two seconds in all.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// What a database beside the living one is for. The name tells, so that a later command finds what a killed one left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It becomes the living one.
    Restore,
    /// It is compared and dropped.
    Verify,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Restore => "restoring",
            Self::Verify => "verifying",
        }
    }
}

/// An empty database beside the living one.
pub(crate) struct Scratch {
    living: PgConnectOptions,
    living_name: String,
    name: String,
}

/// What became of the database that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// There was none.
    Nothing,
    /// It is gone.
    Dropped,
    /// It is kept under this name.
    Kept(String),
}

impl Scratch {
    /// Makes one on the server of `living`, after it dropped those that killed processes left.
    pub(crate) async fn create(
        living: &PgConnectOptions,
        purpose: Purpose,
        at: Timestamp,
    ) -> Result<Self, BackupError> {
        const OPERATION: &str = "make a database beside the living one";
        let mut server = server(living).await?;
        let living_name = name_of(living);
        for left in [purpose.word(), "replaced"] {
            drop_left(&mut server, &format!("{}_{left}_", stem(&living_name))).await?;
        }
        let name = beside(&living_name, purpose.word(), at);
        // Templates of one's own may hold anything; the other database's encoding and collation come with the cluster.
        execute(&mut server, format!("create database {}", quoted(&name))).await.map_err(while_(OPERATION))?;
        server.close().await.map_err(while_(OPERATION))?;
        crash_point("scratch.made");
        Ok(Self { living: living.clone(), living_name, name })
    }

    /// How to connect to it.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.living.clone().database(&self.name)
    }

    /// The living one, where it is there.
    pub(crate) async fn living(&self) -> Result<Option<PgConnection>, BackupError> {
        let mut server = server(&self.living).await?;
        let is_there = exists(&mut server, &self.living_name).await?;
        server.close().await.map_err(while_("ask the server"))?;
        if !is_there {
            return Ok(None);
        }
        self.living.connect().await.map(Some).map_err(while_("connect to the living database"))
    }

    /// Refuses where somebody is connected to the living database.
    pub(crate) async fn refuse_company(&self) -> Result<(), BackupError> {
        let mut server = server(&self.living).await?;
        let others = others(&mut server, &self.living_name).await?;
        server.close().await.map_err(while_("ask the server"))?;
        if others.is_empty() { Ok(()) } else { Err(BackupError::InUse(others.join(", "))) }
    }

    /// Drops it.
    pub(crate) async fn drop(self) -> Result<(), BackupError> {
        let mut server = server(&self.living).await?;
        let dropped = drop_database(&mut server, &self.name).await;
        server.close().await.map_err(while_("ask the server"))?;
        dropped
    }

    /// Puts it in the place of the living one, in one step: before it the old data are there, behind it the new.
    pub(crate) async fn switch(&self, keep: bool, at: Timestamp) -> Result<Replaced, BackupError> {
        const OPERATION: &str = "put the restored database in place";
        let mut server = server(&self.living).await?;
        let old = beside(&self.living_name, if keep { "before" } else { "replaced" }, at);
        let is_there = exists(&mut server, &self.living_name).await?;
        crash_point("restore.before_switch");
        let switched = async {
            let mut both = server.begin().await?;
            if is_there {
                let rename = format!("alter database {} rename to {}", quoted(&self.living_name), quoted(&old));
                execute(&mut both, rename).await?;
            }
            let rename = format!("alter database {} rename to {}", quoted(&self.name), quoted(&self.living_name));
            execute(&mut both, rename).await?;
            both.commit().await
        };
        if let Err(error) = switched.await {
            // object_in_use: somebody connected since we looked.
            if error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("55006") {
                let others = others(&mut server, &self.living_name).await?;
                return Err(BackupError::InUse(others.join(", ")));
            }
            return Err(while_(OPERATION)(error));
        }
        crash_point("restore.after_switch");
        let replaced = match (is_there, keep) {
            (false, _) => Replaced::Nothing,
            (true, true) => Replaced::Kept(old),
            (true, false) => {
                drop_database(&mut server, &old).await?;
                Replaced::Dropped
            }
        };
        server.close().await.map_err(while_(OPERATION))?;
        Ok(replaced)
    }
}

/// Drops what a command that was interrupted made at `at`; nothing where it made nothing.
pub async fn discard(living: &PgConnectOptions, purpose: Purpose, at: Timestamp) -> Result<(), BackupError> {
    let mut server = server(living).await?;
    let dropped = drop_database(&mut server, &beside(&name_of(living), purpose.word(), at)).await;
    server.close().await.map_err(while_("ask the server"))?;
    dropped
}

fn name_of(options: &PgConnectOptions) -> String {
    // Where none is named, Postgres takes the user's name.
    options.get_database().unwrap_or_else(|| options.get_username()).to_owned()
}

fn stem(name: &str) -> &str {
    name.char_indices().nth(NAME_MAX).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

fn beside(living: &str, word: &str, at: Timestamp) -> String {
    format!("{}_{word}_{}", stem(living), at.as_microsecond())
}

/// A connection to no database of ours: what is connected to one cannot rename it.
async fn server(living: &PgConnectOptions) -> Result<PgConnection, BackupError> {
    const OPERATION: &str = "connect to the server's database postgres";
    match living.clone().database("postgres").connect().await {
        Ok(connection) => Ok(connection),
        Err(error) if error.as_database_error().is_some() => {
            living.clone().database("template1").connect().await.map_err(|_| while_(OPERATION)(error))
        }
        Err(error) => Err(while_(OPERATION)(error)),
    }
}

/// The names come from us and are quoted; a statement like this takes no parameters.
async fn execute(connection: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn exists(server: &mut PgConnection, name: &str) -> Result<bool, BackupError> {
    let sql = "select exists (select from pg_database where datname = $1)";
    sqlx::query_scalar(sql).bind(name).fetch_one(server).await.map_err(while_("look for a database"))
}

/// Who is connected to it, each once.
async fn others(server: &mut PgConnection, name: &str) -> Result<Vec<String>, BackupError> {
    const SQL: &str = "
        select distinct coalesce(nullif(application_name, ''), 'a client') || ' of ' || usename from pg_stat_activity
        where datname = $1 and pid <> pg_backend_pid() and backend_type = 'client backend' order by 1";
    sqlx::query_scalar(SQL).bind(name).fetch_all(server).await.map_err(while_("ask who uses the database"))
}

async fn drop_database(server: &mut PgConnection, name: &str) -> Result<(), BackupError> {
    let sql = format!("drop database if exists {} with (force)", quoted(name));
    execute(server, sql).await.map_err(while_("drop a database that is not needed any more"))
}

/// Drops databases whose names begin so and that nobody is connected to: their makers were killed. A session outlives its
/// client for a moment, so who is still connected is asked for once more; the server's own workers do not count.
async fn drop_left(server: &mut PgConnection, prefix: &str) -> Result<(), BackupError> {
    const SQL: &str = "
        select datname, exists (
            select from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend')
        from pg_database d where starts_with(datname, $1)
            and ltrim(substr(datname, length($1) + 1), '0123456789') = ''";
    for _ in 0..LOOKS {
        let left: Vec<(String, bool)> = sqlx::query_as(SQL)
            .bind(prefix)
            .fetch_all(&mut *server)
            .await
            .map_err(while_("look for what a killed command left"))?;
        for (name, _) in left.iter().filter(|(_, in_use)| !in_use) {
            drop_database(server, name).await?;
        }
        if left.iter().all(|(_, in_use)| !in_use) {
            break;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}
