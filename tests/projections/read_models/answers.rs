//! What the queries that are no pages answer.

use chronogram_model::{
    ChatId, ConversationId, MessageId, Origin, ReminderId, ReplyId, person::ProfileEnrichmentFailed,
};
use chronogram_read_models::{
    QueryError, channels, conversations,
    event_counts::{self, EventCountFilter},
    members,
    people::{self, ToFill, Unfilled},
    reminders,
};
use jiff::civil::date;
use rust_decimal::Decimal;

use super::{
    history::{DAY, History, at, channel, client, enriched, group, message, person, seen, snapshot},
    world::World,
};

#[tokio::test]
async fn batches_by_id_give_what_exists_and_nothing_else() {
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    let unknown = ChatId(-1);
    let found = conversations::conversations_by_id(pool, &[group(), client()]).await.unwrap();
    assert_eq!(found.len(), 2);
    let ids = [(group(), MessageId(3)), (client(), MessageId(3)), (group(), MessageId(99_999))];
    let mut found: Vec<_> =
        conversations::messages_by_id(pool, &ids).await.unwrap().into_iter().map(|row| row.conversation).collect();
    found.sort();
    assert_eq!(found, [group(), client()]);
    assert_eq!(people::people_by_id(pool, &[person(1), person(99)]).await.unwrap().len(), 1);
    assert_eq!(channels::channels_by_id(pool, &[channel(1), unknown]).await.unwrap().len(), 1);
    let ids = [(channel(1), MessageId(3)), (unknown, MessageId(3))];
    assert_eq!(channels::posts_by_id(pool, &ids).await.unwrap().len(), 1);
    let mut counts = people::people_counts(pool, &[group(), client()]).await.unwrap();
    counts.sort_by_key(|count| count.conversation.to_string());
    let by_hand: Vec<i64> = {
        let sql = "select count(distinct sender_person) from message where conversation = $1";
        let mut counted = Vec::new();
        for count in &counts {
            counted.push(sqlx::query_scalar(sql).bind(count.conversation.to_string()).fetch_one(pool).await.unwrap());
        }
        counted
    };
    assert_eq!(counts.iter().map(|count| count.people).collect::<Vec<_>>(), by_hand);
}

#[tokio::test]
async fn replies_and_reminders_are_read_by_their_ids_with_what_became_of_them() {
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    let chat = ConversationId::Bot { bot: 42, chat: ChatId::private(8) };
    let origin = |round: &str| Origin::of(&["talk", round]);
    let ids = [ReplyId::of(origin("1"), 0), ReplyId::of(origin("1"), 1), ReplyId::of(origin("never"), 0)];
    let mut found = conversations::replies_by_id(pool, &ids).await.unwrap();
    found.sort_by_key(|row| row.requested_at);
    let [sent, failed] = &found[..] else { panic!("two of three: {found:?}") };
    assert_eq!(
        (&sent.conversation, sent.in_reply_to, sent.text.as_deref()),
        (&chat, Some(MessageId(500)), Some("ответ 0"))
    );
    assert_eq!((sent.kind.as_str(), sent.priority.as_str(), sent.state.as_str()), ("send", "answer", "sent"));
    assert_eq!((&sent.message_ids[..], sent.maybe_repeated, sent.settled_at), (&[600, 601][..], true, Some(at(500))));
    assert_eq!(
        (failed.kind.as_str(), failed.state.as_str(), failed.reason.as_deref()),
        ("edit", "failed", Some("blocked"))
    );

    let id = |number: &str| ReminderId::of(Origin::of(&["reminder", "1", number]));
    let found = reminders::reminders_by_id(pool, &[id("1"), id("never")]).await.unwrap();
    let [cancelled] = &found[..] else { panic!("one of two: {found:?}") };
    assert_eq!((cancelled.state.as_str(), cancelled.settled_at), ("cancelled", Some(at(610))));
}

