//! Pages of the log, forward and backward, through the port that every store speaks.

use std::future::Future;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chronogram_log::{Direction, EventFilter, Position, RecordedEvent, Revision, SharedEventStore};
use chronogram_model::StreamName;

use crate::{
    connection::{Connection, Edge},
    errors::Failure,
    types::Event,
};

/// Events of a page when nobody says how many; as many as rows of other lists.
const EVENTS_DEFAULT: usize = 20;

/// Events of the largest page: what a script reads at once, and a few hundred KiB of ordinary events.
pub(crate) const EVENTS_MAX: usize = 500;

/// What a page of events costs: an event is read whole, whatever is selected of it, and nothing is looked up for it.
const EVENT_FIELDS_AT_ONCE: usize = 5;

/// Positions that a search backward starts with. A window that holds few wanted events is followed by a larger one,
/// one that holds too many by a smaller one, never below this.
const WINDOW_MIN: u64 = 1_000;

/// Events read from one window: more than [`WINDOW_MIN`], so that a window of that size is always read whole.
const WINDOW_EVENTS_MAX: usize = 2_000;

/// What a page of events costs.
pub(crate) fn events_cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let events = first.or(last).and_then(|events| usize::try_from(events).ok()).unwrap_or(EVENTS_DEFAULT);
    (events.saturating_mul(child) / EVENT_FIELDS_AT_ONCE).saturating_add(1)
}

/// What a cursor's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Positions = b'p' as isize,
    Revisions = b'r' as isize,
}

/// The first byte of every cursor; another layout takes the next number.
const CURSOR_VERSION: u8 = 1;

