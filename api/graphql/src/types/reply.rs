//! What we said, or meant to.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_model::{MessageId, conversation::Priority as ModelPriority};
use chronogram_read_models::{
    Direction, PageRequest,
    conversations::{self, ReplyRow},
};
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::PgPool;

use super::{Conversation, Message, names::named, parse_id};
use crate::{
    connection::Connection,
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// What we said in a chat, or meant to.
pub(crate) struct Reply(pub(crate) ReplyRow);

/// Where a reply stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplyState {
    /// It is to go out.
    Requested,
    /// It went out.
    Sent,
    /// It will not go out.
    Failed,
}

impl ReplyState {
    fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// What kind of thing goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplyKind {
    /// A new message.
    Send,
    /// New words for a message of ours.
    Edit,
    /// The answer to a pressed button.
    AnswerPress,
    /// A picture.
    Photo,
    /// A file of any kind.
    Document,
    /// A voice message.
    Voice,
    /// An album: pictures, or files, that belong together.
    MediaGroup,
}

/// Who goes first when more is to be sent than Telegram takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
#[graphql(remote = "ModelPriority")]
pub(crate) enum Priority {
    /// Somebody waits for it.
    Answer,
    /// Somebody wants to know soon.
    Alert,
    /// It may come later.
    Report,
}

/// What replies are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ReplyOrder {
    /// Asked for last comes first.
    RequestedAtDesc,
    /// Asked for first comes first.
    RequestedAtAsc,
}

/// Which replies: name a conversation or a state, one of both.
#[derive(InputObject)]
pub(crate) struct ReplyFilter {
    /// Those of this conversation: `<bot>.<chat>`.
    conversation: Option<ID>,
    /// Those that stand so, in all conversations.
    state: Option<ReplyState>,
}

impl ReplyFilter {
    pub(crate) fn read(self) -> Result<conversations::ReplyFilter, Failure> {
        match (self.conversation, self.state) {
            (Some(id), None) => Ok(conversations::ReplyFilter::Conversation(parse_id("filter.conversation", &id)?)),
            (None, Some(state)) => Ok(conversations::ReplyFilter::State(state.name().to_owned())),
            (Some(_), Some(_)) | (None, None) => {
                Err(Failure::input("filter", "name a conversation or a state, one of both"))
            }
        }
    }
}

pub(crate) async fn replies_page(
    pool: &PgPool,
    filter: conversations::ReplyFilter,
    order: ReplyOrder,
    request: &PageRequest,
) -> Result<Connection<Reply>, Failure> {
    let direction = match order {
        ReplyOrder::RequestedAtAsc => Direction::Ascending,
        ReplyOrder::RequestedAtDesc => Direction::Descending,
    };
    let page = conversations::replies(pool, &filter, direction, request).await?;
    let pool = pool.clone();
    Ok(Connection::of(page, Reply, move || {
        let (pool, filter) = (pool.clone(), filter.clone());
        async move { conversations::count_replies(&pool, &filter).await }
    }))
}

/// What we said in a chat, or meant to.
#[Object]
impl Reply {
    /// A UUID.
    async fn id(&self) -> ID {
        ID::from(self.0.id)
    }

    /// Where: `<bot>.<chat>`.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// Where.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.0.conversation).await
    }

    /// Number of the message it answers, where one is answered.
    async fn in_reply_to_id(&self) -> Option<ID> {
        self.0.in_reply_to.map(ID::from)
    }

    /// The message it answers; null where none is, or it was never observed.
    async fn in_reply_to(&self, ctx: &Context<'_>) -> Nullable<Message> {
        Loaders::message(ctx, &self.0.conversation, self.0.in_reply_to?).await
    }

    /// What kind of thing it is.
    async fn kind(&self) -> Result<ReplyKind, Failure> {
        named(&self.0.kind)
    }

    /// What it says; null where it shows nothing or its person is erased.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// Who goes first.
    async fn priority(&self) -> Result<Priority, Failure> {
        named(&self.0.priority)
    }

    /// Where it stands.
    async fn state(&self) -> Result<ReplyState, Failure> {
        named(&self.0.state)
    }

    /// When it was asked for.
    async fn requested_at(&self) -> Timestamp {
        self.0.requested_at
    }

    /// When it was sent or given up; null while it is to go out.
    async fn settled_at(&self) -> Option<Timestamp> {
        self.0.settled_at
    }

    /// Numbers of the messages it became, in order; several of a long text.
    async fn message_ids(&self) -> Vec<ID> {
        self.0.message_ids.iter().map(|id| ID::from(MessageId(*id))).collect()
    }

    /// It may have gone out twice: we were killed between Telegram's answer and our note of it.
    async fn maybe_repeated(&self) -> bool {
        self.0.maybe_repeated
    }

    /// Why it will not go out: `blocked`, `not_found`, `superseded`, `expired`, …
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Position of the last event about it.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }
}
