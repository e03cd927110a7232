//! One of two processes stands still for longer than it may be silent (SIGSTOP), the other takes over, and the first
//! wakes: what it still believes to be its own is refused, and nothing is done twice.

use std::time::Duration;

use chronogram_log::Codec;
use chronogram_telegram_standin::UserId;
use chronogram_tests::Cluster;
use sqlx::AssertSqlSafe;

use super::until;
use crate::{whole::assert_whole, world::World};

/// Longer than Postgres waits for somebody who froze while appending, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a leader may be silent here; a minute in the field.
const SILENCE: &str = "4s";
const PEOPLE: usize = 3;
/// Times that one of the two is frozen and woken.
const ROUNDS: usize = 3;

/// Who leads: the process of Postgres, and what it is called.
type Leader = (i32, String);

/// Those who lead and were heard of just now; empty while anything is led by nobody or by somebody silent: polling,
/// deliveries, collection, and every read model.
async fn leaders(world: &World) -> Vec<Leader> {
    let everything = 3 + chronogram_read_models::all(Codec::new().unwrap()).len();
    let leaders = "select a.pid, a.application_name from pg_locks l join pg_stat_activity a using (pid) \
        where l.locktype = 'advisory' and l.granted and a.datname = current_database() \
        and clock_timestamp() - a.state_change < interval '2500 ms' order by a.application_name";
    let leaders: Vec<Leader> = sqlx::query_as(leaders).fetch_all(&world.database.pool).await.unwrap();
    if leaders.len() == everything { leaders } else { Vec::new() }
}

fn say_all(world: &World, people: &[UserId], said: &mut usize) {
    for person in people {
        world.telegram.say(*person, &format!("/remind 2s thing {said}")).unwrap();
    }
    *said += 1;
}

/// Every message is confirmed, every reminder told.
async fn until_all_is_told(world: &World, said: usize) {
    let wanted = i64::try_from(said * PEOPLE).unwrap();
    until("everything is told", PATIENCE, async || {
        world.events("ReminderDelivered", "").await == wanted && world.events("ReplySent", "").await == wanted
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wakes_after_another_took_over_doubles_nothing() {
    let postgres = Cluster::create().await.unwrap();
    let world = World::on(&postgres).await;
    let silence = format!("alter database chronogram set chronogram.silence = '{SILENCE}'");
    sqlx::raw_sql(AssertSqlSafe(silence)).execute(&world.database.pool).await.unwrap();
    let people: Vec<UserId> = (0..PEOPLE).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let mut said = 0;

    let (mut leading, mut standing_by) = (world.serve(), None);
    for _ in 0..ROUNDS {
        let other = standing_by.take().unwrap_or_else(|| world.serve());
        say_all(&world, &people, &mut said);
        until_all_is_told(&world, said).await;
        let mut before = Vec::new();
        until("everything is led", PATIENCE, async || {
            before = leaders(&world).await;
            !before.is_empty()
        })
        .await;
        // Frozen in the middle of something.
        say_all(&world, &people, &mut said);
        until("it is at work", PATIENCE, async || {
            world.events("MessageReceived", "").await > i64::try_from((said - 1) * PEOPLE).unwrap()
        })
        .await;
        leading.freeze().unwrap();
        until("the other one leads what the frozen one led", PATIENCE, async || {
            let now = leaders(&world).await;
            // Some may have been led by the other one before.
            !now.is_empty() && before.iter().any(|leader| !now.contains(leader))
        })
        .await;
        say_all(&world, &people, &mut said);
        until_all_is_told(&world, said).await;
        leading.thaw().unwrap();
        say_all(&world, &people, &mut said);
        until_all_is_told(&world, said).await;
        (leading, standing_by) = (other, Some(leading));
    }
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    leading.stop().unwrap();
    standing_by.unwrap().stop().unwrap();

    assert_eq!(world.events("MessageReceived", "").await, i64::try_from(said * PEOPLE).unwrap());
    assert_eq!(world.events("ReminderScheduled", "").await, i64::try_from(said * PEOPLE).unwrap());
    // What was on its way to Telegram when it froze may have arrived for all anybody knows: it goes out again, marked.
    let marked = usize::try_from(world.events("", "\"maybe_repeated\":true").await).unwrap();
    let heard: usize = people.iter().map(|person| world.said_to(*person).len()).sum();
    let wanted = 2 * said * PEOPLE;
    assert!((wanted..=wanted + marked).contains(&heard), "{heard} messages in place of {wanted}, {marked} marked");
    assert_whole(&world.home).await;
}
