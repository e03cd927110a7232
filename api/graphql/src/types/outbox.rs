//! What waits to go out to Telegram, in numbers.

use async_graphql::{Context, ID, Object};
use chronogram_automations::{
    TodoError,
    deliveries::{
        DeliveryError, HeldChat as HeldRow, OutboxStatus, ParkedChat as ParkedRow, WaitingOfPriority, held_chats,
        parked_chats, waiting_by_priority,
    },
};
use chronogram_model::ConversationId;
use chronogram_read_models::{PAGE_DEFAULT, PAGE_MAX};
use jiff::Timestamp;

use super::{Conversation, Priority, deps, pool};
use crate::{
    connection::page_cost,
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// What waits to go out to Telegram.
pub(crate) struct Outbox(pub(crate) OutboxStatus);

/// How much of a priority waits.
pub(crate) struct OutboxPriority(WaitingOfPriority);

/// A chat that is held up.
pub(crate) struct HeldChat(HeldRow);

/// A chat that does not hear us.
pub(crate) struct ParkedChat(ParkedRow);

impl From<DeliveryError> for Failure {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Todo(TodoError::Database { source, .. }) => source.into(),
            other => Self::internal(std::sync::Arc::new(other)),
        }
    }
}

/// What waits to go out to Telegram, now. A message leaves when the log knows what became of it.
#[Object]
impl Outbox {
    /// Messages that wait.
    async fn waiting(&self) -> Long {
        Long(self.0.waiting)
    }

    /// Messages on their way.
    async fn sending(&self) -> Long {
        Long(self.0.sending)
    }

    /// Messages whose end the log is yet to hear of.
    async fn settling(&self) -> Long {
        Long(self.0.settling)
    }

    /// When the oldest waiting message was put in; null where none waits.
    async fn oldest_at(&self) -> Option<Timestamp> {
        self.0.oldest_at
    }

    /// Chats that something waits for.
    async fn chats(&self) -> Long {
        Long(self.0.chats)
    }

    /// Chats that do not hear us.
    async fn parked(&self) -> Long {
        Long(self.0.parked)
    }

    /// Reminders yet to fall due.
    async fn reminders(&self) -> Long {
        Long(self.0.reminders)
    }

    /// How much waits by priority, who goes first first.
    async fn by_priority(&self, ctx: &Context<'_>) -> Result<Vec<OutboxPriority>, Failure> {
        Ok(waiting_by_priority(pool(ctx)?).await?.into_iter().map(OutboxPriority).collect())
    }

    /// Chats whose next message was tried in vain and waits for another try, the next to be tried first. What waits for
    /// a chat that blocked the bot is given up at once and stands in `replies(filter: { state: FAILED })`.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn held_chats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 where none is given.")] first: Option<i32>,
    ) -> Result<Vec<HeldChat>, Failure> {
        let deps = deps(ctx)?;
        Ok(held_chats(&deps.pool, deps.clock.now(), limit(first)?).await?.into_iter().map(HeldChat).collect())
    }

    /// Chats that do not hear us, because a person blocked the bot or a group threw it out; those parked last first.
    /// What is asked for there fails at once, until they let the bot in or write again.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn parked_chats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 where none is given.")] first: Option<i32>,
    ) -> Result<Vec<ParkedChat>, Failure> {
        Ok(parked_chats(pool(ctx)?, limit(first)?).await?.into_iter().map(ParkedChat).collect())
    }
}

fn limit(first: Option<i32>) -> Result<u32, Failure> {
    let Some(first) = first else { return Ok(PAGE_DEFAULT) };
    let first = u32::try_from(first).ok().filter(|first| (1..=PAGE_MAX).contains(first));
    first.ok_or_else(|| Failure::input("first", format!("it must be from 1 to {PAGE_MAX}")))
}

/// A chat that does not hear us.
#[Object]
impl ParkedChat {
    /// Which: `<bot>.<chat>`.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.id())
    }

    /// Which.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.id()).await
    }

    /// When we learned of it.
    async fn since(&self) -> Timestamp {
        self.0.since
    }
}

impl ParkedChat {
    fn id(&self) -> ConversationId {
        ConversationId::Bot { bot: self.0.bot, chat: self.0.chat }
    }
}

/// How much of a priority waits.
#[Object]
impl OutboxPriority {
    /// Which.
    async fn priority(&self) -> Priority {
        self.0.priority.into()
    }

    /// Messages of it that wait.
    async fn waiting(&self) -> Long {
        Long(self.0.waiting)
    }
}

/// A chat whose next message was tried in vain; what is behind it waits too.
#[Object]
impl HeldChat {
    /// Which: `<bot>.<chat>`.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// Which.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.0.conversation).await
    }

    /// Messages that wait for it.
    async fn waiting(&self) -> Long {
        Long(self.0.waiting)
    }

    /// Tries of its next message so far.
    async fn attempts(&self) -> i32 {
        self.0.attempts.into()
    }

    /// Not before this is it tried again.
    async fn next_try_at(&self) -> Timestamp {
        self.0.next_try_at
    }

    /// When its oldest message was put in.
    async fn oldest_at(&self) -> Timestamp {
        self.0.oldest_at
    }
}
