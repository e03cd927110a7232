//! Read models killed at every step of following, rebuilding, switching, rolling back, pruning and looking into the past:
//! the live rows are what the log says all the time, and the same command again ends what was begun.

use std::process::ExitStatus;

use chronogram_tests::{Home, TestDatabase, exports::synthetic_export};
use futures::StreamExt as _;
use sqlx::ConnectOptions as _;

use crate::whole::assert_whole;

/// Stories that are told beside each other.
const AT_ONCE: usize = 3;
/// More than the first page of a replay has, so that it can be killed between two.
const MESSAGES: u64 = 1_300;

/// A command, what it needs to find, and where it is killed (`name:2`: the second time it comes there).
struct Story {
    before: &'static [&'static [&'static str]],
    command: &'static [&'static str],
    points: &'static [&'static str],
    /// What the command is told that finds its work done.
    done_already: Option<&'static str>,
}

const SWITCHING: &[&str] = &["switch.caught_up", "switch.before_commit", "switch.after_commit"];
const LIVE: &[&[&str]] = &[&["profiles", "stats"]];
const REBUILT: &[&[&str]] = &[LIVE[0], &["projections", "rebuild", "conversations"]];
const SWITCHED: &[&[&str]] = &[LIVE[0], &["projections", "rebuild", "conversations", "--switch"]];

const STORIES: [Story; 6] = [
    Story {
        before: &[],
        command: &["profiles", "stats"],
        points: &["projection.before_rows:2", "projection.before_commit:1", "projection.after_commit:3"],
        done_already: None,
    },
    Story {
        before: LIVE,
        command: &["projections", "rebuild", "conversations"],
        points: &[
            "copy.before_begin",
            "copy.begun",
            "copy.before_rows:1",
            "copy.before_commit:2",
            "copy.after_commit:1",
            "copy.after_commit:2",
            "copy.before_index",
            "copy.indexed",
        ],
        done_already: None,
    },
    Story {
        before: REBUILT,
        command: &["projections", "switch", "conversations"],
        points: SWITCHING,
        done_already: Some("was not rebuilt"),
    },
    // Rolled back twice is as before: what counts is that it may be done at all.
    Story {
        before: SWITCHED,
        command: &["projections", "rollback", "conversations"],
        points: SWITCHING,
        done_already: None,
    },
    Story {
        before: SWITCHED,
        command: &["projections", "prune"],
        points: &["copy.before_drop", "copy.dropped"],
        done_already: None,
    },
    Story {
        before: LIVE,
        command: &["projections", "rebuild", "--as-of", "1200"],
        points: &["copy.begun", "copy.before_commit:3", "copy.after_commit:7", "copy.before_index:2", "copy.indexed:6"],
        done_already: None,
    },
];

fn name(point: &'static str) -> &'static str {
    point.split(':').next().unwrap()
}

/// Every name at which something is killed here.
pub(crate) fn matrix() -> impl Iterator<Item = &'static str> {
    STORIES.iter().flat_map(|story| story.points).copied().map(name)
}

fn was_aborted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const ABORT: i32 = 6;
    status.signal() == Some(ABORT)
}

async fn tell(story: &Story, point: &'static str, log: &TestDatabase, of: &Home) {
    let database = log.copy().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    home.take_key_of(of).unwrap();
    for command in story.before {
        home.succeed(command).unwrap();
    }
    let killed = home.command(story.command).env("CHRONOGRAM_CRASH_AT", point).output().unwrap();
    let said = String::from_utf8_lossy(&killed.stderr);
    let reached = was_aborted(killed.status) && said.contains(&format!("crash point {} reached", name(point)));
    assert!(reached, "{:?} was not killed at {point}: {} {said}", story.command, killed.status);
    assert_whole(&home).await;

    let again = home.run(story.command).unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    let was_done = point == "switch.after_commit" && story.done_already.is_some_and(|done| said.contains(done));
    assert!(again.status.success() || was_done, "{:?} after a kill at {point}: {said}", story.command);
    assert_whole(&home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_read_models_stay_what_the_log_says_and_the_work_can_be_ended() {
    let log = TestDatabase::create().await.unwrap();
    let home = Home::on(log.options.to_url_lossy().as_str()).unwrap();
    let export = home.data().join("result.json");
    synthetic_export(&export, MESSAGES, 40, 0).unwrap();
    home.succeed(&["import", export.to_str().unwrap()]).unwrap();
    let stories = STORIES.iter().flat_map(|story| story.points.iter().map(move |point| (story, *point)));
    let told = futures::stream::iter(stories).map(|(story, point)| tell(story, point, &log, &home));
    told.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}
