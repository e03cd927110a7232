//! Which backups are kept: the newest of each of the last days, weeks and months that have one. Pure.
//!
//! Periods without a backup do not count: while none is made, none is removed. Days are UTC's, weeks begin on Monday.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::manifest::Kind;

/// How many of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days.
    pub daily: usize,
    /// Weeks.
    pub weekly: usize,
    /// Months; `None`: all.
    pub monthly: Option<usize>,
}

/// What is known of a backup without reading all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// When it was made; `None`: it cannot be read.
    pub created_at: Option<Timestamp>,
    /// When it is to go.
    pub expires_at: Option<Timestamp>,
    /// Whether it can be restored, for all that is known.
    pub is_good: bool,
}

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays, for this reason.
    Keep(&'static str),
    /// It goes, for this reason.
    Remove(&'static str),
}

/// What is to become of each, in their order.
pub fn judge(candidates: &[Candidate], keep: Keep, now: Timestamp) -> Vec<Verdict> {
    let newest_good = |kind| {
        let good = candidates.iter().filter(|one| one.kind == kind && one.is_good);
        good.max_by_key(|one| one.created_at).map(|one| one.name.as_str())
    };
    let newest = [newest_good(Kind::Archive), newest_good(Kind::Keys)];
    let kept = Periods::of(candidates, keep);
    let judge = |one: &Candidate| {
        if newest.contains(&Some(one.name.as_str())) {
            return Verdict::Keep("the newest good one");
        }
        if !one.is_good {
            return Verdict::Keep("damaged: look at it, remove it by hand");
        }
        match one.kind {
            Kind::Keys => match one.expires_at {
                Some(expires_at) if expires_at <= now => Verdict::Remove("expired"),
                _ => Verdict::Keep("not expired"),
            },
            Kind::Archive => {
                kept.reason(&one.name).map_or(Verdict::Remove("no day, week or month needs it"), Verdict::Keep)
            }
        }
    };
    candidates.iter().map(judge).collect()
}

/// The newest good archive of each period that counts.
struct Periods<'a> {
    daily: BTreeSet<&'a str>,
    weekly: BTreeSet<&'a str>,
    monthly: BTreeSet<&'a str>,
}

impl<'a> Periods<'a> {
    fn of(candidates: &'a [Candidate], keep: Keep) -> Self {
        let mut archives: Vec<(Date, &str)> = candidates
            .iter()
            .filter(|one| one.kind == Kind::Archive && one.is_good)
            .filter_map(|one| Some((one.created_at?, one.name.as_str())))
            .map(|(at, name)| (at.to_zoned(TimeZone::UTC).date(), name))
            .collect();
        // Names hold the moment: the newest first.
        archives.sort_unstable_by(|one, other| other.cmp(one));
        let week = |date: Date| {
            let week = date.iso_week_date();
            (week.year(), week.week())
        };
        Self {
            daily: newest_of(&archives, keep.daily, |date| date),
            weekly: newest_of(&archives, keep.weekly, week),
            monthly: newest_of(&archives, keep.monthly.unwrap_or(usize::MAX), |date| (date.year(), date.month())),
        }
    }

    fn reason(&self, name: &str) -> Option<&'static str> {
        [(&self.daily, "daily"), (&self.weekly, "weekly"), (&self.monthly, "monthly")]
            .into_iter()
            .find(|(names, _)| names.contains(name))
            .map(|(_, reason)| reason)
    }
}

fn newest_of<'a, P: PartialEq>(
    archives: &[(Date, &'a str)],
    count: usize,
    period: impl Fn(Date) -> P,
) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    let mut last = None;
    for (date, name) in archives {
        let this = Some(period(*date));
        if this == last {
            continue;
        }
        if names.len() == count {
            break;
        }
        last = this;
        names.insert(*name);
    }
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    const NOW: &str = "2026-11-21T03:00:00Z"; // a Saturday

    fn one(kind: Kind, at: Timestamp) -> Candidate {
        let expires_at = (kind == Kind::Keys).then(|| at + jiff::SignedDuration::from_hours(30 * 24));
        Candidate { name: kind.file_name(at), kind, created_at: Some(at), expires_at, is_good: true }
    }

    /// Every night at two for so many days, the last one today.
    fn nightly(kind: Kind, days: i32) -> Vec<Candidate> {
        let last: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        (0..days).rev().map(|ago| one(kind, last - (24 * i64::from(ago)).hours())).collect()
    }

    fn kept(candidates: &[Candidate], keep: Keep) -> Vec<String> {
        let verdicts = judge(candidates, keep, NOW.parse().unwrap());
        let kept = candidates.iter().zip(verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::Keep(_)));
        kept.map(|(one, _)| one.created_at.unwrap().strftime("%m-%d").to_string()).collect()
    }

    #[test]
    fn days_weeks_and_months_keep_their_newest() {
        let keep = Keep { daily: 7, weekly: 4, monthly: None };
        let expected = [
            "08-31", "09-30", "10-31", // months that are over
            "11-01", "11-08", // Sundays of weeks that are over; the week of the 15th has its day among the seven
            "11-15", "11-16", "11-17", "11-18", "11-19", "11-20", "11-21",
        ];
        assert_eq!(kept(&nightly(Kind::Archive, 90), keep), expected);
        let two_months = Keep { monthly: Some(2), ..keep };
        assert_eq!(kept(&nightly(Kind::Archive, 90), two_months), expected[2..]);
    }

    #[test]
    fn nothing_goes_while_nothing_is_made() {
        let mut old = nightly(Kind::Archive, 7);
        for candidate in &mut old {
            let at = candidate.created_at.unwrap() - (365 * 24).hours();
            *candidate = one(Kind::Archive, at);
        }
        assert_eq!(kept(&old, Keep { daily: 7, weekly: 0, monthly: Some(0) }).len(), 7);
    }

    #[test]
    fn the_newest_good_one_stays_whatever_is_asked_and_damaged_ones_count_for_nothing() {
        let mut candidates = nightly(Kind::Archive, 3);
        candidates[2].is_good = false;
        let verdicts = judge(&candidates, Keep { daily: 0, weekly: 0, monthly: Some(0) }, NOW.parse().unwrap());
        assert_eq!(verdicts[0], Verdict::Remove("no day, week or month needs it"));
        assert_eq!(verdicts[1], Verdict::Keep("the newest good one"));
        assert!(matches!(verdicts[2], Verdict::Keep(reason) if reason.starts_with("damaged")));
    }

    #[test]
    fn keys_go_when_their_time_is_over_but_the_newest() {
        let keep = Keep { daily: 0, weekly: 0, monthly: Some(0) };
        assert_eq!(kept(&nightly(Kind::Keys, 40), keep).len(), 30);
        let long_ago = one(Kind::Keys, "2020-01-01T02:00:00Z".parse().unwrap());
        assert_eq!(kept(&[long_ago], keep), ["01-01"]);
    }
}
