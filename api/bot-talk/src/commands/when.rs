//! When somebody wants to be reminded: a span from now, or a time on the clocks of their zone.
//!
//! A time that the clocks skip in spring, or show twice in autumn, is resolved the "compatible" way: the skipped one
//! moves on by the gap, the doubled one is the first of the two. The answer shows what became of it.

use chronogram_model::reminder::Due;
use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{Wrong, first_word, span::Span, wall_clock};
use crate::zones::Zone;

/// The moment that the beginning of `said` names, and what stands after it. Whether the moment is ahead is not
/// looked at; a bare time of day is always the next one.
pub(super) fn due<'a>(said: &'a str, now: Timestamp, zone: &Zone) -> Result<(Due, &'a str), Wrong> {
    let (word, rest) = first_word(said);
    if word.is_empty() {
        return Err(Wrong::NoWhen);
    }
    if let Some(span) = Span::said(word) {
        let (span, rest) = further_spans(span, rest);
        let at = now.checked_add(span.duration()).map_err(|_| Wrong::TooFarAhead)?;
        return Ok((due_at(at, zone, false), rest));
    }
    let (at, rest) = on_the_clock(word, rest, now, zone)?;
    Ok((due_at(at, zone, true), rest))
}

fn due_at(at: Timestamp, zone: &Zone, wall_clock: bool) -> Due {
    Due { at, zone: zone.name().to_string(), wall_clock }
}

/// `2h 30m tea` is tea in two and a half hours; `10m 2h of sport` is sport in ten minutes.
fn further_spans(mut span: Span, mut rest: &str) -> (Span, &str) {
    loop {
        let (word, after) = first_word(rest);
        match Span::said(word).and_then(|smaller| span.and(smaller)) {
            Some(longer) => (span, rest) = (longer, after),
            None => return (span, rest),
        }
    }
}

fn on_the_clock<'a>(word: &str, rest: &'a str, now: Timestamp, zone: &Zone) -> Result<(Timestamp, &'a str), Wrong> {
    let today = now.to_zoned(zone.rules().clone()).date();
    let said = |word: &str| word.to_owned();
    if let Some(time) = wall_clock::time(word) {
        let time = time.map_err(|_| Wrong::NoSuchTime { said: said(word) })?;
        let next = moment(today, time, zone).filter(|at| *at > now);
        let next = next.or_else(|| moment(today.tomorrow().ok()?, time, zone));
        return Ok((next.ok_or(Wrong::TooFarAhead)?, rest));
    }
    let day = wall_clock::day(word, today).ok_or_else(|| Wrong::NotAWhen { said: said(word) })?;
    let day = day.map_err(|_| Wrong::NoSuchDay { said: said(word) })?;
    let (hour, rest) = first_word(rest);
    let time = wall_clock::time(hour).ok_or_else(|| Wrong::NoTimeOfDay { said: said(word) })?;
    let time = time.map_err(|_| Wrong::NoSuchTime { said: said(hour) })?;
    Ok((moment(day, time, zone).ok_or(Wrong::TooFarAhead)?, rest))
}

/// Nothing only at the very end of time.
fn moment(day: Date, time: Time, zone: &Zone) -> Option<Timestamp> {
    let at = day.to_datetime(time).to_zoned(zone.rules().clone()).ok()?;
    Some(at.timestamp())
}
