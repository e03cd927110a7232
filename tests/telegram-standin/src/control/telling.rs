//! What there is: people, chats, transcripts, calls, statistics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Control, ControlError, ShownMessage};
use crate::{
    call_log::CallEntry,
    ids::{ChatId, MessageId, UserId},
    methods::commands,
    state::{Standing, render},
};

/// A person in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedUser {
    /// As the Bot API says it.
    pub user: Value,
    /// Whether the bot is blocked.
    pub blocked: bool,
}

/// A chat in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChat {
    /// As the Bot API says it.
    pub chat: Value,
    /// What `getChatMemberCount` says.
    pub member_count: i64,
    /// What everybody is in it: `creator`, `administrator`, `member`, `left`, `kicked`.
    pub members: BTreeMap<UserId, String>,
    /// Its topics by number.
    pub topics: BTreeMap<MessageId, String>,
    /// Its pinned messages, the newest last.
    pub pinned: Vec<MessageId>,
}

/// What happened in a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatStatistics {
    /// Messages of the bot, deleted ones too.
    pub sent_by_bot: usize,
    /// Edits of them.
    pub edits_by_bot: usize,
    /// Messages of people.
    pub sent_by_people: usize,
    /// Deleted ones.
    pub deleted: usize,
}

impl Control {
    /// Everybody, the bot too.
    pub fn users(&self) -> Vec<ListedUser> {
        self.hub.read(|world| {
            let blocked = |user: UserId| {
                world.chats.get(&user.into()).is_some_and(|chat| chat.standing(world.bot) == Standing::Kicked)
            };
            let listed =
                world.users.values().map(|user| ListedUser { user: render::user(user), blocked: blocked(user.id) });
            listed.collect()
        })
    }

    /// All chats.
    pub fn chats(&self) -> Vec<ListedChat> {
        self.hub.read(|world| {
            let listed = world.chats.values().map(|chat| ListedChat {
                chat: render::chat(world, chat),
                member_count: chat.count(),
                members: chat.members.iter().map(|(user, it)| (*user, it.name().to_owned())).collect(),
                topics: chat.topics.iter().map(|(id, topic)| (*id, topic.name.clone())).collect(),
                pinned: chat.pinned.clone(),
            });
            listed.collect()
        })
    }

    /// All messages of a chat as they are now, deleted ones too.
    pub fn transcript(&self, chat: impl Into<ChatId>) -> Vec<ShownMessage> {
        let chat = chat.into();
        self.hub.read(|world| {
            let messages = world.messages.get(&chat).into_iter().flat_map(BTreeMap::values);
            messages.map(|message| ShownMessage::of(world, world.bot, message)).collect()
        })
    }

    /// One message as it is now.
    pub fn message(&self, chat: impl Into<ChatId>, message: MessageId) -> Result<ShownMessage, ControlError> {
        let chat = chat.into();
        self.hub.read(|world| {
            let found = world.message(chat, message).ok_or(ControlError::NoSuchMessage(chat, message))?;
            Ok(ShownMessage::of(world, world.bot, found))
        })
    }

    /// The bot's menu as a person sees it in a chat: command and description.
    pub fn menu(&self, chat: impl Into<ChatId>, user: UserId) -> Vec<(String, String)> {
        let chat = chat.into();
        let menu = self.hub.read(|world| commands::menu(world, chat, user));
        menu.into_iter().map(|command| (command.command, command.description)).collect()
    }

    /// The bytes of a file, by its id.
    pub fn file(&self, file_id: &str) -> Option<Vec<u8>> {
        let number = self.hub.read(|world| world.files.get(file_id).map(|file| file.number))?;
        self.hub.blobs.get(number).ok().map(Into::into)
    }

    /// What the bot called, the oldest first.
    pub fn calls(&self) -> Vec<CallEntry> {
        self.hub.calls().entries().cloned().collect()
    }

    /// What the bot called of one method.
    pub fn calls_of(&self, method: &str) -> Vec<CallEntry> {
        let calls = self.hub.calls();
        calls.entries().filter(|call| call.method.eq_ignore_ascii_case(method)).cloned().collect()
    }

    /// Forgets the calls until now.
    pub fn forget_calls(&self) {
        self.hub.calls().forget();
    }

    /// Updates that the bot has not confirmed.
    pub fn pending_updates(&self) -> Vec<Value> {
        let now = self.hub.now();
        self.hub.read(|world| world.pending(now).map(crate::state::Update::render).collect())
    }

    /// What happened in each chat.
    pub fn statistics(&self) -> BTreeMap<ChatId, ChatStatistics> {
        self.hub.read(|world| {
            let mut all: BTreeMap<ChatId, ChatStatistics> = BTreeMap::new();
            for message in world.messages.values().flat_map(BTreeMap::values) {
                let chat = all.entry(message.chat).or_default();
                if message.author.user() == world.bot {
                    chat.sent_by_bot += 1;
                    chat.edits_by_bot += message.versions.len();
                } else {
                    chat.sent_by_people += 1;
                }
                chat.deleted += usize::from(message.deleted_at.is_some());
            }
            all
        })
    }
}
