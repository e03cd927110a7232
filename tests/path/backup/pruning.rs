//! Old backups go, the newest good one never; killed between two it goes on.

use chronogram_tests::binary;
use jiff::{Timestamp, ToSpan as _};

use super::{House, names, releases::back_up_at};

/// One a day, the last one now: keys of the older half have expired.
async fn with_backups(days: i64) -> House {
    binary();
    let house = House::with_talk().await;
    let now: Timestamp = house.moment().await;
    for ago in (0..days).rev() {
        back_up_at(&house, now - (24 * ago).hours()).await;
    }
    house
}

impl House {
    /// The database's clock.
    async fn moment(&self) -> Timestamp {
        let seconds = self.number("select extract(epoch from clock_timestamp())::bigint").await;
        Timestamp::from_second(seconds).unwrap()
    }
}

/// Between two of those that go.
pub(super) const REMOVING: &str = "prune.removing";

#[tokio::test(flavor = "multi_thread")]
async fn days_weeks_and_months_are_kept_and_expired_keys_go() {
    let house = with_backups(40).await;
    let archives = names(&house.archives());
    let prune = ["backup", "prune", "--daily", "3", "--weekly", "0", "--monthly", "0"];
    let dry = house.home.succeed(&[&prune[..], &["--dry-run"]].concat()).unwrap();
    assert_eq!(dry.lines().filter(|line| line.starts_with("would remove")).count(), 37 + 10, "{dry}");
    assert_eq!(names(&house.archives()), archives);

    // Killed between two of them.
    for nth in ["1", "5", "20"] {
        let point = format!("{REMOVING}:{nth}");
        let output = house.home.command(&prune).env("CHRONOGRAM_CRASH_AT", &point).output().unwrap();
        assert!(!output.status.success(), "{point} was not reached");
        let left = names(&house.archives());
        assert!(left.ends_with(&archives[37..]), "the newest stay: {left:?}");
    }
    let said = house.home.succeed(&prune).unwrap();
    assert!(said.contains("removed") && said.contains("(the newest good one)"), "{said}");
    assert_eq!(names(&house.archives()), archives[37..]);
    assert_eq!(names(&house.keys()).len(), 30);
    let nothing = house.home.succeed(&["backup", "prune", "--daily", "0", "--weekly", "0", "--monthly", "0"]).unwrap();
    assert_eq!(names(&house.archives()), archives[39..], "the newest good one stays: {nothing}");
    house.home.succeed(&["backup", "verify", "latest"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_read_is_neither_removed_nor_counted() {
    let house = with_backups(3).await;
    let newest = names(&house.archives()).pop().unwrap();
    let path = house.archives().join(&newest);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let output =
        house.home.run(&["backup", "prune", "--daily", "1", "--weekly", "0", "--monthly", "0", "--json"]).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "a script must not overlook it: {said}");
    let left = names(&house.archives());
    assert!(left.len() == 2 && left.contains(&newest), "the newest good one and the broken one: {left:?}");
}
