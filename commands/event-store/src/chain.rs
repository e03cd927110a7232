//! The hash chain: what makes a change of the past show.
//!
//! The hash of event n is `SHA-256(hash of n − 1 ‖ leaf of n ‖ recorded_at of n)`; before the first stand 32 zero bytes.
//! The leaf covers everything else that is stored of it, as it is stored: sealed words stay sealed, so who is erased
//! takes nothing from the chain. Leaves are made here; the append statement, which alone knows when it recorded them,
//! links them (`statements.rs`). The moment goes in as Postgres sends it: microseconds since 2000, eight bytes.

use aws_lc_rs::digest::{Context, SHA256, digest};
use chronogram_log::RecordedEvent;
use jiff::Timestamp;
use uuid::Uuid;

/// Begins every leaf: another layout gets another name.
const LAYOUT: &[u8] = b"chronogram.event.1";

/// Microseconds from 1970 to 2000, where Postgres counts from.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

/// The hash of an event and of all before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// Stands before the first event.
    pub const START: Self = Self([0; 32]);

    /// From a column; `None` where it has not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// As a column.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of the event with this leaf that stands behind the event of this hash.
    #[must_use]
    pub fn link(self, leaf: &Self, recorded_at: Timestamp) -> Self {
        let recorded_at_us = recorded_at.as_microsecond() - POSTGRES_EPOCH_US;
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(&leaf.0);
        context.update(&recorded_at_us.to_be_bytes());
        finish(context)
    }

    /// The hash of an event behind the event of this hash, of a log that keeps no hashes itself.
    #[must_use]
    pub fn follow(self, event: &RecordedEvent) -> Self {
        let stored = Stored {
            position: event.position.0,
            stream: event.stream.as_str(),
            revision: event.revision.0,
            id: event.id.0,
            event_type: &event.event_type,
            version: event.version,
            data: Self::of_text(event.data.as_str()),
            metadata: event.metadata.as_str(),
        };
        self.link(&stored.leaf(), event.recorded_at)
    }

    /// The digest of a text of the log.
    pub fn of_text(text: &str) -> Self {
        // SHA-256 has 32 bytes.
        Self::from_bytes(digest(&SHA256, text.as_bytes()).as_ref()).unwrap_or(Self::START)
    }
}

impl std::fmt::Display for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

/// What is stored of an event beside when.
pub(crate) struct Stored<'a> {
    pub(crate) position: u64,
    pub(crate) stream: &'a str,
    pub(crate) revision: u64,
    pub(crate) id: Uuid,
    pub(crate) event_type: &'a str,
    pub(crate) version: u16,
    /// The digest of its data: that of blanked data is kept.
    pub(crate) data: ChainHash,
    pub(crate) metadata: &'a str,
}

impl Stored<'_> {
    /// Fields of fixed length, lengths before the others: no two events have the same bytes.
    pub(crate) fn leaf(&self) -> ChainHash {
        let mut context = Context::new(&SHA256);
        context.update(LAYOUT);
        context.update(&self.position.to_be_bytes());
        context.update(&self.revision.to_be_bytes());
        context.update(&self.version.to_be_bytes());
        context.update(self.id.as_bytes());
        for text in [self.stream, self.event_type] {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        }
        context.update(&self.data.0);
        context.update(&ChainHash::of_text(self.metadata).0);
        finish(context)
    }
}

fn finish(context: Context) -> ChainHash {
    // SHA-256 has 32 bytes.
    ChainHash::from_bytes(context.finish().as_ref()).unwrap_or(ChainHash::START)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stored() -> Stored<'static> {
        Stored {
            position: 2,
            stream: "hall",
            revision: 1,
            id: Uuid::from_u128(7),
            event_type: "SeatTaken",
            version: 1,
            data: ChainHash::of_text("{}"),
            metadata: "{}",
        }
    }

    /// A frozen value: a chain that was written must be checked the same way for ever.
    #[test]
    fn the_layout_is_frozen() {
        let at = Timestamp::from_microsecond(1_700_000_000_000_001).unwrap();
        let hash = ChainHash::START.link(&stored().leaf(), at);
        assert_eq!(hash.to_string(), "90243e615b1426d1a62176902e689f9742b2ba927044c226f70bcf64be6c9b8d");
    }

    #[test]
    fn every_field_counts() {
        let whole = stored().leaf();
        let others = [
            Stored { position: 3, ..stored() },
            Stored { stream: "hal", event_type: "lSeatTaken", ..stored() },
            Stored { revision: 2, ..stored() },
            Stored { id: Uuid::from_u128(8), ..stored() },
            Stored { version: 2, ..stored() },
            Stored { data: ChainHash::of_text("{ }"), ..stored() },
            Stored { metadata: "{ }", ..stored() },
        ];
        for other in others {
            assert_ne!(other.leaf(), whole);
        }
        let (now, later) = (Timestamp::UNIX_EPOCH, Timestamp::from_microsecond(1).unwrap());
        assert_ne!(ChainHash::START.link(&whole, now), ChainHash::START.link(&whole, later));
        assert_ne!(whole.link(&whole, now), ChainHash::START.link(&whole, now));
    }
}
