//! The port every floor above speaks: an append-only log of events in streams, with one order over all of them.
//!
//! [`EventStore`] promises: positions are read in increasing order, none that was read is ever preceded by one that
//! appears later, an acknowledged append is there for ever, and a repeated command appends nothing.

mod around;
mod clock;
mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
mod crash_point;
mod envelope;
mod fault;
mod lifts;
mod memory;
mod personal_keys;
mod position;
mod store;
mod subscription;
mod upcast;

pub use around::Around;
pub use clock::Clock;
pub use codec::{Codec, DecodeError, encode};
pub use crash_point::crash_point;
pub use envelope::{Actor, JsonText, Metadata, NewEvent, RecordedEvent};
pub use fault::Fault;
pub use memory::InMemoryEventStore;
pub use personal_keys::{KeysError, PersonalKeys};
pub use position::{ExpectedRevision, Position, Revision};
pub use store::{
    Append, AppendError, Appended, CommandResult, Direction, EventFilter, EventStore, Page, SharedEventStore,
    StoreError, limits,
};
pub use subscription::{Batch, Subscription};
pub use upcast::{UpcastError, Upcaster, Upcasters};
