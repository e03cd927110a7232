//! Server-sent events: what the page has to load again.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;

use crate::{control::Control, hub::News};

/// News until the page goes or the stand-in ends.
pub(super) async fn stream(State(control): State<Control>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = control.hub.news();
    let stream = futures::stream::unfold((news, true), |(mut news, is_first)| async move {
        // A page that connects again has missed something: it loads the lists anew.
        let next = if is_first { Ok(News::Lists) } else { news.recv().await };
        let told = match next {
            Ok(told) => told,
            Err(RecvError::Lagged(_)) => News::Lists,
            Err(RecvError::Closed) => return None,
        };
        let event = Event::default().json_data(&told).unwrap_or_default();
        Some((Ok(event), (news, false)))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
