//! What can be done: each field is one command. A repeat under the same idempotency key gets its first answer.

mod erasing;
mod policies;
mod profile_runs;
mod reminders;
mod sending;

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use chronogram_intake::{
    Appended, Asking, FieldFault, Intake, IntakeError, RecordMessage, Recorded, RefusalKind, TrackChannel,
};
use chronogram_log::Position;
use chronogram_model::{ChatId, ClientId, PersonId};
use chronogram_read_models::{channels, conversations, people};
use jiff::Timestamp;

use self::{
    erasing::ErasePersonPayload,
    policies::PolicyMutation,
    profile_runs::ProfileMutation,
    reminders::{ReminderPayload, RescheduleReminderInput, ScheduleReminderInput},
    sending::{SendMessageInput, SendMessagePayload},
};
use crate::{
    errors::{Code, Failure, Nullable},
    gate::{Needs, wait_for},
    ports::{IdempotencyKey, SchemaDeps},
    principal::{Principal, Role},
    projection_mutation::ProjectionMutation,
    scalars::Long,
    types::{Channel, Message, Person, deps, parse_id},
};

/// Names this way of asking in ids: never changed.
const ROUTE: &str = "graphql";

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        match error {
            // The schema names one field an error; the next is told once this one is right.
            IntakeError::Invalid(faults) => match faults.into_iter().next() {
                Some(FieldFault { field, message }) => Self::input(format!("input.{}", camel_case(field)), message),
                None => Self::new(Code::BadUserInput, "a field is not as it must be"),
            },
            IntakeError::Refused { kind: RefusalKind::NotFound, message } => Self::new(Code::NotFound, message),
            IntakeError::Refused { kind: RefusalKind::Conflict, message } => Self::new(Code::Conflict, message),
            IntakeError::KeyReused => Self::new(Code::IdempotencyKeyReused, error.to_string()),
            IntakeError::Unavailable(cause) => Self::unavailable("the log", cause),
            IntakeError::Failed(cause) => Self::internal(cause),
        }
    }
}

/// `sent_at` is `sentAt` here.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}

/// Who asks, under which key, and whom.
fn asking<'a>(ctx: &Context<'a>) -> Result<(&'a Intake, Asking), Failure> {
    let principal = ctx.data_opt::<Principal>().ok_or_else(|| Failure::new(Code::Unauthenticated, "send a token"))?;
    let key = ctx.data_opt::<IdempotencyKey>().map(|key| key.0.clone());
    Ok((deps(ctx)?.intake.as_ref(), Asking { principal: principal.name.clone(), route: ROUTE, key }))
}

/// A channel to track.
#[derive(InputObject)]
struct TrackChannelInput {
    /// The Bot API's signed chat id: `-1001878264527`.
    id: ID,
    /// Its @username, with or without the @, where it has one.
    username: Option<String>,
    /// Its title, where known.
    title: Option<String>,
}

/// A message of a client of the API.
#[derive(InputObject)]
struct RecordMessageInput {
    /// Who sends it, by the name the client gives itself: 1 to 64 of `A-Z a-z 0-9 _ - .`. The conversation is
    /// `api.<clientId>`, and so is the person.
    client_id: ID,
    /// Name to show for the client.
    name: Option<String>,
    /// The client's language, an IETF tag.
    language: Option<String>,
    /// What it says: 1 to 4096 UTF-16 units.
    text: String,
    /// When it was sent, by the client's account; now where absent.
    sent_at: Option<Timestamp>,
}

/// A channel was tracked, or no longer is.
struct ChannelPayload {
    appended: Appended,
    channel: ChatId,
}

/// A message was recorded.
struct RecordMessagePayload(Recorded);

/// A profile was emptied.
struct ClearProfilePayload {
    appended: Appended,
    person: PersonId,
}

/// What can be done, by operators and admins. A field appends to the log and says where, or asks the process that keeps
/// the read models for work on them; send the header `Idempotency-Key` to make a request safe to repeat. A key is good for
/// one command of each kind.
#[derive(Default, MergedObject)]
pub struct Mutation(Commands, ProfileMutation, PolicyMutation, ProjectionMutation);

/// What appends to the log.
#[derive(Default)]
struct Commands;

