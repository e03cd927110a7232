//! Filters as that server understands them: by type, and never events of the server itself.

use chronogram_log::EventFilter;
use eventstore::SubscriptionFilter;

/// Types of the server's own events begin with `$`.
const NOT_THE_SERVERS: &str = "^[^$]";

/// Everything that is no business of the server's.
pub(super) fn ours() -> SubscriptionFilter {
    SubscriptionFilter::on_event_type().regex(NOT_THE_SERVERS)
}

/// `None`: nothing is wanted, so nobody need be asked.
pub(super) fn of(filter: &EventFilter) -> Option<SubscriptionFilter> {
    match filter.types.as_deref() {
        None => Some(ours()),
        Some([]) => None,
        Some(types) => {
            let names: Vec<_> = types.iter().map(|name| escaped(name)).collect();
            Some(SubscriptionFilter::on_event_type().regex(format!("^({})$", names.join("|"))))
        }
    }
}

/// Letters, digits and underscores stand for themselves in every dialect; all else is told to.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '_' {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
