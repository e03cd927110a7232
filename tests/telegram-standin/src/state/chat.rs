//! Chats, who is in them, and their topics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ChatId, MessageId, UserId};

/// What sort of chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatKind {
    Private,
    Group,
    Supergroup { forum: bool },
    Channel,
}

impl ChatKind {
    /// As `Chat.type` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::Supergroup { .. } => "supergroup",
            Self::Channel => "channel",
        }
    }

    /// Private chats and basic groups share one row of message numbers; the others count their own.
    pub(crate) fn counts_its_own(self) -> bool {
        matches!(self, Self::Supergroup { .. } | Self::Channel)
    }
}

/// What somebody is in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Creator,
    Administrator,
    Member,
    Left,
    Kicked,
}

impl Standing {
    /// As `ChatMember.status` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Administrator => "administrator",
            Self::Member => "member",
            Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }

    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Creator | Self::Administrator)
    }

    pub(crate) fn is_inside(self) -> bool {
        self.is_admin() || self == Self::Member
    }
}

/// A topic of a forum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) icon_color: i64,
    pub(crate) icon_custom_emoji_id: Option<String>,
    pub(crate) closed: bool,
}

/// A chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chat {
    pub(crate) id: ChatId,
    pub(crate) kind: ChatKind,
    pub(crate) title: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) description: Option<String>,
    /// Set by hand for channels with thousands; otherwise those inside are counted.
    pub(crate) member_count: Option<i64>,
    pub(crate) members: BTreeMap<UserId, Standing>,
    pub(crate) topics: BTreeMap<MessageId, Topic>,
    pub(crate) pinned: Vec<MessageId>,
    /// The supergroup that a basic group goes on as.
    #[serde(default)]
    pub(crate) upgraded_to: Option<ChatId>,
}

impl Chat {
    pub(crate) fn new(id: ChatId, kind: ChatKind, title: Option<String>) -> Self {
        Self {
            id,
            kind,
            title,
            username: None,
            description: None,
            member_count: None,
            members: BTreeMap::new(),
            topics: BTreeMap::new(),
            pinned: Vec::new(),
            upgraded_to: None,
        }
    }

    pub(crate) fn standing(&self, user: UserId) -> Standing {
        self.members.get(&user).copied().unwrap_or(Standing::Left)
    }

    pub(crate) fn count(&self) -> i64 {
        let inside = self.members.values().filter(|standing| standing.is_inside()).count();
        self.member_count.unwrap_or_else(|| i64::try_from(inside).unwrap_or(i64::MAX))
    }

    pub(crate) fn is_forum(&self) -> bool {
        self.kind == ChatKind::Supergroup { forum: true }
    }
}
