//! The whole way: made while others write, listed, verified, restored into an empty home.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use chronogram_tests::{
    Home,
    exports::{every_kind_fixture, synthetic_export},
    http_client,
};
use serde_json::Value;

use super::{House, names, refused};

/// Far above what anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// What somebody sees of a home.
fn seen(home: &Home) -> [String; 3] {
    [
        home.succeed(&["events", "list", "--json", "--limit", "100000"]).unwrap(),
        home.succeed(&["tokens", "list", "--json"]).unwrap(),
        home.succeed(&["plugins", "list", "--json"]).unwrap(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_under_load_is_restored_into_an_empty_home_with_a_postgres_of_its_own() {
    let home = Home::private().unwrap();
    let export = home.data().join("large.json");
    synthetic_export(&export, 6_000, 30, 0).unwrap();
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    home.succeed(&["tokens", "create", "tester", "--role", "operator"]).unwrap();
    let up = home.up().unwrap();

    // Backups one after the other while an import writes.
    let writing = AtomicBool::new(true);
    let made: Vec<Value> = std::thread::scope(|scope| {
        scope.spawn(|| {
            home.succeed(&["import", export.to_str().unwrap()]).unwrap();
            writing.store(false, Ordering::SeqCst);
        });
        let mut made = Vec::new();
        while made.is_empty() || writing.load(Ordering::SeqCst) {
            let one = home.succeed(&["backup", "create", "--json"]).unwrap();
            made.push(serde_json::from_str(&one).unwrap());
        }
        made
    });
    let metrics = format!("{}/metrics", up.printed("Metrics").unwrap().trim_end_matches("/metrics"));
    let begun = Instant::now();
    let metrics = loop {
        let text = http_client().get(&metrics).send().await.unwrap().text().await.unwrap();
        if text.contains("backup_age_seconds") && text.contains("backup_last_success") {
            break text;
        }
        assert!(begun.elapsed() < PATIENCE, "a running process does not know what the command line did: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(
        metrics.contains("backup_last_size_bytes") && metrics.contains("backup_last_duration_seconds"),
        "{metrics}"
    );
    assert!(metrics.contains("backup_last_success{action=\"create\"} 1"), "{metrics}");
    up.stop().unwrap();

    let before = seen(&home);
    let first = &made[0];
    let position = usize::try_from(first["position"].as_u64().unwrap()).unwrap();
    assert!(position < before[0].lines().count(), "nothing was written while the first one was made");
    let other = Home::private().unwrap();
    std::fs::copy(home.data().join("master.key"), other.data().join("master.key")).unwrap();
    let [archive, keys] = ["archive", "keys"].map(|file| first[file]["path"].as_str().unwrap());
    let said = other.succeed(&["backup", "restore", archive, "--keys", keys, "--yes"]).unwrap();
    assert!(said.contains("The read models are rebuilt"), "{said}");
    let after = seen(&other);
    let expected: Vec<&str> = before[0].lines().take(position).collect();
    assert_eq!(after[0].lines().collect::<Vec<_>>(), expected, "the log is not the one of that moment");
    assert_eq!(after[2], before[2], "plugins");
    assert!(after[1].contains("\"tester\""), "tokens: {}", after[1]);
    let fsck: Value = serde_json::from_str(&other.succeed(&["fsck", "--json"]).unwrap()).unwrap();
    assert_eq!((&fsck["clean"], &fsck["chain_head"]), (&true.into(), &first["chain_head"]), "{fsck}");
    // And it goes on.
    other.succeed(&["import", export.to_str().unwrap()]).unwrap();
    other.succeed(&["fsck"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_restores_replays_compares_and_leaves_the_living_database_alone() {
    let house = House::with_talk().await;
    house.home.succeed(&["projections", "verify"]).unwrap();
    let never = house.home.succeed(&["backup", "list"]).unwrap();
    assert_eq!(never.lines().count(), 1, "only the head of the table: {never}");
    let (archive, _) = house.back_up();
    let log = house.log();

    let report = house.json(&["backup", "verify", "latest", "--json"]);
    assert_eq!(report["good"], true, "{report}");
    let rows = |name: &str| {
        let tables = report["tables"].as_array().unwrap();
        tables.iter().find(|table| table["table"] == name).unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!(rows("es.event"), log.len() as u64);
    let read_models = report["read_models"].as_array().unwrap();
    assert_eq!(read_models.len(), 6, "{report}");
    assert!(read_models.iter().all(|model| model["verdict"] == "equal"), "{report}");
    assert!(read_models.iter().any(|model| model["rows"].as_u64() > Some(10)), "{report}");
    assert_eq!(house.beside().await, Vec::<String>::new());
    let said = house.home.succeed(&["backup", "verify", &archive]).unwrap();
    assert!(said.contains("rows replayed, equal") && said.contains("can be restored"), "{said}");

    let listed = house.home.succeed(&["backup", "list", "--json"]).unwrap();
    let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!((&listed[0]["holds"], &listed[0]["verified_good"]), (&"archive".into(), &true.into()));
    assert!(listed[1]["expires_at"].is_string() && listed[1]["holds"] == "keys", "{listed:?}");

    // A read model that is not what the log says: the backup is good, and its manifest shows the living one is not.
    house
        .execute("update people_v4.person set username = 'spoilt' where id = (select min(id) from people_v4.person)")
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await; // two of one second have one name
    house.back_up();
    let said = refused(&house.home, &["backup", "verify", "latest"], 1);
    assert!(said.contains("read model people") && said.contains("other rows in person"), "{said}");
    assert_eq!(house.beside().await, Vec::<String>::new());
    assert_eq!(house.log(), log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_asks_first_and_wants_the_database_for_itself() {
    let house = House::with_talk().await;
    let (archive, _) = house.back_up();
    let log = house.log();
    house.home.succeed(&["tokens", "create", "later"]).unwrap();

    let asked = refused(&house.home, &["backup", "restore", &archive], 2);
    assert!(asked.contains("replaces ALL data") && asked.contains("--yes"), "{asked}");
    let nothing = refused(&house.home, &["backup", "restore"], 2);
    assert!(nothing.contains("<FILE>"), "{nothing}");
    let none = refused(&house.home, &["backup", "restore", "chronogram-20200101_000000.zst", "--yes"], 1);
    assert!(none.contains("there is no backup"), "{none}");

    let company = house.connection().await;
    let busy = refused(&house.home, &["backup", "restore", &archive, "--yes"], 1);
    assert!(busy.contains("in use"), "{busy}");
    sqlx::Connection::close(company).await.unwrap();
    let up = house.home.up().unwrap();
    let busy = refused(&house.home, &["backup", "restore", &archive, "--yes"], 1);
    assert!(busy.contains("in use by chronogram"), "{busy}");
    up.stop().unwrap();
    assert!(house.home.succeed(&["tokens", "list"]).unwrap().contains("later"), "nothing was touched");
    assert_eq!(house.beside().await, Vec::<String>::new());

    // The keys are those of the living database.
    let said = house.home.succeed(&["backup", "restore", &archive, "--yes", "--keep-old"]).unwrap();
    assert!(said.contains("open their words") && said.contains("is kept as database"), "{said}");
    assert!(!house.home.succeed(&["tokens", "list"]).unwrap().contains("later"), "it is as it was");
    assert_eq!(house.log(), log);
    house.home.succeed(&["fsck"]).unwrap();
    let kept = house.beside().await;
    assert!(kept.len() == 1 && kept[0].contains("_before_"), "{kept:?}");
    assert_eq!(
        house.number("select count(*) from ops.backup_run where action = 'restore' and state = 'done'").await,
        1
    );
    assert!(house.number("select count(*) from ops.backup_run where action = 'create'").await > 0, "carried over");
    house.execute(&format!("drop database \"{}\"", kept[0])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_and_keys_never_lie_together_and_both_are_their_owners() {
    use std::os::unix::fs::PermissionsExt as _;

    let house = House::with_talk().await;
    let same = house.home.data().join("all");
    let same = same.to_str().unwrap();
    let refused_both = refused(&house.home, &["backup", "create", "--to", same, "--keys-to", same], 1);
    assert!(refused_both.contains("shall not lie together"), "{refused_both}");
    assert_eq!(names(std::path::Path::new(same)), Vec::<String>::new());
    let (archive, keys) = house.back_up();
    for file in [&archive, &keys] {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let wrong = refused(&house.home, &["backup", "restore", &keys, "--yes"], 1);
    assert!(wrong.contains("holds keys, archive was asked for"), "{wrong}");
    let failed = house.number("select count(*) from ops.backup_run where state = 'failed' and error like '%together%'");
    assert_eq!(failed.await, 1);
}
