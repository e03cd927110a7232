//! Which appends of a batch go in, and where: decided in memory, in order of arrival.

use std::collections::{HashMap, HashSet};

use chronogram_log::{Append, Appended, Position, Revision};
use chronogram_model::StreamName;

use crate::{heads::StreamHeads, queue::Request};

/// An append that goes in.
pub(crate) struct Entry<'a> {
    /// Its place among the open requests.
    pub(crate) index: usize,
    pub(crate) append: &'a Append,
    pub(crate) first_revision: Revision,
    /// Events of the batch before it.
    pub(crate) offset: u64,
}

/// What is appended by one statement. Who has no entry here is looked at again after the commit.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) events: u64,
}

impl<'a> Plan<'a> {
    /// Takes every request whose stream is as expected, after those before it, and that repeats nothing of this batch.
    pub(crate) fn of(requests: &'a [Request], heads: &StreamHeads) -> Self {
        let mut plan = Self::default();
        let mut streams: HashMap<&StreamName, Option<Revision>> = HashMap::new();
        let (mut commands, mut ids) = (HashSet::new(), HashSet::new());
        for (index, request) in requests.iter().enumerate() {
            let append = &request.append;
            let Some(actual) = streams.get(&append.stream).copied().or_else(|| heads.of(&append.stream)) else {
                continue;
            };
            let repeats = commands.contains(&append.command_id) || append.events.iter().any(|e| ids.contains(&e.id));
            if repeats || !append.expected.accepts(actual) {
                continue;
            }
            commands.insert(append.command_id);
            ids.extend(append.events.iter().map(|event| event.id));
            let entry = Entry {
                index,
                append,
                first_revision: actual.map_or(Revision(0), Revision::next),
                offset: plan.events,
            };
            streams.insert(&append.stream, Some(entry.last_revision()));
            plan.events += append.events.len() as u64;
            plan.entries.push(entry);
        }
        plan
    }

    /// What the callers are told once the batch stands behind `base`; by index of the request.
    pub(crate) fn results(&self, base: Position) -> Vec<(usize, Appended)> {
        self.entries.iter().map(|entry| (entry.index, entry.result(base))).collect()
    }
}

impl Entry<'_> {
    fn length(&self) -> u64 {
        self.append.events.len() as u64
    }

    fn last_revision(&self) -> Revision {
        Revision(self.first_revision.0 + self.length() - 1)
    }

    pub(crate) fn result(&self, base: Position) -> Appended {
        Appended {
            first: Position(base.0 + self.offset + 1),
            last: Position(base.0 + self.offset + self.length()),
            revision: self.last_revision(),
            repeated: false,
        }
    }
}
