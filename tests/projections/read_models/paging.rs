//! Pages cover every list once, from both ends, in every order and with every filter.

use std::{fmt::Debug, future::Future};

use chronogram_model::{ChatId, ConversationId, conversation::ChatKind};
use chronogram_read_models::{
    Cursor, Direction, Page, PageError, PageRequest, QueryError, Sorted, TimeRange, channels, conversations, people,
    reminders,
};

use super::{
    history::{History, at, channel, client, group, message, person},
    talk,
    world::World,
};

const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// Reads a list whole, then in pages of `size` from its start and from its end: always the same rows in the same order.
/// Gives the rows of the list.
async fn covered_once<T, F, Answer>(what: &str, size: i64, read: F) -> Vec<T>
where
    T: Debug + Clone + PartialEq,
    F: Fn(PageRequest) -> Answer,
    Answer: Future<Output = Result<Page<T>, QueryError>>,
{
    let whole = read(PageRequest::new(Some(100), None, None, None).unwrap()).await.unwrap();
    assert!(!whole.has_next && !whole.has_previous && whole.rows.len() > 1, "{what}: {} rows", whole.rows.len());
    let whole: Vec<T> = whole.rows.into_iter().map(|(row, _)| row).collect();

    let (mut forwards, mut after): (Vec<T>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = read(PageRequest::new(Some(size), after.clone(), None, None).unwrap()).await.unwrap();
        assert_eq!(page.has_previous, after.is_some(), "{what}");
        after = page.rows.last().map(|(_, cursor)| cursor.clone());
        forwards.extend(page.rows.into_iter().map(|(row, _)| row));
        assert_eq!(page.has_next, forwards.len() < whole.len(), "{what}");
        if !page.has_next {
            break;
        }
    }
    assert_eq!(forwards, whole, "{what}, forwards");

    let (mut backwards, mut before): (Vec<T>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = read(PageRequest::new(None, None, Some(size), before.clone()).unwrap()).await.unwrap();
        assert_eq!(page.has_next, before.is_some(), "{what}");
        before = page.rows.first().map(|(_, cursor)| cursor.clone());
        backwards.splice(0..0, page.rows.into_iter().map(|(row, _)| row));
        assert_eq!(page.has_previous, backwards.len() < whole.len(), "{what}");
        if !page.has_previous {
            break;
        }
    }
    assert_eq!(backwards, whole, "{what}, backwards");
    whole
}

fn assert_ordered<T, K: PartialOrd + Debug>(what: &str, rows: &[T], direction: Direction, key: impl Fn(&T) -> K) {
    let keys: Vec<K> = rows.iter().map(key).collect();
    let in_order = keys.windows(2).all(|pair| match direction {
        Direction::Ascending => pair[0] < pair[1],
        Direction::Descending => pair[0] > pair[1],
    });
    assert!(in_order, "{what}: {keys:?}");
}

#[tokio::test]
async fn pages_of_conversations_and_messages_cover_them_once() {
    use conversations::{ConversationFilter, ConversationOrder, MessageFilter, MessageOrder};
    let mut history = History::busy();
    history.talk(&chronogram_model::ConversationId::Export(channel(77)), message(1, 2, 30, "alone"));
    let pool = &World::filled(&history.events, 100).await.pool;
    for direction in DIRECTIONS {
        for by in [ConversationOrder::LastMessageAt, ConversationOrder::Id] {
            for kind in [None, Some(ChatKind::Supergroup)] {
                let (filter, what) = (ConversationFilter { kind }, format!("{by:?} {direction:?} {kind:?}"));
                let read = |request| async move {
                    conversations::conversations(pool, &filter, Sorted { by, direction }, &request).await
                };
                let rows = covered_once(&what, 1, read).await;
                assert_eq!(
                    i64::try_from(rows.len()).unwrap(),
                    conversations::count_conversations(pool, &filter).await.unwrap()
                );
                match by {
                    ConversationOrder::Id => assert_ordered(&what, &rows, direction, |row| row.id.to_string()),
                    ConversationOrder::LastMessageAt => {
                        assert_ordered(&what, &rows, direction, |row| (row.last_message_at, row.id.to_string()));
                    }
                }
            }
        }
        let within = TimeRange { from: Some(at(120)), to: Some(at(1_200)) };
        for (by, sent_at) in [
            (MessageOrder::MessageId, TimeRange::default()),
            (MessageOrder::SentAt, TimeRange::default()),
            (MessageOrder::SentAt, within),
        ] {
            for sender in [None, Some(person(2))] {
                let filter = &MessageFilter { sender, sent_at };
                let what = format!("{by:?} {direction:?} {filter:?}");
                let read = |request| async move {
                    conversations::messages(pool, &group(), filter, Sorted { by, direction }, &request).await
                };
                let rows = covered_once(&what, 2, read).await;
                let counted = conversations::count_messages(pool, &group(), filter).await.unwrap();
                assert_eq!(i64::try_from(rows.len()).unwrap(), counted, "{what}");
                match by {
                    MessageOrder::SentAt => {
                        assert_ordered(&what, &rows, direction, |row| (row.sent_at, row.message_id));
                    }
                    MessageOrder::MessageId => assert_ordered(&what, &rows, direction, |row| row.message_id),
                }
            }
        }
        let read = |request| async move {
            conversations::messages_of_person(pool, &person(2), within, direction, &request).await
        };
        let rows = covered_once("history", 2, read).await;
        assert_ordered("history", &rows, direction, |row| (row.sent_at, row.conversation.to_string(), row.message_id));
        let counted = conversations::count_messages_of_person(pool, &person(2), within).await.unwrap();
        assert_eq!(i64::try_from(rows.len()).unwrap(), counted);
    }
}

