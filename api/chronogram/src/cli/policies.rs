//! `profiles policies` and `profiles vip` as they are typed.

use chronogram_model::{
    PersonId,
    policy::{Audience, FillPolicy, PolicyName, Schedule, WantedProfiles},
};
use clap::{Args, Subcommand, ValueEnum};

/// A hundred years.
const DAYS_MAX: i64 = 36_500;
/// Days of a new policy where none are typed.
const DAYS: u32 = 7;
/// Workers of a new policy where none are typed.
const WORKERS: u16 = 4;

#[derive(Subcommand)]
pub(crate) enum PoliciesCommand {
    /// Which there are, when each is due next, and what came of it last
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a policy, or change what is typed of one that is there
    #[command(after_help = "Examples:
  chronogram profiles policies set new --every 2m                   new people within two minutes
  chronogram profiles policies set active --daily 04:30 --limit 500 no more than 500 a day
  chronogram profiles policies set weekly --strategy my-own --for vip --profiles outdated --days 7 --every 6h")]
    Set(SetPolicyArgs),
    /// Let a policy hold again
    Enable {
        /// Its name
        name: PolicyName,
    },
    /// Let a policy rest
    Disable {
        /// Its name
        name: PolicyName,
    },
    /// Drop a policy
    Remove {
        /// Its name
        name: PolicyName,
    },
    /// Do what a policy says here and now, whatever its schedule
    Run {
        /// Its name
        name: PolicyName,
        /// Print the summary as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct SetPolicyArgs {
    /// Its name: lower-case letters, digits and hyphens
    pub(crate) name: PolicyName,
    /// basic, llm, hybrid, or an operator's own, whose plugin is profile-NAME
    #[arg(long, value_name = "NAME")]
    pub(crate) strategy: Option<String>,
    /// Whom it is about; a VIP is on the list of `profiles vip`, or has Telegram Premium
    #[arg(long = "for", value_name = "WHOM")]
    pub(crate) audience: Option<Whom>,
    /// Only who wrote within N days; `any`: whenever they wrote
    #[arg(long, value_name = "N", value_parser = days_or_any)]
    pub(crate) active_days: Option<Bound>,
    /// Which of their profiles
    #[arg(long, value_name = "WHICH")]
    pub(crate) profiles: Option<Which>,
    /// Of --profiles outdated and not-by-strategy
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    pub(crate) days: Option<u32>,
    /// Questions to models at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// No more people than this in one run; `any`: all
    #[arg(long, value_name = "N", value_parser = number_or_any)]
    pub(crate) limit: Option<Bound>,
    /// Again and again: 10m, 6h
    #[arg(long, value_name = "INTERVAL", conflicts_with = "daily", value_parser = interval)]
    pub(crate) every: Option<Schedule>,
    /// Once a day at this time in UTC: 03:00
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub(crate) daily: Option<Schedule>,
}

/// A number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound(Option<u64>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whom {
    /// Everybody
    Everybody,
    /// VIPs
    Vip,
    /// Everybody but VIPs
    Others,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Those that are missing
    Missing,
    /// Those that were filled longer ago than --days
    Outdated,
    /// Those that are missing, by another strategy, or outdated
    NotByStrategy,
}

#[derive(Subcommand)]
pub(crate) enum VipCommand {
    /// Put people on the list
    Add {
        /// Telegram users' numbers, or api.<client>
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<PersonId>,
    },
    /// Take people off the list
    Remove {
        /// Telegram users' numbers, or api.<client>
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<PersonId>,
    },
    /// Who is on the list, and who was seen with Telegram Premium
    List {
        /// Print JSON, one person a line
        #[arg(long)]
        json: bool,
    },
}

impl SetPolicyArgs {
    /// The policy that is meant, where `known` is the one of this name; or a sentence that says what would be right.
    pub(crate) fn policy(&self, known: Option<&FillPolicy>) -> Result<FillPolicy, String> {
        let needed = |option: &str| format!("there is no policy {} yet: a new one needs {option}", self.name);
        let strategy = self.strategy.clone().or_else(|| known.map(|known| known.strategy.clone()));
        let schedule = self.every.or(self.daily).or(known.map(|known| known.schedule));
        Ok(FillPolicy {
            name: self.name.clone(),
            enabled: known.is_none_or(|known| known.enabled),
            audience: match self.audience {
                Some(Whom::Everybody) => Audience::Everybody,
                Some(Whom::Vip) => Audience::Vip,
                Some(Whom::Others) => Audience::Others,
                None => known.map(|known| known.audience).unwrap_or_default(),
            },
            active_days: match self.active_days {
                Some(Bound(days)) => days.and_then(|days| u32::try_from(days).ok()),
                None => known.and_then(|known| known.active_days),
            },
            profiles: self.wanted(known.map(|known| known.profiles))?,
            strategy: strategy.ok_or_else(|| needed("--strategy NAME"))?,
            workers: self.workers.or(known.map(|known| known.workers)).unwrap_or(WORKERS),
            limit: match self.limit {
                Some(Bound(limit)) => limit,
                None => known.and_then(|known| known.limit),
            },
            schedule: schedule.ok_or_else(|| needed("--every INTERVAL or --daily HH:MM"))?,
        })
    }

