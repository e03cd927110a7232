//! Messages that operators let the bot send.

use async_graphql::{Context, ID, InputObject, Object};
use chronogram_intake::{Appended, SendMessage};
use chronogram_model::{Entity, MessageId, ReplyId, conversation::Button};
use chronogram_read_models::conversations;

use super::{after, asking};
use crate::{
    errors::{Failure, Nullable},
    scalars::Long,
    types::{Priority, Reply, parse_id},
};

/// A message to send.
#[derive(InputObject)]
pub(crate) struct SendMessageInput {
    /// Where: a conversation with a bot of ours, `<bot>.<chat>`.
    conversation_id: ID,
    /// What it says, as plain text: 1 to 4096 UTF-16 units.
    text: String,
    /// Formatting within the text, at most 100.
    #[graphql(default)]
    entities: Vec<EntityInput>,
    /// Rows of buttons: at most 8 in a row, 100 in all.
    #[graphql(default)]
    buttons: Vec<Vec<ButtonInput>>,
    /// Number of the message it answers, in the same conversation; it goes out too where that one is gone.
    reply_to_id: Option<ID>,
    /// Who goes first when more is to be sent than Telegram takes.
    #[graphql(default_with = "Priority::Alert")]
    priority: Priority,
}

/// A formatted stretch of text.
#[derive(InputObject)]
pub(crate) struct EntityInput {
    /// `bold`, `italic`, `underline`, `strikethrough`, `spoiler`, `blockquote`, `code`, `pre`, `text_link` or
    /// `text_mention`.
    kind: String,
    /// Start, in UTF-16 units.
    offset: u32,
    /// Length, in UTF-16 units.
    length: u32,
    /// Target of a `text_link`.
    url: Option<String>,
    /// The person of a `text_mention`: a Telegram user's number.
    person_id: Option<ID>,
    /// Programming language of a `pre`.
    language: Option<String>,
}

/// A button under a message.
#[derive(InputObject)]
pub(crate) struct ButtonInput {
    /// What it says: 1 to 64 characters.
    text: String,
    /// What stands in the log when it is pressed: 1 to 64 bytes.
    data: String,
}

/// A message is to go out.
pub(crate) struct SendMessagePayload {
    appended: Appended,
    reply: ReplyId,
}

impl EntityInput {
    fn read(self) -> Result<Entity, Failure> {
        let Self { kind, offset, length, url, person_id, language } = self;
        let person = person_id.map(|id| parse_id("input.entities.personId", &id)).transpose()?;
        Ok(Entity { kind, offset, length, url, person, language, document_id: None })
    }
}

/// A message's number, as its chat counts.
fn message_id(id: &ID) -> Result<MessageId, Failure> {
    let number = id.parse().map_err(|_| Failure::input("input.replyToId", "a message id must be a whole number"))?;
    Ok(MessageId(number))
}

pub(super) async fn send(ctx: &Context<'_>, input: SendMessageInput) -> Result<SendMessagePayload, Failure> {
    let (intake, asking) = asking(ctx)?;
    let button = |ButtonInput { text, data }| Button { text, data };
    let send = SendMessage {
        conversation: parse_id("input.conversationId", &input.conversation_id)?,
        text: input.text,
        entities: input.entities.into_iter().map(EntityInput::read).collect::<Result<_, _>>()?,
        buttons: input.buttons.into_iter().map(|row| row.into_iter().map(button).collect()).collect(),
        reply_to: input.reply_to_id.map(|id| message_id(&id)).transpose()?,
        priority: input.priority.into(),
    };
    let (reply, appended) = intake.send_message(&asking, send).await?;
    Ok(SendMessagePayload { appended, reply })
}

/// A message is to go out.
#[Object]
impl SendMessagePayload {
    /// Position of the last event appended; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.appended.position.into()
    }

    /// True when the same request was handled before and this is its first answer.
    async fn repeated(&self) -> bool {
        self.appended.repeated
    }

    /// The reply's id, a UUID: ask `reply(id:)` what became of it.
    async fn reply_id(&self) -> ID {
        ID::from(self.reply)
    }

    /// The reply as it is now; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn reply(&self, ctx: &Context<'_>) -> Nullable<Reply> {
        let read = async || -> Result<Option<Reply>, Failure> {
            let deps = after(ctx, self.appended.position).await?;
            Ok(conversations::replies_by_id(&deps.pool, &[self.reply]).await?.pop().map(Reply))
        };
        read().await.transpose()
    }
}