#[tokio::test]
async fn pages_of_people_cover_them_once() {
    use people::{PersonFilter, PersonOrder};
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    for direction in DIRECTIONS {
        for by in [PersonOrder::LastSeenAt, PersonOrder::Id, PersonOrder::Messages] {
            for has_profile in [None, Some(true), Some(false)] {
                let (filter, what) = (PersonFilter { has_profile }, format!("{by:?} {direction:?} {has_profile:?}"));
                let read =
                    |request| async move { people::people(pool, &filter, Sorted { by, direction }, &request).await };
                let rows = covered_once(&what, 2, read).await;
                assert_eq!(
                    i64::try_from(rows.len()).unwrap(),
                    people::count_people(pool, &filter).await.unwrap(),
                    "{what}"
                );
                let id = |row: &people::PersonRow| row.id.to_string();
                match by {
                    PersonOrder::Id => assert_ordered(&what, &rows, direction, id),
                    PersonOrder::Messages => {
                        assert_ordered(&what, &rows, direction, |row| (row.messages_count, id(row)));
                    }
                    PersonOrder::LastSeenAt => {
                        assert_ordered(&what, &rows, direction, |row| (row.last_seen_at, id(row)));
                    }
                }
            }
        }
        let read = |request| async move { people::conversations_of(pool, &person(2), direction, &request).await };
        assert_eq!(covered_once("parts", 1, read).await.len(), 3);
        let read = |request| async move { people::enrichments_of(pool, &person(4), direction, &request).await };
        let rows = covered_once("enrichments", 1, read).await;
        assert_ordered("enrichments", &rows, direction, |row| row.position);
        let read = |request| async move { people::enrichment_failures_of(pool, &person(5), direction, &request).await };
        assert_eq!(covered_once("failures", 1, read).await.len(), 2);
    }
}

