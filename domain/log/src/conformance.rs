//! The suite that every store passes: [`common`] promises of the port, [`dense`] positions, and [`two_processes`] on one
//! log. Each takes a way to make empty stores and panics with the broken promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test code of stores: a broken promise ends the test"
)]

mod appending;
mod dense_positions;
mod following;
mod limits_kept;
mod reading;
mod samples;
mod several_processes;
mod size;
mod torture;

use std::future::Future;

use crate::SharedEventStore;

pub use samples::{Sample, collect, everything};
pub use size::Scale;

/// Runs the named checks one after another, each on a fresh store; the name of the running one is printed by the panic's
/// backtrace and by the `tracing` event before it.
macro_rules! run {
    ($fresh:ident: $($module:ident::$check:ident),+ $(,)?) => {
        $(
            tracing::info!(check = stringify!($check), "conformance");
            $module::$check($fresh().await).await;
        )+
    };
}

/// What every store promises. `fresh` gives an empty store.
pub async fn common<F, Fut>(fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = SharedEventStore>,
{
    run!(fresh:
        appending::a_fresh_log_is_empty,
        appending::events_come_back_as_they_were_written,
        appending::revisions_count_from_zero_in_each_stream,
        appending::a_stale_expectation_is_refused_and_appends_nothing,
        appending::a_repeated_command_gets_its_first_result,
        appending::a_command_id_used_for_another_request_is_refused,
        appending::events_known_already_are_named_and_nothing_is_appended,
        appending::of_callers_with_one_expectation_one_wins,
        appending::one_command_sent_by_many_is_appended_once,
        appending::commands_that_share_an_event_append_it_once,
        reading::a_stream_reads_both_ways,
        reading::many_streams_are_read_at_once,
        reading::pages_join_without_gap_or_repeat,
        reading::a_filter_skips_what_it_drops_and_says_how_far_it_looked,
        reading::a_page_is_bounded_whatever_is_asked,
        reading::a_reader_past_the_head_gets_nothing_and_stays,
        reading::stream_names_are_any_text,
        limits_kept::appends_over_a_limit_are_refused_with_both_numbers,
        limits_kept::appends_at_the_limit_are_taken,
        following::waiting_ends_with_an_append_or_with_patience,
        following::subscriptions_see_all_of_concurrent_writers_in_order,
        torture::writers_who_give_up_and_lose_and_repeat_leave_a_whole_log,
        torture::a_slow_reader_sees_everything_once,
    );
}

/// What every store promises of many streams and of long ones; how many and how long is the caller's to say, for the test's
/// time. `fresh` gives an empty store.
pub async fn large<F, Fut>(scale: Scale, fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = SharedEventStore>,
{
    size::many_streams_are_kept_apart(fresh().await, scale.streams).await;
    size::a_long_stream_reads_whole_from_both_ends(fresh().await, scale.stream_events).await;
}

/// What stores promise whose positions have no holes. `fresh` gives an empty store.
pub async fn dense<F, Fut>(fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = SharedEventStore>,
{
    run!(fresh:
        dense_positions::positions_are_dense_whatever_was_refused,
        dense_positions::the_head_is_the_number_of_events,
    );
}

/// What stores promise that several processes may open. `fresh` gives two stores on one empty log.
pub async fn two_processes<F, Fut>(fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = (SharedEventStore, SharedEventStore)>,
{
    run!(fresh:
        several_processes::what_one_appended_the_other_knows,
        several_processes::readers_of_both_see_one_order_without_skip_or_repeat,
        several_processes::a_command_sent_to_both_at_once_is_appended_once,
        several_processes::of_two_expectations_at_once_one_wins,
        several_processes::an_append_elsewhere_ends_waiting,
        several_processes::a_subscription_goes_on_in_another_process,
    );
}

/// What stores promise that note a command in the transaction that appends it, to several processes. Others find the events
/// of a command that two sent at once, and cannot tell who was first. `fresh` gives two stores on one empty log.
pub async fn commands_of_two_processes<F, Fut>(fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = (SharedEventStore, SharedEventStore)>,
{
    run!(fresh: several_processes::of_one_command_sent_to_both_one_is_told_that_it_repeats);
}
