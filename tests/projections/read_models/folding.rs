//! What folds write.

use chronogram_model::{
    Authored, PersonId, Personal,
    conversation::ChatKind,
    person::{PersonSeen, ProfileCleared},
};
use chronogram_read_models::{channels, conversations, members, people};

use super::{
    history::{
        DAY, History, administrator, at, channel, client, described, enriched, group, message, opened, person, post,
        seen, snapshot,
    },
    world::World,
};

#[tokio::test]
async fn batches_of_any_size_give_the_same_rows() {
    let history = History::busy();
    let one_by_one = World::filled(&history.events, 1).await.rows().await;
    for (table, rows) in &one_by_one {
        assert!(rows.len() > 1, "the history fills {table}: {rows:?}");
    }
    for size in [7, 1_000] {
        let rows = World::filled(&history.events, size).await.rows().await;
        assert_eq!(rows, one_by_one, "batches of {size}");
    }
}

#[tokio::test]
async fn a_message_observed_again_counts_once_and_reads_as_observed_last() {
    for size in [1, 10] {
        let mut history = History::default();
        history
            .talk(&group(), opened(&group(), ChatKind::Supergroup))
            .talk(&group(), message(1, 5, 10, "draft"))
            .talk(&group(), message(2, 5, 20, "other"))
            .talk(&group(), message(1, 5, 10, "final"));
        let world = World::filled(&history.events, size).await;

        let [conversation] = &conversations::conversations_by_id(&world.pool, &[group()]).await.unwrap()[..] else {
            panic!("one conversation")
        };
        assert_eq!((conversation.messages_count, conversation.last_position), (2, 4));
        assert_eq!((conversation.first_message_at, conversation.last_message_at), (Some(at(10)), at(20)));
        assert_eq!((conversation.kind.as_str(), conversation.opened_at), ("supergroup", Some(at(600))));

        let ids = [(group(), chronogram_model::MessageId(1))];
        let [read] = &conversations::messages_by_id(&world.pool, &ids).await.unwrap()[..] else {
            panic!("one message")
        };
        assert_eq!((read.text.as_deref(), read.observations, read.position), (Some("final"), 2, 4));

        let [author] = &people::people_by_id(&world.pool, &[person(5)]).await.unwrap()[..] else {
            panic!("one person")
        };
        assert_eq!((author.messages_count, author.conversations_count), (2, 1));
        let parts = people::conversations_of(&world.pool, &person(5), Default::default(), &Default::default()).await;
        let [(part, _)] = &parts.unwrap().rows[..] else { panic!("one part") };
        assert_eq!((part.messages_count, part.first_message_at, part.last_message_at), (2, at(10), at(20)));
    }
}

#[tokio::test]
async fn a_post_observed_again_counts_once_with_its_newest_reactions() {
    let mut history = History::default();
    history.of_channel(channel(1), post(channel(1), 7, 10, 3)).of_channel(channel(1), post(channel(1), 7, 10, 8));
    let world = World::filled(&history.events, 1).await;
    let [found] = &channels::channels_by_id(&world.pool, &[channel(1)]).await.unwrap()[..] else {
        panic!("one channel")
    };
    assert_eq!((found.posts_count, found.tracked, found.title.as_deref()), (1, false, None));
    let ids = [(channel(1), chronogram_model::MessageId(7))];
    let [read] = &channels::posts_by_id(&world.pool, &ids).await.unwrap()[..] else { panic!("one post") };
    assert_eq!((read.reactions_total, read.reactions.len(), read.observations), (8, 1, 2));
    assert_eq!(read.assumed_zone.as_deref(), Some("Europe/Moscow"));
}

