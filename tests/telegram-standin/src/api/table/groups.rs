//! Methods about chats: who is in them, topics, pins and reactions.

use super::{
    Kind::{Array, Boolean, Chat, Integer, Text},
    Method, Parameter, optional, required,
};
use crate::methods::{chats, pins, reactions, topics};

const CHAT: &[Parameter] = &[required("chat_id", Chat)];
const TOPIC: &[Parameter] = &[required("chat_id", Chat), required("message_thread_id", Integer)];
const BUSINESS: &[Parameter] = &[optional("business_connection_id", Text)];

pub(super) const METHODS: &[Method] = &[
    Method::now("getChat", chats::get, &[CHAT]),
    Method::now("getChatMember", chats::member, &[CHAT, &[required("user_id", Integer)]]),
    Method::now("getChatMemberCount", chats::count, &[CHAT]),
    Method::now("getChatAdministrators", chats::administrators, &[CHAT]),
    Method::now("leaveChat", chats::leave, &[CHAT]),
    Method::now(
        "createForumTopic",
        topics::create,
        &[CHAT, &[required("name", Text), optional("icon_color", Integer), optional("icon_custom_emoji_id", Text)]],
    ),
    Method::now(
        "editForumTopic",
        topics::edit,
        &[TOPIC, &[optional("name", Text), optional("icon_custom_emoji_id", Text)]],
    ),
    Method::now("closeForumTopic", topics::close, &[TOPIC]),
    Method::now("reopenForumTopic", topics::reopen, &[TOPIC]),
    Method::now("deleteForumTopic", topics::delete, &[TOPIC]),
    Method::now(
        "pinChatMessage",
        pins::pin,
        &[BUSINESS, CHAT, &[required("message_id", Integer), optional("disable_notification", Boolean)]],
    ),
    Method::now("unpinChatMessage", pins::unpin, &[BUSINESS, CHAT, &[optional("message_id", Integer)]]),
    Method::now(
        "setMessageReaction",
        reactions::set,
        &[CHAT, &[required("message_id", Integer), optional("reaction", Array), optional("is_big", Boolean)]],
    ),
];
