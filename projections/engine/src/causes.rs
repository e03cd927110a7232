//! What led to events: the events that caused them, and what else came of the same cause.

use std::collections::{BTreeMap, BTreeSet};

use chronogram_log::{Actor, EventFilter, Position, RecordedEvent, SharedEventStore, StoreError, limits};
use jiff::Timestamp;

/// Events of one cause that are named; the rest is counted. An import is one cause of very many.
const TOGETHER_MAX: usize = 10;
/// How far back causes of causes are followed.
const DEPTH_MAX: usize = 8;

/// An event of the log without its data.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoggedEvent {
    /// Where it stands.
    pub position: Position,
    /// Its stream.
    pub stream: String,
    /// Its place there.
    pub revision: u64,
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When the log took it.
    pub recorded_at: Timestamp,
    /// Who wanted it; absent where its metadata cannot be read.
    pub actor: Option<Actor>,
    /// The id of the event that caused it.
    pub causation: Option<String>,
    /// What all events of one cause have in common.
    pub correlation: Option<String>,
}

impl LoggedEvent {
    pub(crate) fn of(event: &RecordedEvent) -> Self {
        let metadata = event.metadata().ok();
        Self {
            position: event.position,
            stream: event.stream.to_string(),
            revision: event.revision.0,
            id: event.id.0.to_string(),
            event_type: event.event_type.clone(),
            recorded_at: event.recorded_at,
            causation: metadata.as_ref().and_then(|metadata| Some(metadata.causation?.0.to_string())),
            correlation: metadata.as_ref().map(|metadata| metadata.correlation.to_string()),
            actor: metadata.map(|metadata| metadata.actor),
        }
    }
}

/// Events of one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Together {
    /// The first of them.
    pub events: Vec<LoggedEvent>,
    /// How many there are.
    pub count: u64,
}

/// What led to some events.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Causes {
    /// Events that caused others, by id.
    pub events: BTreeMap<String, LoggedEvent>,
    /// What came of one cause, by correlation.
    pub together: BTreeMap<String, Together>,
}

impl Causes {
    /// Follows `events` back: causes lie before them in the log. Reads the log up to the last of them, once for each
    /// step back that leaves their correlation.
    pub(crate) async fn of(store: &SharedEventStore, events: &[LoggedEvent]) -> Result<Self, StoreError> {
        let mut causes = Self::default();
        let mut asked = BTreeSet::new();
        let mut known: Vec<LoggedEvent> = events.to_vec();
        let until = events.iter().map(|event| event.position).max().unwrap_or_default();
        for _ in 0..DEPTH_MAX {
            let ids: BTreeSet<String> =
                known.iter().filter_map(|event| event.causation.clone()).filter(|id| !asked.contains(id)).collect();
            let correlations: BTreeSet<String> = known
                .iter()
                .filter_map(|event| event.correlation.clone())
                .filter(|correlation| !causes.together.contains_key(correlation))
                .collect();
            if ids.is_empty() && correlations.is_empty() {
                break;
            }
            known = causes.scan(store, until, &ids, &correlations).await?;
            asked.extend(ids);
        }
        Ok(causes)
    }

    /// Takes in what the log holds of these; the causes that were found.
    async fn scan(
        &mut self,
        store: &SharedEventStore,
        until: Position,
        ids: &BTreeSet<String>,
        correlations: &BTreeSet<String>,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let (mut found, mut after) = (Vec::new(), Position::START);
        while after < until {
            let page = store.read_all(after, &EventFilter::all(), limits::PAGE_EVENTS_MAX).await?;
            for event in page.events.iter().filter(|event| event.position <= until).map(LoggedEvent::of) {
                if let Some(correlation) = event.correlation.clone().filter(|one| correlations.contains(one)) {
                    let together = self.together.entry(correlation).or_default();
                    together.count += 1;
                    if together.events.len() < TOGETHER_MAX {
                        together.events.push(event.clone());
                    }
                }
                if ids.contains(&event.id) {
                    self.events.insert(event.id.clone(), event.clone());
                    found.push(event);
                }
            }
            if page.up_to <= after {
                break;
            }
            after = page.up_to;
        }
        Ok(found)
    }
}
