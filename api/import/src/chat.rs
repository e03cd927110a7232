//! Chats and peers of an export, in the Bot API's signed form.

use chronogram_model::{ChatId, PersonId, Sender, StreamName, conversation::ChatKind};
use serde_json::Value;

use crate::fields::{Bad, LABEL_BYTES_MAX};

/// Before 2021 Telegram Desktop wrote a peer's kind into the bits above 32: 1 for users, 2 for groups and channels.
const OLD_USER_BIT: i64 = 1 << 32;
const OLD_CHAT_BIT: i64 = 2 << 32;

/// What goes where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Channel { public: bool },
    Conversation(ChatKind),
}

/// A chat of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) id: ChatId,
    pub(crate) place: Place,
    /// Absent where the export gives none (saved messages, deleted accounts).
    pub(crate) title: Option<String>,
}

/// What stands around `messages`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(crate) name: Option<Value>,
    pub(crate) kind: Option<Value>,
    pub(crate) id: Option<Value>,
}

impl Header {
    /// Whether all that events need was read.
    pub(crate) fn is_complete(&self) -> bool {
        let nameless = matches!(
            self.kind.as_ref().and_then(Value::as_str),
            Some("saved_messages" | "replies" | "verification_codes")
        );
        self.kind.is_some() && self.id.is_some() && (self.name.is_some() || nameless)
    }

    pub(crate) fn chat(&self) -> Result<Chat, Bad> {
        let id = self.id.as_ref().and_then(Value::as_i64).filter(|id| *id > 0);
        let id = id.ok_or_else(|| Bad::new("id", "a whole number above 0"))?;
        let (id, place) = match self.kind.as_ref().and_then(Value::as_str).unwrap_or_default() {
            "personal_chat" => (ChatId::private(id), Place::Conversation(ChatKind::Private)),
            "bot_chat" | "replies" | "verification_codes" => (ChatId::private(id), Place::Conversation(ChatKind::Bot)),
            "saved_messages" => (ChatId::private(id), Place::Conversation(ChatKind::SavedMessages)),
            "private_group" => (ChatId::basic_group(bare(id)), Place::Conversation(ChatKind::Group)),
            "private_supergroup" | "public_supergroup" => {
                (ChatId::supergroup(bare(id)), Place::Conversation(ChatKind::Supergroup))
            }
            "private_channel" => (ChatId::supergroup(bare(id)), Place::Channel { public: false }),
            "public_channel" => (ChatId::supergroup(bare(id)), Place::Channel { public: true }),
            _ => {
                return Err(Bad::new(
                    "type",
                    "personal_chat, bot_chat, saved_messages, private_group, private_supergroup, public_supergroup, \
                     private_channel or public_channel",
                ));
            }
        };
        let title = self.name.as_ref().and_then(Value::as_str).filter(|name| !name.is_empty());
        if title.is_some_and(|title| title.len() > LABEL_BYTES_MAX) {
            return Err(Bad::new("name", "a text below 64 KiB"));
        }
        Ok(Chat { id, place, title: title.map(chronogram_model::cleaned) })
    }
}

impl Chat {
    pub(crate) fn stream(&self) -> StreamName {
        match self.place {
            Place::Channel { .. } => self.id.channel_stream(),
            Place::Conversation(_) => chronogram_model::ConversationId::Export(self.id).stream(),
        }
    }

    /// The person whose name is the title of a chat for two.
    pub(crate) fn other_person(&self) -> Option<PersonId> {
        match self.place {
            Place::Conversation(ChatKind::Private | ChatKind::Bot) => Some(PersonId::Telegram(self.id.0)),
            Place::Conversation(_) | Place::Channel { .. } => None,
        }
    }
}

/// Ids of groups and channels are far below the old bit.
fn bare(id: i64) -> i64 {
    if id >= OLD_CHAT_BIT { id - OLD_CHAT_BIT } else { id }
}

/// Who `value` of `field` names: `"user123"`, `"channel123"`, `"chat123"`, or the number of an old export.
pub(crate) fn peer(field: &str, value: Option<Value>) -> Result<Sender, Bad> {
    let refused = || Bad::new(field, "\"user…\", \"channel…\" or \"chat…\" with a number, or a number");
    match value {
        None => Ok(Sender::Unknown),
        Some(Value::String(text)) => {
            let number = |digits: &str| digits.parse::<i64>().ok().filter(|number| *number >= 0);
            let named = |prefix| text.strip_prefix(prefix).map(|digits| number(digits).ok_or_else(refused));
            if let Some(user) = named("user") {
                // Telegram Desktop writes user0 where it knows nobody.
                Ok(user_or_nobody(user?))
            } else if let Some(channel) = named("channel") {
                Ok(Sender::Chat(ChatId::supergroup(channel?)))
            } else if let Some(group) = named("chat") {
                Ok(Sender::Chat(ChatId::basic_group(group?)))
            } else {
                Err(refused())
            }
        }
        Some(value) => match value.as_i64().ok_or_else(refused)? {
            old if old >= OLD_CHAT_BIT => Ok(Sender::Chat(ChatId::supergroup(old - OLD_CHAT_BIT))),
            old if old >= OLD_USER_BIT => Ok(user_or_nobody(old - OLD_USER_BIT)),
            user if user >= 0 => Ok(user_or_nobody(user)),
            _ => Err(refused()),
        },
    }
}

fn user_or_nobody(user: i64) -> Sender {
    if user == 0 { Sender::Unknown } else { Sender::Person(PersonId::Telegram(user)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chat(kind: &str, id: i64) -> Chat {
        Header { name: Some(json!("n")), kind: Some(json!(kind)), id: Some(json!(id)) }.chat().unwrap()
    }

    #[test]
    fn chat_ids_take_the_bot_apis_signed_form_by_type() {
        for (kind, id, stream) in [
            ("personal_chat", 42, "conversation-export.42"),
            ("bot_chat", 42, "conversation-export.42"),
            ("saved_messages", 42, "conversation-export.42"),
            ("private_group", 42, "conversation-export.-42"),
            ("private_supergroup", 42, "conversation-export.-1000000000042"),
            ("public_supergroup", 42, "conversation-export.-1000000000042"),
            ("private_channel", 1_878_264_527, "channel--1001878264527"),
            ("public_channel", 1_878_264_527, "channel--1001878264527"),
            ("public_channel", OLD_CHAT_BIT + 1_878_264_527, "channel--1001878264527"),
        ] {
            assert_eq!(chat(kind, id).stream().as_str(), stream, "{kind}");
        }
    }

    #[test]
    fn peers_are_read_in_every_form_exports_had() {
        let user = Sender::Person(PersonId::Telegram(42));
        for (value, expected) in [
            (json!("user42"), user.clone()),
            (json!(42), user.clone()),
            (json!(OLD_USER_BIT + 42), user),
            (json!("channel42"), Sender::Chat(ChatId(-1_000_000_000_042))),
            (json!(OLD_CHAT_BIT + 42), Sender::Chat(ChatId(-1_000_000_000_042))),
            (json!("chat42"), Sender::Chat(ChatId(-42))),
            (json!("user0"), Sender::Unknown),
        ] {
            assert_eq!(peer("from_id", Some(value.clone())), Ok(expected), "{value}");
        }
        for value in [json!("userx"), json!("42"), json!(-1), json!(1.5), json!([]), json!("user-1")] {
            assert_eq!(peer("from_id", Some(value)).unwrap_err().field, "from_id");
        }
    }
}
