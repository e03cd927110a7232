//! The private Postgres of one process: real servers in temporary folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chronogram_private_postgres::{Durability, Options, PrivatePostgres, PrivatePostgresError};
use sqlx::{Connection as _, PgConnection};

const FOR_TESTS: Options = Options { durability: Durability::ForTests };
const DURABLE: Options = Options { durability: Durability::Durable };

fn pid_file(data: &Path) -> PathBuf {
    data.join("postgres/cluster/postmaster.pid")
}

fn pid(data: &Path) -> i32 {
    let file = std::fs::read_to_string(pid_file(data)).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn ask(postgres: &PrivatePostgres, question: &'static str) -> String {
    let mut connection = PgConnection::connect_with(&postgres.connect_options()).await.unwrap();
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}

async fn tell(postgres: &PrivatePostgres, command: &'static str) {
    let mut connection = PgConnection::connect_with(&postgres.connect_options()).await.unwrap();
    sqlx::query(command).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Waits for what must become true, with patience.
async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let waiting = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn the_first_starts_the_server_and_the_last_stops_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let first = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();
    let postmaster = pid(&data);
    let second = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();
    assert_eq!(pid(&data), postmaster, "the second joins");
    let third = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();

    first.close().await.unwrap();
    assert_eq!(pid(&data), postmaster);
    assert_eq!(ask(&second, "select current_database()::text").await, "chronogram");

    let refused = PrivatePostgres::open(&data, DURABLE).await.unwrap_err();
    assert!(matches!(refused, PrivatePostgresError::NotDurable { .. }), "{refused}");
    assert_eq!(pid(&data), postmaster, "a refused user stops nothing");

    // Dropped, not closed: what a panic does.
    drop(second);
    assert_eq!(ask(&third, "select current_user::text").await, "chronogram");
    third.close().await.unwrap();
    assert!(!pid_file(&data).exists());
    assert!(!Path::new(&format!("/proc/{postmaster}/cwd")).exists());

    let alone = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();
    drop(alone);
    until("the server of a dropped last user stops", || !pid_file(&data).exists()).await;

    // The next one may meet the server on its way out, and must not be fooled by it.
    drop(PrivatePostgres::open(&data, FOR_TESTS).await.unwrap());
    let after = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();
    assert_eq!(ask(&after, "select 'answers'").await, "answers");
    after.close_and_delete().await.unwrap();
    assert!(data.join("postgres").symlink_metadata().is_err());
}

#[tokio::test]
async fn data_survives_a_reopen_and_a_killed_server() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path();
    // Made without waiting for the disk, which other tests may keep busy; used with.
    PrivatePostgres::open(data, FOR_TESTS).await.unwrap().close().await.unwrap();
    let postgres = PrivatePostgres::open(data, DURABLE).await.unwrap();
    tell(&postgres, "create table kept (word text)").await;
    tell(&postgres, "insert into kept values ('kept')").await;
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("cluster_name", "chronogram"),
        ("shared_buffers", "128MB"),
        ("max_connections", "200"),
        ("wal_compression", "lz4"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C.UTF-8"),
    ] {
        let mut connection = PgConnection::connect_with(&postgres.connect_options()).await.unwrap();
        let is: String =
            sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(&mut connection).await.unwrap();
        assert_eq!(is, value, "{setting}");
    }
    postgres.close().await.unwrap();

    let postgres = PrivatePostgres::open(data, DURABLE).await.unwrap();
    assert_eq!(ask(&postgres, "select word from kept").await, "kept");

    // Ctrl-C goes to our process group; the server must not be in it.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid(data))).unwrap();
    let group = stat.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap();
    assert_eq!(group, pid(data).to_string());

    let killed = pid(data);
    tell(&postgres, "insert into kept values ('too')").await;
    rustix::process::kill_process(rustix::process::Pid::from_raw(killed).unwrap(), rustix::process::Signal::KILL)
        .unwrap();
    let again = PrivatePostgres::open(data, DURABLE).await.unwrap();
    assert_ne!(pid(data), killed);
    assert_eq!(ask(&again, "select count(*)::text from kept").await, "2");
    let through_the_old_handle = ask(&postgres, "select count(*)::text from kept").await;
    assert_eq!(through_the_old_handle, "2");
    again.close().await.unwrap();
    assert!(pid_file(data).exists());

    // The people's words that statements hold stay out of the log.
    let mut connection = PgConnection::connect_with(&postgres.connect_options()).await.unwrap();
    sqlx::query("alter table kept add unique (word)").execute(&mut connection).await.unwrap();
    sqlx::query("insert into kept values ('kept')").execute(&mut connection).await.unwrap_err();
    sqlx::query("insert into kept values ($1)").bind("kept").execute(&mut connection).await.unwrap_err();
    drop(connection);
    let log = std::fs::read_to_string(data.join("postgres.log")).unwrap();
    assert!(log.contains("duplicate key value violates"), "{log}");
    assert!(!log.contains("kept'") && !log.contains("(kept)"), "{log}");
    postgres.close_and_delete().await.unwrap();
}

