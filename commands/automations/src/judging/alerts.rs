//! An alert strategy on the past: what it would have raised, and when.
//!
//! It is called behind each count of members, with the memory that it returned the last time, empty at first. An alert
//! whose key it raised before is held back for as long as it said then.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use chronogram_log::{Position, RecordedEvent};
use chronogram_model::{ChatId, EventId, channel::ChannelEvent};
use chronogram_plugin_host::{Alert, AlertDecision, AlertInput, CallContext, Outcome, seed_for};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;

use super::{
    BacktestOptions, CALLS, Candidate, FuelFigures, Judge, JudgingError, Told,
    backtest::reason,
    past::{Side, Traveller, travel},
    rehearse::{Rehearsed, rehearse},
    sample::rank,
};
use crate::{
    alerts::{alert_input, day_of},
    profiles::input::milliseconds,
};

/// Keys of a channel that are held back at the same time; a strategy may invent as many as it likes.
const HELD_BACK: usize = 1_000;

/// Who raised an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertTold {
    /// The candidate, and nobody it is compared with.
    New,
    /// The one it is compared with, and not the candidate.
    Missing,
    /// Both.
    Same,
}

/// An alert that would have been raised.
#[derive(Clone, Debug, Serialize)]
pub struct RaisedAlert {
    /// Where the count of members stands that triggered it.
    pub position: u64,
    /// The channel.
    pub channel: ChatId,
    /// When it was counted.
    pub at: Timestamp,
    /// By whom.
    pub told: AlertTold,
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
}

/// What a candidate would have raised.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AlertBacktest {
    /// Counts of members behind which it was called.
    pub counts: u64,
    /// The channels they are of.
    pub channels: u64,
    /// Alerts it would have raised.
    pub raised: u64,
    /// Of these, those that the other one raises too.
    pub same: u64,
    /// Alerts that only the other one raises.
    pub missing: u64,
    /// Alerts that would have been held back, because one of their key had been raised.
    pub held_back: u64,
    /// Raised alerts by severity and rule.
    pub rules: BTreeMap<String, u64>,
    /// Where it refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Where it was at fault, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// What it asked for; nobody asks anything about channels yet.
    pub effects_unavailable: u64,
    /// What its calls used.
    pub fuel: FuelFigures,
    /// What the calls of the other one used.
    pub fuel_before: FuelFigures,
    /// The alerts that came first.
    pub alerts: Vec<RaisedAlert>,
}

impl Judge {
    pub(super) async fn backtest_alerts(
        &self,
        candidate: &Candidate,
        against: Option<&Candidate>,
        options: BacktestOptions,
        told: Told<'_>,
    ) -> Result<AlertBacktest, JudgingError> {
        let until = self.store.head().await?;
        let wanted = match options.sample {
            Some(count) => Some(self.sampled_channels(options.since, count).await?),
            None => None,
        };
        let both = std::iter::once(candidate).chain(against).map(Watch::of).collect();
        let (channels, report) = (BTreeSet::new(), AlertBacktest::default());
        let mut watcher = Watcher { judge: self, watches: both, options, wanted, channels, report };
        travel(&self.engine, &["channels", "members"], &[], until, &mut watcher, told).await?;
        watcher.report.channels = watcher.channels.len() as u64;
        Ok(watcher.report)
    }

    /// So many of the channels that were counted behind `after`: the same ones each time.
    async fn sampled_channels(&self, after: Position, count: usize) -> Result<BTreeSet<ChatId>, JudgingError> {
        let mut channels = BTreeSet::new();
        self.each(after, &["ChannelSnapshotTaken"], |event| {
            channels
                .extend(self.counted(event)?.map(|counted| (rank(0, &counted.channel.to_string()), counted.channel)));
            Ok(())
        })
        .await?;
        Ok(channels.into_iter().take(count).map(|(_, channel)| channel).collect())
    }

