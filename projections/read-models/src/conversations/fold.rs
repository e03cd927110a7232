//! Folds conversations and their messages: the newest observation stands, every message counts once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Codec, Position, RecordedEvent};
use chronogram_model::{
    ConversationId,
    conversation::{ChatKind, ConversationDescribed, ConversationEvent, MessageReceived},
};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{
    replies::{self, ReplyChanges},
    write::{self, MessageColumns},
};
use crate::{
    erasure::{self, PERSON_ERASED},
    observed::{ServiceColumns, Stretch, id_in_stream, misplaced, observe},
};

/// The projection `conversations`.
#[derive(Debug)]
pub struct Conversations {
    codec: Codec,
}

impl Conversations {
    /// Reads events through `codec`.
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

#[async_trait]
impl Projection for Conversations {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u32 {
        super::VERSION
    }

    fn tables_sql(&self) -> &'static str {
        include_str!("tables.sql")
    }

    fn indexes_sql(&self) -> &'static str {
        include_str!("indexes.sql")
    }

    fn tables(&self) -> &'static [TableKey] {
        &[
            TableKey { table: "conversation", key: &["id"] },
            TableKey { table: "message", key: &["conversation", "message_id"] },
            TableKey { table: "service_message", key: &["conversation", "message_id"] },
            TableKey { table: "reply", key: &["id"] },
        ]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        Some(&[
            "ConversationOpened",
            "ConversationDescribed",
            "MessageReceived",
            "MessageEdited",
            "ServiceMessageObserved",
            "ReplyRequested",
            "ReplySent",
            "ReplyFailed",
            PERSON_ERASED,
        ])
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        for (part, end) in erasure::parts(batch) {
            self.apply_part(part, connection).await?;
            if let Some(end) = end
                && let Some(person) = erasure::erased(&self.codec, end)?
            {
                write::erase(connection, &person.to_string()).await?;
            }
        }
        Ok(())
    }
}

impl Conversations {
    async fn apply_part(&self, part: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let mut changes = Changes::default();
        for event in part {
            changes.fold(event, &self.codec)?;
        }
        let new_messages = write::messages(connection, changes.messages).await?;
        write::service_messages(connection, changes.service_messages).await?;
        write::conversations(connection, changes.conversations, &new_messages).await?;
        replies::write(connection, changes.replies).await?;
        Ok(())
    }
}

/// What a batch changes, sorted by key.
#[derive(Default)]
struct Changes {
    conversations: BTreeMap<String, ConversationChange>,
    messages: BTreeMap<(String, i64), MessageColumns>,
    service_messages: BTreeMap<(String, i64), ServiceColumns>,
    replies: ReplyChanges,
}

/// What a batch changes in one conversation.
pub(super) struct ConversationChange {
    /// The kind, as long as nobody said another.
    pub(super) assumed_kind: ChatKind,
    /// The newest kind said, and when it was first.
    pub(super) opened: Option<(ChatKind, Timestamp)>,
    /// The newest title and whose it is.
    pub(super) described: Option<(Option<String>, Option<String>)>,
    /// When its messages were sent, all observations of them.
    pub(super) sent: Option<Stretch>,
    pub(super) last_position: Position,
}

impl Changes {
    fn fold(&mut self, event: &RecordedEvent, codec: &Codec) -> Result<(), ApplyError> {
        let Some(id) = id_in_stream(event, "conversation") else {
            // Channels have service entries too; they are the read model `channels`'.
            let elsewhere = event.event_type == "ServiceMessageObserved";
            return if elsewhere { Ok(()) } else { Err(misplaced(event, "a conversation")) };
        };
        let conversation: ConversationId = id.parse().map_err(|_| misplaced(event, "a conversation"))?;
        let Some(decoded) = codec.decode::<ConversationEvent>(event)? else { return Ok(()) };

        let change = self.conversations.entry(id.to_owned()).or_insert_with(|| ConversationChange {
            assumed_kind: assumed_kind(&conversation),
            opened: None,
            described: None,
            sent: None,
            last_position: event.position,
        });
        change.last_position = event.position;
        match decoded {
            ConversationEvent::ConversationOpened(opened) => {
                let first_at = change.opened.map_or(event.recorded_at, |(_, at)| at);
                change.opened = Some((opened.kind, first_at));
            }
            ConversationEvent::ConversationDescribed(described) => change.described = Some(title_of(&described)),
            ConversationEvent::MessageReceived(message) => {
                change.sent = Some(Stretch::reach(change.sent, message.sent_at));
                self.observe_message(id, message, event.position)?;
            }
            ConversationEvent::MessageEdited(edit) => {
                change.sent = Some(Stretch::reach(change.sent, edit.message.sent_at));
                let key = (id.to_owned(), edit.message.message_id.0);
                observe(&mut self.messages, key, MessageColumns::edited(edit, event.position)?);
            }
            ConversationEvent::ReplyRequested(reply) => self.replies.request(id, &reply, event.position),
            ConversationEvent::ReplySent(sent) => self.replies.send(&sent, event.position),
            ConversationEvent::ReplyFailed(failed) => self.replies.fail(failed, event.position),
            // Who pressed what, who hears us, and who came by which link is no read model's yet; not asked for, they do
            // not come.
            ConversationEvent::ButtonPressed(_)
            | ConversationEvent::BotBlocked(_)
            | ConversationEvent::BotUnblocked(_)
            | ConversationEvent::DeepLinkFollowed(_)
            | ConversationEvent::ConversationMigrated(_) => {}
            ConversationEvent::ServiceMessageObserved(service) => {
                let key = (id.to_owned(), service.message_id.0);
                observe(&mut self.service_messages, key, ServiceColumns::of(service, event.position)?);
            }
        }
        Ok(())
    }

    fn observe_message(&mut self, id: &str, message: MessageReceived, position: Position) -> Result<(), ApplyError> {
        let key = (id.to_owned(), message.message_id.0);
        observe(&mut self.messages, key, MessageColumns::of(message, position)?);
        Ok(())
    }
}

fn title_of(described: &ConversationDescribed) -> (Option<String>, Option<String>) {
    (described.title.readable().cloned(), described.title.person().map(ToString::to_string))
}

/// What an id tells of the kind, for a conversation whose opening was never heard of.
fn assumed_kind(conversation: &ConversationId) -> ChatKind {
    /// Ids of supergroups begin here and go down.
    const SUPERGROUPS: i64 = -1_000_000_000_000;
    match conversation {
        ConversationId::Api(_) => ChatKind::Api,
        ConversationId::Bot { chat, .. } | ConversationId::Export(chat) => match chat.0 {
            0.. => ChatKind::Private,
            ..=SUPERGROUPS => ChatKind::Supergroup,
            _ => ChatKind::Group,
        },
    }
}