#[tokio::test]
async fn a_folder_the_servers_user_cannot_enter_is_no_obstacle() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for closed in [temp.path(), &data] {
        std::fs::set_permissions(closed, Permissions::from_mode(0o700)).unwrap();
    }
    let postgres = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap();
    assert_eq!(ask(&postgres, "select 'answers'").await, "answers");
    let home = data.join("postgres");
    let really = home.canonicalize().unwrap();
    assert_eq!(home.is_symlink(), is_root());
    assert_eq!(really.starts_with("/var/lib/chronogram"), is_root());
    let cluster = std::fs::metadata(home.join("cluster")).unwrap();
    assert_ne!(cluster.uid(), 0);
    assert_eq!(cluster.mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(home.join("socket")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(data.join("postgres.log")).unwrap().mode() & 0o777, 0o600);
    postgres.close_and_delete().await.unwrap();
    assert!(!really.exists());

    if is_root() {
        // A link to nothing is a lost database, not a fresh start.
        std::os::unix::fs::symlink(&really, &home).unwrap();
        let lost = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap_err();
        assert!(matches!(&lost, PrivatePostgresError::ClusterGone { target, .. } if *target == really), "{lost}");
    }
}

#[tokio::test]
async fn two_opens_at_once_on_a_fresh_folder_share_one_server_even_where_its_path_is_too_long_for_a_socket() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
    let data = temp.path().join("a folder, that is 100% long ".repeat(4)).join("data");
    std::fs::create_dir_all(data.join("postgres/cluster.new/base")).unwrap();
    std::fs::write(data.join("postgres/cluster.new/PG_VERSION"), "left by an initdb that was killed").unwrap();

    let (one, two) = tokio::join!(PrivatePostgres::open(&data, FOR_TESTS), PrivatePostgres::open(&data, FOR_TESTS));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(!data.join("postgres").is_symlink(), "everybody can enter this folder");
    let start = "select pg_postmaster_start_time()::text";
    assert_eq!(ask(&one, start).await, ask(&two, start).await);

    // The URL is for other programs: here, those of Postgres itself.
    let psql = Command::new("psql")
        .args([&one.url(), "-Atc", "select current_user || '@' || current_database()"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&psql.stdout).trim(), "chronogram@chronogram", "{psql:?}");

    let socket_folder = one.connect_options().get_socket().unwrap().clone();
    assert!(!socket_folder.starts_with(&data));
    assert_eq!(std::fs::metadata(&socket_folder).unwrap().mode() & 0o777, 0o700);
    let (one, two) = tokio::join!(one.close(), two.close());
    one.unwrap();
    two.unwrap();
    assert!(!pid_file(&data).exists());
    assert!(!socket_folder.exists(), "nothing is left in a folder that is not ours");

    // A server that cannot start says why, and where to look.
    let conf = data.join("postgres/cluster/postgresql.conf");
    std::fs::write(&conf, "no_such_setting = 1\n").unwrap();
    let broken = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap_err().to_string();
    assert!(broken.contains("did not start") && broken.contains("no_such_setting"), "{broken}");
    assert!(broken.contains("postgres.log"), "{broken}");

    // A cluster of a version that is not installed is left alone.
    std::fs::write(data.join("postgres/cluster/PG_VERSION"), "9\n").unwrap();
    let missing = PrivatePostgres::open(&data, FOR_TESTS).await.unwrap_err().to_string();
    assert!(missing.contains("apt-get install -y postgresql-9"), "{missing}");
}