fn encode(counted: Counted, number: u64) -> String {
    let mut bytes = vec![CURSOR_VERSION, counted as u8];
    bytes.extend(number.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(counted: Counted, argument: &'static str, cursor: Option<&str>) -> Result<Option<u64>, Failure> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| <[u8; 10]>::try_from(bytes).ok());
    let number = match bytes {
        Some([CURSOR_VERSION, kind, number @ ..]) if kind == counted as u8 => Some(u64::from_be_bytes(number)),
        _ => None,
    };
    let refused = || Failure::input(argument, "this is no cursor of this list; pass on what an earlier page gave");
    number.map(Some).ok_or_else(refused)
}

/// What the arguments ask for: places are numbers in the log or in the stream.
struct Wanted {
    size: usize,
    from_end: bool,
    after: Option<u64>,
    before: Option<u64>,
}

/// The arguments of a connection over events.
pub(crate) struct EventsPage {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl EventsPage {
    fn wanted(&self, counted: Counted) -> Result<Wanted, Failure> {
        let (argument, asked) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Failure::input("first", "give `first` or `last`, not both")),
            (None, Some(last)) => ("last", Some(last)),
            (first, None) => ("first", first),
        };
        let size = match asked.map(usize::try_from) {
            None => EVENTS_DEFAULT,
            Some(Ok(size)) if (1..=EVENTS_MAX).contains(&size) => size,
            Some(_) => return Err(Failure::input(argument, format!("it must be from 1 to {EVENTS_MAX}"))),
        };
        let after = decode(counted, "after", self.after.as_deref())?;
        let before = decode(counted, "before", self.before.as_deref())?;
        Ok(Wanted { size, from_end: self.last.is_some(), after, before })
    }
}

impl Wanted {
    /// A connection of `events` (in order, one more than wanted where there are others).
    fn connection<F>(
        &self,
        mut events: Vec<RecordedEvent>,
        cursor: impl Fn(&RecordedEvent) -> String,
        count: impl Fn() -> F + Send + Sync + 'static,
    ) -> Connection<Event>
    where
        F: Future<Output = Result<i64, Failure>> + Send + 'static,
    {
        let more = events.len() > self.size;
        if self.from_end {
            events.drain(..events.len().saturating_sub(self.size));
        } else {
            events.truncate(self.size);
        }
        let (previous, next) = if self.from_end {
            (more || self.after.is_some(), self.before.is_some())
        } else {
            (self.after.is_some(), more || self.before.is_some())
        };
        let edges = events.into_iter().map(|event| Edge { cursor: cursor(&event), node: Event(event) }).collect();
        Connection::new(edges, previous, next, count)
    }
}

/// A page of the whole log, oldest first; only events that `filter` accepts.
pub(crate) async fn of_log<F>(
    store: &SharedEventStore,
    filter: EventFilter,
    page: EventsPage,
    count: impl Fn() -> F + Send + Sync + 'static,
) -> Result<Connection<Event>, Failure>
where
    F: Future<Output = Result<i64, Failure>> + Send + 'static,
{
    let wanted = page.wanted(Counted::Positions)?;
    let events =
        if wanted.from_end { before(store, &filter, &wanted).await? } else { after(store, &filter, &wanted).await? };
    Ok(wanted.connection(events, |event| encode(Counted::Positions, event.position.0), count))
}

/// The first events behind `wanted.after`, up to one more than wanted.
async fn after(store: &SharedEventStore, filter: &EventFilter, wanted: &Wanted) -> Result<Vec<RecordedEvent>, Failure> {
    let end = wanted.before.unwrap_or(u64::MAX);
    let mut seen = Position(wanted.after.unwrap_or(0));
    let mut events = Vec::new();
    while events.len() <= wanted.size {
        let page = store.read_all(seen, filter, wanted.size + 1 - events.len()).await?;
        events.extend(page.events.into_iter().filter(|event| event.position.0 < end));
        if page.up_to <= seen || page.up_to >= page.head || page.up_to.0.saturating_add(1) >= end {
            break;
        }
        seen = page.up_to;
    }
    Ok(events)
}

/// The last events before `wanted.before`, at least one more than wanted where there are as many.
async fn before(
    store: &SharedEventStore,
    filter: &EventFilter,
    wanted: &Wanted,
) -> Result<Vec<RecordedEvent>, Failure> {
    let start = wanted.after.unwrap_or(0);
    let head = store.head().await?.0;
    let mut end = wanted.before.map_or(head, |before| before.saturating_sub(1).min(head));
    let mut window = WINDOW_MIN;
    let mut events: Vec<RecordedEvent> = Vec::new();
    while events.len() <= wanted.size && end > start {
        let low = end.saturating_sub(window).max(start);
        let page = store.read_all(Position(low), filter, WINDOW_EVENTS_MAX).await?;
        if page.up_to.0 < end && window > WINDOW_MIN {
            window = (window / 2).max(WINDOW_MIN);
            continue;
        }
        let mut found: Vec<_> = page.events.into_iter().filter(|event| event.position.0 <= end).collect();
        found.append(&mut events);
        events = found;
        end = low;
        window = window.saturating_mul(2);
    }
    Ok(events)
}

/// A page of one stream, oldest first.
pub(crate) async fn of_stream(
    store: &SharedEventStore,
    stream: StreamName,
    page: EventsPage,
) -> Result<Connection<Event>, Failure> {
    let wanted = page.wanted(Counted::Revisions)?;
    let limit = wanted.size + 1;
    let mut events = match (wanted.from_end, wanted.before) {
        (true, Some(0)) => Vec::new(),
        (true, before) => {
            let from = Revision(before.map_or(u64::MAX, |before| before - 1));
            let mut newest_first = store.read_stream(&stream, from, Direction::Backward, limit).await?;
            newest_first.reverse();
            newest_first
        }
        (false, _) => {
            let from = Revision(wanted.after.map_or(0, |after| after.saturating_add(1)));
            store.read_stream(&stream, from, Direction::Forward, limit).await?
        }
    };
    let (after, before) = (wanted.after, wanted.before);
    events.retain(|event| after.is_none_or(|after| event.revision.0 > after));
    events.retain(|event| before.is_none_or(|before| event.revision.0 < before));
    let store = SharedEventStore::clone(store);
    let count = move || {
        let (store, stream) = (SharedEventStore::clone(&store), stream.clone());
        async move {
            let last = store.read_stream(&stream, Revision(u64::MAX), Direction::Backward, 1).await?;
            Ok(last.first().map_or(0, |event| event.revision.next().as_i64()))
        }
    };
    Ok(wanted.connection(events, |event| encode(Counted::Revisions, event.revision.0), count))
}
