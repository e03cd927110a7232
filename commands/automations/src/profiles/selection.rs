//! Whom a run is about, and which profiles it may replace.

use chronogram_model::{PersonId, person::Replaces};
use chronogram_read_models::people::{ToFill, Unfilled};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Which profiles are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Profiles {
    /// Those that are missing.
    Missing,
    /// Those that were filled longer ago.
    Outdated {
        /// Than so many days.
        days: u32,
    },
    /// All, there or missing.
    Any,
}

/// Whom a run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// By how their profile stands.
    pub profiles: Profiles,
    /// Only who wrote within so many days.
    pub active_days: Option<u32>,
    /// Only these.
    pub people: Option<Vec<PersonId>>,
}

impl Selection {
    /// Everybody whose profile stands so.
    pub fn everybody(profiles: Profiles) -> Self {
        Self { profiles, active_days: None, people: None }
    }

    /// These people, whether they have a profile or not: asking by id is asking to replace it.
    pub fn of(people: Vec<PersonId>) -> Self {
        Self { profiles: Profiles::Any, active_days: None, people: Some(people) }
    }

    /// Which profile may be replaced by a run that replaces what was there at `since`.
    pub(super) fn replaces(&self, since: Timestamp) -> Replaces {
        match self.profiles {
            Profiles::Missing => Replaces::Nothing,
            Profiles::Outdated { days } => Replaces::FilledBefore(before(since, days)),
            Profiles::Any => Replaces::FilledBefore(since),
        }
    }

    /// The same for the read model.
    pub(super) fn to_fill(&self, since: Timestamp) -> ToFill {
        ToFill {
            profile: match self.profiles {
                Profiles::Missing => Unfilled::Without,
                Profiles::Outdated { days } => Unfilled::Outdated(before(since, days)),
                Profiles::Any => Unfilled::WithoutOrOutdated(since),
            },
            active_since: self.active_days.map(|days| before(since, days)),
            among: self.people.clone(),
        }
    }
}

fn before(moment: Timestamp, days: u32) -> Timestamp {
    moment.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_the_rules_allow_agree() {
        let since: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let week_before: Timestamp = "2026-11-14T12:00:00Z".parse().unwrap();
        for (profiles, unfilled, replaces) in [
            (Profiles::Missing, Unfilled::Without, Replaces::Nothing),
            (Profiles::Outdated { days: 7 }, Unfilled::Outdated(week_before), Replaces::FilledBefore(week_before)),
            (Profiles::Any, Unfilled::WithoutOrOutdated(since), Replaces::FilledBefore(since)),
        ] {
            let selection = Selection { active_days: Some(7), ..Selection::everybody(profiles) };
            let read = ToFill { profile: unfilled, active_since: Some(week_before), among: None };
            assert_eq!((selection.to_fill(since), selection.replaces(since)), (read, replaces));
        }
    }

    #[test]
    fn days_beyond_time_are_the_beginning_of_it() {
        let selection = Selection::everybody(Profiles::Outdated { days: u32::MAX });
        assert_eq!(selection.replaces(Timestamp::UNIX_EPOCH), Replaces::FilledBefore(Timestamp::MIN));
    }
}