#[tokio::test]
async fn pages_of_channels_and_posts_cover_them_once() {
    use channels::{ChannelFilter, ChannelOrder, PostFilter, PostOrder};
    let mut history = History::busy();
    for number in 1..4 {
        history.talk(&client(), super::history::service(number, number));
        history.of_channel(channel(3), super::history::service(number, number));
    }
    let pool = &World::filled(&history.events, 100).await.pool;
    for direction in DIRECTIONS {
        for by in [ChannelOrder::Title, ChannelOrder::Id, ChannelOrder::Posts] {
            for tracked in [None, Some(true), Some(false)] {
                let (filter, what) = (ChannelFilter { tracked }, format!("{by:?} {direction:?} {tracked:?}"));
                let read = |request| async move {
                    channels::channels(pool, &filter, Sorted { by, direction }, &request).await
                };
                let rows = covered_once(&what, 2, read).await;
                assert_eq!(
                    i64::try_from(rows.len()).unwrap(),
                    channels::count_channels(pool, &filter).await.unwrap(),
                    "{what}"
                );
                match by {
                    ChannelOrder::Id => assert_ordered(&what, &rows, direction, |row| row.id),
                    ChannelOrder::Posts => assert_ordered(&what, &rows, direction, |row| (row.posts_count, row.id)),
                    ChannelOrder::Title => {
                        assert_ordered(&what, &rows, direction, |row| (row.title.clone().unwrap_or_default(), row.id));
                    }
                }
            }
        }
        let within = TimeRange { from: Some(at(50)), to: Some(at(300)) };
        for (by, posted_at) in [
            (PostOrder::PostedAt, TimeRange::default()),
            (PostOrder::PostedAt, within),
            (PostOrder::PostId, TimeRange::default()),
            (PostOrder::ReactionsTotal, TimeRange::default()),
        ] {
            let (filter, what) = (PostFilter { posted_at }, format!("{by:?} {direction:?} {posted_at:?}"));
            let read = |request| async move {
                channels::posts(pool, channel(2), &filter, Sorted { by, direction }, &request).await
            };
            let rows = covered_once(&what, 3, read).await;
            assert_eq!(
                i64::try_from(rows.len()).unwrap(),
                channels::count_posts(pool, channel(2), &filter).await.unwrap(),
                "{what}"
            );
            match by {
                PostOrder::PostedAt => assert_ordered(&what, &rows, direction, |row| (row.posted_at, row.post_id)),
                PostOrder::PostId => assert_ordered(&what, &rows, direction, |row| row.post_id),
                PostOrder::ReactionsTotal => {
                    assert_ordered(&what, &rows, direction, |row| (row.reactions_total, row.post_id));
                }
            }
        }
        let read =
            |request| async move { channels::channel_service_messages(pool, channel(3), direction, &request).await };
        assert_eq!(covered_once("channel service messages", 3, read).await.len(), 4);
        let read = |request| async move { conversations::service_messages(pool, &client(), direction, &request).await };
        assert_eq!(covered_once("service messages", 3, read).await.len(), 4);
    }
}

/// Thirty replies and reminders of two chats, several due at the same second, every third failed.
fn talks() -> History {
    let mut history = History::default();
    for number in 0..30 {
        let user = 7 + number % 2;
        let chat = ConversationId::Bot { bot: 42, chat: ChatId::private(user) };
        // Seconds count modulo 3,000: six share each.
        let number = number % 5 + number / 5 * 3_000;
        talk::reply(&mut history, &chat, number, number % 3 == 0);
        talk::reminder_of(&mut history, &person(user), &chat, number, number % 3 == 0);
    }
    history
}

#[tokio::test]
async fn pages_of_replies_cover_them_once() {
    use conversations::ReplyFilter;
    let pool = &World::filled(&talks().events, 100).await.pool;
    let chat = ConversationId::Bot { bot: 42, chat: ChatId::private(7) };
    // Every reply there is, by another way: what a filter gives is what is left of them.
    let mut all = Vec::new();
    for state in ["requested", "failed"] {
        let filter = ReplyFilter::State(state.to_owned());
        let request = PageRequest::new(Some(100), None, None, None).unwrap();
        let page = conversations::replies(pool, &filter, Direction::Ascending, &request).await.unwrap();
        all.extend(page.rows.into_iter().map(|(row, _)| row));
    }
    assert_eq!(all.len(), 30);
    for direction in DIRECTIONS {
        for filter in [&ReplyFilter::Conversation(chat.clone()), &ReplyFilter::State("failed".to_owned())] {
            let what = format!("{filter:?} {direction:?}");
            let read = |request| async move { conversations::replies(pool, filter, direction, &request).await };
            let rows = covered_once(&what, 4, read).await;
            assert_ordered(&what, &rows, direction, |row| (row.requested_at, row.id));
            let fits = |row: &&conversations::ReplyRow| match filter {
                ReplyFilter::Conversation(chat) => row.conversation == *chat,
                ReplyFilter::State(state) => row.state == *state,
            };
            assert_eq!(rows.len(), all.iter().filter(fits).count(), "{what}");
            let counted = conversations::count_replies(pool, filter).await.unwrap();
            assert_eq!(i64::try_from(rows.len()).unwrap(), counted, "{what}");
        }
    }
}

