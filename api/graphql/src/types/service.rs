//! Service entries of conversations and channels.

use async_graphql::{Context, ID, Object, SimpleObject};
use chronogram_model::{ChatId, MessageId, PersonId, ServiceAction};
use chronogram_read_models::{channels::ChannelServiceMessageRow, conversations::ServiceMessageRow};
use jiff::Timestamp;

use super::{
    Person,
    names::{Source, named},
};
use crate::{
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// A service entry of a conversation or channel, as last observed.
pub(crate) struct ServiceMessage {
    place: String,
    message_id: MessageId,
    action: String,
    actor_person: Option<PersonId>,
    actor_chat: Option<ChatId>,
    happened_at: Timestamp,
    details: Option<ServiceAction>,
    source: String,
    position: i64,
    observations: i64,
}

impl From<ServiceMessageRow> for ServiceMessage {
    fn from(row: ServiceMessageRow) -> Self {
        let ServiceMessageRow { message_id, action, actor_person, actor_chat, happened_at, details, .. } = row;
        let ServiceMessageRow { conversation, source, position, observations, .. } = row;
        let place = conversation.to_string();
        Self {
            place,
            message_id,
            action,
            actor_person,
            actor_chat,
            happened_at,
            details,
            source,
            position,
            observations,
        }
    }
}

impl From<ChannelServiceMessageRow> for ServiceMessage {
    fn from(row: ChannelServiceMessageRow) -> Self {
        let ChannelServiceMessageRow { message_id, action, actor_person, actor_chat, happened_at, details, .. } = row;
        let ChannelServiceMessageRow { channel, source, position, observations, .. } = row;
        let place = channel.to_string();
        Self {
            place,
            message_id,
            action,
            actor_person,
            actor_chat,
            happened_at,
            details,
            source,
            position,
            observations,
        }
    }
}

/// Any other scalar that the source gives about a service entry.
#[derive(SimpleObject)]
pub(crate) struct ServiceDetail {
    /// Its name there: `duration`, `score`, …
    name: String,
    /// Its value.
    value: String,
}

/// A service entry of a conversation or channel, as last observed: somebody pinned, joined, renamed, …
#[Object]
impl ServiceMessage {
    /// `<conversation or channel>/<messageId>`: unique.
    async fn id(&self) -> ID {
        ID(format!("{}/{}", self.place, self.message_id))
    }

    /// Its number within the conversation or channel.
    async fn message_id(&self) -> ID {
        ID::from(self.message_id)
    }

    /// What was done, as the source names it: `pin_message`, `create_channel`, …
    async fn action(&self) -> &str {
        &self.action
    }

    /// The person who did it, where one did.
    async fn actor_id(&self) -> Option<ID> {
        self.actor_person.as_ref().map(ID::from)
    }

    /// What is known of the person who did it.
    async fn actor(&self, ctx: &Context<'_>) -> Nullable<Person> {
        Loaders::person(ctx, self.actor_person.as_ref()).await
    }

    /// The chat or channel that did it in its own name, where one did.
    async fn actor_chat_id(&self) -> Option<ID> {
        self.actor_chat.map(ID::from)
    }

    /// When it happened.
    async fn happened_at(&self) -> Timestamp {
        self.happened_at
    }

    /// Name of the actor as shown; null, like the other details, when their person is erased.
    async fn actor_name(&self) -> Option<&str> {
        self.details.as_ref()?.actor_name.as_deref()
    }

    /// Number of the message it is about (pinned, answered).
    async fn about_id(&self) -> Option<ID> {
        self.details.as_ref()?.message_id.map(ID::from)
    }

    /// New title of the chat or topic.
    async fn title(&self) -> Option<&str> {
        self.details.as_ref()?.title.as_deref()
    }

    /// Names of the people it is about.
    async fn members(&self) -> &[String] {
        self.details.as_ref().map_or(&[], |details| &details.members)
    }

    /// Any other scalar that the source gives (duration, score, …).
    async fn other(&self) -> Vec<ServiceDetail> {
        let other = self.details.iter().flat_map(|details| &details.other);
        other.map(|(name, value)| ServiceDetail { name: name.clone(), value: value.clone() }).collect()
    }

    /// The service entry's own text.
    async fn text(&self) -> Option<&str> {
        self.details.as_ref().map(|details| details.text.as_str())
    }

    /// Which way it reached us.
    async fn source(&self) -> Result<Source, Failure> {
        named(&self.source)
    }

    /// Position of its newest observation.
    async fn position(&self) -> Long {
        Long(self.position)
    }

    /// How often it was observed.
    async fn observations(&self) -> Long {
        Long(self.observations)
    }
}