    fn counted(&self, event: &RecordedEvent) -> Result<Option<Counted>, JudgingError> {
        if event.event_type != "ChannelSnapshotTaken" {
            return Ok(None);
        }
        let Some(ChannelEvent::ChannelSnapshotTaken(taken)) = self.codec.decode(event)? else { return Ok(None) };
        let (channel, at) = (taken.channel, taken.taken_at);
        let counted = Counted { position: event.position, event: event.id, channel, at };
        Ok((event.stream == channel.channel_stream()).then_some(counted))
    }
}

/// A count of members.
struct Counted {
    position: Position,
    event: EventId,
    channel: ChatId,
    at: Timestamp,
}

struct Watcher<'a> {
    judge: &'a Judge,
    /// The candidate, then whom it is compared with.
    watches: Vec<Watch<'a>>,
    options: BacktestOptions,
    wanted: Option<BTreeSet<ChatId>>,
    channels: BTreeSet<ChatId>,
    report: AlertBacktest,
}

#[async_trait]
impl Traveller for Watcher<'_> {
    type Stop = Counted;

    const SIDE: Side = Side::Behind;

    async fn looks_at(&mut self, event: &RecordedEvent) -> Result<Option<Counted>, JudgingError> {
        if event.position <= self.options.since {
            return Ok(None);
        }
        let counted = self.judge.counted(event)?;
        let is_wanted = |counted: &Counted| self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&counted.channel));
        Ok(counted.filter(is_wanted))
    }

    async fn stands(&mut self, rows: &mut PgConnection, stops: Vec<Counted>) -> Result<(), JudgingError> {
        let limits = self.judge.plugins.limits();
        let mut told = Vec::with_capacity(stops.len());
        for counted in stops {
            let input = alert_input(&mut *rows, counted.channel, day_of(counted.at), Vec::new(), limits).await?;
            // A count that came late, behind a younger one of its day, changes nothing and triggers nothing.
            let newest = |input: &AlertInput| input.samples.last().map(|sample| sample.at_ms);
            let input = input.filter(|input| newest(input) == Some(milliseconds(counted.at)));
            told.extend(input.map(|input| (counted, input)));
        }
        let mut raised = Vec::new();
        for watch in &mut self.watches {
            raised.push(watch.look(&told).await);
        }
        let mut raised = raised.into_iter();
        let after = raised.next().unwrap_or_default();
        let mut before = raised.next().map(Vec::into_iter);
        for ((counted, _), after) in told.iter().zip(after) {
            let before = before.as_mut().and_then(Iterator::next);
            self.channels.insert(counted.channel);
            self.report.add(counted, after, before, self.options.examples);
        }
        Ok(())
    }
}

/// A strategy that watches channels, and what it left to be kept of each.
struct Watch<'a> {
    candidate: &'a Candidate,
    channels: HashMap<ChatId, Kept>,
}

#[derive(Default)]
struct Kept {
    memory: Vec<u8>,
    /// Until when alerts of a key are held back, in milliseconds since the Unix epoch.
    held_back: HashMap<String, u64>,
}

/// What one call came to.
#[derive(Default)]
struct Looked {
    raised: Vec<Alert>,
    held_back: u64,
    unavailable: u64,
    fuel: Option<u64>,
    refused: Option<&'static str>,
    fault: Option<&'static str>,
}

impl<'a> Watch<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self { candidate, channels: HashMap::new() }
    }

    /// Calls it for each of the counts, which are of different channels.
    async fn look(&mut self, told: &[(Counted, AlertInput)]) -> Vec<Looked> {
        let (candidate, channels) = (self.candidate, &self.channels);
        let mut calls = Vec::with_capacity(told.len());
        for (counted, input) in told {
            let memory = channels.get(&counted.channel).map(|kept| kept.memory.clone()).unwrap_or_default();
            calls.push(evaluate(candidate, counted, AlertInput { memory, ..input.clone() }));
        }
        let ended: Vec<Rehearsed<AlertDecision>> = stream::iter(calls).buffered(CALLS.get()).collect().await;
        let seen = told.iter().zip(ended);
        seen.map(|((counted, _), ended)| self.channels.entry(counted.channel).or_default().take(counted, ended))
            .collect()
    }
}

