//! The layout of a backup: a file that `zstd -d` turns into text, and that says of each of its blocks what it must be.
//!
//! ```text
//! opening │ head block │ head block │ … │ head manifest │ trailer
//! ```
//!
//! Blocks are frames of zstd, each on its own: some rows as Postgres copies them out, whole ones, about a megabyte. What
//! stands between them are frames that zstd skips: a head has the block's part, rows and digest; the trailer says where the
//! manifest begins and the digest of everything before itself. So memory is bounded, a byte that changed is found in its
//! block, and the manifest is read without the rest.

mod frames;
mod read;
mod write;

pub use read::{Checked, Opened};
pub(crate) use write::Writer;