    fn wanted(&self, known: Option<WantedProfiles>) -> Result<WantedProfiles, String> {
        let (which, known_days) = match known {
            Some(WantedProfiles::Outdated { days }) => (Which::Outdated, Some(days)),
            Some(WantedProfiles::NotByStrategy { days }) => (Which::NotByStrategy, Some(days)),
            Some(WantedProfiles::Missing) | None => (Which::Missing, None),
        };
        let days = self.days.or(known_days).unwrap_or(DAYS);
        match self.profiles.unwrap_or(which) {
            Which::Missing if self.days.is_some() => {
                Err("--days belongs to --profiles outdated or not-by-strategy; leave it away, or give one of these"
                    .into())
            }
            Which::Missing => Ok(WantedProfiles::Missing),
            Which::Outdated => Ok(WantedProfiles::Outdated { days }),
            Which::NotByStrategy => Ok(WantedProfiles::NotByStrategy { days }),
        }
    }
}

fn number_or_any(text: &str) -> Result<Bound, String> {
    match text {
        "any" => Ok(Bound(None)),
        number => match number.parse() {
            Ok(number) if number > 0 => Ok(Bound(Some(number))),
            _ => Err("give a number from 1 on, or any".to_owned()),
        },
    }
}

fn days_or_any(text: &str) -> Result<Bound, String> {
    let most = u64::try_from(DAYS_MAX).unwrap_or_default();
    match number_or_any(text) {
        Ok(Bound(days)) if days.is_none_or(|days| days <= most) => Ok(Bound(days)),
        _ => Err(format!("give a number from 1 to {most}, or any")),
    }
}

fn interval(text: &str) -> Result<Schedule, String> {
    match text.parse() {
        Ok(schedule @ Schedule::Every { .. }) => Ok(schedule),
        _ => Err("give minutes or hours like 10m or 6h, 1 minute to 30 days".to_owned()),
    }
}

fn time_of_day(text: &str) -> Result<Schedule, String> {
    match text.parse() {
        Ok(schedule @ Schedule::Daily { .. }) => Ok(schedule),
        _ => Err("give a time of day in UTC like 03:00".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chronogram_model::policy::shipped;
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        set: SetPolicyArgs,
    }

    impl std::fmt::Debug for SetPolicyArgs {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.name)
        }
    }

    fn set(typed: &str) -> Result<FillPolicy, String> {
        let words = ["set"].into_iter().chain(typed.split_whitespace());
        let typed = Typed::try_parse_from(words).map_err(|error| error.to_string())?;
        let known = shipped().into_iter().find(|policy| policy.name == typed.set.name);
        typed.set.policy(known.as_ref())
    }

    #[test]
    fn what_is_typed_changes_and_the_rest_stays() {
        let active = || shipped().into_iter().find(|policy| policy.name.as_str() == "active").unwrap();
        let daily = "04:30".parse().unwrap();
        assert_eq!(
            set("active --daily 04:30 --limit 500").unwrap(),
            FillPolicy { schedule: daily, limit: Some(500), ..active() }
        );
        let changed = set("active --active-days any --days 30 --for everybody").unwrap();
        let profiles = WantedProfiles::Outdated { days: 30 };
        assert_eq!(changed, FillPolicy { active_days: None, profiles, audience: Audience::Everybody, ..active() });
        let own = set("own --strategy mine --every 6h --profiles not-by-strategy --for vip --workers 9").unwrap();
        assert_eq!((own.strategy.as_str(), own.workers, own.audience), ("mine", 9, Audience::Vip));
        assert_eq!(own.profiles, WantedProfiles::NotByStrategy { days: 7 });
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would_be_right() {
        for (typed, right) in [
            ("own", "needs --strategy"),
            ("own --strategy llm", "needs --every INTERVAL or --daily"),
            ("new --days 7", "--days belongs to"),
            ("new --every 0m", "10m or 6h"),
            ("new --every 03:00", "10m or 6h"),
            ("new --daily 10m", "03:00"),
            ("new --daily 24:00", "03:00"),
            ("new --every 5m --daily 03:00", "cannot be used with"),
            ("new --limit 0", "from 1 on, or any"),
            ("new --active-days 36501", "from 1 to 36500"),
            ("new --workers 0", "1..=256"),
            ("New --every 5m", "lower-case letters"),
        ] {
            let refused = set(typed).unwrap_err();
            assert!(refused.contains(right), "{typed}: {refused}");
        }
    }
}