/// What appends to the log.
#[Object]
impl Commands {
    /// Tracks a channel: it is collected and watched from now on. `CONFLICT` where it is tracked already.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn track_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel.")] input: TrackChannelInput,
    ) -> Result<ChannelPayload, Failure> {
        let (intake, asking) = asking(ctx)?;
        let channel = parse_id("input.id", &input.id)?;
        let username = input.username.map(|username| username.strip_prefix('@').unwrap_or(&username).to_owned());
        let track = TrackChannel { channel, username, title: input.title };
        let appended = intake.track_channel(&asking, track).await?;
        Ok(ChannelPayload { appended, channel })
    }

    /// Stops tracking a channel; what is known of it stays. `CONFLICT` where it is not tracked.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn untrack_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The Bot API's signed chat id: `-1001878264527`.")] id: ID,
    ) -> Result<ChannelPayload, Failure> {
        let (intake, asking) = asking(ctx)?;
        let channel = parse_id("id", &id)?;
        let appended = intake.untrack_channel(&asking, channel).await?;
        Ok(ChannelPayload { appended, channel })
    }

    /// Records a message of a client of the API. Without an idempotency key the same text of the same client within
    /// five seconds is the same message: nothing is appended, `repeated` is true.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn record_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: RecordMessageInput,
    ) -> Result<RecordMessagePayload, Failure> {
        let (intake, asking) = asking(ctx)?;
        let client = ClientId::try_from(input.client_id.0).map_err(|error| Failure::input("input.clientId", error))?;
        let RecordMessageInput { name, language, text, sent_at, .. } = input;
        let message = RecordMessage { client, name, language, text, sent_at };
        Ok(RecordMessagePayload(intake.record_message(&asking, message).await?))
    }

    /// Empties a person's profile; its history stays. `NOT_FOUND` where nothing is known of the person, `CONFLICT` where
    /// they have no profile.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn clear_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A Telegram user's number, or `api.<client>`.")] person_id: ID,
    ) -> Result<ClearProfilePayload, Failure> {
        let (intake, asking) = asking(ctx)?;
        let person: PersonId = parse_id("personId", &person_id)?;
        let appended = intake.clear_profile(&asking, person.clone()).await?;
        Ok(ClearProfilePayload { appended, person })
    }

    /// Forgets a person: every word of theirs becomes unreadable for ever, in the log, the read models and whatever was
    /// copied of them. What they say afterwards is theirs anew. `NOT_FOUND` where nothing is known of the person. `UNAVAILABLE`
    /// while a projection stands or its tables are worked on: the words are unreadable already, asked again it does the rest.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn erase_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A Telegram user's number, or `api.<client>`.")] id: ID,
    ) -> Result<ErasePersonPayload, Failure> {
        erasing::erase(ctx, &id).await
    }

    /// Schedules a reminder that the bot tells a person. `NOT_FOUND` where nothing is known of the person or they never
    /// wrote to the bot, `CONFLICT` where they blocked it.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn schedule_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reminder.")] input: ScheduleReminderInput,
    ) -> Result<ReminderPayload, Failure> {
        reminders::schedule(ctx, input).await
    }

    /// Gives a reminder another time; one that was told or could not be told is told again then. `CONFLICT` where it is
    /// cancelled.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn reschedule_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and when.")] input: RescheduleReminderInput,
    ) -> Result<ReminderPayload, Failure> {
        reminders::reschedule(ctx, input).await
    }

    /// Cancels a reminder. `CONFLICT` where it was told, could not be told, or is cancelled already.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn cancel_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A UUID.")] id: ID,
    ) -> Result<ReminderPayload, Failure> {
        reminders::cancel(ctx, &id).await
    }

    /// Lets the bot say something. It goes out soon and in its turn; `reply { state }` tells what became of it.
    /// `NOT_FOUND` where nobody ever spoke to the bot, `CONFLICT` where it is blocked.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload, Failure> {
        sending::send(ctx, input).await
    }
}

/// The dependencies, once the read models have folded what was appended. Objects of payloads are read past the
/// request's loaders, which may remember how things were before.
async fn after<'a>(ctx: &Context<'a>, position: Position) -> Result<&'a SchemaDeps, Failure> {
    let deps = deps(ctx)?;
    wait_for(deps, position).await?;
    Ok(deps)
}

/// A channel was tracked, or no longer is.
#[Object]
impl ChannelPayload {
    /// Position of the last event appended; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.appended.position.into()
    }

    /// True when the same request was handled before and this is its first answer.
    async fn repeated(&self) -> bool {
        self.appended.repeated
    }

    /// The channel as it is now; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn channel(&self, ctx: &Context<'_>) -> Nullable<Channel> {
        let read = async || -> Result<Option<Channel>, Failure> {
            let deps = after(ctx, self.appended.position).await?;
            Ok(channels::channels_by_id(&deps.pool, &[self.channel]).await?.pop().map(Channel))
        };
        read().await.transpose()
    }
}

/// A message was recorded.
#[Object]
impl RecordMessagePayload {
    /// Position of the last event appended; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// True when the same request was handled before and this is its first answer.
    async fn repeated(&self) -> bool {
        self.0.duplicate.is_some()
    }

    /// The conversation it belongs to.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// Its number within the conversation.
    async fn message_id(&self) -> ID {
        ID::from(self.0.message_id)
    }

    /// The message; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn message(&self, ctx: &Context<'_>) -> Nullable<Message> {
        let read = async || -> Result<Option<Message>, Failure> {
            let deps = after(ctx, self.0.position).await?;
            let key = (self.0.conversation.clone(), self.0.message_id);
            Ok(conversations::messages_by_id(&deps.pool, &[key]).await?.pop().map(Message))
        };
        read().await.transpose()
    }
}

/// A profile was emptied.
#[Object]
impl ClearProfilePayload {
    /// Position of the last event appended; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.appended.position.into()
    }

    /// True when the same request was handled before and this is its first answer.
    async fn repeated(&self) -> bool {
        self.appended.repeated
    }

    /// The person as they are now; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        let read = async || -> Result<Option<Person>, Failure> {
            let deps = after(ctx, self.appended.position).await?;
            Ok(people::people_by_id(&deps.pool, std::slice::from_ref(&self.person)).await?.pop().map(Person))
        };
        read().await.transpose()
    }
}
