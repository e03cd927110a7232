//! The disk of the database is full: writes are refused clearly, reads go on, and with room again so do writes.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use chronogram_tests::{Cluster, Home, graphql, http_client};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _};

use super::{
    load::{Writer, fixed},
    until,
};
use crate::whole::assert_whole;

const PATIENCE: Duration = Duration::from_mins(1);
/// Room for a new cluster of some 40 MB and little more.
const DISK: &str = "size=160m";

/// A file system of its own, as small as it gets.
struct Disk {
    folder: tempfile::TempDir,
    is_mounted: bool,
}

impl Disk {
    /// Where nobody may mount, the disk is full only for the log: a trigger answers as Postgres does.
    #[allow(clippy::print_stderr)]
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("chronogram-disk-").tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(folder.path()).output();
        let is_mounted = mount.is_ok_and(|mount| mount.status.success());
        if !is_mounted {
            eprintln!(
                "NOT ON A FULL DISK: a tmpfs may not be mounted here, so a trigger refuses what a full disk would"
            );
        }
        Self { folder, is_mounted }
    }

    fn data(&self) -> PathBuf {
        let data = self.folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        data
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Takes all the room there is.
    async fn fill(&self, postgres: &Cluster) {
        if self.is_mounted {
            let mut ballast = File::create(self.ballast()).unwrap();
            while ballast.write_all(&[1; 4096]).is_ok() {}
            return;
        }
        let refuse = "create function es.full_disk() returns trigger language plpgsql as \
            $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$; \
            create trigger full_disk before insert on es.event for each statement execute function es.full_disk()";
        let mut connection = postgres.options().connect().await.unwrap();
        sqlx::raw_sql(refuse).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn free(&self, postgres: &Cluster) {
        if self.is_mounted {
            return std::fs::remove_file(self.ballast()).unwrap();
        }
        let mut connection = postgres.options().connect().await.unwrap();
        sqlx::raw_sql("drop function es.full_disk() cascade").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = Command::new("umount").arg("--lazy").arg(self.folder.path() as &Path).status();
        }
    }
}

/// A long text that does not compress: new pages are needed for it.
async fn send_large(api: &str, token: &str, number: usize) -> (StatusCode, Value) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::try_from(number).unwrap();
    let text: String = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((random >> 33) % 90).unwrap())
    })
    .take(4_000)
    .collect();
    let body = json!({ "client": { "id": "large" }, "text": text });
    let request = http_client().post(format!("{api}/api/messages")).bearer_auth(token).json(&body);
    let response = request.header("Idempotency-Key", format!("large-{number}")).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_clearly_and_is_survived_without_a_restart() {
    let disk = Disk::new();
    let postgres = Cluster::create_at(&disk.data()).await.unwrap();
    let home = Home::on(&postgres.url()).unwrap();
    let mut up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let writer = Writer::start("writer", fixed(&api), &token);
    writer.more(20, PATIENCE).await;

    disk.fill(&postgres).await;
    let (mut number, mut refusal) = (0, Value::Null);
    until("a write is refused", PATIENCE, async || {
        let (status, body) = send_large(&api, &token, number).await;
        number += 1;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            refusal = body;
        } else {
            assert_eq!(status, StatusCode::CREATED, "{body}");
        }
        !refusal.is_null()
    })
    .await;
    assert_eq!((&refusal["code"], &refusal["retryable"]), (&json!("UNAVAILABLE"), &json!(true)), "{refusal}");
    assert!(refusal["detail"].as_str().unwrap().contains("could not be recorded"), "{refusal}");
    let read =
        graphql(&api, &token, "{ people { totalCount } events(first: 1) { edges { node { position } } } }").await;
    let read = read.unwrap();
    assert_eq!(read.get("errors"), None, "reads go on: {read}");
    let alive = http_client().get(format!("{api}/health/live")).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);

    disk.free(&postgres).await;
    writer.more(20, PATIENCE).await;
    let (status, body) = send_large(&api, &token, number).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    assert_eq!(up.ended(), None, "nobody restarted it");
    writer.finish(&postgres.options()).await;
    up.stop().unwrap();
    assert_whole(&home).await;
}
