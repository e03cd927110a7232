//! `profiles fill` as it is typed, and what is meant by it.

use chronogram_automations::profiles::{Profiles, Selection};
use chronogram_gateways::webhooks::WebhookUrl;
use chronogram_model::PersonId;
use clap::Args;

/// Days of `--outdated` and `--active` where none are typed.
const DAYS: u32 = 7;
/// A hundred years.
const DAYS_MAX: i64 = 36_500;
/// People that can be named in one command.
const PEOPLE_MAX: usize = 1_000;

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // as they are typed
pub(crate) struct FillArgs {
    /// basic, llm, hybrid, or an operator's own, whose plugin is profile-NAME
    #[arg(long, value_name = "NAME", default_value = "basic")]
    pub(crate) strategy: String,
    /// Everybody without a profile
    #[arg(long)]
    pub(crate) all: bool,
    /// Everybody whose profile is older than --days; it is made anew
    #[arg(long)]
    pub(crate) outdated: bool,
    /// Everybody without a profile who wrote within --days
    #[arg(long)]
    pub(crate) active: bool,
    /// This person, whether there is a profile or not; may be given several times
    #[arg(long = "user-id", value_name = "ID")]
    pub(crate) user_ids: Vec<String>,
    /// Only statistics; changes nothing
    #[arg(long)]
    pub(crate) stats: bool,
    /// Of --outdated and --active, 7 unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    pub(crate) days: Option<u32>,
    /// With --all and --active: also who has a profile; it is made anew
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// People a strategy is asked about at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
    /// People looked up at once
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) batch_size: u16,
    /// No more people than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Say what would be done and what it would cost at most; do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Post the summary to this address at the end (`PROFILES_WEBHOOK_SECRET` signs it)
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Figures only.
    Statistics,
    /// A run.
    Fill { selection: Selection, webhook: Option<WebhookUrl> },
}

impl FillArgs {
    /// What is meant, or a sentence that says what would be right.
    pub(crate) fn wish(&self) -> Result<Wish, String> {
        let refuse = |sentence: &str| Err(sentence.to_owned());
        let by_id = !self.user_ids.is_empty();
        let selected = [self.all, self.outdated, self.active, by_id].into_iter().filter(|is| *is).count();
        if self.stats {
            let others =
                selected > 0 || self.overwrite || self.dry_run || self.webhook.is_some() || self.days.is_some();
            return if others {
                refuse(
                    "--stats changes nothing and takes no other option but --json; leave the others away, or --stats",
                )
            } else {
                Ok(Wish::Statistics)
            };
        }
        match selected {
            0 => return refuse("say whose profiles: one of --all, --outdated, --active, --user-id ID (or --stats)"),
            1 => {}
            _ => return refuse("--all, --outdated, --active and --user-id exclude each other; give one of them"),
        }
        if self.days.is_some() && !self.outdated && !self.active {
            return refuse("--days belongs to --outdated or --active; leave it away, or give one of these");
        }
        if self.overwrite && self.outdated {
            return refuse(
                "--outdated makes anew only what is older than --days; leave --overwrite away, or give --all --overwrite \
                 to make every profile anew",
            );
        }
        if self.dry_run && self.webhook.is_some() {
            return refuse("a dry run tells nobody; leave --webhook or --dry-run away");
        }
        let webhook = self.webhook.as_deref().map(WebhookUrl::read).transpose();
        let webhook = webhook.map_err(|error| format!("--webhook: {error}"))?;
        is_strategy(&self.strategy)?;
        Ok(Wish::Fill { selection: self.selection()?, webhook })
    }

    fn selection(&self) -> Result<Selection, String> {
        let profiles = if self.overwrite { Profiles::Any } else { Profiles::Missing };
        let days = self.days.unwrap_or(DAYS);
        if self.outdated {
            return Ok(Selection::everybody(Profiles::Outdated { days }));
        }
        if self.active {
            return Ok(Selection { active_days: Some(days), ..Selection::everybody(profiles) });
        }
        if self.all {
            return Ok(Selection::everybody(profiles));
        }
        let people: Result<Vec<PersonId>, _> = self.user_ids.iter().map(|id| id.parse()).collect();
        let mut people = people.map_err(|error| format!("--user-id: {error}"))?;
        people.sort();
        people.dedup();
        if people.len() > PEOPLE_MAX {
            return Err(format!("--user-id names {PEOPLE_MAX} people at most"));
        }
        Ok(Selection::of(people))
    }
}

fn is_strategy(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with("profile-") {
        Ok(())
    } else {
        Err("--strategy is basic, llm, hybrid, or what stands behind profile- in the name of a plugin".to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        fill: FillArgs,
    }

    fn wish(typed: &str) -> Result<Wish, String> {
        Typed::try_parse_from(["fill"].into_iter().chain(typed.split_whitespace())).unwrap().fill.wish()
    }

    fn selection(typed: &str) -> Selection {
        match wish(typed) {
            Ok(Wish::Fill { selection, .. }) => selection,
            other => unreachable!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn each_selection_means_what_it_says() {
        assert_eq!(selection("--all"), Selection::everybody(Profiles::Missing));
        assert_eq!(selection("--all --overwrite --strategy my-own"), Selection::everybody(Profiles::Any));
        assert_eq!(selection("--outdated"), Selection::everybody(Profiles::Outdated { days: 7 }));
        assert_eq!(selection("--outdated --days 30"), Selection::everybody(Profiles::Outdated { days: 30 }));
        let active = Selection { active_days: Some(7), ..Selection::everybody(Profiles::Missing) };
        assert_eq!(selection("--active"), active);
        let two = vec![PersonId::Telegram(7), PersonId::Telegram(9)];
        assert_eq!(selection("--user-id 9 --user-id 7 --user-id 9"), Selection::of(two));
        assert_eq!(wish("--stats --json"), Ok(Wish::Statistics));
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_what_would_be_right() {
        for (typed, right) in [
            ("", "one of --all"),
            ("--all --outdated", "give one of them"),
            ("--all --user-id 7", "give one of them"),
            ("--all --days 7", "--days belongs to"),
            ("--outdated --overwrite", "give --all --overwrite"),
            ("--stats --all", "--stats changes nothing"),
            ("--stats --dry-run", "--stats changes nothing"),
            ("--all --dry-run --webhook http://x", "a dry run tells nobody"),
            ("--all --webhook secret", "--webhook: a webhook begins with http"),
            ("--all --strategy profile-llm", "--strategy is basic"),
            ("--user-id Ann", "--user-id: "),
        ] {
            let refused = wish(typed).unwrap_err();
            assert!(refused.contains(right) && !refused.contains("secret"), "{typed}: {refused}");
        }
    }
}
