//! The private Postgres of several processes that are killed: this program plays them too (`hold <folder>`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use chronogram_private_postgres::{Durability, Options, PrivatePostgres};
use sqlx::{Connection as _, PgConnection};

const FOR_TESTS: Options = Options { durability: Durability::ForTests };

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("hold") {
        hold(Path::new(&arguments.next().unwrap())).await;
    } else {
        an_orphan_of_killed_processes_is_adopted().await;
        println!("test an_orphan_of_killed_processes_is_adopted ... ok");
        files_of_a_killed_server_that_name_a_stranger_do_not_stop_the_next_one().await;
        println!("test files_of_a_killed_server_that_name_a_stranger_do_not_stop_the_next_one ... ok");
    }
}

/// Uses the server until the standard input ends.
async fn hold(data: &Path) {
    let postgres = PrivatePostgres::open(data, FOR_TESTS).await.unwrap();
    println!("holds");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    postgres.close().await.unwrap();
}

async fn an_orphan_of_killed_processes_is_adopted() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path();
    let pid_file = data.join("postgres/cluster/postmaster.pid");
    let postmaster = || std::fs::read_to_string(&pid_file).unwrap().lines().next().unwrap().to_owned();

    // All begin on a fresh folder at once; none knows of the others.
    let (mut one, mut two, mut three) = (holder(data), holder(data), holder(data));
    for holder in [&mut one, &mut two, &mut three] {
        wait_until_it_holds(holder);
    }
    let server = postmaster();

    // One of them started it; it must live on whichever that was.
    one.kill().unwrap();
    one.wait().unwrap();
    two.kill().unwrap();
    two.wait().unwrap();
    let joined = PrivatePostgres::open(data, FOR_TESTS).await.unwrap();
    assert_eq!(postmaster(), server);
    joined.close().await.unwrap();
    assert_eq!(postmaster(), server, "the third process still uses it");

    three.kill().unwrap();
    three.wait().unwrap();
    assert_eq!(postmaster(), server, "an orphan runs on");

    let adopted = PrivatePostgres::open(data, FOR_TESTS).await.unwrap();
    assert_eq!(postmaster(), server, "and is adopted");
    PgConnection::connect_with(&adopted.connect_options()).await.unwrap().ping().await.unwrap();

    // Another process outlives us, and stops it.
    let mut last = holder(data);
    wait_until_it_holds(&mut last);
    adopted.close().await.unwrap();
    assert_eq!(postmaster(), server);
    drop(last.stdin.take());
    assert!(last.wait().unwrap().success());
    assert!(!pid_file.exists());

    PrivatePostgres::open(data, FOR_TESTS).await.unwrap().close_and_delete().await.unwrap();
}

/// After a restart of the machine or container the process id in the files is soon somebody else's.
async fn files_of_a_killed_server_that_name_a_stranger_do_not_stop_the_next_one() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path();
    PrivatePostgres::open(data, FOR_TESTS).await.unwrap().close().await.unwrap();

    let cluster = data.join("postgres/cluster").canonicalize().unwrap();
    let socket_folder = data.join("postgres/socket");
    let owner = std::fs::metadata(&cluster).unwrap();
    // Of the same user: Postgres takes other users' processes for strangers by itself.
    let mut stranger = Command::new("cat").stdin(Stdio::piped()).uid(owner.uid()).gid(owner.gid()).spawn().unwrap();
    std::fs::create_dir(&socket_folder).unwrap();
    std::fs::set_permissions(&socket_folder, Permissions::from_mode(0o700)).unwrap();
    chown(&socket_folder, Some(owner.uid()), Some(owner.gid())).unwrap();
    let left = format!("{}\n{}\n1\n5432\n{}\n", stranger.id(), cluster.display(), socket_folder.display());
    for file in [cluster.join("postmaster.pid"), socket_folder.join(".s.PGSQL.5432.lock")] {
        std::fs::write(&file, &left).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }

    let postgres = PrivatePostgres::open(data, FOR_TESTS).await.unwrap();
    PgConnection::connect_with(&postgres.connect_options()).await.unwrap().ping().await.unwrap();
    postgres.close_and_delete().await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was left alone");
    drop(stranger.stdin.take());
    assert!(stranger.wait().unwrap().success());
}

fn holder(data: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg("hold")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_until_it_holds(holder: &mut Child) {
    let mut line = String::new();
    BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "holds\n");
}
