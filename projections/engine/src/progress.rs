//! How far a long work is.

/// How far a long work is, in positions of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Positions behind.
    pub done: u64,
    /// Positions in all; grows when the log does.
    pub total: u64,
}

/// Told after every batch.
pub type ProgressFn<'a> = &'a (dyn Fn(Progress) + Send + Sync);
