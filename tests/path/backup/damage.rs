//! A byte that changed is found, and where; nothing is touched then.

use chronogram_backup::{BackupError, Opened, S3Settings, Target};
use chronogram_tests::exports::synthetic_export;

use super::{House, refused};

/// The settings of an object store that nobody asks.
fn no_store() -> S3Settings {
    #[derive(Debug)]
    struct Never;
    impl chronogram_log::Clock for Never {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }
    let clock = std::sync::Arc::new(Never);
    S3Settings { endpoint: None, region: String::new(), key_id: None, secret: None, session_token: None, clock }
}

/// What is wrong with a file, if anything.
async fn check(path: &str) -> Result<(), BackupError> {
    let (target, name) = Target::of_file(path, &Target::parse("/", &no_store())?, &no_store())?;
    Opened::read(target.open(&name).await?).await?.check(&|_, _| {}).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_anywhere_is_found_and_named_by_its_part_and_position() {
    let house = House::with_talk().await;
    let export = house.home.data().join("large.json");
    synthetic_export(&export, 3_000, 30, 0).unwrap();
    house.home.succeed(&["import", export.to_str().unwrap()]).unwrap();
    let (archive, keys) = house.back_up();
    check(&archive).await.unwrap();
    check(&keys).await.unwrap();

    let mut parts = std::collections::BTreeSet::new();
    for path in [&archive, &keys] {
        let whole = std::fs::read(path).unwrap();
        // Every byte of the beginning and of the end, and some hundred between.
        let edges = (0..200).chain(whole.len() - 400..whole.len());
        for at in edges.chain((0..whole.len()).step_by(whole.len() / 300 + 1)) {
            let mut broken = whole.clone();
            broken[at] ^= 0x10;
            std::fs::write(path, &broken).unwrap();
            match check(path).await {
                Err(BackupError::Damaged { part, detail, .. }) => {
                    if part == "es.event" {
                        assert!(detail.contains("positions "), "byte {at}: {detail}");
                    }
                    parts.insert(part);
                }
                Err(BackupError::NotABackup { .. }) => {}
                other => panic!("byte {at} of {}: {other:?}", whole.len()),
            }
        }
        for cut in [whole.len() - 1, whole.len() / 2, 10, 0] {
            std::fs::write(path, &whole[..cut]).unwrap();
            assert!(matches!(check(path).await, Err(BackupError::NotABackup { .. })), "cut at {cut}");
        }
        std::fs::write(path, &whole).unwrap();
    }
    for part in ["es.event", "es.command", "the manifest", "person.key", "the beginning of the file"] {
        assert!(parts.contains(part), "nothing hit {part}: {parts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_refused_before_anything_is_touched() {
    let house = House::with_talk().await;
    let (archive, _) = house.back_up();
    house.home.succeed(&["tokens", "create", "later"]).unwrap();
    let mut bytes = std::fs::read(&archive).unwrap();
    let at = bytes.len() / 3;
    bytes[at] ^= 1;
    std::fs::write(&archive, &bytes).unwrap();

    for command in [vec!["backup", "restore", &archive, "--yes"], vec!["backup", "verify", &archive]] {
        let said = refused(&house.home, &command, 1);
        assert!(said.contains("is damaged in es.event: positions 1 to "), "{said}");
    }
    assert_eq!(house.beside().await, Vec::<String>::new());
    assert!(house.home.succeed(&["tokens", "list"]).unwrap().contains("later"));
    let listed = house.home.succeed(&["backup", "list"]).unwrap();
    assert!(listed.contains("FAILED"), "it is known not to be good: {listed}");
    // One that is known not to be good counts for nothing.
    let pruned = refused(&house.home, &["backup", "prune", "--dry-run"], 1);
    assert!(pruned.contains("damaged: look at it"), "{pruned}");
}
