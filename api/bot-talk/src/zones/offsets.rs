//! Offsets from UTC as people write them, and the fixed zones that stand for whole hours.

use std::fmt;

/// The furthest that clocks lie ahead of UTC, and that fixed zones reach.
const AHEAD_MAX_HOURS: i32 = 14;
/// The furthest that clocks lie behind it.
const BEHIND_MAX_HOURS: i32 = 12;

/// An offset from UTC, ahead of it when positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    minutes: i32,
}

impl Offset {
    /// `+3`, `-03:30`, `UTC+3`, `gmt +05:45`; nothing when it is no offset at all or one that no clock keeps.
    pub(super) fn said(text: &str) -> Option<Self> {
        let prefixed = text.get(..3).filter(|prefix| ["utc", "gmt"].iter().any(|it| prefix.eq_ignore_ascii_case(it)));
        let offset = prefixed.map_or(text, |prefix| text.get(prefix.len()..).unwrap_or_default()).trim_start();
        // A minus is often typed as one of its look-alikes.
        let (sign, digits) = match offset.chars().next()? {
            '+' => (1, offset.get(1..)?),
            minus @ ('-' | '−' | '–') => (-1, offset.get(minus.len_utf8()..)?),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let minutes = sign * (number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?);
        (-BEHIND_MAX_HOURS * 60..=AHEAD_MAX_HOURS * 60).contains(&minutes).then_some(Self { minutes })
    }

    /// The offset that a fixed zone stands for; their names count the other way round (POSIX).
    pub(super) fn of_zone(name: &str) -> Option<Self> {
        let hours: i32 = name.strip_prefix("Etc/GMT").filter(|hours| !hours.is_empty())?.parse().ok()?;
        Some(Self { minutes: -hours * 60 })
    }

    /// The fixed zone of this offset, if it is one of whole hours.
    pub(super) fn fixed_zone(self) -> Option<String> {
        let hours = self.minutes / 60;
        match (hours, self.minutes % 60) {
            (0, 0) => Some("UTC".to_owned()),
            (_, 0) => Some(format!("Etc/GMT{:+}", -hours)),
            _ => None,
        }
    }

    pub(super) fn seconds(self) -> i32 {
        self.minutes * 60
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes / 60 {
            0 => f.write_str("UTC"),
            hours => write!(f, "UTC{hours:+}"),
        }
    }
}

/// One or two digits.
fn number(digits: &str) -> Option<i32> {
    let fits = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}
