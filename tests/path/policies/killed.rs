//! The real binary: somebody new writes to the bot, and gets a profile by itself, once, however often it is killed.

use std::time::Duration;

use chronogram_tests::Up;
use serde_json::Value;

use crate::world::{PATIENCE, World};

/// A run of a policy is over, and that is not noted yet.
pub(crate) const CRASH_POINTS: [&str; 1] = ["policies.run_over"];

/// What turns policies on.
const ON: (&str, &str) = ("PROFILE_POLICIES", "on");
/// Longer than the shortest schedule.
const A_TIME: Duration = Duration::from_mins(3);

/// Waits until it was killed where it was to be.
async fn until_killed(mut up: Up) {
    let killed = async {
        while up.ended().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(A_TIME, killed).await.expect("the policy is run, and it is killed in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_a_profile_by_itself_whatever_is_killed_and_nothing_is_done_twice() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "de"));
    world.home.succeed(&["profiles", "policies", "set", "new", "--every", "1m"]).unwrap();

    // Killed when the first of two is filled.
    let up = world.up_with(&[ON, ("CHRONOGRAM_CRASH_AT", "profiles.filled")]);
    tokio::join!(world.ask(anna, "/start"), world.ask(bob, "/start"));
    until_killed(up).await;
    assert!(world.events("ProfileEnriched", "").await >= 1);
    // Killed when the run is over, before that is noted.
    let up = world.up_with(&[ON, ("CHRONOGRAM_CRASH_AT", CRASH_POINTS[0])]);
    until_killed(up).await;
    assert_eq!(world.events("ProfileEnriched", "").await, 2);

    let up = world.up_with(&[ON]);
    let new = until_done(&world);
    assert_eq!(new["last"]["outcome"], "done", "{new}");
    assert_eq!((new["shipped"].clone(), new["rests"].clone()), (Value::Bool(false), Value::Null), "{new}");
    let runs: Vec<String> =
        sqlx::query_scalar("select outcome from filling.run").fetch_all(&world.database.pool).await.unwrap();
    assert_eq!(runs, ["done"], "one run, gone on with twice");
    assert_eq!(world.events("ProfileEnriched", "").await, 2, "each once");
    up.stop().unwrap();
}

/// The policy `new`, once it was done.
fn until_done(world: &World) -> Value {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let listed = world.home.succeed(&["profiles", "policies", "list", "--json"]).unwrap();
        let policies = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let new = policies.into_iter().find(|standing| standing["policy"]["name"] == "new").unwrap();
        if new["last"].is_object() {
            return new;
        }
        assert!(tokio::time::Instant::now() < deadline, "{new}");
    }
}
