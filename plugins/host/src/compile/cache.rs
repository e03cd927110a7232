//! Machine code kept on disk: by the artifact's digest and all that code depends on, whole or not at all.
//!
//! A file is a checksum and the code. The checksum covers the file's name too, so that a file that was moved to another
//! name is as wrong as one with a flipped bit; what is wrong is removed and compiled again.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::PathBuf,
    time::SystemTime,
};

use crate::digest::PluginDigest;

/// Files kept; the oldest goes when there are more. Every artifact that decides somewhere, and some history.
const FILES: usize = 64;
/// What a checksum is of, so that it is of nothing else.
const PURPOSE: &str = "chronogram compiled strategy, layout 1";
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
const ENDING: &str = "compiled";

/// One folder of compiled code.
pub(super) struct Cache {
    folder: PathBuf,
    compatibility: String,
}

impl Cache {
    pub(super) fn new(folder: PathBuf, compatibility: String) -> Self {
        Self { folder, compatibility }
    }

    /// The code of an artifact, if it is there and what it was.
    pub(super) fn find(&self, digest: &PluginDigest) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(digest)).ok()?;
        let (checksum, code) = bytes.split_first_chunk::<CHECKSUM_BYTES>()?;
        if self.checksum(digest, code) == *checksum {
            bytes.drain(..CHECKSUM_BYTES);
            return Some(bytes);
        }
        tracing::warn!(plugin.digest = digest.as_str(), "compiled code is damaged; it is compiled again");
        self.forget(digest);
        None
    }

    /// Keeps the code of an artifact. Who reads meanwhile sees all of it or none.
    pub(super) fn keep(&self, digest: &PluginDigest, code: &[u8]) -> io::Result<()> {
        // Whoever writes here runs code in our process.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .suffix(".new")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(&self.folder)?;
        file.write_all(self.checksum(digest, code).as_bytes())?;
        file.write_all(code)?;
        file.as_file().sync_data()?;
        file.persist(self.path(digest)).map_err(|error| error.error)?;
        self.prune()
    }

    pub(super) fn forget(&self, digest: &PluginDigest) {
        // What cannot be removed is written over.
        let _ = fs::remove_file(self.path(digest));
    }

    fn path(&self, digest: &PluginDigest) -> PathBuf {
        let short: String = self.compatibility.chars().take(16).collect();
        self.folder.join(format!("{digest}-{short}.{ENDING}"))
    }

    fn checksum(&self, digest: &PluginDigest, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_derive_key(PURPOSE);
        hasher.update(digest.as_str().as_bytes());
        hasher.update(self.compatibility.as_bytes());
        hasher.update(code);
        hasher.finalize()
    }

    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                // One that goes while we look is the oldest there is.
                let written = fs::metadata(&path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((written, path));
            }
        }
        files.sort_unstable();
        let surplus = files.len().saturating_sub(FILES);
        files.iter().take(surplus).for_each(|(_, path)| drop(fs::remove_file(path)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn what_was_kept_is_found_under_its_own_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (PluginDigest::of(b"one"), PluginDigest::of(b"two"));
        let cache = Cache::new(folder.path().join("compiled"), "engine-a".into());
        assert_eq!(cache.find(&one), None);
        cache.keep(&one, b"code").unwrap();
        assert_eq!(cache.find(&one).unwrap(), b"code");
        let other = Cache::new(folder.path().join("compiled"), "engine-b".into());
        assert_eq!(other.find(&one), None);
        fs::rename(cache.path(&one), cache.path(&two)).unwrap();
        assert_eq!(cache.find(&two), None, "its checksum covers its name");
        assert!(!cache.path(&two).exists());
        let mode = fs::metadata(folder.path().join("compiled")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn every_flipped_byte_and_every_lost_end_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let digest = PluginDigest::of(b"one");
        let cache = Cache::new(folder.path().to_owned(), "engine".into());
        cache.keep(&digest, b"code").unwrap();
        let whole = fs::read(cache.path(&digest)).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(cache.path(&digest), flipped).unwrap();
            assert_eq!(cache.find(&digest), None, "byte {at}");
            fs::write(cache.path(&digest), &whole[..at]).unwrap();
            assert_eq!(cache.find(&digest), None, "cut at {at}");
        }
    }

    #[test]
    fn the_oldest_go_when_there_are_many() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), "engine".into());
        for number in 0..FILES + 3 {
            cache.keep(&PluginDigest::of(&number.to_le_bytes()), b"code").unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FILES);
    }
}
