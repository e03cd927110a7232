//! What a policy says.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::IdError;

/// Workers of one run.
const WORKERS_MAX: u16 = 256;
/// A hundred years.
const DAYS_MAX: u32 = 36_500;

/// The name of a policy: 1 to 32 of `a-z 0-9 -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyName(String);

impl PolicyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PolicyName {
    type Error = IdError;

    fn try_from(name: String) -> Result<Self, IdError> {
        if is_plain(&name, 32) { Ok(Self(name)) } else { Err(IdError::new("the name of a policy", NAME_EXPECTED)) }
    }
}

const NAME_EXPECTED: &str = "1 to 32 lower-case letters, digits and hyphens, like weekly-llm";

impl FromStr for PolicyName {
    type Err = IdError;

    fn from_str(name: &str) -> Result<Self, IdError> {
        name.to_owned().try_into()
    }
}

impl From<PolicyName> for String {
    fn from(name: PolicyName) -> Self {
        name.0
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a policy is about. A VIP is who stands on the operator's list, or was seen with Telegram Premium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody.
    #[default]
    Everybody,
    /// VIPs only.
    Vip,
    /// Everybody but VIPs.
    Others,
}

impl Audience {
    /// Whether nobody is left out.
    pub fn is_everybody(&self) -> bool {
        *self == Self::Everybody
    }

    /// As it is written: `everybody`, `vip`, `others`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Vip => "vip",
            Self::Others => "others",
        }
    }
}

/// Which profiles a policy fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WantedProfiles {
    /// Those that are missing.
    Missing,
    /// Those that were filled longer ago; they are made anew.
    Outdated {
        /// Than so many days.
        days: u32,
    },
    /// Those that are missing, that another strategy was asked for, or that were filled longer ago.
    NotByStrategy {
        /// Than so many days.
        days: u32,
    },
}

/// Whose profiles are filled by what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillPolicy {
    /// Its name.
    pub name: PolicyName,
    /// Whether it holds.
    pub enabled: bool,
    /// Whom it is about.
    pub audience: Audience,
    /// Only who wrote within so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_days: Option<u32>,
    /// Which of their profiles.
    pub profiles: WantedProfiles,
    /// The strategy: `basic`, `llm`, `hybrid`, or an operator's own.
    pub strategy: String,
    /// Questions to models at the same time.
    pub workers: u16,
    /// No more people than this in one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// When.
    pub schedule: Schedule,
}

/// A field of a policy that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {expected}")]
pub struct PolicyFault {
    /// Its name.
    pub field: &'static str,
    /// What would be right: `must …`.
    pub expected: String,
}

impl FillPolicy {
    /// Whether everything in it makes sense.
    pub(super) fn check(&self) -> Result<(), PolicyFault> {
        let days =
            |field, days: u32| require((1..=DAYS_MAX).contains(&days), field, || format!("must be 1 to {DAYS_MAX}"));
        match self.profiles {
            WantedProfiles::Missing => {}
            WantedProfiles::Outdated { days: given } | WantedProfiles::NotByStrategy { days: given } => {
                days("days", given)?;
            }
        }
        self.active_days.map_or(Ok(()), |given| days("active_days", given))?;
        require((1..=WORKERS_MAX).contains(&self.workers), "workers", || format!("must be 1 to {WORKERS_MAX}"))?;
        require(self.limit != Some(0), "limit", || "must be 1 or more, or absent".to_owned())?;
        require(is_plain(&self.strategy, 64) && !self.strategy.starts_with("profile-"), "strategy", || {
            "must be basic, llm, hybrid, or what stands behind profile- in the name of a plugin".to_owned()
        })
    }
}

fn require(holds: bool, field: &'static str, expected: impl FnOnce() -> String) -> Result<(), PolicyFault> {
    if holds { Ok(()) } else { Err(PolicyFault { field, expected: expected() }) }
}

fn is_plain(name: &str, most: usize) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=most).contains(&name.len()) && name.chars().all(allowed)
}

/// What comes with the program (row A19): who is new gets a profile by `basic` within minutes; profiles of people who
/// write become better with `hybrid` once they are older than a week; VIPs have theirs by `llm`, and are left to that.
pub fn shipped() -> Vec<FillPolicy> {
    let policy = |name: &str, strategy: &str, workers, schedule| FillPolicy {
        name: PolicyName(name.to_owned()),
        enabled: true,
        audience: Audience::Everybody,
        active_days: None,
        profiles: WantedProfiles::Missing,
        strategy: strategy.to_owned(),
        workers,
        limit: None,
        schedule,
    };
    vec![
        FillPolicy {
            audience: Audience::Others,
            active_days: Some(7),
            profiles: WantedProfiles::Outdated { days: 7 },
            ..policy("active", "hybrid", 3, Schedule::Daily { hour: 3, minute: 0 })
        },
        policy("new", "basic", 4, Schedule::Every { minutes: 5 }),
        FillPolicy {
            audience: Audience::Vip,
            profiles: WantedProfiles::NotByStrategy { days: 30 },
            ..policy("vip", "llm", 4, Schedule::Daily { hour: 2, minute: 0 })
        },
    ]
}
