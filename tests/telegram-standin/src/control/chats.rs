//! Groups and channels: making them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Control, ControlError};
use crate::{
    ids::{ChatId, UserId},
    state::{Change, Chat, ChatKind, Standing},
};

/// Supergroups and channels count down from here, groups from −1000.
const SUPERGROUPS_START: i64 = -1_002_000_000_000;
const GROUPS_START: i64 = -1_000;

/// What sort of chat to make; private ones come into being with the first message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatType {
    /// A basic group.
    #[default]
    Group,
    /// A supergroup.
    Supergroup,
    /// A supergroup with topics.
    Forum,
    /// A channel.
    Channel,
}

/// A chat to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewChat {
    /// What sort.
    #[serde(rename = "type")]
    pub kind: ChatType,
    /// Chosen when it is not given.
    pub id: Option<i64>,
    /// Shown name.
    pub title: String,
    /// Without the `@`; makes it public.
    pub username: Option<String>,
    /// What `getChat` says of it.
    pub description: Option<String>,
    /// What `getChatMemberCount` says; otherwise those inside are counted.
    pub member_count: Option<i64>,
    /// Who runs it; the first is its owner.
    pub admins: Vec<UserId>,
    /// Who else is in it.
    pub members: Vec<UserId>,
    /// Whether the bot is in it, as an ordinary member.
    pub bot_is_member: bool,
    /// Whether the bot is in it as an administrator.
    pub bot_is_admin: bool,
}

impl NewChat {
    /// A chat with a name, in which the bot is an administrator.
    pub fn titled(kind: ChatType, title: &str) -> Self {
        Self { kind, title: title.to_owned(), bot_is_admin: true, ..Self::default() }
    }
}

impl Control {
    /// Makes a group or channel. The bot is told by `my_chat_member` when it is in it.
    pub fn chat(&self, new: NewChat) -> Result<ChatId, ControlError> {
        if new.title.is_empty() {
            return Err(ControlError::Invalid("title is empty".to_owned()));
        }
        let bot = self.bot();
        let owner = new.admins.first().copied();
        let wanted = match (new.bot_is_admin, new.bot_is_member) {
            (true, _) => Standing::Administrator,
            (false, true) => Standing::Member,
            (false, false) => Standing::Left,
        };
        let id = self.hub.write(|world| {
            let people = new.admins.iter().chain(&new.members);
            if let Some(stranger) = people.copied().find(|user| !world.users.contains_key(user)) {
                return Err(ControlError::NoSuchUser(stranger));
            }
            let id = new.id.map_or_else(|| free(&world.chats, new.kind), ChatId);
            if id.0 >= 0 || world.chats.contains_key(&id) {
                return Err(ControlError::IdTaken(id.0));
            }
            let kind = match new.kind {
                ChatType::Group => ChatKind::Group,
                ChatType::Supergroup => ChatKind::Supergroup { forum: false },
                ChatType::Forum => ChatKind::Supergroup { forum: true },
                ChatType::Channel => ChatKind::Channel,
            };
            let mut chat = Chat::new(id, kind, Some(new.title));
            chat.username = new.username;
            chat.description = new.description;
            chat.member_count = new.member_count;
            chat.members.extend(new.members.iter().map(|user| (*user, Standing::Member)));
            chat.members.extend(new.admins.iter().map(|user| (*user, Standing::Administrator)));
            chat.members.extend(owner.map(|user| (user, Standing::Creator)));
            world.put(Change::Chat(Box::new(chat)));
            Ok(id)
        })?;
        if wanted != Standing::Left {
            self.stand(id, owner.unwrap_or(bot), bot, wanted)?;
        }
        Ok(id)
    }

    /// Sets what `getChatMemberCount` says.
    pub fn set_member_count(&self, chat: impl Into<ChatId>, count: i64) -> Result<(), ControlError> {
        let id = chat.into();
        self.hub.write(|world| {
            let mut chat = world.chats.get(&id).cloned().ok_or(ControlError::NoSuchChat(id))?;
            chat.member_count = Some(count);
            world.put(Change::Chat(Box::new(chat)));
            Ok(())
        })
    }
}

pub(super) fn free(chats: &BTreeMap<ChatId, Chat>, kind: ChatType) -> ChatId {
    let start = if kind == ChatType::Group { GROUPS_START } else { SUPERGROUPS_START };
    let mut id = start;
    while chats.contains_key(&ChatId(id)) {
        id -= 1;
    }
    ChatId(id)
}
