//! Fill policies are set, switched and removed; people are put on the list of VIPs and taken off it.

use chronogram_log::Position;
use chronogram_model::{
    PersonId,
    person::{PersonCommand, VipMarked, VipUnmarked},
    policy::{FillPolicy, FillPolicyRemoved, FillPolicySet, PolicyCommand, PolicyName, PolicyRejection},
};

use crate::{Asking, FieldFault, Intake, IntakeError, RefusalKind, error::Refusal};

impl Intake {
    /// Lets a policy hold, in place of one of the same name. A conflict where there are too many.
    pub async fn set_fill_policy(&self, asking: &Asking, policy: FillPolicy) -> Result<(), IntakeError> {
        let context = asking.context(self, &("set fill policy", &policy))?;
        let command = PolicyCommand::Set(FillPolicySet { policy, set_at: self.clock.now() });
        self.policies.handle(&command, &context).await?;
        Ok(())
    }

    /// Lets a policy rest, or hold again. Not found where there is none of this name.
    pub async fn switch_fill_policy(
        &self,
        asking: &Asking,
        name: PolicyName,
        enabled: bool,
    ) -> Result<(), IntakeError> {
        let context = asking.context(self, &("switch fill policy", &name, enabled))?;
        let command = PolicyCommand::Switch { name, enabled, at: self.clock.now() };
        self.policies.handle(&command, &context).await?;
        Ok(())
    }

    /// Drops a policy. Not found where there is none of this name.
    pub async fn remove_fill_policy(&self, asking: &Asking, name: PolicyName) -> Result<(), IntakeError> {
        let context = asking.context(self, &("remove fill policy", &name))?;
        let command = PolicyCommand::Remove(FillPolicyRemoved { name, removed_at: self.clock.now() });
        self.policies.handle(&command, &context).await?;
        Ok(())
    }

    /// Puts a person on the list of VIPs, or takes them off it. Where its event stands; `None` where that was so already.
    /// Not found where nothing is known of the person.
    pub async fn set_vip(&self, asking: &Asking, person: PersonId, vip: bool) -> Result<Option<Position>, IntakeError> {
        let context = asking.context(self, &("set vip", &person, vip))?;
        let at = self.clock.now();
        let command = if vip {
            PersonCommand::MarkVip(VipMarked { person, marked_at: at })
        } else {
            PersonCommand::UnmarkVip(VipUnmarked { person, unmarked_at: at })
        };
        Ok(self.people.handle(&command, &context).await?.position)
    }
}

impl Refusal for PolicyRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Unknown { .. } => RefusalKind::NotFound,
            Self::TooMany | Self::Invalid(_) => RefusalKind::Conflict,
        }
    }

    fn fault(&self) -> Option<FieldFault> {
        match self {
            Self::Invalid(fault) => Some(FieldFault { field: fault.field, message: fault.expected.clone() }),
            Self::Unknown { .. } | Self::TooMany => None,
        }
    }
}
