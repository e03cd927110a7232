//! Decisions about profiles, as the log tells them.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap, VecDeque},
};

use chronogram_log::{EventFilter, Position, RecordedEvent};
use chronogram_model::{
    EventId, PersonId,
    person::{PersonEvent, ProfileEnriched, ProfileEnrichmentFailed},
};
use chronogram_plugin_host::{CallContext, Limits, PluginDigest, ProfileInput, seed_for};
use chronogram_read_models::people::{PersonRow, people_by_id};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{Judge, JudgingError, sample::rank};
use crate::profiles::input::{inputs_on, language_of, milliseconds};

/// Events read at once where nothing is folded.
const PAGE: usize = 1_000;
/// The events that are decisions.
pub(super) const TYPES: [&str; 2] = ["ProfileEnriched", "ProfileEnrichmentFailed"];

/// A decision about a profile.
pub(super) struct Decision {
    pub(super) position: Position,
    pub(super) event: EventId,
    pub(super) made: Made,
}

/// What came of it.
pub(super) enum Made {
    Enriched(Box<ProfileEnriched>),
    Failed(ProfileEnrichmentFailed),
}

/// What a decision was made of; `None` for a person whom the rows do not know.
pub(super) struct Situation {
    pub(super) decision: Decision,
    pub(super) known: Option<(PersonRow, ProfileInput)>,
}

impl Decision {
    pub(super) fn person(&self) -> &PersonId {
        match &self.made {
            Made::Enriched(enriched) => &enriched.person,
            Made::Failed(failed) => &failed.person,
        }
    }

    /// Whether the words it is made of can still be read.
    pub(super) fn is_readable(&self) -> bool {
        match &self.made {
            Made::Enriched(enriched) => enriched.set.plain().is_some(),
            Made::Failed(_) => true,
        }
    }

    /// What the call was told, as far as it was recorded; a seed of its own where that was not.
    pub(super) fn context(&self, person: &PersonRow, config: &str, digest: &PluginDigest) -> CallContext {
        let told = match &self.made {
            Made::Enriched(enriched) => enriched.plugin.call.as_ref(),
            Made::Failed(_) => None,
        };
        CallContext {
            tenant: "default".to_owned(),
            now_ms: milliseconds(told.map_or_else(|| self.decided_at(), |told| told.called_at)),
            seed: told.map_or_else(|| seed_for(&self.event.to_string(), digest), |told| told.seed.clone()),
            config: config.to_owned(),
            locale: language_of(person).map(str::to_owned),
        }
    }

    fn decided_at(&self) -> Timestamp {
        match &self.made {
            Made::Enriched(enriched) => enriched.enriched_at,
            Made::Failed(failed) => failed.failed_at,
        }
    }
}

impl Judge {
    /// The decision that an event is, where it is one and stands in the stream of its person.
    pub(super) fn decision(&self, event: &RecordedEvent) -> Result<Option<Decision>, JudgingError> {
        if !TYPES.contains(&event.event_type.as_str()) {
            return Ok(None);
        }
        let made = match self.codec.decode(event)? {
            Some(PersonEvent::ProfileEnriched(enriched)) => Made::Enriched(Box::new(enriched)),
            Some(PersonEvent::ProfileEnrichmentFailed(failed)) => Made::Failed(failed),
            _ => return Ok(None),
        };
        let decision = Decision { position: event.position, event: event.id, made };
        Ok((event.stream == decision.person().stream()).then_some(decision))
    }

    /// The positions of the newest `last` profiles that were filled, by this plugin where one is named.
    pub(super) async fn newest(&self, last: usize, plugin: Option<&str>) -> Result<BTreeSet<Position>, JudgingError> {
        let mut newest = VecDeque::with_capacity(last.min(PAGE));
        self.each(Position::START, &["ProfileEnriched"], |event| {
            let is_meant = match (plugin, self.decision(event)?.map(|decision| decision.made)) {
                (Some(name), Some(Made::Enriched(enriched))) => enriched.plugin.name == name,
                (None, Some(Made::Enriched(_))) => true,
                _ => false,
            };
            if is_meant {
                newest.push_back(event.position);
                if newest.len() > last {
                    newest.pop_front();
                }
            }
            Ok(())
        })
        .await?;
        Ok(newest.into_iter().collect())
    }

    /// The positions of `count` decisions behind `after`, chosen by their ids: the same ones each time.
    pub(super) async fn sampled(&self, after: Position, count: usize) -> Result<BTreeSet<Position>, JudgingError> {
        let mut chosen: BinaryHeap<(u64, Reverse<Position>)> = BinaryHeap::new();
        self.each(after, &TYPES, |event| {
            chosen.push((rank(0, &event.id.to_string()), Reverse(event.position)));
            if chosen.len() > count {
                chosen.pop();
            }
            Ok(())
        })
        .await?;
        Ok(chosen.into_iter().map(|(_, Reverse(position))| position).collect())
    }

    /// Looks at each event of these types behind `after`.
    pub(super) async fn each(
        &self,
        mut after: Position,
        types: &[&str],
        mut look: impl FnMut(&RecordedEvent) -> Result<(), JudgingError> + Send,
    ) -> Result<(), JudgingError> {
        let filter = EventFilter::types(types.iter().copied());
        loop {
            let page = self.store.read_all(after, &filter, PAGE).await?;
            page.events.iter().try_for_each(&mut look)?;
            if page.up_to >= page.head {
                return Ok(());
            }
            after = page.up_to;
        }
    }
}

/// Reads what decisions were made of.
pub(super) async fn situations(
    rows: &mut PgConnection,
    decisions: Vec<Decision>,
    limits: &Limits,
) -> Result<Vec<Situation>, JudgingError> {
    let ids: Vec<PersonId> = decisions.iter().map(|decision| decision.person().clone()).collect();
    let people = people_by_id(&mut *rows, &ids).await?;
    let inputs = inputs_on(rows, &people, limits).await?;
    let known = people.into_iter().zip(inputs).map(|(row, input)| (row.id.clone(), (row, input)));
    let mut known: HashMap<PersonId, (PersonRow, ProfileInput)> = known.collect();
    // Each person stands here once: a second decision about somebody is read another time.
    let situation = |decision: Decision| Situation { known: known.remove(decision.person()), decision };
    Ok(decisions.into_iter().map(situation).collect())
}
