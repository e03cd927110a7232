//! Whom a run is about, and which profiles it may replace.

use chronogram_model::{
    PersonId,
    person::Replaces,
    policy::{Audience, FillPolicy, WantedProfiles},
};
use chronogram_read_models::people::{ToFill, Unfilled};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Which profiles are filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Those that are missing, that another strategy was asked for, or that were filled longer ago.
    NotBy {
        /// The strategy that is asked.
        strategy: String,
        /// Than so many days.
        days: u32,
    },
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
    /// Only VIPs, or only the others.
    #[serde(skip_serializing_if = "Audience::is_everybody")]
    pub audience: Audience,
    /// Not who wished to have no profile: it was emptied on request, or they were forgotten. Nobody asks a person who
    /// types a command whether they mean it; what happens by itself leaves these alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spares: bool,
}

impl Selection {
    /// Everybody whose profile stands so.
    pub fn everybody(profiles: Profiles) -> Self {
        Self { profiles, active_days: None, people: None, audience: Audience::Everybody, spares: false }
    }

    /// Whom a policy is about.
    pub fn of_policy(policy: &FillPolicy) -> Self {
        let profiles = match policy.profiles {
            WantedProfiles::Missing => Profiles::Missing,
            WantedProfiles::Outdated { days } => Profiles::Outdated { days },
            WantedProfiles::NotByStrategy { days } => Profiles::NotBy { strategy: policy.strategy.clone(), days },
        };
        let (active_days, audience) = (policy.active_days, policy.audience);
        Self { active_days, audience, spares: true, ..Self::everybody(profiles) }
    }

    /// These people, whether they have a profile or not: asking by id is asking to replace it.
    pub fn of(people: Vec<PersonId>) -> Self {
        Self { people: Some(people), ..Self::everybody(Profiles::Any) }
    }

    /// Which profile may be replaced by a run that replaces what was there at `since`.
    pub(super) fn replaces(&self, since: Timestamp) -> Replaces {
        match self.profiles {
            Profiles::Missing => Replaces::Nothing,
            Profiles::Outdated { days } => Replaces::FilledBefore(before(since, days)),
            Profiles::Any | Profiles::NotBy { .. } => Replaces::FilledBefore(since),
        }
    }

    /// The same for the read model.
    pub(super) fn to_fill(&self, since: Timestamp) -> ToFill {
        ToFill {
            profile: match self.profiles {
                Profiles::Missing => Unfilled::Without,
                Profiles::Outdated { days } => Unfilled::Outdated(before(since, days)),
                Profiles::Any => Unfilled::WithoutOrOutdated(since),
                // Who was asked about in this run is by this strategy, and newer.
                Profiles::NotBy { ref strategy, days } => {
                    Unfilled::NotBy { strategy: strategy.clone(), or_before: before(since, days) }
                }
            },
            active_since: self.active_days.map(|days| before(since, days)),
            among: self.people.clone(),
            vip: match self.audience {
                Audience::Everybody => None,
                Audience::Vip => Some(true),
                Audience::Others => Some(false),
            },
            spares: self.spares,
        }
    }
}

pub(super) fn before(moment: Timestamp, days: u32) -> Timestamp {
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
        let llm = || "llm".to_owned();
        for (profiles, unfilled, replaces) in [
            (Profiles::Missing, Unfilled::Without, Replaces::Nothing),
            (Profiles::Outdated { days: 7 }, Unfilled::Outdated(week_before), Replaces::FilledBefore(week_before)),
            (Profiles::Any, Unfilled::WithoutOrOutdated(since), Replaces::FilledBefore(since)),
            (
                Profiles::NotBy { strategy: llm(), days: 7 },
                Unfilled::NotBy { strategy: llm(), or_before: week_before },
                Replaces::FilledBefore(since),
            ),
        ] {
            let selection = Selection { active_days: Some(7), ..Selection::everybody(profiles) };
            let read =
                ToFill { profile: unfilled, active_since: Some(week_before), among: None, vip: None, spares: false };
            assert_eq!((selection.to_fill(since), selection.replaces(since)), (read, replaces));
        }
    }

    #[test]
    fn days_beyond_time_are_the_beginning_of_it() {
        let selection = Selection::everybody(Profiles::Outdated { days: u32::MAX });
        assert_eq!(selection.replaces(Timestamp::UNIX_EPOCH), Replaces::FilledBefore(Timestamp::MIN));
    }
}
