//! Which indexes the queries use, told by Postgres' own counters while the real queries run.

use chronogram_model::{ChatId, ConversationId, channel::ChannelTracked, conversation::ChatKind};
use chronogram_read_models::{
    Cursor, Direction, PageRequest, Sorted, TimeRange,
    channels::{self, ChannelFilter, ChannelOrder, PostFilter, PostOrder},
    conversations::{self, ConversationFilter, ConversationOrder, MessageFilter, MessageOrder, ReplyFilter},
    members,
    people::{self, PersonFilter, PersonOrder, ToFill, Unfilled},
    reminders::{self, ReminderFilter},
};
use sqlx::PgConnection;

use super::{
    history::{
        DAY, History, administrator, at, channel, client, enriched, group, message, opened, person, post, seen,
        snapshot,
    },
    talk,
    world::World,
};

/// Enough rows that reading a whole table would cost more than any index.
const MESSAGES: i64 = 20_000;
const OTHERS: i64 = 3_000;
const PAGE: i64 = 20;

/// Two busy conversations of 20 people, and many people, conversations, channels and posts; of people, conversations
/// and channels every twentieth is of the kind that filters ask for. Everybody has a reply and a reminder, of which every
/// twentieth failed; person 7 has a quarter of all, of which every tenth failed.
async fn crowded() -> World {
    let mut history = History::default();
    for number in 0..MESSAGES {
        let conversation: ConversationId = if number % 2 == 0 { group() } else { client() };
        history.talk(&conversation, message(number, number / 2 % 20, number / 10, "text"));
    }
    for number in 0..OTHERS {
        let user = 1_000 + number;
        history.of_person(user, seen(user, "Анна", number));
        let private = ConversationId::Bot { bot: 42, chat: ChatId::private(user) };
        history.talk(&private, message(1, 7, number, "text"));
        let broadcast = channel(number + 1);
        history
            .of_channel(broadcast, post(broadcast, 1, number, 1))
            .of_channel(channel(1), post(channel(1), number, number, 7));
        history
            .of_channel(broadcast, snapshot(broadcast, number, 1))
            .of_channel(channel(1), snapshot(channel(1), number * DAY, 1))
            .of_channel(broadcast, administrator(broadcast, number % 100, 1));
        if number % 20 > 0 {
            history.of_person(user, enriched(user, &[("city", "Уфа")], number));
        } else {
            history.talk(&private, opened(&private, ChatKind::Bot));
            let tracked = ChannelTracked { channel: broadcast, username: None, title: None, tracked_at: at(number) };
            history.of_channel(broadcast, tracked);
        }
        let busy = ConversationId::Bot { bot: 42, chat: ChatId::private(7) };
        talk::reply(&mut history, &private, number, number % 20 == 0);
        talk::reminder_of(&mut history, &person(user), &private, number, number % 20 == 0);
        if number % 3 == 0 {
            talk::reply(&mut history, &busy, OTHERS + number, number % 30 == 0);
            talk::reminder_of(&mut history, &person(7), &busy, OTHERS + number, number % 30 == 0);
        }
    }
    let world = World::filled(&history.events, 2_000).await;
    // Vacuumed, as it would be in the long run: entries of rows' earlier versions would be counted as read too.
    sqlx::raw_sql("vacuum analyze").execute(&world.pool).await.unwrap();
    world
}

/// Scans of `relation` and rows they read, as this session counts them.
async fn used(connection: &mut PgConnection, relation: &str) -> (i64, i64) {
    let sql = "select pg_stat_get_xact_numscans($1::regclass), pg_stat_get_xact_tuples_returned($1::regclass)";
    sqlx::query_as(sql).bind(relation).fetch_one(connection).await.unwrap()
}

/// What `ask` uses of `relations`: the counters may still hold what earlier transactions of the session used.
async fn used_by<T>(
    world: &World,
    relations: [&str; 2],
    ask: impl AsyncFnOnce(&mut PgConnection) -> T,
) -> ([(i64, i64); 2], T) {
    let mut transaction = world.pool.begin().await.unwrap();
    let mut before = Vec::new();
    for relation in relations {
        before.push(used(&mut transaction, relation).await);
    }
    let answer = ask(&mut transaction).await;
    let mut difference = [(0, 0); 2];
    for (index, relation) in relations.into_iter().enumerate() {
        let after = used(&mut transaction, relation).await;
        difference[index] = (after.0 - before[index].0, after.1 - before[index].1);
    }
    (difference, answer)
}

/// `ask` scans `index` once, reads at most one page and one entry of it, and does not read `table` whole.
async fn assert_one_page_of<T>(
    world: &World,
    index: &str,
    table: &str,
    ask: impl AsyncFnOnce(&mut PgConnection) -> T,
) -> T {
    let ([(scans, entries), of_table], answer) = used_by(world, [index, table], ask).await;
    assert_eq!(scans, 1, "scans of {index}");
    assert!((1..=PAGE + 1).contains(&entries), "{entries} entries of {index} were read");
    assert_eq!(of_table, (0, 0), "{table} is not read whole");
    answer
}

