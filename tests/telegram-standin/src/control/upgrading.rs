//! A basic group becomes a supergroup: it goes on under another id, and the old one only says where.

use serde_json::{Map, json};

use super::{ChatType, Control, ControlError, chats::free, speaking};
use crate::{
    ids::{ChatId, UserId},
    state::{Author, Change, Chat, ChatKind, Content, World},
};

impl Control {
    /// Somebody inside upgrades a basic group; its members go along, its messages stay. The bot is told in both.
    pub fn upgrade(&self, group: ChatId, by: UserId) -> Result<ChatId, ControlError> {
        let now = self.hub.now();
        self.hub.write(|world| {
            let mut old = world.chats.get(&group).cloned().ok_or(ControlError::NoSuchChat(group))?;
            if old.kind != ChatKind::Group {
                return Err(ControlError::Invalid("only a basic group can be upgraded".to_owned()));
            }
            if let Some(to) = old.upgraded_to {
                return Err(ControlError::Upgraded(group, to));
            }
            if !old.standing(by).is_admin() {
                return Err(ControlError::NotInside(group, by));
            }
            let to = free(&world.chats, ChatType::Supergroup);
            let mut new = Chat::new(to, ChatKind::Supergroup { forum: false }, old.title.clone());
            (new.description, new.members) = (old.description.clone(), old.members.clone());
            say(world, &old, by, "migrate_to_chat_id", to, now);
            old.upgraded_to = Some(to);
            world.put(Change::Chat(Box::new(old)));
            world.put(Change::Chat(Box::new(new.clone())));
            say(world, &new, by, "migrate_from_chat_id", group, now);
            Ok(to)
        })
    }
}

fn say(world: &mut World, chat: &Chat, by: UserId, field: &str, other: ChatId, now: i64) {
    let content = Content::Service(Map::from_iter([(field.to_owned(), json!(other))]));
    let message = speaking::draft(world, chat, Author::User(by), content, now);
    speaking::publish(world, chat, &message, now, true);
}
