//! Subscriptions to `$all` and to a stream.

use std::time::Duration;

use chronogram_listening::Ending;
use eventstore::{
    Error, Position, StreamPosition, SubscribeToAllOptions, SubscribeToStreamOptions, Subscription, SubscriptionEvent,
    SubscriptionFilter,
};

use super::World;

/// A machine under load is slow, a broken subscription is silent.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a subscription says, in short.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Confirmed,
    Event(u128),
    Checkpoint(u64),
    CaughtUp(Option<u64>),
    FellBehind,
}

async fn next(subscription: &mut Subscription) -> Result<Said, Error> {
    let said = tokio::time::timeout(PATIENCE, subscription.next_subscription_event()).await;
    Ok(match said.expect("a subscription says something")? {
        SubscriptionEvent::Confirmed(id) => {
            assert!(!id.is_empty());
            Said::Confirmed
        }
        SubscriptionEvent::EventAppeared(resolved) => Said::Event(resolved.event.unwrap().id.as_u128()),
        SubscriptionEvent::Checkpoint(position) => Said::Checkpoint(position.commit),
        SubscriptionEvent::CaughtUp(Some(caught_up)) => {
            Said::CaughtUp(caught_up.position.map(|position| position.commit).or(caught_up.stream_revision))
        }
        SubscriptionEvent::FellBehind(_) => Said::FellBehind,
        other => panic!("{other:?}"),
    })
}

async fn says(subscription: &mut Subscription, expected: &[Said]) {
    for expected in expected {
        assert_eq!(&next(subscription).await.unwrap(), expected);
    }
}

fn behind(commit: u64) -> SubscribeToAllOptions {
    SubscribeToAllOptions::default().position(StreamPosition::Position(Position { commit, prepare: commit }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_says_that_it_stands_then_what_was_then_that_it_is_live_then_what_comes() {
    for world in [World::in_memory().await, World::in_postgres().await] {
        let mut from_nothing = world.client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
        says(&mut from_nothing, &[Said::Confirmed, Said::CaughtUp(None)]).await;
        world.append("a", "SeatTaken", 1..4).await;
        says(&mut from_nothing, &[Said::Event(1), Said::Event(2), Said::Event(3)]).await;

        let mut from_start = world.client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
        let expected = [Said::Confirmed, Said::Event(1), Said::Event(2), Said::Event(3), Said::CaughtUp(Some(3))];
        says(&mut from_start, &expected).await;
        let mut behind_two = world.client.subscribe_to_all(&behind(2)).await;
        says(&mut behind_two, &[Said::Confirmed, Said::Event(3), Said::CaughtUp(Some(3))]).await;
        let options = SubscribeToAllOptions::default().position(StreamPosition::End);
        let mut from_end = world.client.subscribe_to_all(&options).await;
        says(&mut from_end, &[Said::Confirmed, Said::CaughtUp(Some(3))]).await;

        world.append("b", "SeatTaken", 4..5).await;
        for subscription in [&mut from_nothing, &mut from_start, &mut behind_two, &mut from_end] {
            says(subscription, &[Said::Event(4)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filtered_subscription_is_told_how_far_the_log_was_looked_at() {
    let world = World::in_postgres().await;
    world.append("a", "DoorOpened", 1..2).await;
    world.append("a", "SeatTaken", 2..202).await;
    let filter = SubscriptionFilter::on_event_type().add_prefix("Door").max(10);
    let mut doors = world.client.subscribe_to_all(&SubscribeToAllOptions::default().filter(filter)).await;
    says(&mut doors, &[Said::Confirmed, Said::Event(1)]).await;
    let mut last = 1;
    loop {
        match next(&mut doors).await.unwrap() {
            Said::Checkpoint(position) => {
                assert!(position > last);
                last = position;
            }
            Said::CaughtUp(position) => {
                assert_eq!((position, last), (Some(201), 201), "the last checkpoint is where it is live");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    // Live too: what is not wanted moves the checkpoint on, every ten events at least.
    world.append("a", "SeatTaken", 202..230).await;
    assert_eq!(next(&mut doors).await.unwrap(), Said::Checkpoint(229));
    world.append("a", "DoorOpened", 230..231).await;
    says(&mut doors, &[Said::Event(230)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_may_be_followed_before_it_exists() {
    let world = World::in_memory().await;
    let mut early = world.client.subscribe_to_stream("a", &SubscribeToStreamOptions::default()).await;
    says(&mut early, &[Said::Confirmed, Said::CaughtUp(None)]).await;
    world.append("other", "SeatTaken", 1..3).await;
    world.append("a", "SeatTaken", 3..6).await;
    says(&mut early, &[Said::Event(3), Said::Event(4), Said::Event(5)]).await;
    let behind_first = SubscribeToStreamOptions::default().start_from(StreamPosition::Position(0));
    let mut behind_first = world.client.subscribe_to_stream("a", &behind_first).await;
    says(&mut behind_first, &[Said::Confirmed, Said::Event(4), Said::Event(5), Said::CaughtUp(Some(2))]).await;
    world.append("a", "SeatTaken", 6..7).await;
    says(&mut early, &[Said::Event(6)]).await;
    says(&mut behind_first, &[Said::Event(6)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_ends_its_subscriptions_with_an_error() {
    let world = World::in_memory().await;
    let mut all = world.client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
    let mut one = world.client.subscribe_to_stream("a", &SubscribeToStreamOptions::default()).await;
    says(&mut all, &[Said::Confirmed, Said::CaughtUp(None)]).await;
    says(&mut one, &[Said::Confirmed, Said::CaughtUp(None)]).await;
    assert_eq!(world.serving.stop().await, Ending::Clean);
    for mut subscription in [all, one] {
        assert!(matches!(next(&mut subscription).await, Err(Error::ServerError(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_gets_everything_and_holds_nobody_up() {
    let world = World::in_memory().await;
    let mut slow = world.client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
    says(&mut slow, &[Said::Confirmed, Said::CaughtUp(None)]).await;
    for hundred in 0..50_u128 {
        world.append("a", "SeatTaken", hundred * 100 + 1..(hundred + 1) * 100 + 1).await;
    }
    let mut seen = 0;
    while seen < 5_000 {
        match next(&mut slow).await.unwrap() {
            Said::Event(number) => {
                seen += 1;
                assert_eq!(number, seen);
            }
            Said::FellBehind | Said::CaughtUp(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
