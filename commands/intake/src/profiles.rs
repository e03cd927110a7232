//! Profiles are emptied.

use chronogram_model::{
    PersonId,
    person::{PersonCommand, PersonRejection, ProfileCleared},
};

use crate::{Appended, Asking, Intake, IntakeError, RefusalKind, error::Refusal};

impl Intake {
    /// Empties a person's profile; its history stays. Not found where nothing is known of the person, a conflict where
    /// they have no profile.
    pub async fn clear_profile(&self, asking: &Asking, person: PersonId) -> Result<Appended, IntakeError> {
        let context = asking.context(self, &("clear profile", &person))?;
        let command = PersonCommand::ClearProfile(ProfileCleared { person, cleared_at: self.clock.now() });
        Appended::of(&self.people.handle(&command, &context).await?)
    }
}

impl Refusal for PersonRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Unknown { .. } => RefusalKind::NotFound,
            Self::NoProfile { .. } | Self::ProfileExists { .. } => RefusalKind::Conflict,
        }
    }
}