fn page(after: Option<Cursor>) -> PageRequest {
    PageRequest::new(Some(PAGE), after, None, None).unwrap()
}

#[tokio::test]
async fn the_lists_of_row_b12_read_one_page_of_their_index() {
    let world = crowded().await;
    let everything = MessageFilter::default();

    // History by client and time, from its newest message and from the middle.
    let range = TimeRange { from: Some(at(0)), to: Some(at(1_900)) };
    let newest = assert_one_page_of(&world, "message_by_person", "message", async |connection| {
        conversations::messages_of_person(connection, &person(7), range, Direction::Descending, &page(None))
            .await
            .unwrap()
    })
    .await;
    let after = newest.rows.last().map(|(_, cursor)| cursor.clone());
    assert!(after.is_some());
    assert_one_page_of(&world, "message_by_person", "message", async |connection| {
        conversations::messages_of_person(connection, &person(7), range, Direction::Descending, &page(after))
            .await
            .unwrap()
    })
    .await;

    // Messages after an id.
    let order = Sorted::ascending(MessageOrder::MessageId);
    let first = conversations::messages(&world.pool, &group(), &everything, order, &page(None)).await.unwrap();
    let after = first.rows.last().map(|(_, cursor)| cursor.clone());
    let next = assert_one_page_of(&world, "message_pkey", "message", async |connection| {
        conversations::messages(connection, &group(), &everything, order, &page(after)).await.unwrap()
    })
    .await;
    assert_eq!(next.rows.first().map(|(row, _)| row.message_id.0), Some(2 * PAGE));
}

#[tokio::test]
async fn every_list_reads_one_page_of_the_index_of_its_filter_and_order() {
    let world = crowded().await;
    for direction in [Direction::Ascending, Direction::Descending] {
        lists_of_messages(&world, direction).await;
        lists_of_conversations(&world, direction).await;
        lists_of_people(&world, direction).await;
        lists_of_channels(&world, direction).await;
        lists_of_replies_and_reminders(&world, direction).await;
    }
}

async fn lists_of_replies_and_reminders(world: &World, direction: Direction) {
    let busy = ConversationId::Bot { bot: 42, chat: ChatId::private(7) };
    for (filter, index) in [
        (ReplyFilter::Conversation(busy), "reply_by_conversation"),
        (ReplyFilter::State("failed".to_owned()), "reply_by_state"),
    ] {
        assert_one_page_of(world, index, "reply", async |connection| {
            conversations::replies(connection, &filter, direction, &page(None)).await.unwrap()
        })
        .await;
    }
    let (failed, mid) = (Some("failed".to_owned()), TimeRange { from: Some(at(500)), to: Some(at(2_900)) });
    for (person, state, index) in [
        (None, None, "reminder_by_due"),
        (None, failed.clone(), "reminder_by_state_due"),
        (Some(person(7)), None, "reminder_by_person_due"),
        (Some(person(7)), failed, "reminder_by_person_state_due"),
    ] {
        for due_at in [TimeRange::default(), mid] {
            let filter = ReminderFilter { person: person.clone(), state: state.clone(), due_at };
            assert_one_page_of(world, index, "reminder", async |connection| {
                reminders::reminders(connection, &filter, direction, &page(None)).await.unwrap()
            })
            .await;
        }
    }
}

async fn lists_of_messages(world: &World, direction: Direction) {
    let range = TimeRange { from: Some(at(500)), to: None };
    let by_time = MessageFilter { sender: None, sent_at: range };
    let by_sender_and_time = MessageFilter { sender: Some(person(8)), sent_at: range };
    let by_sender = MessageFilter { sender: Some(person(8)), sent_at: TimeRange::default() };
    for (filter, by, index) in [
        (&by_time, MessageOrder::SentAt, "message_by_sent_at"),
        (&by_sender_and_time, MessageOrder::SentAt, "message_by_person"),
        (&by_sender, MessageOrder::MessageId, "message_by_sender"),
    ] {
        let order = Sorted { by, direction };
        assert_one_page_of(world, index, "message", async |connection| {
            conversations::messages(connection, &group(), filter, order, &page(None)).await.unwrap()
        })
        .await;
    }
}

async fn lists_of_conversations(world: &World, direction: Direction) {
    for (kind, by, index) in [
        (None, ConversationOrder::LastMessageAt, "conversation_by_last_message"),
        (None, ConversationOrder::Id, "conversation_pkey"),
        (Some(ChatKind::Bot), ConversationOrder::LastMessageAt, "conversation_by_kind_last_message"),
        (Some(ChatKind::Bot), ConversationOrder::Id, "conversation_by_kind"),
    ] {
        let (filter, order) = (ConversationFilter { kind }, Sorted { by, direction });
        assert_one_page_of(world, index, "conversation", async |connection| {
            conversations::conversations(connection, &filter, order, &page(None)).await.unwrap()
        })
        .await;
    }
}

