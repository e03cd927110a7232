//! The log in `EventStoreDB` or `KurrentDB`, through their official client.
//!
//! [`KurrentEventStore`] keeps every promise of [`chronogram_log::EventStore`] but dense positions: a position is the
//! commit position over there. What that server does not know (which commands and which events there are) is kept in an
//! index of our own, in Postgres, which follows `$all` behind a checkpoint of its own and can be lost at any time.
//!
//! Every append names the exact revision that it goes behind, and everything up to that revision is indexed before: so a
//! repeat is found, whoever made the first try, and an append whose outcome is unknown can be sent again.

mod catch_up;
mod connection;
mod decode;
mod envelope;
mod filter;
mod index;
mod reads;
mod runaway;
mod session;
mod store;
mod watch;
mod writer;

use chronogram_log::Position;
use tokio::sync::watch as channel;

pub use envelope::{Envelope, Malformed};
pub use store::KurrentEventStore;

/// Tells whoever waits that the log reaches `head`.
fn publish(published: &channel::Sender<Position>, head: Position) {
    published.send_if_modified(|known| {
        let moved = head > *known;
        *known = head.max(*known);
        moved
    });
}
