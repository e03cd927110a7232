//! GraphQL's mutations as commands.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_graphql::{Appended, Code, MutationError, Mutations, Principal, RecordMessage, Recorded, TrackChannel};
use chronogram_handlers::{Context, HandleError, Handled, Handler};
use chronogram_http::RecordRequest;
use chronogram_log::{Actor, Clock, Codec, SharedEventStore};
use chronogram_model::{
    ChatId, ConversationId, Decider, Origin, PersonId,
    channel::{Channel, ChannelCommand, ChannelRejection, ChannelTracked, ChannelUntracked},
    conversation::Conversation,
    person::{Person, PersonCommand, PersonRejection, ProfileCleared},
};
use sha2::{Digest as _, Sha256};

use super::messages::RecordError;
use crate::{clock::random_bytes, foundation::Foundation};

/// The handlers of everything the API can ask for.
pub(crate) struct Commands {
    pub(super) conversations: Handler<Conversation>,
    pub(super) people: Handler<Person>,
    channels: Handler<Channel>,
    pub(super) store: SharedEventStore,
    pub(super) codec: Arc<Codec>,
    clock: Arc<dyn Clock>,
}

impl Commands {
    pub(crate) fn new(house: &Foundation) -> Self {
        let (store, codec) = (&house.store, &house.codec);
        Self {
            conversations: Handler::new(store.clone(), codec.clone()),
            people: Handler::new(store.clone(), codec.clone()),
            channels: Handler::new(store.clone(), codec.clone()),
            store: store.clone(),
            codec: codec.clone(),
            clock: house.clock.clone(),
        }
    }
}

/// Where a mutation comes from: the principal's own key makes a repeat a repeat, nothing makes it unique.
fn origin(principal: &Principal, key: Option<&str>) -> Result<Origin, MutationError> {
    if let Some(key) = key {
        return Ok(Origin::of(&["graphql", &principal.name, key]));
    }
    let random = random_bytes().map_err(|error| MutationError::Failed(Arc::from(Box::from(error))))?;
    Ok(Origin::unique(random))
}

/// With a key, the digest of what was asked: the same key with something else is refused.
fn fingerprint(key: Option<&str>, asked: &[Option<&str>]) -> Option<String> {
    key.map(|_| hex::encode(Sha256::digest(format!("{asked:?}"))))
}

fn context(principal: &Principal, key: Option<&str>, asked: &[Option<&str>]) -> Result<Context, MutationError> {
    let actor = Actor::Principal(principal.name.clone());
    Ok(Context::new(origin(principal, key)?, actor).with_fingerprint(fingerprint(key, asked)))
}

async fn run<D: Decider>(
    handler: &Handler<D>,
    command: &D::Command,
    context: &Context,
    code: impl Fn(&D::Rejection) -> Code,
) -> Result<Appended, MutationError> {
    match handler.handle(command, context).await {
        Ok(Handled { position: Some(position), repeated, .. }) => Ok(Appended { position, repeated }),
        // None of these commands yields nothing: it has its event or a rejection.
        Ok(Handled { position: None, .. }) => {
            Err(MutationError::Failed(Arc::from(Box::from("a command without an event"))))
        }
        Err(HandleError::Rejected(rejection)) => {
            Err(MutationError::Rejected { code: code(&rejection), message: rejection.to_string() })
        }
        Err(HandleError::FingerprintMismatch(_)) => Err(MutationError::FingerprintMismatch),
        Err(error @ (HandleError::Store(_) | HandleError::Contended(_))) => {
            Err(MutationError::Unavailable(Arc::new(error)))
        }
        Err(error) => Err(MutationError::Failed(Arc::new(error))),
    }
}

#[async_trait]
impl Mutations for Commands {
    async fn track_channel(
        &self,
        principal: &Principal,
        key: Option<&str>,
        input: TrackChannel,
    ) -> Result<Appended, MutationError> {
        let id = input.channel.to_string();
        let asked = [Some("track"), Some(&*id), input.username.as_deref(), input.title.as_deref()];
        let context = context(principal, key, &asked)?;
        let command = ChannelCommand::Track(ChannelTracked {
            channel: input.channel,
            username: input.username,
            title: input.title,
            tracked_at: self.clock.now(),
        });
        run(&self.channels, &command, &context, channel_code).await
    }

    async fn untrack_channel(
        &self,
        principal: &Principal,
        key: Option<&str>,
        channel: ChatId,
    ) -> Result<Appended, MutationError> {
        let context = context(principal, key, &[Some("untrack"), Some(&channel.to_string())])?;
        let command = ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: self.clock.now() });
        run(&self.channels, &command, &context, channel_code).await
    }

    async fn record_message(
        &self,
        principal: &Principal,
        key: Option<&str>,
        input: RecordMessage,
    ) -> Result<Recorded, MutationError> {
        let received_at = self.clock.now();
        let sent_at = input.sent_at.map(|sent_at| sent_at.to_string());
        let asked = [
            Some(input.client.as_str()),
            input.name.as_deref(),
            input.language.as_deref(),
            Some(&*input.text),
            sent_at.as_deref(),
        ];
        let request = RecordRequest {
            origin: origin(principal, key)?,
            fingerprint: fingerprint(key, &asked),
            client: input.client.clone(),
            name: input.name.clone(),
            language: input.language.clone(),
            text: input.text.clone(),
            sent_at: input.sent_at.unwrap_or(received_at),
            received_at,
            has_key: key.is_some(),
            principal: principal.clone(),
        };
        let recorded = self.record(request).await.map_err(|error| match error {
            RecordError::FingerprintMismatch => MutationError::FingerprintMismatch,
            RecordError::Failed(source) => MutationError::Unavailable(source),
        })?;
        Ok(Recorded {
            appended: Appended { position: recorded.position, repeated: recorded.duplicate.is_some() },
            conversation: ConversationId::Api(input.client),
            message: recorded.message_id,
        })
    }

    async fn clear_profile(
        &self,
        principal: &Principal,
        key: Option<&str>,
        person: PersonId,
    ) -> Result<Appended, MutationError> {
        let context = context(principal, key, &[Some("clear profile"), Some(&person.to_string())])?;
        let command = PersonCommand::ClearProfile(ProfileCleared { person, cleared_at: self.clock.now() });
        run(&self.people, &command, &context, person_code).await
    }
}

fn channel_code(rejection: &ChannelRejection) -> Code {
    match rejection {
        ChannelRejection::AlreadyTracked { .. } => Code::Conflict,
        ChannelRejection::NotTracked { .. } => Code::NotFound,
    }
}

fn person_code(rejection: &PersonRejection) -> Code {
    match rejection {
        PersonRejection::ProfileExists { .. } => Code::Conflict,
        PersonRejection::Unknown { .. } | PersonRejection::NoProfile { .. } => Code::NotFound,
    }
}