#[tokio::test]
async fn the_private_chat_of_a_person_is_the_one_with_a_bot_that_they_wrote_in_last() {
    let mut history = History::default();
    let bot = |bot| ConversationId::Bot { bot, chat: ChatId::private(5) };
    let group_of_bot = ConversationId::Bot { bot: 42, chat: ChatId(-5) };
    // Of the same number, but no chat with a bot; and a number that only ends alike.
    let others = [ConversationId::Export(ChatId::private(5)), group(), group_of_bot, client()];
    for (index, conversation) in others.iter().enumerate() {
        history.talk(conversation, message(1, 5, 900 + i64::try_from(index).unwrap(), "later"));
    }
    history.talk(&ConversationId::Bot { bot: 42, chat: ChatId::private(15) }, message(1, 15, 10, "another"));
    let pool = &World::filled(&history.events, 100).await.pool;
    assert_eq!(people::private_chat_of(pool, &person(5)).await.unwrap(), None);

    history.talk(&bot(41), message(1, 5, 20, "first")).talk(&bot(42), message(1, 5, 30, "last"));
    let pool = &World::filled(&history.events, 100).await.pool;
    assert_eq!(people::private_chat_of(pool, &person(5)).await.unwrap(), Some(bot(42)));
    assert_eq!(
        people::private_chat_of(pool, &person(15)).await.unwrap().map(|id| id.to_string()),
        Some("42.15".into())
    );
}

#[tokio::test]
async fn counts_equal_what_is_there() {
    let history = History::busy();
    let pool = &World::filled(&history.events, 7).await.pool;
    for (kept, counted) in [
        ("select sum(messages_count)::bigint from conversation", "select count(*) from message"),
        (
            "select sum(messages_count)::bigint from person",
            "select count(*) from message where sender_person is not null",
        ),
        ("select sum(messages_count)::bigint from person_conversation", "select count(*) from person_message"),
        ("select sum(conversations_count)::bigint from person", "select count(*) from person_conversation"),
        ("select sum(posts_count)::bigint from channel", "select count(*) from post"),
    ] {
        let kept_sum: i64 = sqlx::query_scalar(kept).fetch_one(pool).await.unwrap();
        let count: i64 = sqlx::query_scalar(counted).fetch_one(pool).await.unwrap();
        assert!(kept_sum > 0);
        assert_eq!(kept_sum, count, "{kept}");
    }
}

#[tokio::test]
async fn a_channel_is_found_by_its_username_in_any_case_and_the_last_holder_counts() {
    let mut history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    for name in ["channel_2", "@CHANNEL_2"] {
        let found = channels::channel_by_username(pool, name).await.unwrap();
        assert_eq!(found.map(|row| row.id), Some(channel(2)), "{name}");
    }
    assert_eq!(channels::channel_by_username(pool, "nobody").await.unwrap(), None);

    let (username, id) = (Some("channel_2".to_owned()), channel(8));
    let tracked = chronogram_model::channel::ChannelTracked { channel: id, username, title: None, tracked_at: at(0) };
    history.of_channel(id, tracked);
    let pool = &World::filled(&history.events, 100).await.pool;
    assert_eq!(channels::channel_by_username(pool, "Channel_2").await.unwrap().map(|row| row.id), Some(id));
}

#[tokio::test]
async fn the_newest_texts_of_a_person_come_oldest_first_within_count_and_budget() {
    let mut history = History::default();
    for number in 1..=6 {
        history.talk(&group(), message(number, 5, number * 10, &"я".repeat(5)));
    }
    history.talk(&client(), message(1, 5, 35, "")).talk(&client(), message(2, 6, 36, "of another"));
    let pool = &World::filled(&history.events, 100).await.pool;
    let numbers = |limit, budget| async move {
        let read = conversations::latest_messages_of(pool, &[person(5)], limit, budget).await.unwrap();
        read.iter().map(|row| row.message_id.0).collect::<Vec<_>>()
    };
    assert_eq!(numbers(200, 1_000).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(2, 1_000).await, [5, 6]);
    assert_eq!(numbers(200, 30).await, [4, 5, 6], "ten bytes a text");
    assert_eq!(numbers(200, 9).await, [0_i64; 0]);

    let of_several =
        conversations::latest_messages_of(pool, &[person(6), person(5), person(9)], 2, 1_000).await.unwrap();
    let of_several: Vec<_> = of_several.iter().map(|row| (row.person.clone(), row.message_id.0)).collect();
    assert_eq!(of_several, [(person(5), 5), (person(5), 6), (person(6), 2)], "of each as if alone");
}

