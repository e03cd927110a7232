//! Records as the Bot API says them.

use serde_json::{Map, Value, json};

use super::{Author, Chat, ChatKind, Message, Standing, Tables, User};
use crate::ids::{MessageId, UserId};

/// `User`.
pub(crate) fn user(user: &User) -> Value {
    json!(user)
}

/// `User` of somebody by number; a stranger without a record has a name made of it.
pub(crate) fn user_of(tables: &Tables, id: UserId) -> Value {
    tables.users.get(&id).map_or_else(|| json!({ "id": id, "is_bot": false, "first_name": id.to_string() }), user)
}

/// `Chat`.
pub(crate) fn chat(tables: &Tables, chat: &Chat) -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(chat.id));
    fields.insert("type".to_owned(), json!(chat.kind.name()));
    if chat.kind == ChatKind::Private {
        if let Some(user) = tables.users.get(&UserId(chat.id.0)) {
            fields.insert("first_name".to_owned(), json!(user.first_name));
            insert(&mut fields, "last_name", user.last_name.as_ref());
            insert(&mut fields, "username", user.username.as_ref());
        }
    } else {
        insert(&mut fields, "title", chat.title.as_ref());
        insert(&mut fields, "username", chat.username.as_ref());
    }
    if chat.is_forum() {
        fields.insert("is_forum".to_owned(), json!(true));
    }
    Value::Object(fields)
}

fn insert(fields: &mut Map<String, Value>, name: &str, value: Option<impl serde::Serialize>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), json!(value));
    }
}

/// `Message`, with the message it answers.
pub(crate) fn message(tables: &Tables, message: &Message) -> Value {
    let mut fields = shallow(tables, message);
    if let Some(answered) = message.reply_to.and_then(|id| tables.live_message(message.chat, id)) {
        fields.insert("reply_to_message".to_owned(), Value::Object(shallow(tables, answered)));
    }
    Value::Object(fields)
}

/// `Message` without the message it answers: Telegram nests one level.
fn shallow(tables: &Tables, message: &Message) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("message_id".to_owned(), json!(message.id));
    let home = tables.chats.get(&message.chat).map_or(Value::Null, |home| chat(tables, home));
    match message.author {
        Author::User(id) => drop(fields.insert("from".to_owned(), user_of(tables, id))),
        Author::Channel { .. } => drop(fields.insert("sender_chat".to_owned(), home.clone())),
    }
    fields.insert("chat".to_owned(), home);
    fields.insert("date".to_owned(), json!(message.date));
    insert(&mut fields, "edit_date", message.edit_date);
    if let Some(MessageId(thread)) = message.thread {
        fields.insert("message_thread_id".to_owned(), json!(thread));
        fields.insert("is_topic_message".to_owned(), json!(true));
    }
    insert(&mut fields, "forward_origin", message.origin.as_ref());
    insert(&mut fields, "quote", message.quote.as_ref());
    insert(&mut fields, "media_group_id", message.album.as_ref());
    if message.protected {
        fields.insert("has_protected_content".to_owned(), json!(true));
    }
    fields.extend(message.content.fields());
    insert(&mut fields, "reply_markup", message.inline_keyboard());
    fields
}

/// `ChatMember`.
pub(crate) fn member(tables: &Tables, id: UserId, standing: Standing, is_channel: bool) -> Value {
    let mut fields = Map::new();
    fields.insert("user".to_owned(), user_of(tables, id));
    fields.insert("status".to_owned(), json!(standing.name()));
    match standing {
        Standing::Creator => {
            fields.insert("is_anonymous".to_owned(), json!(false));
        }
        Standing::Administrator => rights(&mut fields, is_channel),
        Standing::Kicked => {
            fields.insert("until_date".to_owned(), json!(0));
        }
        Standing::Member | Standing::Left => {}
    }
    Value::Object(fields)
}

const RIGHTS: &[&str] = &[
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
];
const RIGHTS_NOT_GIVEN: &[&str] = &["can_be_edited", "is_anonymous", "can_promote_members"];

fn rights(fields: &mut Map<String, Value>, is_channel: bool) {
    let of_the_kind: &[&str] = if is_channel {
        &["can_post_messages", "can_edit_messages"]
    } else {
        &["can_pin_messages", "can_manage_topics"]
    };
    for right in RIGHTS.iter().chain(of_the_kind) {
        fields.insert((*right).to_owned(), json!(!RIGHTS_NOT_GIVEN.contains(right)));
    }
}
