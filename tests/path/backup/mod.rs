//! Backups with the real binary: made while everything runs, restored beside the living database, killed at every step.

mod damage;
mod elsewhere;
mod killed;
mod memory;
mod object_store;
mod people;
mod pruning;
mod releases;
mod round;
mod tables;

use std::path::{Path, PathBuf};

use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture};
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

/// Where these tests kill it.
pub(crate) fn crash_points() -> impl Iterator<Item = &'static str> {
    killed::crash_points().chain(object_store::crash_points()).chain([pruning::REMOVING])
}

/// A home on a database of the tests that nobody else is connected to: a restore wants it alone.
struct House {
    home: Home,
    database: TestDatabase,
}

impl House {
    async fn empty() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        database.pool.close().await;
        Self { home, database }
    }

    /// With what an export brought in, sealed with the master key of `other` where one is given.
    async fn with_talk() -> Self {
        let house = Self::empty().await;
        house.home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
        house
    }

    /// Another one that has the same master key, and nothing else.
    async fn with_the_key_of(other: &Self) -> Self {
        let house = Self::empty().await;
        std::fs::copy(other.home.data().join("master.key"), house.home.data().join("master.key")).unwrap();
        house
    }

    async fn connection(&self) -> PgConnection {
        self.database.options.connect().await.unwrap()
    }

    /// A number out of the database.
    async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.connection().await;
        let number = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }

    async fn execute(&self, sql: &str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let said = self.home.succeed(arguments).unwrap();
        serde_json::from_str(said.trim()).unwrap_or_else(|_| panic!("{said}"))
    }

    /// Makes a backup; its archive and its keys.
    fn back_up(&self) -> (String, String) {
        let made = self.json(&["backup", "create", "--json"]);
        let path = |file: &str| made[file]["path"].as_str().unwrap().to_owned();
        (path("archive"), path("keys"))
    }

    /// The log as everybody reads it, one event a line.
    fn log(&self) -> Vec<String> {
        let log = self.home.succeed(&["events", "list", "--json", "--limit", "100000"]).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    fn archives(&self) -> PathBuf {
        self.home.data().join("backups")
    }

    fn keys(&self) -> PathBuf {
        self.home.data().join("backups-of-keys")
    }

    /// Databases that lie beside this one.
    async fn beside(&self) -> Vec<String> {
        let mut connection = self.connection().await;
        let name = self.database.options.get_database().unwrap();
        let stem: String = name.chars().take(30).collect();
        let sql = "select datname::text from pg_database where starts_with(datname, $1) and datname <> $2 order by 1";
        sqlx::query_scalar(sql).bind(stem).bind(name).fetch_all(&mut connection).await.unwrap()
    }
}

/// The names in a folder, in their order; none where there is no folder.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// What a command that must fail with `code` said.
fn refused(home: &Home, arguments: &[&str], code: i32) -> String {
    let output = home.run(arguments).unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "chronogram {arguments:?}: {said}");
    said
}
