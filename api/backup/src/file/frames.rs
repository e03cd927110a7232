//! The frames between the blocks.

use sha2::{Digest as _, Sha256};

/// What begins a frame that zstd skips.
const SKIPPABLE: u32 = 0x184D_2A5B;
/// Magic number and length.
const FRAME: usize = 8;

/// What every file begins with.
pub(super) const OPENING: &[u8] = b"Chronogram backup 1\n";
pub(super) const OPENING_BYTES: usize = FRAME + OPENING.len();

/// Of the block that holds the manifest.
pub(super) const MANIFEST: u16 = u16::MAX;

const HEAD: usize = 30 + 32;
pub(super) const HEAD_BYTES: usize = FRAME + HEAD;

const TRAILER_MARK: &[u8; 4] = b"end\n";
const TRAILER: usize = 4 + 8 + 32;
pub(super) const TRAILER_BYTES: usize = FRAME + TRAILER;

/// What a block must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its place among the parts.
    pub(super) part: u16,
    /// How many rows.
    pub(super) rows: u32,
    /// Of events: the first position; else the number of its first row, from 1.
    pub(super) first: u64,
    /// Of events: the last position; else the number of its last row.
    pub(super) last: u64,
    /// Bytes unpacked.
    pub(super) plain: u32,
    /// Bytes in the file.
    pub(super) packed: u32,
}

pub(super) fn opening() -> Vec<u8> {
    frame(OPENING)
}

fn frame(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX); // some dozen bytes
    [&SKIPPABLE.to_le_bytes(), &length.to_le_bytes(), content].concat()
}

/// The content of a frame of exactly that length.
fn content<const N: usize>(frame: &[u8]) -> Option<&[u8; N]> {
    let (magic, rest) = frame.split_first_chunk::<4>()?;
    let (length, content) = rest.split_first_chunk::<4>()?;
    let is_it = u32::from_le_bytes(*magic) == SKIPPABLE && usize::try_from(u32::from_le_bytes(*length)) == Ok(N);
    is_it.then(|| content.try_into().ok()).flatten()
}

impl Head {
    fn fields(&self) -> Vec<u8> {
        [
            &self.part.to_le_bytes()[..],
            &self.rows.to_le_bytes(),
            &self.first.to_le_bytes(),
            &self.last.to_le_bytes(),
            &self.plain.to_le_bytes(),
            &self.packed.to_le_bytes(),
        ]
        .concat()
    }

    /// Covers the head too: a block cannot be passed off as another one.
    fn digest(&self, packed: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.fields()).chain_update(packed).finalize().into()
    }

    /// The frame that stands before `packed`.
    pub(super) fn frame(&self, packed: &[u8]) -> Vec<u8> {
        let mut content = self.fields();
        content.extend(self.digest(packed));
        frame(&content)
    }

    /// What stands in a frame, and the digest that it gives; `None`: it is no head.
    pub(super) fn read(frame: &[u8; HEAD_BYTES]) -> Option<(Self, [u8; 32])> {
        let content = content::<HEAD>(frame)?;
        let (part, rest) = content.split_first_chunk()?;
        let (rows, rest) = rest.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let (plain, rest) = rest.split_first_chunk()?;
        let (packed, digest) = rest.split_first_chunk()?;
        let head = Self {
            part: u16::from_le_bytes(*part),
            rows: u32::from_le_bytes(*rows),
            first: u64::from_le_bytes(*first),
            last: u64::from_le_bytes(*last),
            plain: u32::from_le_bytes(*plain),
            packed: u32::from_le_bytes(*packed),
        };
        Some((head, digest.try_into().ok()?))
    }

    pub(super) fn is_of(&self, packed: &[u8], digest: &[u8; 32]) -> bool {
        self.digest(packed) == *digest
    }
}

/// The file's end: where the manifest begins, and the digest of everything before.
pub(super) fn trailer(manifest_at: u64, whole: &[u8; 32]) -> Vec<u8> {
    frame(&[&TRAILER_MARK[..], &manifest_at.to_le_bytes(), whole].concat())
}

pub(super) fn read_trailer(frame: &[u8]) -> Option<(u64, [u8; 32])> {
    let rest = content::<TRAILER>(frame)?.strip_prefix(TRAILER_MARK)?;
    let (manifest_at, whole) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*manifest_at), whole.try_into().ok()?))
}
