//! The bot when everything comes at once, in the wrong order, twice, or much too often.

use std::collections::HashMap;

use chronogram_telegram_standin::{ChatId, Fault, FaultKind, ShownMessage, UserId};

use crate::world::{PATIENCE, World};

const CHATS: usize = 1_000;

/// Waits for so many messages of the bot in a chat.
async fn hears_in_all(world: &World, person: UserId, messages: usize) {
    let said = || world.said_to(person).len();
    while said() < messages {
        let before = said();
        let more = world.telegram.wait_for_message(person, PATIENCE, |_| world.said_to(person).len() > before).await;
        assert!(more.is_some(), "only {before} of {messages} messages came: {:?}", world.said_to(person));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_chats_at_once_are_each_answered_once_and_telegram_never_has_to_refuse() {
    let world = World::new().await;
    let people: Vec<_> = (0..CHATS).map(|number| world.person(&format!("P{number}"), "en")).collect();
    for person in &people {
        world.telegram.say(*person, "hello there").unwrap();
    }
    let up = world.up();
    for person in &people {
        hears_in_all(&world, *person, 1).await;
    }
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    up.stop().unwrap();
    let recorded = i64::try_from(CHATS).unwrap();
    assert_eq!(world.events("MessageReceived", "").await, recorded);
    assert_eq!(world.events("ReplySent", "").await, recorded);
    assert!(people.iter().all(|person| world.said_to(*person).len() == 1));
    let refused = world.telegram.calls_of("sendMessage").into_iter().filter(|call| call.status == Some(429)).count();
    assert_eq!(refused, 0, "Telegram had to refuse {refused} messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_refusals_is_waited_for_and_the_order_of_each_chat_is_kept() {
    const MESSAGES: usize = 4;
    let world = World::new().await;
    let people: Vec<_> = (0..10).map(|number| world.person(&format!("P{number}"), "en")).collect();
    // The next calls, whosever they are; one chat is refused for longer.
    let refuse = |seconds| FaultKind::TooManyRequests { retry_after: seconds };
    world.telegram.fail_next(Fault::next(refuse(3)).of("sendMessage").to(people[0]).times(1));
    world.telegram.fail_next(Fault::next(refuse(1)).of("sendMessage").times(15));
    let up = world.up();
    for number in 0..MESSAGES {
        for person in &people {
            world.telegram.say(*person, &format!("/remind {}h thing", number + 1)).unwrap();
        }
    }
    for person in &people {
        hears_in_all(&world, *person, MESSAGES).await;
    }
    assert!(world.telegram.faults().is_empty(), "{:?}", world.telegram.faults());
    up.stop().unwrap();
    for person in &people {
        let said = world.said_to(*person);
        let hours: Vec<_> =
            said.iter().map(|text| text.split("in ").nth(1).unwrap().split(' ').next().unwrap()).collect();
        assert_eq!(hours, ["1", "2", "3", "4"], "{said:?}");
    }
    // Nobody was asked again before the time that Telegram named.
    let mut free_at: HashMap<ChatId, i64> = HashMap::new();
    for call in world.telegram.calls_of("sendMessage") {
        let chat = call.chat.unwrap();
        let early = free_at.get(&chat).map_or(0, |free_at| free_at - call.at_ms);
        assert!(early <= 0, "asked again {early} ms too early");
        if call.status == Some(429) {
            // "Too Many Requests: retry after 3"
            let seconds = call.refusal.unwrap().rsplit(' ').next().unwrap().parse::<i64>().unwrap();
            free_at.insert(chat, call.at_ms + seconds * 1_000);
        }
    }
    assert_eq!(world.events("ReplySent", "\"maybe_repeated\":true").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_in_the_wrong_order_with_gaps_and_twice_are_each_recorded_once() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "en"));
    for number in 0..5 {
        world.telegram.skip_update_ids(if number % 2 == 0 { 300 } else { 0 });
        world.telegram.say(anna, &format!("первое {number}")).unwrap();
        world.telegram.say(bob, &format!("second {number}")).unwrap();
    }
    world.telegram.reverse_next_batch();
    world.telegram.duplicate_next(3);
    let up = world.up();
    hears_in_all(&world, anna, 5).await;
    hears_in_all(&world, bob, 5).await;
    // Those that come twice, and one more behind a gap after all is quiet.
    for person in [anna, bob] {
        world.telegram.skip_update_ids(100_000);
        world.telegram.say(person, "/help").unwrap();
        hears_in_all(&world, person, 6).await;
    }
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    up.stop().unwrap();
    assert_eq!(world.events("MessageReceived", "").await, 12);
    assert_eq!((world.said_to(anna).len(), world.said_to(bob).len()), (6, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_all_roles_do_each_thing_once_and_one_goes_on_when_the_other_is_killed() {
    let world = World::new().await;
    let people: Vec<_> = (0..6).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let (one, other) = (world.serve(), world.serve());
    let say_all = |what: &str| {
        for person in &people {
            world.telegram.say(*person, what).unwrap();
        }
    };
    say_all("/remind 3s tea");
    for person in &people {
        hears_in_all(&world, *person, 1).await;
    }
    // Whichever leads: the other takes over what it did.
    one.kill().unwrap();
    say_all("/remind 1h coffee");
    for person in &people {
        for wanted in ["⏰ tea", "coffee"] {
            let heard = |message: &ShownMessage| message.from_bot && message.text.contains(wanted);
            let heard = world.telegram.wait_for_message(*person, PATIENCE, heard).await;
            assert!(heard.is_some(), "no {wanted}: {:?}", world.said_to(*person));
        }
    }
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    other.stop().unwrap();
    assert_eq!(world.events("ReminderScheduled", "").await, 12);
    assert_eq!(world.events("ReminderDelivered", "").await, 6);
    let repeats = usize::try_from(world.events("", "\"maybe_repeated\":true").await).unwrap();
    let said: usize = people.iter().map(|person| world.said_to(*person).len()).sum();
    assert!((18..=18 + repeats).contains(&said), "{said} messages, {repeats} marked as repeats");
    world.home.succeed(&["projections", "verify"]).unwrap();
}
