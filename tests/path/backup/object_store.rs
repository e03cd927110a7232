//! Backups in a bucket, against a stand-in that checks every signature and every rule of parts.

use std::process::Output;

use chronogram_tests::{ObjectStore, object_store::BUCKET};

use super::{House, names};

/// Archives and keys in two prefixes of the bucket.
struct Bucket {
    house: House,
    store: ObjectStore,
    targets: [String; 2],
}

impl Bucket {
    async fn new() -> Self {
        let targets = ["archives", "keys"].map(|prefix| format!("s3://{BUCKET}/{prefix} of ours"));
        Self { house: House::with_talk().await, store: ObjectStore::start().await.unwrap(), targets }
    }

    fn run_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = self.house.home.command(arguments);
        command.envs(self.store.settings());
        command.env("BACKUP_TARGET", &self.targets[0]).env("BACKUP_KEYS_TARGET", &self.targets[1]);
        command.envs(settings.iter().copied()).output().unwrap()
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run_with(arguments, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}\n{:?}", self.store.requests());
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str], settings: &[(&str, &str)]) -> String {
        let output = self.run_with(arguments, settings);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(!said.contains("X-Amz-Signature") && !said.contains("secret+key"), "secrets are told: {said}");
        said
    }

    fn keys(&self) -> Vec<String> {
        self.store.objects().into_keys().collect()
    }
}

/// Bytes that no compression makes smaller, as a strategy's artifact.
const LARGE: &str = "
    insert into plugin.artifact (digest, wasm)
    select repeat('a', 64), string_agg(sha256(n::text::bytea), null order by n) from generate_series(1, 600000) n";

#[tokio::test(flavor = "multi_thread")]
async fn a_large_backup_goes_to_a_bucket_in_parts_and_comes_back() {
    let bucket = Bucket::new().await;
    bucket.house.execute(LARGE).await;
    let log = bucket.house.log();
    let made = bucket.succeed(&["backup", "create"]);
    assert!(made.contains("s3://backups/archives of ours/chronogram-"), "{made}");
    assert_eq!(bucket.keys().len(), 2);
    assert!(bucket.store.objects().values().any(|object| object.len() > 17 << 20), "more than one part");
    assert_eq!(bucket.store.open_uploads(), 0);
    let parts = bucket.store.requests().iter().filter(|request| request.starts_with("PUT")).count();
    assert_eq!(parts, 3, "two of the archive, one of the keys");
    assert_eq!(names(&bucket.house.archives()), Vec::<String>::new());

    let listed = bucket.succeed(&["backup", "list"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    bucket.succeed(&["backup", "verify", "latest"]);
    bucket.house.execute("delete from plugin.artifact").await;
    bucket.succeed(&["backup", "restore", "latest", "--keys", "latest", "--yes"]);
    assert_eq!(bucket.house.log(), log);
    let bytes = "select max(octet_length(wasm))::bigint from plugin.artifact";
    assert_eq!(bucket.house.number(bytes).await, 600_000 * 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_busy_is_asked_again_and_one_that_refuses_is_believed() {
    let bucket = Bucket::new().await;
    bucket.store.refuse_next(&[(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests")]);
    bucket.succeed(&["backup", "create"]);
    assert_eq!(bucket.keys().len(), 2);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await; // two of one second have one name
    let before = bucket.keys();
    bucket.store.refuse_next(&[(503, "SlowDown"); 6]);
    let said = bucket.refused(&["backup", "create"], &[]);
    assert!(said.contains("refused to look for a backup: 503"), "{said}");
    let said = bucket.refused(&["backup", "create"], &[("AWS_SECRET_ACCESS_KEY", "another one")]);
    assert!(said.contains("403") && said.contains("AWS_SECRET_ACCESS_KEY"), "{said}");
    let said = bucket.refused(&["backup", "create", "--to", "s3://nobodys/x"], &[]);
    assert!(said.contains("404 NoSuchBucket (make the bucket first)"), "{said}");
    // In the middle, at the beginning of an upload, at a part, at the end of it: what it was asked to keep is given up.
    for answered in 1..=3 {
        bucket.store.refuse_after(answered, &[(503, "SlowDown"); 6]);
        let said = bucket.refused(&["backup", "create"], &[]);
        assert!(said.contains("refused to write a backup: 503 SlowDown"), "{said}");
    }
    let said = bucket.refused(&["backup", "create"], &[("AWS_ACCESS_KEY_ID", "")]);
    assert!(said.contains("needs AWS_ACCESS_KEY_ID"), "{said}");
    let said = bucket.refused(&["backup", "create"], &[("BACKUP_S3_ENDPOINT", "http://127.0.0.1:1")]);
    assert!(said.contains("cannot be reached"), "{said}");
    let said = bucket.refused(&["backup", "verify", "s3://backups/chronogram-20200101_000000.zst"], &[]);
    assert!(said.contains("there is no backup"), "{said}");
    assert_eq!(bucket.keys(), before, "nothing of what failed is there");
    assert_eq!(bucket.store.open_uploads(), 0, "and no parts of it");
}

/// Where an upload is killed before it has a name.
const BEFORE_ITS_NAME: [&str; 5] = ["upload.began", "upload.block", "upload.part", "upload.part:2", "upload.written"];
/// And when it has one.
const NAMED: &str = "upload.named";

/// All of them.
pub(crate) fn crash_points() -> impl Iterator<Item = &'static str> {
    BEFORE_ITS_NAME.into_iter().filter(|point| !point.contains(':')).chain([NAMED])
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_two_parts_nothing_is_there_and_prune_removes_what_is_old() {
    let bucket = Bucket::new().await;
    bucket.house.execute(LARGE).await;
    let kill_at = |point: &str| {
        let output = bucket.run_with(&["backup", "create"], &[("CHRONOGRAM_CRASH_AT", point)]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("crash point"), "{point} was not reached");
    };
    for point in BEFORE_ITS_NAME {
        kill_at(point);
        assert_eq!(bucket.keys(), Vec::<String>::new(), "{point}");
    }
    assert_eq!(bucket.store.open_uploads(), BEFORE_ITS_NAME.len(), "the bucket's own rule removes them");
    bucket.succeed(&["backup", "create"]);
    let (archive, bytes) = bucket.store.objects().into_iter().next().unwrap();
    let mut broken = bytes;
    let at = broken.len() / 2;
    broken[at] ^= 1;
    bucket.store.put(&archive, broken);
    let said = bucket.refused(&["backup", "verify", "latest"], &[]);
    assert!(said.contains("is damaged in "), "{said}");

    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await; // two of one second have one name
    bucket.succeed(&["backup", "create"]);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    bucket.succeed(&["backup", "create"]);
    let prune = ["backup", "prune", "--daily", "1", "--weekly", "0", "--monthly", "0"];
    let said = bucket.refused(&prune, &[]);
    assert!(said.contains("removed") && said.contains("damaged: look at it"), "{said}");
    let archives = bucket.keys().into_iter().filter(|key| key.starts_with("archives")).count();
    assert_eq!(archives, 2, "the newest good one and the broken one");

    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    kill_at(NAMED);
    bucket.succeed(&["backup", "verify", "latest"]);
}
