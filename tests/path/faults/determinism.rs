//! The same log gives the same bytes in every read model: in batches of any size, whatever time zone, dates, locale or
//! collation the database and the process have.

use std::sync::Arc;

use chronogram_engine::{BatchSizes, Engine};
use chronogram_event_store::{KEY_BYTES, KeyRing, MasterKey, PostgresEventStore, Sealed, StoreSettings};
use chronogram_log::{Codec, EventStore as _};
use chronogram_tests::{
    Home,
    exports::{every_kind_fixture, synthetic_export},
};
use futures::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolCopyExt as _, PgPoolOptions},
};

use crate::world::World;

/// Another place on earth: how the database is made, how it is set, and what the process has in its environment.
struct Place {
    made: &'static str,
    set: &'static [&'static str],
    environment: [(&'static str, &'static str); 2],
    batches: BatchSizes,
}

const PLACES: [Place; 2] = [
    Place {
        made: "template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'tr-TR-u-kn-true'",
        set: &["timezone = 'America/St_Johns'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'"],
        environment: [("TZ", "Asia/Kathmandu"), ("LC_ALL", "tr_TR.UTF-8")],
        batches: BatchSizes { live: 7, replay: 11 },
    },
    Place {
        made: "template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'de-u-co-phonebk'",
        set: &["timezone = 'Pacific/Kiritimati'", "datestyle = 'German'", "bytea_output = 'escape'"],
        environment: [("TZ", "America/Caracas"), ("LC_ALL", "C")],
        batches: BatchSizes { live: 501, replay: 1 },
    },
];

/// A log with something for every read model.
async fn some_log() -> World {
    let world = World::new().await;
    let export = world.home.data().join("result.json");
    synthetic_export(&export, 400, 30, 0).unwrap();
    for export in [export, every_kind_fixture()] {
        world.home.succeed(&["import", export.to_str().unwrap()]).unwrap();
    }
    world.home.succeed(&["channels", "add", "-1001878264527", "--title", "İstanbul"]).unwrap();
    let owner = world.person("Çağla", "en");
    world.channel(owner, "caglas_news", 1_234, true);
    let up = world.up();
    world.ask(owner, "/add @caglas_news").await;
    world.until_events("ChannelSnapshotTaken", "", 1).await;
    for (name, language) in [("Зоя", "ru"), ("Ängström", "en"), ("ısı", "tr")] {
        let person = world.person(name, language);
        for said in ["/start", "/tz Europe/Moscow", "/remind 9h чай 10 и 9", "/remind 1s now"] {
            world.ask(person, said).await;
        }
    }
    world.until_events("ReminderDelivered", "", 3).await;
    up.stop().unwrap();
    world.home.succeed(&["profiles", "fill", "--strategy", "basic", "--all"]).unwrap();
    world
}

async fn copy_log(from: &World, to: &PgConnectOptions) {
    let to = PgPoolOptions::new().max_connections(1).connect_with(to.clone()).await.unwrap();
    for table in ["es.event", "es.head", "person.key", "person.secret", "person.erasures"] {
        let rows = from.database.pool.copy_out_raw(&format!("copy {table} to stdout (format binary)")).await.unwrap();
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        if table != "es.event" {
            sqlx::query(AssertSqlSafe(format!("delete from {table}"))).execute(&to).await.unwrap();
        }
        let mut copy = to.copy_in_raw(&format!("copy {table} from stdin (format binary)")).await.unwrap();
        copy.send(rows.concat()).await.unwrap();
        copy.finish().await.unwrap();
    }
    to.close().await;
}

/// Every row of every read model, in the order of its bytes.
async fn rows(options: &PgConnectOptions) -> Vec<(String, String)> {
    let mut connection = options.connect().await.unwrap();
    let mut all = Vec::new();
    for projection in chronogram_read_models::all(Codec::new().unwrap()) {
        for table in projection.tables() {
            let name = format!("{}_v{}.{}", projection.name(), projection.version(), table.table);
            let rows = format!(
                "select coalesce(string_agg(t::text, E'\\n' order by t::text collate \"C\"), '') from {name} t"
            );
            let rows: String = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut connection).await.unwrap();
            all.push((name, rows));
        }
    }
    connection.close().await.unwrap();
    all
}

/// Forgets the read models and folds the log again, in batches of this size.
async fn fold_again(home: &Home, options: &PgConnectOptions, batches: BatchSizes) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options.clone()).await.unwrap();
    sqlx::query("delete from projection.checkpoint").execute(&pool).await.unwrap();
    let mut key = [0; KEY_BYTES];
    let written = std::fs::read_to_string(home.data().join("master.key")).unwrap();
    hex::decode_to_slice(written.trim(), &mut key).unwrap();
    let keys = Arc::new(KeyRing::open(pool.clone(), MasterKey::new(&key).unwrap()).await.unwrap());
    let log = Arc::new(PostgresEventStore::open(pool.clone(), StoreSettings::default()).await.unwrap());
    let store = Arc::new(Sealed::new(log.clone(), keys));
    let projections = chronogram_read_models::all(Codec::new().unwrap());
    let engine = Engine::new(pool.clone(), store.clone(), projections).unwrap().with_batch_sizes(batches);
    engine.catch_up(store.head().await.unwrap(), &|_| {}).await.unwrap();
    log.close().await;
    pool.close().await;
}

fn assert_same(one: &[(String, String)], other: &[(String, String)], where_: &str) {
    for ((table, rows), (_, others)) in one.iter().zip(other) {
        let different = rows.lines().zip(others.lines()).find(|(row, other)| row != other);
        assert!(rows == others, "{table} differs {where_}: {different:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_log_gives_the_same_bytes_everywhere_on_earth() {
    let world = some_log().await;
    let home = world.database.options.clone();
    world.home.succeed(&["profiles", "stats"]).unwrap();
    let wanted = rows(&home).await;
    let empty: Vec<_> = wanted.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    // It needs a strategy that fails.
    assert!(empty.iter().all(|table| table.ends_with("profile_failure")), "nothing is compared of {empty:?}");
    for (number, place) in PLACES.iter().enumerate() {
        let name = format!("{}_{number}", home.get_database().unwrap());
        let mut admin = home.connect().await.unwrap();
        tell(&mut admin, &format!("create database {name} {}", place.made)).await;
        for setting in place.set {
            tell(&mut admin, &format!("alter database {name} set {setting}")).await;
        }
        let there = home.clone().database(&name);
        let other = Home::on(there.to_url_lossy().as_str()).unwrap();
        other.take_key_of(&world.home).unwrap();
        other.succeed(&["migrate"]).unwrap();
        copy_log(&world, &there).await;
        let folded = other.command(&["profiles", "stats"]).envs(place.environment).output().unwrap();
        assert!(folded.status.success(), "{}", String::from_utf8_lossy(&folded.stderr));
        assert_same(&wanted, &rows(&there).await, place.made);
        fold_again(&other, &there, place.batches).await;
        assert_same(&wanted, &rows(&there).await, &format!("in batches of {:?}", place.batches));
    }
}

async fn tell(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}
