//! Spans from now: `10m`, `2h30m`, `1d`, `90s`, and the same with Russian letters (с, м, ч, д).

use jiff::SignedDuration;

/// More seconds than any span that is taken; what is longer is as good as this.
const SECONDS_MAX: i64 = 1_000_000_000_000;

/// A span and the rank of its smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    seconds: i64,
    smallest: i64,
}

impl Span {
    /// The span that `word` is, when it is one: numbers with units, each unit once, from large to small. A day is 24
    /// hours.
    pub(super) fn said(word: &str) -> Option<Self> {
        let mut span: Option<Self> = None;
        let mut rest = word;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
            let (number, after) = rest.split_at_checked(digits)?;
            let letter = after.chars().next()?;
            let unit = Self { seconds: seconds(number, unit_of(letter)?), smallest: unit_of(letter)? };
            span = Some(match span {
                Some(before) => before.and(unit)?,
                None => unit,
            });
            rest = after.get(letter.len_utf8()..)?;
        }
        span
    }

    /// This span and a further one of smaller units: `2h 30m`.
    pub(super) fn and(self, smaller: Self) -> Option<Self> {
        let fits = smaller.smallest < self.smallest;
        fits.then(|| Self {
            seconds: self.seconds.saturating_add(smaller.seconds).min(SECONDS_MAX),
            smallest: smaller.smallest,
        })
    }

    pub(super) fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds)
    }
}

fn unit_of(letter: char) -> Option<i64> {
    match letter.to_lowercase().next()? {
        's' | 'с' => Some(1),
        'm' | 'м' => Some(60),
        'h' | 'ч' => Some(60 * 60),
        'd' | 'д' => Some(24 * 60 * 60),
        _ => None,
    }
}

/// A number too long to be read is as good as the longest.
fn seconds(number: &str, unit: i64) -> i64 {
    number.parse::<i64>().unwrap_or(SECONDS_MAX).saturating_mul(unit).min(SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds_of(word: &str) -> Option<i64> {
        Span::said(word).map(|span| span.seconds)
    }

    #[test]
    fn spans_are_numbers_with_units_from_large_to_small() {
        assert_eq!(seconds_of("90s"), Some(90));
        assert_eq!(seconds_of("10m"), Some(600));
        assert_eq!(seconds_of("2h30m"), Some(9000));
        assert_eq!(seconds_of("1d2h3m4s"), Some(93_784));
        assert_eq!(seconds_of("1д2ч3м4с"), Some(93_784));
        assert_eq!(seconds_of("2Ч30М"), Some(9000));
    }

    #[test]
    fn other_words_are_no_spans() {
        for word in ["", "10", "m", "m10", "30m2h", "5m5m", "10x", "-10m", "1.5h", "10m!", "١٠m", "10м²"] {
            assert_eq!(seconds_of(word), None, "{word}");
        }
    }

    #[test]
    fn an_endless_number_is_a_very_long_span() {
        assert_eq!(seconds_of(&format!("{}d", "9".repeat(400))), Some(SECONDS_MAX));
        assert_eq!(seconds_of("9223372036854775807d1s"), Some(SECONDS_MAX));
    }
}
