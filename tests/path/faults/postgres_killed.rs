//! `kill -9` of the postmaster, again and again, under load.

use std::{path::Path, time::Duration};

use chronogram_private_postgres::{Options, PrivatePostgres};
use chronogram_tests::{Cluster, Home, http_client, send_signal};
use reqwest::StatusCode;

use super::{
    load::{Writer, fixed},
    soak_time, until,
};
use crate::whole::{assert_log_is_whole, assert_whole};

/// Rounds in `make test`, and in `make soak`.
const ROUNDS: (usize, usize) = (5, 20);
/// On a free machine everything goes on within a second or two after Postgres answers; five are promised.
const RECOVERY_PATIENCE: Duration = Duration::from_secs(20);
/// Until an outage shows: checks are cut off after two seconds and remembered for one.
const NOTICE_PATIENCE: Duration = Duration::from_secs(20);
const MESSAGES_BETWEEN: usize = 10;

async fn status(api: &str, path: &str) -> Option<StatusCode> {
    let asked = http_client().get(format!("{api}{path}")).timeout(Duration::from_secs(10)).send().await;
    Some(asked.ok()?.status())
}

/// Waits until it is ready or not; it lives all the time.
async fn until_ready(api: &str, wanted: StatusCode, patience: Duration) -> Duration {
    until(&format!("/health/ready answers {wanted}"), patience, async || {
        assert_eq!(status(api, "/health/live").await, Some(StatusCode::OK), "an outage of Postgres is not ours");
        status(api, "/health/ready").await == Some(wanted)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stderr)]
async fn each_time_postgres_is_back_the_house_goes_on_and_nothing_acknowledged_is_lost() {
    let mut postgres = Cluster::create().await.unwrap();
    let home = Home::on(&postgres.url()).unwrap();
    let up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let writer = Writer::start("writer", fixed(&api), &token);
    let (mut ready, mut written) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..soak_time().map_or(ROUNDS.0, |_| ROUNDS.1) {
        writer.more(MESSAGES_BETWEEN, RECOVERY_PATIENCE).await;
        postgres.kill_postmaster().unwrap();
        until_ready(&api, StatusCode::SERVICE_UNAVAILABLE, NOTICE_PATIENCE).await;
        postgres.start().await.unwrap();
        let (now_ready, acknowledged) =
            tokio::join!(until_ready(&api, StatusCode::OK, RECOVERY_PATIENCE), writer.more(1, RECOVERY_PATIENCE));
        (ready, written) = (ready.max(now_ready), written.max(acknowledged));
    }
    eprintln!(
        "after Postgres answered again: ready within {ready:?}, the next message acknowledged within {written:?}"
    );
    let messages = writer.finish(&postgres.options()).await;
    assert!(messages > ROUNDS.0 * MESSAGES_BETWEEN, "{messages} messages");
    up.stop().unwrap();
    assert_whole(&home).await;
}

fn postmaster(data: &Path) -> Option<u32> {
    let file = std::fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_private_postgres_is_started_again_by_who_runs_on_it() {
    let home = Home::private().unwrap();
    let up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let writer = Writer::start("writer", fixed(&api), &token);
    for _ in 0..2 {
        writer.more(MESSAGES_BETWEEN, RECOVERY_PATIENCE).await;
        let killed = postmaster(home.data()).unwrap();
        send_signal(killed, "KILL").unwrap();
        until("another postmaster runs", RECOVERY_PATIENCE, async || {
            postmaster(home.data()).is_some_and(|pid| pid != killed)
        })
        .await;
        writer.more(MESSAGES_BETWEEN, RECOVERY_PATIENCE).await;
        assert_eq!(status(&api, "/health/live").await, Some(StatusCode::OK));
    }
    let postgres = PrivatePostgres::open(home.data(), Options::default()).await.unwrap();
    writer.finish(&postgres.connect_options()).await;
    up.stop().unwrap();
    assert_log_is_whole(&postgres.connect_options()).await;
    home.succeed(&["projections", "verify"]).unwrap();
    postgres.close_and_delete().await.unwrap();
}
