//! Killed at every named step: no half backup has a name, and a database is the old one or the new.

use chronogram_backup::Kind;
use chronogram_tests::exports::every_kind_fixture;
use serde_json::Value;

use super::{House, names};

/// Steps of making one, and how often it is sure to come there: for the archive, for the keys.
const CREATE: [(&str, u32); 5] =
    [("backup.snapshot", 1), ("backup.began", 2), ("backup.block", 12), ("backup.written", 2), ("backup.named", 2)];

/// Steps of restoring one, and whether the new data are in place then.
const RESTORE: [(&str, bool); 6] = [
    ("scratch.made", false),
    ("restore.block", false),
    ("restore.block:5", false),
    ("restore.filled", false),
    ("restore.before_switch", false),
    ("restore.after_switch", true),
];

/// All of them.
pub(crate) fn crash_points() -> impl Iterator<Item = &'static str> {
    let restore = RESTORE.into_iter().map(|(point, _)| point).filter(|point| !point.contains(':'));
    CREATE.into_iter().map(|(point, _)| point).chain(restore)
}

/// Runs a command that is killed at `point`. False: it never came there, and ended well.
fn killed_at(house: &House, point: &str, arguments: &[&str]) -> bool {
    let output = house.home.command(arguments).env("CHRONOGRAM_CRASH_AT", point).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let name = point.split(':').next().unwrap();
    if said.contains(&format!("crash point {name} reached")) {
        return true;
    }
    assert!(output.status.success(), "at {point} it ended otherwise: {said}");
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_create_leaves_nothing_that_looks_like_a_backup_and_is_none() {
    let house = House::with_talk().await;
    let mut kills = 0;
    // The archive's and the keys' steps.
    for (point, times) in CREATE {
        for nth in 1..=times {
            kills += usize::from(killed_at(&house, &format!("{point}:{nth}"), &["backup", "create"]));
            for folder in [house.archives(), house.keys()] {
                for name in names(&folder) {
                    let is_backup = Kind::of_name(&name).is_some();
                    assert!(is_backup || name.ends_with(".unfinished"), "{name}");
                }
            }
            // Whatever is listed is whole.
            house.home.succeed(&["backup", "list"]).unwrap();
            // The next one may have the name of this second.
            tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        }
    }
    assert_eq!(kills, 19, "some steps were never reached");
    let (archive, _) = house.back_up();
    for folder in [house.archives(), house.keys()] {
        let left: Vec<String> = names(&folder).into_iter().filter(|name| name.ends_with(".unfinished")).collect();
        assert_eq!(left, Vec::<String>::new(), "what killed ones left goes with the next");
    }
    house.home.succeed(&["backup", "verify", &archive]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_restore_leaves_the_old_data_or_the_new_and_may_be_done_again() {
    let source = House::with_talk().await;
    let (archive, keys) = source.back_up();
    let new = source.log();
    let restore = ["backup", "restore", &archive, "--keys", &keys, "--yes"];
    for (point, is_new) in RESTORE {
        let house = House::with_the_key_of(&source).await;
        house.home.succeed(&["tokens", "create", "old"]).unwrap();
        assert!(killed_at(&house, point, &restore), "{point} was never reached");
        let tokens = house.home.succeed(&["tokens", "list"]).unwrap();
        let (log, has_token) = (house.log(), tokens.contains("old"));
        if is_new {
            assert!(log == new && !has_token, "killed at {point} it is not the new one");
        } else {
            assert!(log.is_empty() && has_token, "killed at {point} it is not the old one");
        }
        house.home.succeed(&restore).unwrap();
        assert_eq!(house.log(), new, "after {point}");
        assert_eq!(house.beside().await, Vec::<String>::new(), "after {point} something is left");
        house.home.succeed(&["fsck"]).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_verifies_it_leaves_only_what_the_next_one_drops() {
    let house = House::with_talk().await;
    let (archive, _) = house.back_up();
    let log = house.log();
    assert!(killed_at(&house, "restore.filled", &["backup", "verify", &archive]));
    assert_eq!(house.beside().await.len(), 1);
    assert_eq!(house.log(), log);
    let report: Value = house.json(&["backup", "verify", &archive, "--json"]);
    assert_eq!(report["good"], true, "{report}");
    assert_eq!(house.beside().await, Vec::<String>::new());
    // What it compares with is the log of then, whatever came since.
    house.home.succeed(&["import", every_kind_fixture().parent().unwrap().join("old.json").to_str().unwrap()]).unwrap();
    house.home.succeed(&["backup", "verify", &archive]).unwrap();
}
