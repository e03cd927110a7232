//! Read models as they were: copies that end at a position of the past.
//!
//! There is one such moment at a time: another one takes the place of the last. After a day it goes by itself.

use chronogram_log::{EventFilter, Position};
use jiff::Timestamp;

use crate::{
    Engine, EngineError, ProgressFn,
    copies::{self, CopyRole},
    error::While,
    rebuild::drop_copy,
    replay::Target,
};

/// Read models as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Everything up to here is in their rows, and nothing else.
    pub position: Position,
    /// When they go.
    pub expires_at: Timestamp,
    /// The schemas of their tables, in the order the engine was given the projections.
    pub schemas: Vec<String>,
}

impl Engine {
    /// Builds these read models (no name: all) as they were at `until`, all from one reader of the log. Goes on where it
    /// was killed; drops those of another moment.
    pub async fn build_as_of(
        &self,
        names: &[&str],
        until: Position,
        progress: ProgressFn<'_>,
    ) -> Result<(), EngineError> {
        let selected = self.select(names)?;
        let head = self.sessions.store.head().await?;
        if until > head {
            return Err(EngineError::NotYet { until, head });
        }
        self.drop_other_moments(until).await?;
        let mut targets = Vec::with_capacity(selected.len());
        for registered in &selected {
            let mut leadership = self.upkeep(registered, "as-of").await?;
            let connection = leadership.connection();
            let found = copies::find(connection, registered, CopyRole::AsOf).await?;
            let position = if let Some(copy) = found.filter(|copy| copy.until() == Some(until)) {
                copy.position()
            } else {
                copies::begin(connection, registered, CopyRole::AsOf, Some(until)).await?;
                Position::START
            };
            targets.push(Target::open(registered, CopyRole::AsOf, Some(until), position, leadership).await?);
        }
        self.build(&mut targets, Some(until), progress).await?;
        for target in targets {
            target.leadership.give_up().await;
        }
        Ok(())
    }

    /// The moment at which every read model stands built, where there is one.
    pub async fn as_of(&self) -> Result<Option<AsOf>, EngineError> {
        let mut connection = self.sessions.pool.acquire().await.while_("look for read models of the past")?;
        let mut built: Option<AsOf> = None;
        for registered in self.projections.iter() {
            let copy = copies::find(&mut connection, registered, CopyRole::AsOf).await?;
            let whole = copy.filter(|copy| copy.indexed && !copy.expired && Some(copy.position()) == copy.until());
            let Some((copy, expires_at)) = whole.and_then(|copy| copy.expires_at().map(|expires| (copy, expires)))
            else {
                return Ok(None);
            };
            let position = copy.position();
            let one = built.get_or_insert_with(|| AsOf { position, expires_at, schemas: Vec::new() });
            if one.position != position {
                return Ok(None);
            }
            one.expires_at = one.expires_at.min(expires_at);
            one.schemas.push(registered.as_of_schema(position));
        }
        Ok(built)
    }

    /// The position of the last event that was recorded at `time` or before, by the log's own clock.
    pub async fn position_at(&self, time: Timestamp) -> Result<Position, EngineError> {
        let store = &self.sessions.store;
        // Every event up to `low` is of that time or before, every one past `high` is later.
        let (mut low, mut high) = (Position::START, store.head().await?);
        while low < high {
            let middle = Position(low.0.midpoint(high.0));
            let page = store.read_all(middle, &EventFilter::all(), 1).await?;
            match page.events.first().filter(|next| next.position <= high) {
                Some(next) if next.recorded_at <= time => low = next.position,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    async fn drop_other_moments(&self, until: Position) -> Result<(), EngineError> {
        for registered in self.projections.iter() {
            let mut connection = self.sessions.pool.acquire().await.while_("look for read models of the past")?;
            let found = copies::any_as_of(&mut connection, registered).await?;
            if found.is_some_and(|other| other != until) {
                let mut leadership = self.upkeep(registered, "prune").await?;
                drop_copy(leadership.connection(), registered, CopyRole::AsOf).await?;
                leadership.give_up().await;
            }
        }
        Ok(())
    }
}
