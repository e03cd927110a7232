//! What is collected of a channel from outside, and what could not be.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChatId, PersonId};

/// Where something was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionSource {
    /// Asked of Telegram's Bot API.
    BotApi,
}

impl CollectionSource {
    /// Its name, as in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BotApi => "bot_api",
        }
    }
}

/// What is collected of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collected {
    /// How many members it has.
    Members,
}

impl Collected {
    /// Its name, as in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
        }
    }
}

/// Why a source refuses for good: asked again at once, it would refuse again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionRefusal {
    /// It knows no such channel, or does not show it to us.
    NotFound,
    /// We are not in the channel, or were thrown out.
    Forbidden,
    /// It takes the request for wrong.
    Refused,
}

/// A channel in numbers, as counted at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSnapshotTaken {
    /// Which channel.
    pub channel: ChatId,
    /// How many members it had.
    pub members: u64,
    /// When.
    pub taken_at: Timestamp,
    /// Where that was learnt.
    pub source: CollectionSource,
}

/// Something of a channel could not be collected, and trying again would not help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionFailed {
    /// Which channel.
    pub channel: ChatId,
    /// What was to be collected.
    pub what: Collected,
    /// Where.
    pub source: CollectionSource,
    /// Why not.
    pub reason: CollectionRefusal,
    /// When.
    pub failed_at: Timestamp,
}

/// Telegram said that this person created or administers the channel. It was so then: whoever gives rights asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAdministratorSeen {
    /// Which channel.
    pub channel: ChatId,
    /// Who.
    pub person: PersonId,
    /// When.
    pub seen_at: Timestamp,
}
