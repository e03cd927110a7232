//! Backups in a folder. A file has its name when all of it is on the disk, and only then.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use chronogram_log::crash_point;
use tokio::io::AsyncSeekExt as _;

use super::{ReadFrom, Upload};
use crate::{
    error::{BackupError, file as failed},
    manifest::Kind,
};

/// How a file's name ends while it is written, and begins with a dot: no backup is called so.
const UNFINISHED: &str = ".unfinished";

/// A file that is being written. Its lock tells the next process that somebody still does.
pub(super) struct Unfinished {
    file: File,
    beginning: PathBuf,
    path: PathBuf,
    folder: PathBuf,
    is_over: bool,
}

impl Unfinished {
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self, BackupError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(failed("make the folder", folder))?;
        let path = folder.join(name);
        if path.exists() {
            return Err(BackupError::Exists(path.display().to_string()));
        }
        let beginning = folder.join(format!(".{name}{UNFINISHED}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beginning);
        let file = file.map_err(failed("make", &beginning))?;
        file.lock().map_err(failed("lock", &beginning))?;
        crash_point("backup.began");
        Ok(Self { file, beginning, path, folder: folder.to_owned(), is_over: false })
    }
}

#[async_trait]
impl Upload for Unfinished {
    /// Some hundred kilobytes into the page cache: nothing to hand to another thread.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BackupError> {
        crash_point("backup.block");
        self.file.write_all(&bytes).map_err(failed("write", &self.beginning))
    }

    async fn finish(&mut self) -> Result<(), BackupError> {
        self.file.sync_all().map_err(failed("write", &self.beginning))?;
        crash_point("backup.written");
        // A link, not a renaming: what has the name by now stays.
        match fs::hard_link(&self.beginning, &self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(BackupError::Exists(self.path.display().to_string()));
            }
            // Not every file system has links.
            Err(_) => fs::rename(&self.beginning, &self.path).map_err(failed("name", &self.path))?,
            Ok(()) => fs::remove_file(&self.beginning).map_err(failed("remove", &self.beginning))?,
        }
        self.is_over = true;
        sync(&self.folder)?;
        crash_point("backup.named");
        Ok(())
    }

    async fn abandon(&mut self) {
        self.remove();
    }
}

impl Unfinished {
    fn remove(&mut self) {
        if !self.is_over {
            self.is_over = true;
            // Nobody takes it for a backup, and the next one removes it.
            let _ = fs::remove_file(&self.beginning);
        }
    }
}

impl Drop for Unfinished {
    /// Ctrl-C ends a command between two steps.
    fn drop(&mut self) {
        self.remove();
    }
}

fn sync(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", folder))
}

/// Every name in it; a folder that is not there has none.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed("read the folder", folder))?,
    };
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name().into_string())).collect();
    Ok(names.map_err(failed("read the folder", folder))?.into_iter().filter_map(Result::ok).collect())
}

pub(super) fn size(folder: &Path, name: &str) -> Result<u64, BackupError> {
    let path = folder.join(name);
    match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(BackupError::NotFound(path.display().to_string())),
        metadata => Ok(metadata.map_err(failed("read", &path))?.len()),
    }
}

pub(super) async fn read(folder: &Path, name: &str, from: u64) -> Result<ReadFrom, BackupError> {
    let path = folder.join(name);
    let mut file = tokio::fs::File::open(&path).await.map_err(failed("open", &path))?;
    file.seek(SeekFrom::Start(from)).await.map_err(failed("read", &path))?;
    Ok(Box::pin(tokio::io::BufReader::with_capacity(1 << 18, file)))
}

pub(super) fn remove(folder: &Path, name: &str) -> Result<(), BackupError> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(failed("remove", &path)).and_then(|()| sync(folder)),
    }
}

/// Removes what nobody writes any more.
pub(super) fn tidy(folder: &Path) -> Result<(), BackupError> {
    for name in names(folder)? {
        let of_backup = name.strip_prefix('.').and_then(|name| name.strip_suffix(UNFINISHED)).and_then(Kind::of_name);
        if of_backup.is_none() {
            continue;
        }
        let is_nobodys = File::open(folder.join(&name)).is_ok_and(|file| file.try_lock().is_ok());
        if is_nobodys {
            remove(folder, &name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NAME: &str = "chronogram-20261121_020000.zst";

    #[tokio::test]
    async fn a_file_has_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut upload = Unfinished::create(folder.path(), NAME).unwrap();
        upload.write(Bytes::from_static(b"all of it")).await.unwrap();
        assert!(names(folder.path()).unwrap().iter().all(|name| Kind::of_name(name).is_none()));
        upload.finish().await.unwrap();
        assert_eq!(names(folder.path()).unwrap(), [NAME]);
        assert_eq!(size(folder.path(), NAME).unwrap(), 9);
    }

    #[tokio::test]
    async fn what_is_dropped_or_left_behind_goes_and_what_somebody_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        drop(Unfinished::create(folder.path(), NAME).unwrap());
        assert!(names(folder.path()).unwrap().is_empty());
        let left = folder.path().join(".chronogram-20261120_020000.zst.unfinished");
        fs::write(&left, b"of a process that was killed").unwrap();
        fs::write(folder.path().join(".notes.unfinished"), b"not ours").unwrap();
        let mut writing = Unfinished::create(folder.path(), NAME).unwrap();
        tidy(folder.path()).unwrap();
        assert!(!left.exists() && folder.path().join(".notes.unfinished").exists());
        writing.finish().await.unwrap();
        assert!(matches!(Unfinished::create(folder.path(), NAME), Err(BackupError::Exists(_))));
    }
}
