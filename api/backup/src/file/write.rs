//! Writes a backup, block by block.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::frames::{Head, MANIFEST, opening, trailer};
use crate::{
    error::BackupError,
    manifest::{Manifest, Part},
    tables::EVENTS,
    target::Upload,
};

/// Text of a block: enough for zstd to find what repeats, little enough to be held. A longer row is a block of its own.
const BLOCK_BYTES: usize = 1 << 20;
/// The level of zstd that costs little and packs well.
const LEVEL: i32 = 3;

/// A backup that is being written.
pub(crate) struct Writer {
    upload: Box<dyn Upload>,
    written: u64,
    whole: Sha256,
    parts: Vec<Part>,
    /// Of the part that is open.
    open: Option<Open>,
}

struct Open {
    part: Part,
    digest: Sha256,
    text: Vec<u8>,
    /// Rows of it that are in blocks.
    packed_rows: u64,
}

impl Writer {
    pub(crate) async fn begin(upload: Box<dyn Upload>) -> Result<Self, BackupError> {
        let mut writer = Self { upload, written: 0, whole: Sha256::new(), parts: Vec::new(), open: None };
        writer.write(opening()).await?;
        Ok(writer)
    }

    /// The rows that follow are those of this table.
    pub(crate) async fn begin_part(&mut self, table: &str, columns: Vec<String>) -> Result<(), BackupError> {
        self.end_part().await?;
        let part = Part { table: table.to_owned(), columns, rows: 0, bytes: 0, sha256: String::new() };
        self.open = Some(Open { part, digest: Sha256::new(), text: Vec::new(), packed_rows: 0 });
        Ok(())
    }

    /// Some rows, whole or not, as Postgres copies them out. How many have come since the part began.
    pub(crate) async fn rows(&mut self, text: &[u8]) -> Result<u64, BackupError> {
        let Some(open) = &mut self.open else { return Ok(0) };
        open.digest.update(text);
        open.text.extend_from_slice(text);
        open.part.rows += lines(text);
        open.part.bytes += text.len() as u64;
        let rows = open.part.rows;
        if open.text.len() >= BLOCK_BYTES && open.text.ends_with(b"\n") {
            self.end_block().await?;
        }
        Ok(rows)
    }

    async fn end_part(&mut self) -> Result<(), BackupError> {
        self.end_block().await?;
        if let Some(open) = self.open.take() {
            self.parts.push(Part { sha256: hex::encode(open.digest.finalize()), ..open.part });
        }
        Ok(())
    }

    async fn end_block(&mut self) -> Result<(), BackupError> {
        let part = u16::try_from(self.parts.len()).unwrap_or(MANIFEST);
        let Some(open) = self.open.as_mut().filter(|open| !open.text.is_empty()) else { return Ok(()) };
        let text = std::mem::take(&mut open.text);
        let rows = lines(&text);
        let counted = (open.packed_rows + 1, open.packed_rows + rows);
        open.packed_rows += rows;
        let (first, last) = if open.part.table == EVENTS { positions(&text).unwrap_or(counted) } else { counted };
        self.block(part, u32::try_from(rows).unwrap_or(u32::MAX), (first, last), &text).await
    }

    async fn block(&mut self, part: u16, rows: u32, (first, last): (u64, u64), text: &[u8]) -> Result<(), BackupError> {
        let packed = zstd::bulk::compress(text, LEVEL).map_err(|_| too_long())?;
        let plain = u32::try_from(text.len()).map_err(|_| too_long())?;
        let head =
            Head { part, rows, first, last, plain, packed: u32::try_from(packed.len()).map_err(|_| too_long())? };
        self.write(head.frame(&packed)).await?;
        self.write(packed).await
    }

    /// Writes the manifest that `describe` makes of the parts, and makes the file appear; its size. Leaves nothing behind
    /// where that fails.
    pub(crate) async fn finish(
        mut self,
        describe: impl FnOnce(Vec<Part>) -> Manifest,
    ) -> Result<(Manifest, u64), BackupError> {
        let ended = self.end(describe).await;
        if ended.is_err() {
            self.upload.abandon().await;
        }
        ended
    }

    async fn end(&mut self, describe: impl FnOnce(Vec<Part>) -> Manifest) -> Result<(Manifest, u64), BackupError> {
        self.end_part().await?;
        let manifest = describe(std::mem::take(&mut self.parts));
        let manifest_at = self.written;
        let json = serde_json::to_vec(&manifest).map_err(|error| BackupError::Invalid(error.to_string()))?;
        self.block(MANIFEST, 1, (1, 1), &json).await?;
        let end = trailer(manifest_at, &self.whole.clone().finalize().into());
        self.write(end).await?;
        self.upload.finish().await?;
        Ok((manifest, self.written))
    }

    /// Leaves nothing behind.
    pub(crate) async fn abandon(mut self) {
        self.upload.abandon().await;
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), BackupError> {
        self.written += bytes.len() as u64;
        self.whole.update(&bytes);
        self.upload.write(Bytes::from(bytes)).await
    }
}

fn too_long() -> BackupError {
    BackupError::Invalid("a single row has more than 4 GB".to_owned())
}

/// Rows: a line feed within a value is written as two other characters.
fn lines(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// The first column of the first and of the last row.
fn positions(text: &[u8]) -> Option<(u64, u64)> {
    let position = |row: &[u8]| std::str::from_utf8(row.split(|byte| *byte == b'\t').next()?).ok()?.parse().ok();
    let mut rows = text.strip_suffix(b"\n")?.split(|byte| *byte == b'\n');
    let first = position(rows.next()?)?;
    Some((first, rows.next_back().map_or(Some(first), position)?))
}
