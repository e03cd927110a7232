//! Backups of older releases are brought up; those of newer ones are refused in words.

use std::sync::Arc;

use chronogram_backup::{BackupError, Create, LogPlace, MadeBoth, Opened, Prepare, Purpose, S3Settings, Target};
use chronogram_engine::Engine;
use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_log::Clock;
use jiff::{SignedDuration, Timestamp};
use sqlx::{ConnectOptions as _, PgPool};

use super::{House, refused};

/// When these backups are made, for all that they know.
pub(super) const AT: &str = "2026-11-21T02:00:00Z";

/// Stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        AT.parse().unwrap()
    }
}

pub(super) fn folder(path: &std::path::Path) -> Target {
    let clock = Arc::new(Still);
    let (endpoint, region) = (None, String::new());
    let nobody = S3Settings { endpoint, region, key_id: None, secret: None, session_token: None, clock };
    Target::parse(path.to_str().unwrap(), &nobody).unwrap()
}

/// Makes a backup at a moment of one's own, without a command, which would bring the database to this version first.
pub(super) async fn back_up_at(house: &House, at: Timestamp) -> MadeBoth {
    let pool = PgPool::connect_with(house.database.options.clone()).await.unwrap();
    let store = Arc::new(PostgresEventStore::open(pool.clone(), StoreSettings::default()).await.unwrap());
    let engine = Engine::new(pool.clone(), store.clone(), Vec::new()).unwrap();
    let create = Create {
        pool: &pool,
        log: LogPlace::Here,
        engine: &engine,
        to: &folder(&house.archives()),
        keys_to: &folder(&house.keys()),
        keys_for: SignedDuration::from_hours(30 * 24),
        product: "0.1.0",
        at,
        snapshot: at.to_string(),
    };
    let made = create.run(&|_, _| {}).await.unwrap();
    store.close().await;
    pool.close().await;
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_release_is_brought_to_this_one() {
    let house = House::with_talk().await;
    let log = house.log();
    // As a release had it that knew no runs that fill profiles: the newest migration whose tables no archive holds.
    house.execute("delete from _sqlx_migrations where version >= 14; drop schema filling cascade").await;
    let made = back_up_at(&house, AT.parse().unwrap()).await;
    assert_eq!(made.archive.manifest.migrations, (1..=13).collect::<Vec<i64>>());
    house.execute("create schema filling").await;

    let other = House::with_the_key_of(&house).await;
    let archive = house.archives().join(&made.archive.name);
    let keys = house.keys().join(&made.keys.name);
    let restore = ["backup", "restore", archive.to_str().unwrap(), "--keys", keys.to_str().unwrap(), "--yes"];
    other.home.succeed(&restore).unwrap();
    assert_eq!(other.log(), log);
    let since = chronogram_migrations::MIGRATOR.iter().filter(|migration| migration.version >= 14).count();
    let brought = other.number("select count(*) from _sqlx_migrations where version >= 14").await;
    assert_eq!(usize::try_from(brought).unwrap(), since);
    other.home.succeed(&["fsck"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_newer_release_is_refused_in_words() {
    let house = House::with_talk().await;
    house
        .execute(
            "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         values (9999, 'of a later release', now(), true, '', 0)",
        )
        .await;
    let made = back_up_at(&house, AT.parse().unwrap()).await;
    house.execute("delete from _sqlx_migrations where version = 9999").await;
    let archive = house.archives().join(&made.archive.name);
    let said = refused(&house.home, &["backup", "restore", archive.to_str().unwrap(), "--yes"], 1);
    assert!(said.contains("newer than this one: use that release") && said.contains("migration 9999"), "{said}");

    // By its number alone too.
    let made = back_up_at(&house, "2026-11-22T02:00:00Z".parse().unwrap()).await;
    let source = folder(&house.archives()).open(&made.archive.name).await.unwrap();
    let archive = Opened::read(source).await.unwrap();
    let living = house.connection().await;
    let prepare = Prepare {
        archive: &archive,
        keys: None,
        living: &house.database.options,
        purpose: Purpose::Verify,
        product: "0.0.9",
        at: AT.parse().unwrap(),
    };
    match prepare.run(&|_, _, _| {}).await {
        Err(error @ BackupError::Newer { .. }) => assert!(error.to_string().contains("this is 0.0.9"), "{error}"),
        other => panic!("{:?}", other.map(|prepared| prepared.options().to_url_lossy())),
    }
    sqlx::Connection::close(living).await.unwrap();
    assert_eq!(house.beside().await, Vec::<String>::new());
}
