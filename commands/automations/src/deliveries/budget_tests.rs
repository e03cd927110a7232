use super::*;

const ANN: ChatId = ChatId::private(7);
const GROUP: ChatId = ChatId::basic_group(9);

#[test]
fn a_chat_gets_one_message_a_second() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    assert_eq!(budget.next(ANN, 1, now), now);
    budget.take(ANN, 1, now);
    assert_eq!(budget.next(ANN, 1, now), now + CHAT_PAUSE);
    assert_eq!(budget.next(GROUP, 1, now), now, "another chat does not wait");
    assert_eq!(budget.closed(now), (vec![ANN.0], Some(now + CHAT_PAUSE)));
}

#[test]
fn all_chats_together_get_no_more_than_telegram_takes() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    for chat in 0..28 {
        assert_eq!(budget.next(ChatId::private(chat), 1, now), now);
        budget.take(ChatId::private(chat), 1, now);
    }
    let (other, later) = (ChatId::private(99), now + Duration::from_secs(9));
    assert!(budget.next(other, 1, later) > later, "all are still on their way");
    budget.back(1, later);
    assert_eq!(budget.next(other, 1, later), later + ALL_WINDOW, "Telegram may have counted it just now");
    assert_eq!(budget.next(other, 1, later + ALL_WINDOW), later + ALL_WINDOW);
    assert!(budget.next(other, 2, later + ALL_WINDOW) > later + ALL_WINDOW, "one is back, not two");
}

#[test]
fn a_group_gets_nineteen_a_minute() {
    let (mut budget, start) = (Budget::default(), Instant::now());
    let mut at = start;
    for _ in 0..19 {
        at = at.max(budget.next(GROUP, 1, at));
        budget.take(GROUP, 1, at);
    }
    assert_eq!(budget.next(GROUP, 1, at), start + GROUP_WINDOW);
}

#[test]
fn an_album_counts_as_many_as_it_holds() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    budget.take(GROUP, 10, now);
    assert_eq!(budget.next(GROUP, 1, now), now + CHAT_PAUSE * 10);
    let later = now + CHAT_PAUSE * 10;
    assert_eq!(budget.next(GROUP, 9, later), later);
    assert_eq!(budget.next(GROUP, 10, later), now + GROUP_WINDOW);
    // Two more albums are all that fit into a second.
    budget.take(ANN, 10, now);
    assert_eq!(budget.next(ChatId::private(8), 8, now), now);
    assert_eq!(budget.next(ChatId::private(8), 10, now), now + ALL_WINDOW);
    budget.back(20, now);
    assert_eq!(budget.next(ChatId::private(8), 10, now), now + ALL_WINDOW);
}

#[test]
fn a_refusal_holds_its_chat_and_refusals_of_several_hold_all() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    let wait = Duration::from_secs(5);
    assert!(!budget.refuse(ANN, wait, now));
    assert_eq!(budget.next(ANN, 1, now), now + wait);
    assert_eq!(budget.next_uncounted(ANN, now), now + wait);
    assert_eq!(budget.next(GROUP, 1, now), now);
    assert!(!budget.refuse(GROUP, wait, now));
    assert!(budget.refuse(ChatId::private(8), wait, now));
    assert_eq!(budget.next(ChatId::private(100), 1, now), now + wait);
    assert_eq!(budget.next_uncounted(ChatId::private(100), now), now + wait, "answers to buttons wait with the others");
    assert_eq!(budget.all_held(now), Some(now + wait));
}

#[test]
fn one_chats_long_wait_is_not_everybodys() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    let (long, short) = (Duration::from_hours(1), Duration::from_secs(3));
    budget.refuse(GROUP, long, now);
    budget.refuse(ANN, short, now);
    assert!(budget.refuse(ChatId::private(8), short, now));
    assert_eq!(budget.next(ChatId::private(100), 1, now), now + short);
    assert_eq!(budget.next(GROUP, 1, now), now + long);
}

#[test]
fn a_shorter_wait_takes_nothing_from_a_longer_one() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    budget.refuse(ANN, Duration::from_secs(30), now);
    budget.refuse(ANN, Duration::from_secs(1), now);
    assert_eq!(budget.next(ANN, 1, now), now + Duration::from_secs(30));
}

#[test]
fn an_action_costs_no_message_its_place() {
    let (mut budget, now) = (Budget::default(), Instant::now());
    assert!(budget.act(ANN, now));
    assert_eq!(budget.next(ANN, 1, now), now, "the answer goes at once");
    assert!(!budget.act(ANN, now + Duration::from_secs(1)), "it still shows");
    assert!(budget.act(ANN, now + ACTION_PAUSE));
    assert!(budget.act(GROUP, now + ACTION_PAUSE));
    assert!(!budget.act(ChatId::private(8), now + ACTION_PAUSE), "two a second are all that messages leave");
    assert!(!budget.act(GROUP, now + Duration::from_secs(30)), "one a minute in a group");
    budget.refuse(ChatId::private(9), Duration::from_secs(5), now);
    assert!(!budget.act(ChatId::private(9), now + Duration::from_secs(4)), "where Telegram wants us to wait, we do");
}