#[tokio::test]
async fn people_to_fill_are_walked_through_once() {
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    let walk = async |wanted: ToFill| {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let step = people::people_to_fill(pool, &wanted, after.as_ref(), 2).await.unwrap();
            let Some(last) = step.last() else { break };
            after = Some(last.id.clone());
            walked.extend(step.iter().map(|row| row.id.clone()));
        }
        assert_eq!(people::count_people_to_fill(pool, &wanted).await.unwrap(), walked.len() as u64);
        walked
    };
    let all = |profile| ToFill { profile, active_since: None, among: None, vip: None, spares: false };
    let without = [person(3), person(5), person(6), person(7), person(8)];
    assert_eq!(walk(all(Unfilled::Without)).await, without);

    let mut rows = people::people_by_id(pool, &(1..=9).map(person).collect::<Vec<_>>()).await.unwrap();
    rows.sort_by_key(|row| row.id.to_string());
    let mut filled: Vec<_> = rows.iter().filter_map(|row| Some((row.profile_enriched_at?, row.id.clone()))).collect();
    filled.retain(|(_, id)| rows.iter().any(|row| row.id == *id && row.has_profile));
    filled.sort();
    let (first_at, first) = filled[0].clone();
    let last_at = filled[filled.len() - 1].0;
    assert!(filled.len() > 1 && last_at > first_at, "{filled:?}");
    assert_eq!(walk(all(Unfilled::Outdated(first_at))).await, [], "filled at the moment is not before it");
    assert!(walk(all(Unfilled::Outdated(last_at))).await.contains(&first));
    let both = walk(all(Unfilled::WithoutOrOutdated(last_at))).await;
    assert!(both.contains(&first) && without.iter().all(|id| both.contains(id)), "{both:?}");

    let wrote = rows.iter().filter(|row| !row.has_profile).filter_map(|row| row.last_message_at).max().unwrap();
    let active = walk(ToFill { active_since: Some(wrote), ..all(Unfilled::Without) }).await;
    let expected: Vec<_> =
        rows.iter().filter(|row| !row.has_profile && row.last_message_at >= Some(wrote)).map(|row| &row.id).collect();
    assert_eq!(active.iter().collect::<Vec<_>>(), expected);
    let among = Some(vec![person(7), person(1), person(99)]);
    assert_eq!(walk(ToFill { among, ..all(Unfilled::Without) }).await, [person(7)]);

    let strategy = rows.iter().find(|row| row.id == first).unwrap().profile_strategy.clone().unwrap();
    let not_by = |strategy: &str, or_before| Unfilled::NotBy { strategy: strategy.to_owned(), or_before };
    assert_eq!(walk(all(not_by("another", first_at))).await.len(), rows.len(), "all are by others, or by nobody");
    assert!(!walk(all(not_by(&strategy, first_at))).await.contains(&first), "by this one, and not older");
    assert!(walk(all(not_by(&strategy, last_at))).await.contains(&first), "by this one, but older");
}

#[tokio::test]
async fn statistics_count_profiles_and_what_every_strategy_took() {
    let world = World::create().await;
    let nothing = people::profile_statistics(&world.pool).await.unwrap();
    assert_eq!(nothing, people::ProfileStatistics::default());

    let mut history = History::default();
    let mut fallen_back = enriched(2, &[("city", "Уфа")], 40);
    (fallen_back.strategy, fallen_back.fallback_reason) = ("llm".into(), Some("time-out".into()));
    let (strategy, digest, fault) = ("custom".into(), "d".into(), "trap".into());
    let failed = ProfileEnrichmentFailed { person: person(3), strategy, digest, fault, failed_at: at(50) };
    history
        .of_person(1, seen(1, "Анна", 1))
        .of_person(1, enriched(1, &[("city", "Уфа")], 20))
        .of_person(1, enriched(1, &[("city", "Уфа")], 30))
        .of_person(2, fallen_back)
        .of_person(3, failed);
    world.apply(&history.events, 100).await;
    let counted = people::profile_statistics(&world.pool).await.unwrap();
    assert_eq!((counted.people, counted.with_profile, counted.oldest_enriched_at), (3, 2, Some(at(30))));
    let strategies: Vec<_> = counted
        .strategies
        .iter()
        .map(|of| (of.strategy.as_str(), of.profiles, of.enrichments, of.fallbacks, of.failures))
        .collect();
    assert_eq!(strategies, [("basic", 1, 2, 0, 0), ("custom", 0, 0, 0, 1), ("llm", 1, 1, 1, 0)]);
    let basic = &counted.strategies[0];
    assert_eq!((basic.tokens, basic.cost), (Decimal::from(24), Decimal::new(30, 3)));
    assert_eq!(basic.duration_us, Decimal::from(3_000));
}

