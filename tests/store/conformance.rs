//! The suite of domain/log, on every store.

use chronogram_log::conformance::{self, Scale};

use crate::stores::{in_memory, in_postgres, two_in_postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_the_common_promises() {
    conformance::common(in_memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_positions_are_dense() {
    conformance::dense(in_memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_common_promises() {
    conformance::common(in_postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_positions_are_dense() {
    conformance::dense(in_postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_postgres_make_one_log() {
    conformance::two_processes(two_in_postgres).await;
    conformance::commands_of_two_processes(two_in_postgres).await;
}

const LARGE: Scale = Scale { streams: 10_000, stream_events: 100_000 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_holds_many_streams_and_long_ones() {
    conformance::large(LARGE, in_memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_holds_many_streams_and_long_ones() {
    conformance::large(LARGE, in_postgres).await;
}
