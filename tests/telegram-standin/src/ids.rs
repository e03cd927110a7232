//! The numbers that Telegram gives to people, chats and messages, each a type of its own.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(out)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A person or a bot.
    UserId
);
id!(
    /// A chat: positive for a private one (the person's own number), negative for a group, −100… for supergroups and
    /// channels.
    ChatId
);
id!(
    /// A message within its chat.
    MessageId
);
id!(
    /// An update; grows and is never given twice.
    UpdateId
);

impl From<UserId> for ChatId {
    /// The private chat of a person has the person's number.
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}
