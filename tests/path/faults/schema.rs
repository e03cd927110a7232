//! Migrations: killed midway they are gone on with; what a newer release made is left alone.

use std::time::Duration;

use chronogram_tests::{Home, TestDatabase};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, migrate::Migrator};

use super::until;

const PATIENCE: Duration = Duration::from_mins(1);

/// Everything that migrations make, in words.
const SHAPE: &str = "
    select string_agg(line, E'\\n' order by line collate \"C\") from (
        select concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default) as line
        from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema')
        union all select indexdef from pg_indexes where schemaname not in ('pg_catalog', 'information_schema')
        union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
            where connamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
        union all select pg_get_functiondef(oid) from pg_proc
            where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        union all select version::text from _sqlx_migrations where success
    ) shape";

async fn shape(connection: &mut PgConnection) -> String {
    sqlx::query_scalar(SHAPE).fetch_one(connection).await.unwrap()
}

/// A database on which the first so many migrations ran.
async fn migrated_to(count: usize) -> (Home, PgConnection) {
    let whole = TestDatabase::create().await.unwrap();
    let mut admin = whole.options.connect().await.unwrap();
    let name = format!("{}_{count}", whole.options.get_database().unwrap());
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
    let options = whole.options.clone().database(&name);
    let mut connection = options.connect().await.unwrap();
    let first = chronogram_migrations::MIGRATOR.iter().take(count).cloned().collect();
    Migrator::with_migrations(first).run(&mut connection).await.unwrap();
    (Home::on(options.to_url_lossy().as_str()).unwrap(), connection)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_killed_midway_is_gone_on_with() {
    let fresh = TestDatabase::create().await.unwrap();
    let wanted = shape(&mut fresh.pool.acquire().await.unwrap()).await;
    for count in 1..chronogram_migrations::MIGRATOR.iter().count() {
        let (home, mut connection) = migrated_to(count).await;
        // The next migration runs, and waits where it is to be noted that it did.
        let mut holding = connection.begin().await.unwrap();
        sqlx::raw_sql("lock table _sqlx_migrations in share mode").execute(&mut *holding).await.unwrap();
        let mut migrating = home.command(&["migrate"]).spawn().unwrap();
        until("the migration waits", PATIENCE, async || {
            let waits =
                "select exists (select from pg_locks where not granted and relation = '_sqlx_migrations'::regclass)";
            sqlx::query_scalar(waits).fetch_one(&mut *holding).await.unwrap()
        })
        .await;
        migrating.kill().unwrap();
        migrating.wait().unwrap();
        holding.rollback().await.unwrap();
        home.succeed(&["migrate"]).unwrap();
        assert_eq!(shape(&mut connection).await, wanted, "killed in migration {}", count + 1);
        connection.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_release_is_left_alone_and_the_sentence_says_what_to_do() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (9999, 'of tomorrow', true, '\\x00', 0)";
    sqlx::query(newer).execute(&database.pool).await.unwrap();
    let before = shape(&mut database.pool.acquire().await.unwrap()).await;
    for command in [["up"].as_slice(), &["migrate"], &["projections", "list"]] {
        let refused = home.run(command).unwrap();
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("a newer release") && said.contains("migration 9999"), "{command:?}: {said}");
        assert!(said.contains("start that release, or restore a backup"), "{command:?}: {said}");
    }
    assert_eq!(shape(&mut database.pool.acquire().await.unwrap()).await, before);
}