#[tokio::test]
async fn of_each_utc_day_the_last_count_stands_in_whatever_order_counts_come() {
    let id = channel(1);
    for size in [1, 2, 10] {
        let mut history = History::default();
        history
            .of_channel(id, snapshot(id, DAY - 1, 11))
            .of_channel(id, snapshot(id, DAY, 20))
            .of_channel(id, snapshot(id, 5, 10))
            .of_channel(id, snapshot(id, DAY + 5, 21))
            .of_channel(id, snapshot(id, DAY + 5, 22))
            .of_channel(id, snapshot(id, 3 * DAY, 40))
            .of_channel(id, snapshot(id, 2 * DAY, 30))
            .of_channel(id, chronogram_model::channel::ChannelUntracked { channel: id, untracked_at: at(0) });
        let world = World::filled(&history.events, size).await;
        let (first, end) = (jiff::civil::date(2023, 11, 15), jiff::civil::date(2023, 11, 20));
        let days = members::members_daily(&world.pool, id, first, end).await.unwrap();
        let days: Vec<_> = days.iter().map(|day| (day.count.day.day(), day.count.members, day.change)).collect();
        let expected = [(15, 11, None), (16, 22, Some(11)), (17, 30, Some(8)), (18, 40, Some(10))];
        assert_eq!(days, expected, "batches of {size}");
    }
}

#[tokio::test]
async fn who_runs_a_channel_is_kept_once_with_the_last_time_it_was_seen() {
    for size in [1, 10] {
        let mut history = History::default();
        history
            .of_channel(channel(2), administrator(channel(2), 5, 1))
            .of_channel(channel(1), administrator(channel(1), 5, 2))
            .of_channel(channel(2), administrator(channel(2), 5, 9));
        let world = World::filled(&history.events, size).await;
        let ids = members::administered_by(&world.pool, &person(5), 10).await.unwrap();
        assert_eq!(ids, [channel(2), channel(1)]);
        assert_eq!(members::administered_by(&world.pool, &person(5), 1).await.unwrap().len(), 1);
        assert_eq!(members::administered_by(&world.pool, &person(6), 10).await.unwrap(), []);
        let sql = "select extract(epoch from seen_at)::bigint from channel_administrator where channel = $1";
        let seen_at: i64 = sqlx::query_scalar(sql).bind(channel(2).0).fetch_one(&world.pool).await.unwrap();
        assert_eq!(seen_at, at(9).as_second());
    }
}

#[tokio::test]
async fn who_wrote_before_being_seen_is_known_without_a_name() {
    let mut history = History::default();
    history.talk(&client(), message(1, 5, 10, "hello"));
    let world = World::filled(&history.events, 1).await;
    let [author] = &people::people_by_id(&world.pool, &[person(5)]).await.unwrap()[..] else { panic!("one person") };
    assert_eq!((&author.display_name, author.has_profile), (&None, false));
    assert_eq!((author.first_seen_at, author.last_seen_at), (Some(at(10)), at(10)));

    history.of_person(5, seen(5, "Анна", 4));
    world.apply(&history.events[1..], 1).await;
    let [author] = &people::people_by_id(&world.pool, &[person(5)]).await.unwrap()[..] else { panic!("one person") };
    assert_eq!((author.display_name.as_deref(), author.messages_count), (Some("Анна"), 1));
    assert_eq!((author.first_seen_at, author.last_seen_at), (Some(at(4)), at(10)));
    let [conversation] = &conversations::conversations_by_id(&world.pool, &[client()]).await.unwrap()[..] else {
        panic!("one conversation")
    };
    assert_eq!((conversation.kind.as_str(), conversation.opened_at), ("api", None));
}

