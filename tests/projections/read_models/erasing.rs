//! Who is erased: rows that were folded from their words end as those of a replay that never saw these words.

use chronogram_log::{JsonText, RecordedEvent};
use chronogram_model::{PersonId, person::PersonErased};
use serde_json::{Value, json};

use super::{
    history::{History, at, person},
    world::World,
};

/// As the log gives an event whose person's key is destroyed.
fn unreadable(event: &RecordedEvent, erased: &PersonId) -> RecordedEvent {
    fn erase(value: &mut Value, erased: &str) {
        let is_theirs = value.get("person").and_then(Value::as_str) == Some(erased) && value.get("plain").is_some();
        if is_theirs {
            *value = json!({ "person": erased, "erased": true });
        } else if let Value::Object(members) = value {
            for member in members.values_mut() {
                erase(member, erased);
            }
        } else if let Value::Array(values) = value {
            for value in values {
                erase(value, erased);
            }
        }
    }
    let mut data = serde_json::from_str(event.data.as_str()).unwrap();
    erase(&mut data, &erased.to_string());
    RecordedEvent { data: JsonText::from_trusted(data.to_string()), ..event.clone() }
}

/// Those that an export of a person looks for (`commands/automations`, people/export.rs), beside the id of a `person`.
#[tokio::test]
async fn columns_that_name_a_person_have_names_that_an_export_knows() {
    let world = World::create().await;
    let named: Vec<String> = sqlx::query_scalar(
        "select distinct column_name::text from information_schema.columns \
         where table_schema = any(current_schemas(false)::text[] || '{delivery}') and column_name like '%person%' \
         order by 1",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(named, ["actor_person", "person", "sender_person", "title_person"]);
}

fn forget(history: &mut History, user: i64) {
    history.of_person(user, PersonErased { person: person(user), erased_at: at(9_000) });
}

#[tokio::test]
async fn an_erasure_leaves_the_rows_of_a_replay_that_never_saw_the_words() {
    for (user, sizes) in [(1, &[1, 13, 1_000][..]), (3, &[17]), (7, &[50])] {
        let mut history = History::busy();
        let words = history.events.len();
        forget(&mut history, user);
        let replay: Vec<_> = history
            .events
            .iter()
            .enumerate()
            .map(|(n, event)| if n < words { unreadable(event, &person(user)) } else { event.clone() })
            .collect();
        assert_ne!(replay[..words], history.events[..words], "person {user} said something");
        let replayed = World::filled(&replay, 1_000).await.rows().await;
        for size in sizes {
            let lived = World::filled(&history.events, *size).await.rows().await;
            assert_eq!(lived, replayed, "person {user}, batches of {size}");
        }
    }
}

#[tokio::test]
async fn what_is_said_after_an_erasure_stays() {
    const USER: i64 = 1;
    let busy = History::busy().events;
    let middle = busy.len() / 2;
    let mut history = History { events: busy[..middle].to_vec() };
    forget(&mut history, USER);
    let later = busy[middle..].iter().map(|event| {
        let number = event.position.0 + 1;
        RecordedEvent { position: chronogram_log::Position(number), ..event.clone() }
    });
    history.events.extend(later);
    let replay: Vec<_> = history
        .events
        .iter()
        .enumerate()
        .map(|(n, event)| if n < middle { unreadable(event, &person(USER)) } else { event.clone() })
        .collect();
    let replayed = World::filled(&replay, 1_000).await.rows().await;
    for size in [17, 1_000] {
        assert_eq!(World::filled(&history.events, size).await.rows().await, replayed, "batches of {size}");
    }
    let everyone = World::filled(&busy, 1_000).await.rows().await;
    assert_ne!(everyone, replayed);
}
