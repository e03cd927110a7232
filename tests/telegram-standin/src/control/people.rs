//! People: making them, and what they do to the bot.

use serde::{Deserialize, Serialize};

use super::{Control, ControlError};
use crate::{
    ids::{ChatId, MessageId, UserId},
    state::{Change, Chat, ChatKind, Standing, User, World},
};

/// The first number given to a person without one.
const USERS_START: i64 = 1_000;

/// A person to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewUser {
    /// Chosen when it is not given.
    pub id: Option<i64>,
    /// Shown name.
    pub first_name: String,
    /// Second part of it.
    pub last_name: Option<String>,
    /// Without the `@`.
    pub username: Option<String>,
    /// `ru`, `en` …
    pub language_code: Option<String>,
    /// Whether they have Telegram Premium.
    pub is_premium: bool,
}

impl NewUser {
    /// Somebody with a name and a language.
    pub fn named(first_name: &str, language_code: &str) -> Self {
        Self { first_name: first_name.to_owned(), language_code: Some(language_code.to_owned()), ..Self::default() }
    }
}

impl Control {
    /// Makes a person, or changes the one with that id. The bot does not know them before they write to it.
    pub fn user(&self, new: NewUser) -> Result<UserId, ControlError> {
        if new.first_name.is_empty() {
            return Err(ControlError::Invalid("first_name is empty".to_owned()));
        }
        self.hub.write(|world| {
            let free = world.users.keys().next_back().map_or(USERS_START, |last| last.0.max(USERS_START) + 1);
            let id = UserId(new.id.unwrap_or(free));
            if id.0 <= 0 || world.users.get(&id).is_some_and(|user| user.is_bot) {
                return Err(ControlError::IdTaken(id.0));
            }
            world.put(Change::User(User {
                id,
                is_bot: false,
                first_name: new.first_name,
                last_name: new.last_name,
                username: new.username,
                language_code: new.language_code,
                is_premium: new.is_premium,
            }));
            Ok(id)
        })
    }

    /// Presses START, with what followed `?start=` in the link.
    pub fn start(&self, user: UserId, parameter: Option<&str>) -> Result<MessageId, ControlError> {
        if self.is_blocked(user) {
            self.unblock(user)?;
        }
        match parameter {
            Some(parameter) => self.say(user, &format!("/start {parameter}")),
            None => self.say(user, "/start"),
        }
    }

    /// Blocks the bot: it is told by `my_chat_member`, and can write no more.
    pub fn block(&self, user: UserId) -> Result<(), ControlError> {
        self.hub.write(|world| open_private(world, user).map(drop))?;
        let bot = self.bot();
        self.stand(user.into(), user, bot, Standing::Kicked)
    }

    /// Takes that back; also the bot's being told.
    pub fn unblock(&self, user: UserId) -> Result<(), ControlError> {
        self.hub.write(|world| open_private(world, user).map(drop))?;
        let bot = self.bot();
        self.stand(user.into(), user, bot, Standing::Member)
    }

    /// Whether the person blocked the bot.
    pub fn is_blocked(&self, user: UserId) -> bool {
        let bot = self.bot();
        let chat = ChatId::from(user);
        self.hub.read(|world| world.chats.get(&chat).is_some_and(|chat| chat.standing(bot) == Standing::Kicked))
    }

    pub(super) fn bot(&self) -> UserId {
        self.hub.read(|world| world.bot)
    }
}

/// The private chat of a person, made when it is not there.
pub(super) fn open_private(world: &mut World, user: UserId) -> Result<Chat, ControlError> {
    if world.users.get(&user).is_none_or(|user| user.is_bot) {
        return Err(ControlError::NoSuchUser(user));
    }
    if let Some(chat) = world.chats.get(&user.into()) {
        return Ok(chat.clone());
    }
    let mut chat = Chat::new(user.into(), ChatKind::Private, None);
    chat.members.extend([(user, Standing::Member), (world.bot, Standing::Member)]);
    world.put(Change::Chat(Box::new(chat.clone())));
    Ok(chat)
}