async fn evaluate(candidate: &Candidate, counted: &Counted, input: AlertInput) -> Rehearsed<AlertDecision> {
    let context = CallContext {
        tenant: "default".to_owned(),
        now_ms: milliseconds(counted.at),
        seed: seed_for(&counted.event.to_string(), candidate.strategy.digest()),
        config: candidate.config.clone(),
        locale: None,
    };
    rehearse(&[], |told| candidate.strategy.watch_evaluate(context.clone(), input.clone(), told)).await
}

impl Kept {
    fn take(&mut self, counted: &Counted, ended: Rehearsed<AlertDecision>) -> Looked {
        let mut looked = Looked { unavailable: ended.unavailable, ..Looked::default() };
        let answered = match ended.ended {
            Ok(answered) => answered,
            Err(fault) => return Looked { fault: Some(fault.kind()), ..looked },
        };
        looked.fuel = Some(answered.fuel_used);
        match answered.outcome {
            Outcome::Done(decision) => {
                self.memory = decision.memory;
                let now = milliseconds(counted.at);
                for alert in decision.alerts {
                    if self.holds_back(&alert, now) { looked.held_back += 1 } else { looked.raised.push(alert) }
                }
            }
            Outcome::Refused(error) => looked.refused = Some(reason(&error)),
            // Who rehearses goes on until there are no more questions.
            Outcome::Suspended(_) => {}
        }
        looked
    }

    /// Whether one of its key was raised lately; if not, it is now.
    fn holds_back(&mut self, alert: &Alert, now: u64) -> bool {
        self.held_back.retain(|_, until| *until > now);
        if self.held_back.contains_key(&alert.dedup_key) {
            return true;
        }
        if self.held_back.len() < HELD_BACK {
            self.held_back.insert(alert.dedup_key.clone(), now.saturating_add(alert.suppress_ms));
        }
        false
    }
}

impl AlertBacktest {
    fn add(&mut self, counted: &Counted, after: Looked, before: Option<Looked>, examples: usize) {
        self.counts += 1;
        self.held_back += after.held_back;
        self.effects_unavailable += after.unavailable;
        after.fuel.into_iter().for_each(|fuel| self.fuel.add(fuel));
        after.refused.into_iter().for_each(|reason| *self.refused.entry(reason).or_default() += 1);
        after.fault.into_iter().for_each(|kind| *self.faults.entry(kind).or_default() += 1);
        let mut others = before.map_or_else(Vec::new, |before| {
            before.fuel.into_iter().for_each(|fuel| self.fuel_before.add(fuel));
            before.raised
        });
        let mut tell = |told, alert: Alert| {
            if self.alerts.len() < examples {
                let (position, channel, at) = (counted.position.0, counted.channel, counted.at);
                self.alerts.push(RaisedAlert { position, channel, at, told, alert });
            }
        };
        for alert in after.raised {
            self.raised += 1;
            *self.rules.entry(format!("{} {}", alert.severity, alert.rule)).or_default() += 1;
            let twin = others.iter().position(|other| other.dedup_key == alert.dedup_key);
            let told = if twin.is_some() { AlertTold::Same } else { AlertTold::New };
            self.same += u64::from(twin.map(|at| others.swap_remove(at)).is_some());
            tell(told, alert);
        }
        for alert in others {
            self.missing += 1;
            tell(AlertTold::Missing, alert);
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn an_alert_is_held_back_for_as_long_as_the_one_before_it_said() {
        let alert = |key: &str| Alert {
            rule: "swing".into(),
            severity: "warning".into(),
            metric: "members".into(),
            before: Decimal::ONE,
            after: Decimal::TWO,
            dedup_key: key.into(),
            suppress_ms: 1_000,
            message: String::new(),
        };
        let mut kept = Kept::default();
        let mut raised = |key: &str, now| !kept.holds_back(&alert(key), now);
        assert!(raised("a", 0) && !raised("a", 999) && raised("b", 999));
        assert!(raised("a", 1_000), "its time is over");
    }
}
