//! Who may do what.

use eventstore::{
    AppendToStreamOptions, Authentication, BatchAppendOptions, DeleteStreamOptions, Error, ReadAllOptions,
};

use super::{World, any, drained, event};
use crate::serving::{READER, WRITER, client};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_decides_whether_one_reads_or_writes() {
    let world = World::in_memory().await;
    world.append("hall", "SeatTaken", 1..4).await;
    let reader = world.serving.client(READER);
    let read = reader.read_all(&ReadAllOptions::default()).await.unwrap();
    assert_eq!(drained(read).await.unwrap().len(), 3);
    let refused = reader.append_to_stream("hall", &any(), event("SeatTaken", 9)).await;
    assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
    let deleted = reader.delete_stream("hall", &DeleteStreamOptions::default()).await;
    assert!(matches!(deleted, Err(Error::AccessDenied)), "{deleted:?}");
    let session = reader.batch_append(&BatchAppendOptions::default()).await.unwrap();
    let refused = session.append_to_stream("hall", eventstore::StreamState::Any, vec![event("SeatTaken", 9)]).await;
    assert!(refused.is_err());

    for stranger in [world.serving.client("chr_nobody"), client(&format!("esdb://{}?tls=false", world.serving.address))]
    {
        let refused = stranger.read_all(&ReadAllOptions::default()).await;
        assert!(matches!(refused, Err(Error::AccessDenied)));
        // What the server can do is no secret: clients ask before they say who they are.
        assert_eq!(stranger.server_info().await.unwrap().version().major(), 24);
    }
    assert_eq!(world.store.head().await.unwrap().0, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bearer_is_as_good_as_a_password() {
    let world = World::in_memory().await;
    let stranger = client(&format!("esdb://{}?tls=false", world.serving.address));
    let options = AppendToStreamOptions::default().authenticated(Authentication::bearer(WRITER));
    stranger.append_to_stream("hall", &options, event("SeatTaken", 1)).await.unwrap();
    assert_eq!(world.store.head().await.unwrap().0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_clusters_finds_the_one_node() {
    let world = World::in_memory().await;
    world.append("hall", "SeatTaken", 1..2).await;
    let (address, token) = (world.serving.address, READER);
    let of_cluster = client(&format!("esdb://anybody:{token}@{address},{address}?tls=false&nodePreference=leader"));
    let read = of_cluster.read_all(&ReadAllOptions::default()).await.unwrap();
    assert_eq!(drained(read).await.unwrap().len(), 1);
}
