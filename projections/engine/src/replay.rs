//! Fills copies from the log: one reader for all of them, a page read ahead while one is written.
//!
//! Rows and checkpoint of a copy commit together, so a replay that is killed goes on where it was. That is sound because a
//! change of tables or fold takes a new version or fingerprint.

use std::borrow::Cow;

use chronogram_log::{EventFilter, Page, Position, RecordedEvent, crash_point};
use sqlx::{Connection, PgConnection};

use crate::{
    Engine, EngineError, Leadership, Progress, ProgressFn,
    apply::{Fault, fold},
    copies::{self, CopyRole},
    left_out::LeftOut,
    registered::Registered,
    schema,
};

/// Bytes of events that a page should have: two pages are held at once, and what folds make of one.
const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// Events of the first page, while nobody knows how large they are.
pub(crate) const FIRST_PAGE_EVENTS: usize = 1_000;

/// A copy that is being filled, by who holds its lock.
pub(crate) struct Target<'a> {
    pub(crate) registered: &'a Registered,
    pub(crate) role: CopyRole,
    pub(crate) leadership: Leadership,
    pub(crate) position: Position,
    left_out: LeftOut,
    schema: String,
}

impl<'a> Target<'a> {
    pub(crate) async fn open(
        registered: &'a Registered,
        role: CopyRole,
        until: Option<Position>,
        position: Position,
        mut leadership: Leadership,
    ) -> Result<Self, EngineError> {
        let left_out = LeftOut::of(leadership.connection(), registered).await?;
        copies::resume(leadership.connection(), registered, role).await?;
        let schema = copies::schema_of(registered, role, until);
        Ok(Self { registered, role, leadership, position, left_out, schema })
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.leadership.connection()
    }

    /// Folds what it has not yet of `page` and wants, and commits that.
    async fn write(&mut self, page: &Page) -> Result<(), EngineError> {
        if page.up_to <= self.position {
            return Ok(());
        }
        let events = self.wanted(&page.events);
        let moved = self.commit(&events, page.up_to, page.head).await;
        if !moved.map_err(|fault| fault.into_error(self.registered, &events))? {
            return Err(EngineError::Busy { name: self.registered.name.to_owned() });
        }
        self.position = page.up_to;
        Ok(())
    }

    /// What it wants of a page; a copy only where others want more than it does.
    fn wanted<'p>(&self, events: &'p [RecordedEvent]) -> Cow<'p, [RecordedEvent]> {
        let wants = |event: &RecordedEvent| {
            event.position > self.position
                && self.registered.filter.accepts(&event.event_type)
                && !self.left_out.has(event.position)
        };
        if events.iter().all(wants) {
            return Cow::Borrowed(events);
        }
        events.iter().filter(|event| wants(event)).cloned().collect()
    }

    async fn commit(&mut self, events: &[RecordedEvent], to: Position, head: Position) -> Result<bool, Fault> {
        let places = (self.position, to, head);
        let mut transaction = self.leadership.connection().begin().await?;
        schema::enter(&mut transaction, &self.schema).await?;
        let moved = copies::advance(&mut transaction, self.registered, self.role, places).await?;
        if moved {
            crash_point("copy.before_rows");
            fold(self.registered, events, &mut transaction).await?;
            crash_point("copy.before_commit");
            transaction.commit().await?;
            crash_point("copy.after_commit");
        }
        Ok(moved)
    }

    /// Folds what is missing up to `until` in the caller's transaction, which has entered the schema; nothing is
    /// committed. Answers where the rows are then.
    pub(crate) async fn fold_rest(
        engine: &Engine,
        registered: &Registered,
        connection: &mut PgConnection,
        from: Position,
        until: Position,
    ) -> Result<Position, EngineError> {
        let left_out = LeftOut::of(connection, registered).await?;
        let mut position = from;
        while position < until {
            let mut page = engine.page_until(&registered.filter, position, until, engine.batches.replay).await?;
            if page.up_to <= position {
                return Ok(position);
            }
            left_out.leave_out(&mut page.events);
            let folded = fold(registered, &page.events, connection).await;
            folded.map_err(|fault| fault.into_error(registered, &page.events))?;
            position = page.up_to;
        }
        Ok(position)
    }
}

/// Page after page into all targets, until they reach `until` or else the head; told after each.
pub(crate) async fn replay(
    engine: &Engine,
    targets: &mut [Target<'_>],
    until: Option<Position>,
    progress: ProgressFn<'_>,
) -> Result<(), EngineError> {
    let Some(mut position) = targets.iter().map(|target| target.position).min() else { return Ok(()) };
    let filter = union(targets.iter().map(|target| &target.registered.filter));
    let until = until.unwrap_or(Position(u64::MAX));
    let mut events = FIRST_PAGE_EVENTS.min(engine.batches.replay);
    let mut page = engine.page_until(&filter, position, until, events).await?;
    loop {
        let total = page.head.min(until).max(position);
        progress(Progress { done: position.0, total: total.0 });
        if page.up_to <= position {
            return Ok(());
        }
        events = page_events(&page, engine.batches.replay);
        let writes = futures::future::join_all(targets.iter_mut().map(|target| target.write(&page)));
        let (written, next) = tokio::join!(writes, engine.page_until(&filter, page.up_to, until, events));
        written.into_iter().collect::<Result<(), _>>()?;
        position = page.up_to;
        if position >= total {
            progress(Progress { done: position.0, total: total.0 });
            return Ok(());
        }
        page = next?;
    }
}

/// Types that any of them wants.
pub(crate) fn union<'a>(filters: impl Iterator<Item = &'a EventFilter>) -> EventFilter {
    let mut all: Vec<String> = Vec::new();
    for filter in filters {
        match &filter.types {
            None => return EventFilter::all(),
            Some(types) => all.extend(types.iter().cloned()),
        }
    }
    all.sort_unstable();
    all.dedup();
    EventFilter { types: Some(all) }
}

/// How many events the next page should have, by the size of those before.
pub(crate) fn page_events(page: &Page, most: usize) -> usize {
    match page.events.iter().map(bytes_of).sum::<usize>().checked_div(page.events.len()) {
        Some(each) => (PAGE_BYTES / each.max(1)).clamp(1, most),
        None => most,
    }
}

pub(crate) fn bytes_of(event: &RecordedEvent) -> usize {
    event.data.as_str().len() + event.metadata.as_str().len() + size_of::<RecordedEvent>()
}

impl Engine {
    /// A page of the log without what lies behind `until`.
    pub(crate) async fn page_until(
        &self,
        filter: &EventFilter,
        after: Position,
        until: Position,
        events: usize,
    ) -> Result<Page, EngineError> {
        let mut page = self.sessions.store.read_all(after, filter, events).await?;
        let wanted = page.events.partition_point(|event| event.position <= until);
        page.events.truncate(wanted);
        page.up_to = page.up_to.min(until).max(after);
        Ok(page)
    }
}
