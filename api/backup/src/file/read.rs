//! Reads a backup, and believes nothing of it that its digests do not say.

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use super::frames::{HEAD_BYTES, Head, MANIFEST, OPENING_BYTES, TRAILER_BYTES, opening, read_trailer};
use crate::{
    error::BackupError,
    manifest::{FORMAT, Kind, Manifest, Part},
    target::{ReadFrom, Source},
};

/// A block that unpacks to more is nobody's: a row of Postgres has less.
const BLOCK_BYTES_MAX: u32 = 1 << 31;

/// A file whose manifest was read.
pub struct Opened {
    source: Source,
    manifest: Manifest,
    manifest_at: u64,
    whole: [u8; 32],
}

/// What a whole file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

/// A block, unpacked.
pub(crate) struct Block {
    /// The number of its part in the manifest.
    pub(crate) part: usize,
    /// Rows as Postgres takes them.
    pub(crate) text: Vec<u8>,
    /// How many.
    pub(crate) rows: u64,
}

impl Opened {
    /// Reads the end of a file. Refuses what is no backup, and what a newer release wrote.
    pub async fn read(source: Source) -> Result<Self, BackupError> {
        let file = source.name().to_owned();
        let not_one = |detail| BackupError::NotABackup { file: file.clone(), detail };
        let size = source.size();
        let Some(trailer_at) = size.checked_sub(TRAILER_BYTES as u64) else { return Err(not_one("it is too short")) };
        let mut trailer = Vec::new();
        source.read(trailer_at).await?.read_to_end(&mut trailer).await.map_err(|error| source.broken(error))?;
        let (manifest_at, whole) = read_trailer(&trailer).ok_or_else(|| not_one("it does not end as one"))?;
        if !(OPENING_BYTES as u64..trailer_at).contains(&manifest_at) {
            return Err(not_one("its end points nowhere"));
        }
        let mut blocks = Blocks::behind(&source, manifest_at, trailer_at, &[]).await?;
        let block = blocks.next().await?.filter(|block| block.part == usize::from(MANIFEST));
        let block = block.ok_or_else(|| not_one("it has no manifest"))?;
        let manifest = manifest(&file, &block.text)?;
        Ok(Self { source, manifest, manifest_at, whole })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.source.size()
    }

    /// Refuses the other kind of file.
    pub fn must_be(self, wanted: Kind) -> Result<Self, BackupError> {
        if self.manifest.kind == wanted {
            return Ok(self);
        }
        let (file, found) = (self.name().to_owned(), self.manifest.kind.as_str());
        Err(BackupError::OtherKind { file, found, wanted: wanted.as_str() })
    }

    /// Its blocks in their order, each checked before it is given.
    pub(crate) async fn blocks(&self) -> Result<Blocks<'_>, BackupError> {
        let mut blocks = Blocks::behind(&self.source, 0, self.manifest_at, &self.manifest.parts).await?;
        blocks.opening().await?;
        Ok(blocks)
    }

    /// Reads all of it: every block, every part, the whole. `progress` is told how many bytes of how many are done.
    pub async fn check(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Checked, BackupError> {
        let mut blocks = self.blocks().await?;
        let mut found: Vec<(u64, Sha256)> = self.manifest.parts.iter().map(|_| (0, Sha256::new())).collect();
        while let Some(block) = blocks.next().await? {
            if let Some((rows, digest)) = found.get_mut(block.part) {
                *rows += block.rows;
                digest.update(&block.text);
            }
            progress(blocks.at, self.size());
        }
        for (part, (rows, digest)) in self.manifest.parts.iter().zip(found) {
            if part.rows != rows || part.sha256 != hex::encode(digest.finalize()) {
                let detail = format!("{} rows were written, {rows} are there, or they are others", part.rows);
                return Err(self.damaged(&part.table, detail));
            }
        }
        // The manifest's own block was checked when it was read; here its bytes count for the whole.
        let mut whole = blocks.digest;
        let mut manifest = vec![0; usize::try_from(self.size() - self.manifest_at).unwrap_or(0) - TRAILER_BYTES];
        let mut rest = self.source.read(self.manifest_at).await?;
        rest.read_exact(&mut manifest).await.map_err(|error| self.source.broken(error))?;
        whole.update(&manifest);
        if <[u8; 32]>::from(whole.finalize()) != self.whole {
            return Err(self.damaged("the end of the file", "its digest is not that of what stands before".to_owned()));
        }
        progress(self.size(), self.size());
        Ok(Checked { bytes: self.size(), rows: self.manifest.rows() })
    }

    fn damaged(&self, part: &str, detail: String) -> BackupError {
        BackupError::Damaged { file: self.name().to_owned(), part: part.to_owned(), detail }
    }
}

