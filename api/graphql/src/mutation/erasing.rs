//! People who wish to be forgotten.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use chronogram_automations::people::{EraseError, Erased};
use chronogram_engine::EngineError;
use chronogram_intake::IntakeError;
use chronogram_model::{PersonId, person::PersonRejection};
use chronogram_read_models::people;

use super::{after, asking};
use crate::{
    errors::{Code, Failure, Nullable},
    gate::wait_for,
    scalars::Long,
    types::{Person, deps, parse_id},
};

/// A person was forgotten.
pub(crate) struct ErasePersonPayload {
    erased: Erased,
    person: PersonId,
}

pub(super) async fn erase(ctx: &Context<'_>, id: &ID) -> Result<ErasePersonPayload, Failure> {
    let (intake, asking) = asking(ctx)?;
    let person: PersonId = parse_id("id", id)?;
    let context = asking.context(intake, &("erase person", &person))?;
    let deps = deps(ctx)?;
    if !is_known(ctx, &person).await? {
        return Err(PersonRejection::Unknown { person }.into());
    }
    // On a task of its own: who hangs up does not leave it half done.
    let (house, whom) = (Arc::clone(&deps.eraser), person.clone());
    let erasing = tokio::spawn(async move { house.erase(&[whom], &context).await });
    let erased = erasing.await.map_err(|panicked| Failure::internal(Arc::new(panicked)))??;
    Ok(ErasePersonPayload { erased, person })
}

/// Who said something just now may not be in the read models yet.
async fn is_known(ctx: &Context<'_>, person: &PersonId) -> Result<bool, Failure> {
    let deps = deps(ctx)?;
    let head = deps.store.head().await?;
    let people = std::slice::from_ref(person);
    if deps.eraser.is_read(people).await? {
        return Ok(true);
    }
    if people::people_by_id(&deps.pool, people).await.is_ok_and(|found| !found.is_empty()) {
        return Ok(true);
    }
    wait_for(deps, head).await?;
    Ok(!people::people_by_id(&deps.pool, people).await?.is_empty())
}

impl From<PersonRejection> for Failure {
    fn from(rejection: PersonRejection) -> Self {
        Self::new(Code::NotFound, rejection.to_string())
    }
}

impl From<EraseError> for Failure {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Handle(error) => IntakeError::from(error).into(),
            EraseError::Engine(error @ (EngineError::Busy { .. } | EngineError::Stopped { .. })) => {
                Self::unavailable("a projection that has yet to let go of the words", Arc::new(error))
            }
            EraseError::Engine(error) => error.into(),
            EraseError::Database(error) => error.into(),
            EraseError::Keys(cause) => Self::unavailable("the keys of people", cause.into()),
            EraseError::Delivery(error) => Self::unavailable("what waits to be sent", Arc::new(error)),
        }
    }
}

/// A person was forgotten.
#[Object]
impl ErasePersonPayload {
    /// Where the log says so; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.erased.position.into()
    }

    /// True when the same request was handled before and this is its first answer: what they said since stays.
    async fn repeated(&self) -> bool {
        self.erased.repeated
    }

    /// Keys that were destroyed, and with each everything that it sealed; 0 where nothing was to be read any more.
    async fn keys_destroyed(&self) -> i32 {
        i32::try_from(self.erased.keys_destroyed).unwrap_or(i32::MAX)
    }

    /// Copies of read models that went because they would have kept words: rebuilds, what was live before the last
    /// switch, what stood as the log once was.
    async fn copies_dropped(&self) -> &[String] {
        &self.erased.copies_dropped
    }

    /// The person's id.
    async fn person_id(&self) -> ID {
        ID::from(&self.person)
    }

    /// What is left of the person; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        let read = async || -> Result<Option<Person>, Failure> {
            let deps = after(ctx, self.erased.position).await?;
            Ok(people::people_by_id(&deps.pool, std::slice::from_ref(&self.person)).await?.pop().map(Person))
        };
        read().await.transpose()
    }
}
