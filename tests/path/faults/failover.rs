//! The primary dies under load, its synchronous standby takes its place: nothing acknowledged is missing.
//!
//! What Patroni and a virtual address (or a proxy) do in the field is done here by hand: promote, and point elsewhere.

use std::time::{Duration, Instant};

use chronogram_tests::{Cluster, Forwarder, Home};

use super::load::{Writer, fixed};
use crate::whole::assert_whole;

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stderr)]
async fn a_synchronous_standby_takes_over_with_everything_that_was_acknowledged() {
    let mut primary = Cluster::create().await.unwrap();
    let standby = primary.standby().await.unwrap();
    primary.wait_for_standby_at_commit().await.unwrap();
    let address = Forwarder::to(primary.socket_folder().to_owned()).await.unwrap();
    let home = Home::on(&address.url()).unwrap();
    let up = home.up().unwrap();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let writers = ["one", "two", "three"].map(|client| Writer::start(client, fixed(&api), &token));
    for writer in &writers {
        writer.more(50, PATIENCE).await;
    }
    primary.die().unwrap();
    let died = Instant::now();
    standby.promote().await.unwrap();
    let promoted = died.elapsed();
    address.point_at(standby.socket_folder().to_owned());
    for writer in &writers {
        writer.more(1, PATIENCE).await;
    }
    eprintln!("promoted {promoted:?} after the primary died, writing again after {:?}", died.elapsed());
    let mut messages = 0;
    for writer in writers {
        writer.more(20, PATIENCE).await;
        messages += writer.finish(&standby.options()).await;
    }
    assert!(messages > 200, "{messages}");
    up.stop().unwrap();
    assert_whole(&home).await;
}
