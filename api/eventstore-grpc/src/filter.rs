//! Which events a reader of `$all` wants.

use chronogram_log::{EventFilter, RecordedEvent};
use regex::{Regex, RegexBuilder};
use tonic::Status;

use crate::wire::read::{Expression, FilterBy, FilterOptions, Window};

/// The protocol's own default: events looked at between two checkpoints.
const WINDOW: u32 = 32;
/// Bytes of an expression: hundreds of type names fit.
const REGEX_BYTES_MAX: usize = 16_384;
/// Bytes of a compiled expression.
const COMPILED_BYTES_MAX: usize = 2 * 1_048_576;
/// Prefixes of one filter.
const PREFIXES_MAX: usize = 1_000;

/// A filter that was understood.
pub(crate) struct Filter {
    /// What the store looks for by its index.
    pub(crate) of_store: EventFilter,
    rest: Option<Test>,
    /// Positions that may pass between two checkpoints.
    pub(crate) checkpoint_interval: u64,
}

struct Test {
    on_stream: bool,
    matcher: Matcher,
}

enum Matcher {
    Prefixes(Vec<String>),
    Regex(Regex),
    /// What begins like this is not wanted.
    Not(Regex),
}

impl Filter {
    pub(crate) fn of(options: FilterOptions) -> Result<Self, Status> {
        let window = match options.window {
            Some(Window::Max(max)) => max,
            Some(Window::Count(())) | None => WINDOW,
        };
        let checkpoint_interval =
            u64::from(window.max(1)).saturating_mul(u64::from(options.checkpoint_interval_multiplier.max(1)));
        let (on_stream, expression) = match options.by {
            None => return Ok(Self { of_store: EventFilter::all(), rest: None, checkpoint_interval }),
            Some(FilterBy::StreamName(expression)) => (true, expression),
            Some(FilterBy::EventType(expression)) => (false, expression),
        };
        let of_store = match exact_names(&expression) {
            Some(types) if !on_stream => EventFilter::types(types),
            _ => EventFilter::all(),
        };
        let rest =
            if of_store.types.is_some() { None } else { Some(Test { on_stream, matcher: matcher(expression)? }) };
        Ok(Self { of_store, rest, checkpoint_interval })
    }

    /// Whether the reader wants an event that the store found.
    pub(crate) fn accepts(&self, event: &RecordedEvent) -> bool {
        let Some(test) = &self.rest else { return true };
        let name = if test.on_stream { event.stream.as_str() } else { event.event_type.as_str() };
        match &test.matcher {
            Matcher::Prefixes(prefixes) => prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())),
            Matcher::Regex(regex) => regex.is_match(name),
            Matcher::Not(regex) => !regex.is_match(name),
        }
    }
}

fn matcher(expression: Expression) -> Result<Matcher, Status> {
    if expression.prefix.len() > PREFIXES_MAX {
        return Err(Status::invalid_argument(format!("a filter has at most {PREFIXES_MAX} prefixes")));
    }
    if !expression.prefix.is_empty() {
        return Ok(Matcher::Prefixes(expression.prefix));
    }
    if expression.regex.len() > REGEX_BYTES_MAX {
        return Err(Status::invalid_argument(format!("a filter's expression has at most {REGEX_BYTES_MAX} bytes")));
    }
    let compiled = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build();
    let matcher = match unwanted(&expression.regex) {
        Some(unwanted) => compiled(&format!("^(?:{unwanted})")).map(Matcher::Not),
        None => compiled(&expression.regex).map(Matcher::Regex),
    };
    matcher.map_err(|_| {
        Status::invalid_argument(
            "the filter's expression is none that is understood here (no back-references, \
             no look-around but one negative look-ahead at its beginning)",
        )
    })
}

/// What some clients exclude by `^(?!(One$|Two$))`: look-around is not linear in time, this is.
fn unwanted(regex: &str) -> Option<&str> {
    let behind = regex.strip_prefix("^(?!")?;
    let end = ["", ".*", ".*$"].into_iter().find_map(|end| behind.strip_suffix(end)?.strip_suffix(')'))?;
    // Whole only by itself: else the bracket that was taken off belongs to something else.
    Regex::new(end).is_ok().then_some(end)
}

/// The names in `^(One|Two)$` or `^One$`: the store has an index for them.
fn exact_names(expression: &Expression) -> Option<Vec<&str>> {
    if !expression.prefix.is_empty() {
        return None;
    }
    let names = expression.regex.strip_prefix('^')?.strip_suffix('$')?;
    let names = match names.strip_prefix('(').and_then(|names| names.strip_suffix(')')) {
        Some(alternatives) => alternatives,
        // Without brackets `^` and `$` belong to the first and the last of several.
        None => Some(names).filter(|names| !names.contains('|'))?,
    };
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    names.split('|').map(|name| plain(name).then_some(name)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn by_type(regex: &str) -> Result<Filter, Status> {
        let expression = Expression { regex: regex.to_owned(), prefix: Vec::new() };
        Filter::of(FilterOptions { by: Some(FilterBy::EventType(expression)), ..FilterOptions::default() })
    }

    #[test]
    fn names_alone_are_left_to_the_store() {
        let filter = by_type("^(SeatTaken|SeatLeft)$").unwrap();
        assert_eq!(filter.of_store, EventFilter::types(["SeatTaken", "SeatLeft"]));
        assert_eq!(by_type("^SeatLeft$").unwrap().of_store, EventFilter::types(["SeatLeft"]));
        for regex in ["^(SeatTaken|)$", "^(Seat.*)$", "^SeatTaken|SeatLeft$", "(SeatTaken)$", "^(Seat(s))$", "^()$"] {
            assert_eq!(by_type(regex).unwrap().of_store, EventFilter::all(), "{regex}");
        }
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        let too_long = "x".repeat(REGEX_BYTES_MAX + 1);
        for regex in ["(", r"a(?!b)", r"^(?!a)b(c)", r"(a)\1", "\\p{L}{1000}{100}", &too_long] {
            assert_eq!(by_type(regex).err().unwrap().code(), tonic::Code::InvalidArgument, "{regex}");
        }
    }

    #[test]
    fn checkpoints_come_as_often_as_asked_and_at_least_every_32_events() {
        assert_eq!(by_type("").unwrap().checkpoint_interval, 32);
        let options = |window, multiplier| FilterOptions {
            by: None,
            window: Some(Window::Max(window)),
            checkpoint_interval_multiplier: multiplier,
        };
        assert_eq!(Filter::of(options(10, 3)).unwrap().checkpoint_interval, 30);
        assert_eq!(Filter::of(options(0, 0)).unwrap().checkpoint_interval, 1);
    }
}