#[tokio::test]
async fn members_are_read_as_a_series_as_of_a_day_and_newest() {
    let (one, other, never) = (channel(1), channel(2), channel(3));
    let mut history = History::default();
    for (day, members) in [(0, 100), (1, 90), (4, 120)] {
        history.of_channel(one, snapshot(one, day * DAY, members));
    }
    history.of_channel(other, snapshot(other, 2 * DAY, 7));
    let pool = &World::filled(&history.events, 10).await.pool;
    let day = |number: i8| date(2023, 11, 15 + number);

    let series = async |from, to| {
        let rows = members::members_daily(pool, one, day(from), day(to)).await.unwrap();
        rows.iter().map(|row| (row.count.day, row.count.members, row.change)).collect::<Vec<_>>()
    };
    let all = [(day(0), 100, None), (day(1), 90, Some(-10)), (day(4), 120, Some(30))];
    assert_eq!(series(0, 5).await, all);
    // The change is reckoned from the count before, even where that lies before the range.
    assert_eq!(series(1, 4).await, all[1..2]);
    assert_eq!(series(2, 5).await, all[2..]);
    assert_eq!(series(2, 4).await, []);
    let refused = members::members_daily(pool, one, date(1990, 1, 1), day(0)).await;
    assert!(matches!(refused, Err(QueryError::RangeTooLong { max: 5_000, .. })), "{refused:?}");

    let as_of = async |channel, number| {
        let row = members::members_at_or_before(pool, channel, day(number)).await.unwrap();
        row.map(|row| (row.members, row.taken_at))
    };
    assert_eq!(as_of(one, 0).await, Some((100, at(0))));
    assert_eq!(as_of(one, 3).await, Some((90, at(DAY))));
    assert_eq!(as_of(other, 1).await, None);

    let mut newest = members::latest_counts(pool, &[one, never, other]).await.unwrap();
    newest.sort_by_key(|row| row.members);
    let newest: Vec<_> = newest.iter().map(|row| (row.channel, row.members, row.source.as_str())).collect();
    assert_eq!(newest, [(other, 7, "bot_api"), (one, 120, "bot_api")]);
}

#[tokio::test]
async fn events_are_counted_by_utc_day_and_type() {
    let mut history = History::default();
    // One event every ten minutes from 00:10: 143 on the first day.
    for number in 0..150 {
        history.talk(&group(), message(number, 1, 0, "text"));
    }
    history.of_person(1, seen(1, "Анна", 1));
    let pool = &World::filled(&history.events, 13).await.pool;
    let read = |from, to, types: &[&str]| {
        let filter = EventCountFilter { from, to, types: types.iter().map(|name| (*name).to_owned()).collect() };
        async move { event_counts::event_counts(pool, &filter).await }
    };
    let days = (date(2023, 11, 15), date(2023, 11, 16), date(2023, 11, 17));
    let all = read(days.0, days.2, &[]).await.unwrap();
    let rows: Vec<_> = all.iter().map(|row| (row.day, row.event_type.as_str(), row.events)).collect();
    assert_eq!(rows, [(days.0, "MessageReceived", 143), (days.1, "MessageReceived", 7), (days.1, "PersonSeen", 1)]);
    assert_eq!(read(days.0, days.1, &[]).await.unwrap(), all[..1]);
    assert_eq!(read(days.0, days.2, &["PersonSeen"]).await.unwrap(), all[2..]);
    assert_eq!(read(days.2, days.0, &[]).await.unwrap(), []);
    let refused = read(date(1990, 1, 1), date(2023, 1, 1), &[]).await;
    assert!(matches!(refused, Err(QueryError::RangeTooLong { days: 12_053, max: 5_000 })), "{refused:?}");
}