async fn lists_of_people(world: &World, direction: Direction) {
    for (has_profile, by, index) in [
        (None, PersonOrder::LastSeenAt, "person_by_last_seen"),
        (None, PersonOrder::Messages, "person_by_messages"),
        (None, PersonOrder::Id, "person_pkey"),
        (Some(false), PersonOrder::LastSeenAt, "person_by_profile_last_seen"),
        (Some(false), PersonOrder::Messages, "person_by_profile_messages"),
        (Some(false), PersonOrder::Id, "person_by_profile"),
    ] {
        let (filter, order) = (PersonFilter { has_profile }, Sorted { by, direction });
        assert_one_page_of(world, index, "person", async |connection| {
            people::people(connection, &filter, order, &page(None)).await.unwrap()
        })
        .await;
    }
    assert_one_page_of(world, "person_conversation_by_last_message", "person_conversation", async |connection| {
        people::conversations_of(connection, &person(7), direction, &page(None)).await.unwrap()
    })
    .await;
}

async fn lists_of_channels(world: &World, direction: Direction) {
    for (tracked, by, index) in [
        (None, ChannelOrder::Title, "channel_by_title"),
        (None, ChannelOrder::Posts, "channel_by_posts"),
        (None, ChannelOrder::Id, "channel_pkey"),
        (Some(true), ChannelOrder::Title, "channel_by_tracked_title"),
        (Some(true), ChannelOrder::Posts, "channel_by_tracked_posts"),
        (Some(true), ChannelOrder::Id, "channel_by_tracked"),
    ] {
        let (filter, order) = (ChannelFilter { tracked }, Sorted { by, direction });
        assert_one_page_of(world, index, "channel", async |connection| {
            channels::channels(connection, &filter, order, &page(None)).await.unwrap()
        })
        .await;
    }
    let (always, since) = (TimeRange::default(), TimeRange { from: Some(at(500)), to: None });
    for (posted_at, by, index) in [
        (always, PostOrder::PostedAt, "post_by_posted_at"),
        (since, PostOrder::PostedAt, "post_by_posted_at"),
        (always, PostOrder::PostId, "post_pkey"),
        (always, PostOrder::ReactionsTotal, "post_by_reactions"),
    ] {
        let (filter, order) = (PostFilter { posted_at }, Sorted { by, direction });
        assert_one_page_of(world, index, "post", async |connection| {
            channels::posts(connection, channel(1), &filter, order, &page(None)).await.unwrap()
        })
        .await;
    }
}

#[tokio::test]
async fn counts_of_members_are_found_by_channel_and_day() {
    let world = crowded().await;
    let day = |days: i64| at(days * DAY).to_zoned(jiff::tz::TimeZone::UTC).date();
    let (pkey, table) = ("member_count_pkey", "member_count");
    let ([(scans, entries), of_table], week) = used_by(&world, [pkey, table], async |connection| {
        members::members_daily(connection, channel(1), day(100), day(107)).await.unwrap()
    })
    .await;
    // The week, and the count before it: found, and read again as the beginning.
    assert_eq!((scans, entries, of_table, week.len()), (2, 9, (0, 0), 7));
    assert_one_page_of(&world, pkey, table, async |connection| {
        members::members_at_or_before(connection, channel(1), day(100)).await.unwrap()
    })
    .await;
    let channels = [channel(1), channel(7), channel(9_999_999)];
    let ([(scans, entries), of_table], newest) =
        used_by(&world, [pkey, table], async |connection| members::latest_counts(connection, &channels).await.unwrap())
            .await;
    assert_eq!((scans, entries, of_table, newest.len()), (3, 2, (0, 0), 2));
    let index = "channel_administrator_by_person";
    let ([(scans, entries), of_table], own) = used_by(&world, [index, "channel_administrator"], async |connection| {
        members::administered_by(connection, &person(7), 20).await.unwrap()
    })
    .await;
    assert!(scans == 1 && entries <= PAGE + 1, "{scans} scans, {entries} entries");
    assert_eq!((of_table, own.len()), ((0, 0), 20));
}

#[tokio::test]
async fn single_answers_read_no_table_whole() {
    let world = crowded().await;
    assert_one_page_of(&world, "person_by_profile", "person", async |connection| {
        let wanted = ToFill { profile: Unfilled::Without, active_since: None, among: None, vip: None, spares: false };
        people::people_to_fill(connection, &wanted, Some(&person(2_000)), 20).await.unwrap()
    })
    .await;
    assert_one_page_of(&world, "message_by_person", "message", async |connection| {
        conversations::latest_messages_of(connection, &[person(7)], 20, 262_144).await.unwrap()
    })
    .await;
    let ([(scans, _), of_table], chat) =
        used_by(&world, ["person_conversation_by_last_message", "person_conversation"], async |connection| {
            people::private_chat_of(connection, &person(8)).await.unwrap()
        })
        .await;
    assert_eq!((scans, of_table, chat), (1, (0, 0), None));
    let ([of_index, of_table], nobody) = used_by(&world, ["channel_by_username", "channel"], async |connection| {
        channels::channel_by_username(connection, "nobody").await.unwrap()
    })
    .await;
    assert_eq!((of_index, of_table, nobody), ((1, 0), (0, 0), None));
}
