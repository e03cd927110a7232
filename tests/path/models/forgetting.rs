//! What a model said of somebody is theirs.

use chronogram_log::{EventFilter, PersonalKeys as _, Position};
use chronogram_model::PersonId;
use chronogram_tests::Manner;

use super::world::{World, grant, question};

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_sealed_and_forgotten_with_whom_they_are_about() {
    let world = World::new().await;
    let models = world.models();
    world.model.always(Manner::Say("needle said".into()));
    models.answer(&grant(1), &question("needle asked")).await.unwrap();
    let dump: Vec<String> = sqlx::query_scalar("select data::text || meta::text || stream || type from es.event")
        .fetch_all(&world.database.pool)
        .await
        .unwrap();
    assert!(!dump.is_empty() && dump.iter().all(|row| !row.contains("needle")), "{dump:?}");
    let read = world.store.read_all(Position::START, &EventFilter::all(), 100).await.unwrap();
    let read: String = read.events.iter().map(|event| event.data.as_str().to_owned()).collect();
    assert!(read.contains("needle said") && !read.contains("needle asked"), "{read}");

    assert_eq!(world.keys.destroy(&[PersonId::Telegram(7)]).await.unwrap(), 1);
    let again = models.answer(&grant(1), &question("needle asked")).await.unwrap();
    assert!(!again.reused, "it was forgotten, even for the run that had it");
    assert_eq!(world.model.accepted().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_try_out_what_was_asked() {
    // The same question to the same server in two houses: its digest is veiled with a secret of each.
    let houses = [World::new().await, World::new().await];
    let mut streams = Vec::new();
    for house in &houses {
        let models = house.asking(&houses[0].settings());
        models.answer(&grant(1), &question("do you like tea?")).await.unwrap();
        let stream: String = sqlx::query_scalar("select stream from es.event where type = 'ModelCalled'")
            .fetch_one(&house.database.pool)
            .await
            .unwrap();
        streams.push(stream);
    }
    assert!(streams.iter().all(|stream| stream.starts_with("model-") && stream.len() == 70), "{streams:?}");
    assert_ne!(streams[0], streams[1]);
}