#[tokio::test]
async fn pages_of_reminders_cover_them_once() {
    use reminders::ReminderFilter;
    let pool = &World::filled(&talks().events, 100).await.pool;
    let request = PageRequest::new(Some(100), None, None, None).unwrap();
    let all = reminders::reminders(pool, &ReminderFilter::default(), Direction::Ascending, &request).await.unwrap();
    assert_eq!(all.rows.len(), 30);
    let within = TimeRange { from: Some(at(1)), to: Some(at(4)) };
    for direction in DIRECTIONS {
        for who in [None, Some(person(7))] {
            for state in [None, Some("failed".to_owned())] {
                for due_at in [TimeRange::default(), within] {
                    let filter = &ReminderFilter { person: who.clone(), state: state.clone(), due_at };
                    let what = format!("{filter:?} {direction:?}");
                    let read = |request| async move { reminders::reminders(pool, filter, direction, &request).await };
                    let rows = covered_once(&what, 2, read).await;
                    assert_ordered(&what, &rows, direction, |row| (row.due_at, row.id));
                    let fits = all.rows.iter().filter(|(row, _)| {
                        filter.person.as_ref().is_none_or(|person| row.person == *person)
                            && filter.state.as_ref().is_none_or(|state| row.state == *state)
                            && due_at.from.is_none_or(|from| row.due_at >= from)
                            && due_at.to.is_none_or(|to| row.due_at < to)
                    });
                    assert_eq!(rows.len(), fits.count(), "{what}");
                    let counted = reminders::count_reminders(pool, filter).await.unwrap();
                    assert_eq!(i64::try_from(rows.len()).unwrap(), counted, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_page_lies_between_two_cursors() {
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    let order = Sorted::ascending(channels::ChannelOrder::Id);
    let read =
        |request: PageRequest| async move { channels::channels(pool, &Default::default(), order, &request).await };
    let all = read(PageRequest::default()).await.unwrap();
    let (from, to) = (all.rows[0].1.clone(), all.rows[4].1.clone());
    let between = read(PageRequest::new(Some(2), Some(from.clone()), None, Some(to.clone())).unwrap()).await.unwrap();
    assert_eq!(between.rows, all.rows[1..3]);
    assert!(between.has_next && between.has_previous);
    let last = read(PageRequest::new(None, Some(from), Some(2), Some(to)).unwrap()).await.unwrap();
    assert_eq!(last.rows, all.rows[2..4]);
    assert!(last.has_next && last.has_previous);
}

#[tokio::test]
async fn cursors_of_other_lists_and_rubbish_are_refused_by_their_argument() {
    use channels::{ChannelOrder, PostOrder};
    let history = History::busy();
    let pool = &World::filled(&history.events, 100).await.pool;
    let by_id = Sorted::ascending(ChannelOrder::Id);
    let page = channels::channels(pool, &Default::default(), by_id, &Default::default()).await.unwrap();
    let foreign = page.rows[0].1.clone();
    let request = PageRequest::new(Some(1), Some(foreign.clone()), None, None).unwrap();
    let by_title =
        channels::channels(pool, &Default::default(), Sorted::ascending(ChannelOrder::Title), &request).await;
    assert!(matches!(by_title, Err(QueryError::Page(PageError::ForeignCursor { argument: "after" }))), "{by_title:?}");
    let of_posts = Sorted::ascending(PostOrder::PostId);
    let posts = channels::posts(pool, channel(1), &Default::default(), of_posts, &request).await;
    assert!(matches!(posts, Err(QueryError::Page(PageError::ForeignCursor { argument: "after" }))), "{posts:?}");
    let request = PageRequest::new(None, None, Some(1), Some("abc".into())).unwrap();
    let rubbish = channels::channels(pool, &Default::default(), Sorted::ascending(ChannelOrder::Id), &request).await;
    let refused = matches!(rubbish, Err(QueryError::Page(PageError::MalformedCursor { argument: "before" })));
    assert!(refused, "{rubbish:?}");
}

#[tokio::test]
async fn filters_that_no_index_serves_with_an_order_are_refused() {
    let pool = &World::create().await.pool;
    let range = TimeRange { from: Some(at(0)), to: None };
    let filter = conversations::MessageFilter { sender: None, sent_at: range };
    let order = Sorted::ascending(conversations::MessageOrder::MessageId);
    let refused = conversations::messages(pool, &group(), &filter, order, &Default::default()).await.unwrap_err();
    let sentence = "a range of sent_at cannot be combined with the order message_id; order by sent_at";
    assert_eq!(refused.to_string(), sentence);
    for by in [channels::PostOrder::PostId, channels::PostOrder::ReactionsTotal] {
        let filter = channels::PostFilter { posted_at: range };
        let refused = channels::posts(pool, channel(1), &filter, Sorted::ascending(by), &Default::default()).await;
        assert!(matches!(refused, Err(QueryError::NotOffered { instead: "posted_at", .. })), "{refused:?}");
    }
}