fn manifest(file: &str, json: &[u8]) -> Result<Manifest, BackupError> {
    /// What is read before the rest is believed to be known.
    #[derive(serde::Deserialize)]
    struct Made {
        format: u32,
        product: String,
    }
    let unreadable = |_| BackupError::Damaged {
        file: file.to_owned(),
        part: "the manifest".to_owned(),
        detail: "it cannot be read".to_owned(),
    };
    let made: Made = serde_json::from_slice(json).map_err(unreadable)?;
    if made.format > FORMAT {
        let detail = format!("its format is {}, this release reads {FORMAT}", made.format);
        return Err(BackupError::Newer { file: file.to_owned(), product: made.product, detail });
    }
    serde_json::from_slice(json).map_err(unreadable)
}

/// Blocks one after the other.
pub(crate) struct Blocks<'a> {
    source: &'a Source,
    parts: &'a [Part],
    input: ReadFrom,
    at: u64,
    end: u64,
    digest: Sha256,
    /// The part of the last block, and where that ended.
    part: usize,
    last: u64,
}

impl<'a> Blocks<'a> {
    async fn behind(source: &'a Source, at: u64, end: u64, parts: &'a [Part]) -> Result<Self, BackupError> {
        let input = source.read(at).await?;
        Ok(Self { source, parts, input, at, end, digest: Sha256::new(), part: 0, last: 0 })
    }

    async fn opening(&mut self) -> Result<(), BackupError> {
        let mut found = [0; OPENING_BYTES];
        self.take(&mut found).await?;
        if found.as_slice() == opening() {
            return Ok(());
        }
        let (file, part) = (self.source.name().to_owned(), "the beginning of the file".to_owned());
        Err(BackupError::Damaged { file, part, detail: "it does not begin as a backup does".to_owned() })
    }

    /// The next one; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Block>, BackupError> {
        if self.at == self.end {
            return Ok(None);
        }
        let mut head = [0; HEAD_BYTES];
        self.take(&mut head).await?;
        let Some((head, digest)) = Head::read(&head).filter(|(head, _)| self.is_possible(head)) else {
            return Err(self.damaged(self.part, format!("behind {}", self.place(self.part, self.last))));
        };
        let mut packed = vec![0; usize::try_from(head.packed).unwrap_or(0)];
        self.take(&mut packed).await?;
        let part = usize::from(head.part);
        let wrong = || {
            let (from, to) = (self.place(part, head.first), head.last);
            self.damaged(part, format!("{from} to {to} are not what was written"))
        };
        if !head.is_of(&packed, &digest) {
            return Err(wrong());
        }
        let plain = usize::try_from(head.plain).unwrap_or(0);
        let text = zstd::bulk::decompress(&packed, plain).map_err(|_| wrong())?;
        (self.part, self.last) = (part, head.last);
        Ok(Some(Block { part, text, rows: u64::from(head.rows) }))
    }

    /// A head that was changed shall not send us astray: names nothing that is not there, and nothing out of order.
    fn is_possible(&self, head: &Head) -> bool {
        let part = usize::from(head.part);
        let is_known = head.part == MANIFEST && self.parts.is_empty() || part < self.parts.len();
        is_known
            && part >= self.part
            && (part > self.part || head.first > self.last)
            && head.last >= head.first
            && head.plain <= BLOCK_BYTES_MAX
            && u64::from(head.packed) <= self.end - self.at
    }

    async fn take(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        if bytes.len() as u64 > self.end - self.at {
            return Err(self.damaged(self.part, format!("behind {} it is cut", self.place(self.part, self.last))));
        }
        self.input.read_exact(bytes).await.map_err(|error| self.source.broken(error))?;
        self.digest.update(&*bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn place(&self, part: usize, number: u64) -> String {
        let is_events = self.parts.get(part).is_some_and(|part| part.table == crate::tables::EVENTS);
        format!("{} {number}", if is_events { "positions" } else { "rows" })
    }

    fn damaged(&self, part: usize, detail: String) -> BackupError {
        let part = self.parts.get(part).map_or("the manifest", |part| &part.table).to_owned();
        BackupError::Damaged { file: self.source.name().to_owned(), part, detail }
    }
}