#[tokio::test]
async fn erased_words_read_as_absent() {
    fn gone<T>(whose: PersonId) -> Personal<T> {
        Personal::Erased { person: whose, erased: true }
    }
    let mut erased = message(1, 5, 10, "");
    erased.content = Authored::ByPerson(gone(person(5)));
    let named = PersonSeen { name: gone(person(5)), ..seen(5, "", 11) };
    let mut profile = enriched(5, &[], 12);
    (profile.set, profile.ask) = (gone(person(5)), Some(gone(person(5))));
    let mut history = History::default();
    history
        .talk(&client(), described(Authored::ByPerson(gone(person(5)))))
        .talk(&client(), erased)
        .of_person(5, named)
        .of_person(5, profile);
    let world = World::filled(&history.events, 10).await;

    let ids = [(client(), chronogram_model::MessageId(1))];
    let [read] = &conversations::messages_by_id(&world.pool, &ids).await.unwrap()[..] else { panic!("one message") };
    assert_eq!((&read.text, &read.media, read.entities.len()), (&None, &None, 0));
    assert_eq!(read.sender_person, Some(person(5)));
    let [conversation] = &conversations::conversations_by_id(&world.pool, &[client()]).await.unwrap()[..] else {
        panic!("one conversation")
    };
    assert_eq!((&conversation.title, &conversation.title_person), (&None, &Some(person(5))));
    let [author] = &people::people_by_id(&world.pool, &[person(5)]).await.unwrap()[..] else { panic!("one person") };
    assert_eq!((&author.display_name, &author.username, author.has_profile), (&None, &None, true));
    let page = people::enrichments_of(&world.pool, &person(5), Default::default(), &Default::default()).await.unwrap();
    let [(enrichment, _)] = &page.rows[..] else { panic!("one enrichment") };
    assert_eq!((&enrichment.question, enrichment.fields_set), (&None, 0));
}

#[tokio::test]
async fn a_profile_keeps_what_it_was_last_given_and_loses_what_was_unset_or_cleared() {
    for size in [1, 10] {
        let mut second = enriched(5, &[("city", "Казань")], 20);
        second.unset.push("interests".into());
        let mut history = History::default();
        history
            .of_person(5, seen(5, "Анна", 1))
            .of_person(5, enriched(5, &[("city", "Уфа"), ("interests", "шахматы"), ("job", "врач")], 10))
            .of_person(5, second);
        let world = World::filled(&history.events, size).await;
        let fields = people::profile_fields_of(&world.pool, &[person(5)]).await.unwrap();
        let values: Vec<_> =
            fields.iter().map(|field| (field.key.as_str(), field.value.as_str(), field.position)).collect();
        assert_eq!(values, [("city", "Казань", 3), ("job", "врач", 2)]);
        assert_eq!(fields[0].evidence, [format!("{}/1", group()), format!("{}/2", group())]);
        assert_eq!(fields[0].confidence.to_string(), "0.8750");

        let before = history.events.len();
        history.of_person(5, ProfileCleared { person: person(5), cleared_at: at(30) });
        world.apply(&history.events[before..], size).await;
        assert_eq!(people::profile_fields_of(&world.pool, &[person(5)]).await.unwrap(), []);
        let [cleared] = &people::people_by_id(&world.pool, &[person(5)]).await.unwrap()[..] else {
            panic!("one person")
        };
        assert_eq!((cleared.has_profile, cleared.profile_enriched_at, &cleared.profile_strategy), (false, None, &None));
    }
}

#[tokio::test]
async fn an_event_in_a_stream_where_it_never_stands_stops_the_fold_by_its_position() {
    let mut history = History::default();
    let said: chronogram_model::conversation::ConversationEvent = message(1, 5, 10, "secret").into();
    history.record(person(5).stream(), &said);
    let posted: chronogram_model::channel::ChannelEvent = post(channel(1), 1, 1, 1).into();
    history.record(person(5).stream(), &posted);
    let counted: chronogram_model::channel::ChannelEvent = snapshot(channel(1), 1, 1).into();
    history.record(person(5).stream(), &counted);
    let world = World::create().await;
    for (name, event) in [("conversations", 0), ("people", 0), ("channels", 1), ("members", 2)] {
        let refusal = world.refusal(name, &history.events[event]).await;
        assert!(refusal.contains(&format!("position {}", event + 1)), "{name}: {refusal}");
        assert!(!refusal.contains("secret"), "{name}: {refusal}");
    }
}
