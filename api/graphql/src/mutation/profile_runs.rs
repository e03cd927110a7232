//! Runs that fill profiles: started and cancelled by operators.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_automations::{
    plugins::PluginError,
    profiles::{self, FillError, FillOptions, Profiles, RunRequest, Selection, StartError},
};
use chronogram_intake::IntakeError;
use chronogram_model::PersonId;
use uuid::Uuid;

use super::asking;
use crate::{
    errors::{Code, Failure},
    gate::Needs,
    principal::Role,
    types::{ProfileRun, deps, parse_id},
};

/// People asked about at the same time: by default, and at most.
const WORKERS: i32 = 4;
const WORKERS_MAX: i32 = 256;
/// People looked up at once.
const BATCH: u32 = 500;
/// People that can be named in one run.
const PEOPLE_MAX: usize = 1_000;
/// Days of a selection: a hundred years.
const DAYS_MAX: i32 = 36_500;

/// Which profiles a run fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ProfilesToFill {
    /// Those that are missing.
    Missing,
    /// Those that were filled longer than `days` ago; they are made anew.
    Outdated,
    /// All, there or missing; they are made anew.
    Any,
}

/// Whose profiles are filled, and by what.
#[derive(InputObject)]
pub(crate) struct StartProfileRunInput {
    /// `basic`, `llm`, `hybrid`, or an operator's own, whose plugin is `profile-<name>`.
    #[graphql(default_with = "\"basic\".to_owned()")]
    strategy: String,
    /// By how they stand. `ANY` where `personIds` is given, `MISSING` otherwise.
    profiles: Option<ProfilesToFill>,
    /// Of `OUTDATED`: 1 to 36500.
    #[graphql(default = 7)]
    days: i32,
    /// Only people who wrote within so many days: 1 to 36500.
    active_days: Option<i32>,
    /// Only these: Telegram users' numbers, or `api.<client>`; 1000 at most.
    person_ids: Option<Vec<ID>>,
    /// People a strategy is asked about at the same time: 1 to 256.
    #[graphql(default_with = "WORKERS")]
    workers: i32,
    /// No more people than this.
    limit: Option<i32>,
}

/// What operators do about profiles.
#[derive(Default)]
pub(crate) struct ProfileMutation;

/// What operators do about profiles.
#[Object]
impl ProfileMutation {
    /// Starts a run that fills profiles, or goes on with one of the same wish that did not get through within a day. The
    /// answer does not wait for it: ask `profileRun` how far it is. `CONFLICT` where this process is at one,
    /// `NOT_FOUND` where the strategy or a person is not known,
    /// `IDEMPOTENCY_KEY_REUSED` where the key was used for another wish.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn start_profile_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and by what.")] input: StartProfileRunInput,
    ) -> Result<ProfileRun, Failure> {
        let deps = deps(ctx)?;
        let runs = deps.profile_runs.as_ref().ok_or_else(|| {
            Failure::new(Code::Unavailable, "this process fills no profiles; ask one that has the role automations")
        })?;
        let (intake, asking) = asking(ctx)?;
        // With a key it is the same run each time, and a repeat finds it.
        let options = input.options()?;
        let wish = (&options.strategy, &options.selection, options.workers, options.limit);
        let context = asking.context(intake, &("start profile run", wish))?;
        let run = context.origin.event().0;
        if let Some(fingerprint) = &context.fingerprint {
            match profiles::request_run(&deps.pool, run, fingerprint, deps.clock.now()).await? {
                RunRequest::New => {}
                RunRequest::Begun(run) => return ProfileRun::of(deps, run).await,
                RunRequest::KeyReused => return Err(IntakeError::KeyReused.into()),
            }
            // Begun, but cut off before that was noted.
            if let Some(run) = ProfileRun::find(deps, run).await? {
                return Ok(run);
            }
        }
        let id = runs.start(FillOptions { run, ..options }).await?;
        if context.fingerprint.is_some() {
            profiles::run_begun(&deps.pool, run, id).await?;
        }
        ProfileRun::of(deps, id).await
    }

    /// Asks a run to stop, in whatever process it is: within a second it begins nothing new, and finishes with whom it is
    /// at. `CONFLICT` where it is over, `NOT_FOUND` where nothing is known of it.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn cancel_profile_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A UUID.")] id: ID,
    ) -> Result<ProfileRun, Failure> {
        let (deps, id) = (deps(ctx)?, parse_id::<Uuid>("id", &id)?);
        let cancelled = profiles::cancel(&deps.pool, id).await?;
        let run = ProfileRun::of(deps, id).await?;
        if cancelled { Ok(run) } else { Err(Failure::new(Code::Conflict, format!("run {id} is over"))) }
    }
}

impl StartProfileRunInput {
    fn options(self) -> Result<FillOptions, Failure> {
        let days = within("input.days", self.days, DAYS_MAX)?;
        let active_days = self.active_days.map(|days| within("input.activeDays", days, DAYS_MAX)).transpose()?;
        let workers = within("input.workers", self.workers, WORKERS_MAX)?;
        let limit = self.limit.map(|limit| within("input.limit", limit, i32::MAX)).transpose()?;
        let people = self.person_ids.as_deref().map(people).transpose()?;
        let profiles = match (self.profiles, &people) {
            (None | Some(ProfilesToFill::Any), Some(_)) | (Some(ProfilesToFill::Any), None) => Profiles::Any,
            (None | Some(ProfilesToFill::Missing), None) | (Some(ProfilesToFill::Missing), Some(_)) => {
                Profiles::Missing
            }
            (Some(ProfilesToFill::Outdated), _) => Profiles::Outdated { days },
        };
        Ok(FillOptions {
            strategy: self.strategy,
            selection: Selection { active_days, people, ..Selection::everybody(profiles) },
            workers: usize::try_from(workers).unwrap_or(1),
            batch_size: BATCH,
            limit: limit.map(u64::from),
            dry_run: false,
            run: Uuid::nil(),
        })
    }
}

fn within(argument: &'static str, number: i32, most: i32) -> Result<u32, Failure> {
    match u32::try_from(number) {
        Ok(fits) if (1..=most).contains(&number) => Ok(fits),
        _ => Err(Failure::input(argument, format!("give a number from 1 to {most}"))),
    }
}

fn people(ids: &[ID]) -> Result<Vec<PersonId>, Failure> {
    if ids.len() > PEOPLE_MAX {
        return Err(Failure::input("input.personIds", format!("{PEOPLE_MAX} people at most")));
    }
    let mut people = ids.iter().map(|id| parse_id("input.personIds", id)).collect::<Result<Vec<_>, _>>()?;
    people.sort();
    people.dedup();
    Ok(people)
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::UnderWay(_) => Self::new(Code::Conflict, error.to_string()),
            StartError::Fill(FillError::Unknown(_)) => Self::new(Code::NotFound, error.to_string()),
            StartError::Fill(FillError::Plugin(PluginError::NotActive(_))) => {
                Self::new(Code::NotFound, error.to_string())
            }
            StartError::Engine(error) => error.into(),
            StartError::Store(error) => error.into(),
            error @ StartError::Fill(_) => Self::internal(Arc::new(error)),
        }
    }
}
