//! What an operator or a test may turn.

use std::{num::NonZeroUsize, time::Duration};

/// How a store behaves. The defaults are what was measured.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Appends that may wait for the writer; who comes later waits before the queue. A batch at full load takes a few
    /// hundred, so this is more than one batch and still little memory.
    pub queue_appends_max: NonZeroUsize,
    /// Events that one batch carries. Beyond some thousand a larger batch is no faster, only later.
    pub batch_events_max: NonZeroUsize,
    /// Bytes of data and metadata that one batch carries; bounds the writer's memory. An append above it goes alone.
    pub batch_bytes_max: usize,
    /// Streams whose last revision is remembered, some hundred bytes each.
    pub stream_heads_max: NonZeroUsize,
    /// How often the head is read even though nothing was announced: the safety net under NOTIFY.
    pub poll_interval: Duration,
    /// How long one attempt to connect may take.
    pub connect_patience: Duration,
}

impl Default for StoreSettings {
    fn default() -> Self {
        const fn count(value: usize) -> NonZeroUsize {
            match NonZeroUsize::new(value) {
                Some(value) => value,
                None => NonZeroUsize::MIN,
            }
        }
        Self {
            queue_appends_max: count(1_024),
            batch_events_max: count(4_096),
            batch_bytes_max: 8 * 1_048_576,
            stream_heads_max: count(65_536),
            poll_interval: Duration::from_secs(1),
            connect_patience: Duration::from_secs(5),
        }
    }
}
