//! Fill policies and VIPs: what operators say about them.

use async_graphql::{Context, ID, InputObject, Object};
use chronogram_automations::policies;
use chronogram_log::Position;
use chronogram_model::{
    PersonId,
    policy::{self, PolicyName, Schedule, WantedProfiles},
};
use chronogram_read_models::people;

use super::{after, asking};
use crate::{
    errors::{Code, Failure},
    gate::Needs,
    principal::Role,
    types::{FillPolicy, Person, PolicyAudience, PolicyProfiles, deps, parse_id},
};

/// A fill policy as it is to be.
#[derive(InputObject)]
pub(crate) struct SetFillPolicyInput {
    /// Its name: 1 to 32 lower-case letters, digits and hyphens. One of the same name is replaced.
    name: String,
    /// `basic`, `llm`, `hybrid`, or an operator's own, whose plugin is `profile-<name>`.
    strategy: String,
    /// When: `10m`, `6h` (1 minute to 30 days), or a time of day in UTC, `03:00`.
    schedule: String,
    /// Whether it holds.
    #[graphql(default = true)]
    enabled: bool,
    /// Whom it is about.
    #[graphql(default_with = "PolicyAudience::Everybody")]
    audience: PolicyAudience,
    /// Only people who wrote within so many days: 1 to 36500.
    active_days: Option<u32>,
    /// Which of their profiles.
    #[graphql(default_with = "PolicyProfiles::Missing")]
    profiles: PolicyProfiles,
    /// Of `OUTDATED` and `NOT_BY_STRATEGY`: 1 to 36500.
    #[graphql(default = 7)]
    days: u32,
    /// Questions to models at the same time: 1 to 256.
    #[graphql(default = 4)]
    workers: u16,
    /// No more people than this in one run.
    limit: Option<u32>,
}

impl SetFillPolicyInput {
    fn policy(self) -> Result<policy::FillPolicy, Failure> {
        let days = self.days;
        Ok(policy::FillPolicy {
            name: name_of("input.name", &self.name)?,
            enabled: self.enabled,
            audience: self.audience.into(),
            active_days: self.active_days,
            profiles: match self.profiles {
                PolicyProfiles::Missing => WantedProfiles::Missing,
                PolicyProfiles::Outdated => WantedProfiles::Outdated { days },
                PolicyProfiles::NotByStrategy => WantedProfiles::NotByStrategy { days },
            },
            strategy: self.strategy,
            workers: self.workers,
            limit: self.limit.map(u64::from),
            schedule: self.schedule.parse::<Schedule>().map_err(|error| Failure::input("input.schedule", error))?,
        })
    }
}

/// What operators say about fill policies, and who is a VIP.
#[derive(Default)]
pub(crate) struct PolicyMutation;

/// What operators say about fill policies, and who is a VIP.
#[Object]
impl PolicyMutation {
    /// Lets a fill policy hold, in place of one of the same name. `CONFLICT` where there are 50 already.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn set_fill_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The whole policy.")] input: SetFillPolicyInput,
    ) -> Result<FillPolicy, Failure> {
        let (intake, asking) = asking(ctx)?;
        let policy = input.policy()?;
        let name = policy.name.clone();
        intake.set_fill_policy(&asking, policy).await?;
        FillPolicy::of(deps(ctx)?, &name).await
    }

    /// Lets a fill policy rest, or hold again. `NOT_FOUND` where there is none of this name.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn switch_fill_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
        #[graphql(desc = "Whether it holds.")] enabled: bool,
    ) -> Result<FillPolicy, Failure> {
        let (intake, asking) = asking(ctx)?;
        let name = name_of("name", &name)?;
        intake.switch_fill_policy(&asking, name.clone(), enabled).await?;
        FillPolicy::of(deps(ctx)?, &name).await
    }

    /// Drops a fill policy, one that came with the program too; true. `NOT_FOUND` where there is none of this name.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn remove_fill_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Result<bool, Failure> {
        let (intake, asking) = asking(ctx)?;
        intake.remove_fill_policy(&asking, name_of("name", &name)?).await?;
        Ok(true)
    }

    /// Makes a fill policy due at once, whatever its schedule: the process with the role automations begins within
    /// seconds, or as soon as the run that is under way is over. `CONFLICT` where it is off, `NOT_FOUND` where there is none
    /// of this name.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn run_fill_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Result<FillPolicy, Failure> {
        let (deps, name) = (deps(ctx)?, name_of("name", &name)?);
        let found = FillPolicy::of(deps, &name).await?;
        if !found.policy().enabled {
            return Err(Failure::new(Code::Conflict, format!("fill policy {name} is off; enable it first")));
        }
        policies::run_now(&deps.pool, found.policy(), deps.clock.as_ref()).await?;
        FillPolicy::of(deps, &name).await
    }

    /// Puts a person on the list of VIPs, or takes them off it. Who has Telegram Premium is one without being on it.
    /// `NOT_FOUND` where nothing is known of the person.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn set_vip(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A Telegram user's number, or `api.<client>`.")] person_id: ID,
        #[graphql(desc = "Whether they are on it.")] vip: bool,
    ) -> Result<Person, Failure> {
        let (intake, asking) = asking(ctx)?;
        let person: PersonId = parse_id("personId", &person_id)?;
        let position = intake.set_vip(&asking, person.clone(), vip).await?;
        let deps = after(ctx, position.unwrap_or(Position::START)).await?;
        let found = people::people_by_id(&deps.pool, std::slice::from_ref(&person)).await?.pop();
        found.map(Person).ok_or_else(|| Failure::new(Code::NotFound, format!("nothing is known of person {person}")))
    }
}

fn name_of(argument: &'static str, name: &str) -> Result<PolicyName, Failure> {
    name.parse().map_err(|error| Failure::input(argument, error))
}
