//! Who is in a chat: joining, leaving, making somebody an administrator.

use serde_json::{Map, Value, json};

use super::{Control, ControlError, speaking};
use crate::{
    ids::{ChatId, UserId},
    state::{Author, Change, Chat, ChatKind, Content, Standing, World, render},
    updates::announce,
};

impl Control {
    /// A person joins a group or channel.
    pub fn join(&self, chat: ChatId, user: UserId) -> Result<(), ControlError> {
        self.stand(chat, user, user, Standing::Member)
    }

    /// A person leaves it.
    pub fn leave(&self, chat: ChatId, user: UserId) -> Result<(), ControlError> {
        self.stand(chat, user, user, Standing::Left)
    }

    /// Somebody (`by`) makes a person or the bot an administrator.
    pub fn promote(&self, chat: ChatId, by: UserId, user: UserId) -> Result<(), ControlError> {
        self.stand(chat, by, user, Standing::Administrator)
    }

    /// Somebody (`by`) brings the bot in, as an ordinary member.
    pub fn add_bot(&self, chat: ChatId, by: UserId) -> Result<(), ControlError> {
        let bot = self.bot();
        self.stand(chat, by, bot, Standing::Member)
    }

    /// Somebody (`by`) throws the bot out.
    pub fn remove_bot(&self, chat: ChatId, by: UserId) -> Result<(), ControlError> {
        let bot = self.bot();
        self.stand(chat, by, bot, Standing::Kicked)
    }

    /// Changes what somebody is in a chat, and tells the bot what Telegram would.
    pub(super) fn stand(&self, id: ChatId, by: UserId, user: UserId, new: Standing) -> Result<(), ControlError> {
        let now = self.hub.now();
        self.hub.write(|world| {
            let mut chat = world.chats.get(&id).cloned().ok_or(ControlError::NoSuchChat(id))?;
            if !world.users.contains_key(&user) {
                return Err(ControlError::NoSuchUser(user));
            }
            let old = chat.standing(user);
            if old == new {
                return Ok(());
            }
            let knew = chat.standing(world.bot);
            chat.members.insert(user, new);
            if let Some(count) = &mut chat.member_count {
                *count += i64::from(new.is_inside()) - i64::from(old.is_inside());
            }
            world.put(Change::Chat(Box::new(chat.clone())));
            let is_channel = chat.kind == ChatKind::Channel;
            let body = json!({
                "chat": render::chat(world, &chat),
                "from": render::user_of(world, by),
                "date": now,
                "old_chat_member": render::member(world, user, old, is_channel),
                "new_chat_member": render::member(world, user, new, is_channel),
            });
            if user == world.bot {
                announce(world, "my_chat_member", Some(id), body, now);
            } else if knew.is_admin() {
                announce(world, "chat_member", Some(id), body, now);
            }
            say_so(world, &chat, user, old, new, now);
            Ok(())
        })
    }
}

/// The message that a group shows when somebody comes or goes.
fn say_so(world: &mut World, chat: &Chat, user: UserId, old: Standing, new: Standing, now: i64) {
    if matches!(chat.kind, ChatKind::Private | ChatKind::Channel) || old.is_inside() == new.is_inside() {
        return;
    }
    let who = render::user_of(world, user);
    let (field, value) =
        if new.is_inside() { ("new_chat_members", Value::Array(vec![who])) } else { ("left_chat_member", who) };
    let content = Content::Service(Map::from_iter([(field.to_owned(), value)]));
    let message = speaking::draft(world, chat, Author::User(user), content, now);
    speaking::publish(world, chat, &message, now, true);
}
