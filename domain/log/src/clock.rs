//! Time is a parameter.

use jiff::Timestamp;

/// Tells the time. The binary passes the system's clock, tests pass their own.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
