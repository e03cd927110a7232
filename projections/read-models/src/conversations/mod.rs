//! The read model `conversations`: where people talk, and every message as last observed.

mod fold;
mod queries;
mod replies;
mod reply_queries;
mod rows;
mod write;

pub use fold::Conversations;
pub use queries::{
    ConversationFilter, ConversationOrder, MessageFilter, MessageOrder, conversations, conversations_by_id,
    count_conversations, count_messages, count_messages_of_person, count_service_messages, latest_messages_of,
    messages, messages_by_id, messages_of_person, service_messages,
};
pub use reply_queries::{ReplyFilter, count_replies, replies, replies_by_id};
pub use rows::{ConversationRow, MessageRow, ReplyRow, SentText, ServiceMessageRow};

/// Name of the projection.
pub const NAME: &str = "conversations";

/// Version of its tables and fold.
pub const VERSION: u32 = 3;
