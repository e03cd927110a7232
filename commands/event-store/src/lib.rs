//! The stores that last: Postgres, and `EventStoreDB` or `KurrentDB` ([`kurrent`]).
//!
//! The log in Postgres: dense positions, one writer task a process, any number of processes.
//!
//! [`PostgresEventStore`] keeps every promise of [`chronogram_log::EventStore`]. Its writer takes what queued up while
//! the last batch was committed and appends it by one statement, which moves `es.head` only from where this process
//! believes it stands: what another process appended meanwhile is never overlooked, and no position is left out.

mod batch;
mod chain;
mod examine;
mod failure;
mod heads;
pub mod kurrent;
mod listener;
mod lookups;
mod queue;
mod reader;
mod replication;
mod sealed;
mod session;
mod settings;
mod statements;
mod store;
mod streams;
mod upgrade;
mod verdict;
mod writer;

pub use chain::ChainHash;
pub use examine::{LogReport, examine_log};
pub use sealed::{KEY_BYTES, KeyError, KeyRing, MasterKey, SealOlder, Sealed, Unopened, has_keys};
pub use settings::StoreSettings;
pub use store::PostgresEventStore;
pub use streams::StreamSummary;
pub use upgrade::{OlderEvent, Renew, upgrade_log};
