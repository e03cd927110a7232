//! Where backups lie: a folder, or a bucket of an object store that speaks as S3 does.

mod folder;
mod s3;

use std::{path::PathBuf, pin::Pin, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncRead;

use crate::{error::BackupError, file::Opened, manifest::Kind};
pub use s3::{S3, S3Settings};

/// Bytes of a backup, from some place on.
pub(crate) type ReadFrom = Pin<Box<dyn AsyncRead + Send>>;

/// A place for backups.
#[derive(Clone)]
pub enum Target {
    /// A folder.
    Folder(PathBuf),
    /// A bucket.
    S3(Arc<S3>),
}

/// A file that is being written: it has its name when it is finished, whole, and not before.
#[async_trait]
pub(crate) trait Upload: Send {
    /// Behind what was written.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BackupError>;
    /// It is whole: durable when this returns.
    async fn finish(&mut self) -> Result<(), BackupError>;
    /// It is not wanted.
    async fn abandon(&mut self);
}

/// A file of a target, as it is listed.
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What its name says it holds.
    pub kind: Kind,
    /// It, as far as it can be read.
    pub opened: Result<Opened, BackupError>,
}

/// A file to read.
pub struct Source {
    name: String,
    size: u64,
    place: Target,
}

impl Target {
    /// Finds out what `text` names: `s3://bucket/prefix`, or a folder.
    pub fn parse(text: &str, s3: &S3Settings) -> Result<Self, BackupError> {
        match text.strip_prefix("s3://") {
            Some(place) => Ok(Self::S3(Arc::new(S3::new(place, s3)?))),
            None if text.contains("://") => {
                Err(BackupError::Invalid(format!("{text} is no target: give a folder, or s3://bucket/prefix")))
            }
            None => Ok(Self::Folder(PathBuf::from(text))),
        }
    }

    /// A place and a file in it: a path, a URL of one object, or a name in `default`.
    pub fn of_file(text: &str, default: &Self, s3: &S3Settings) -> Result<(Self, String), BackupError> {
        match text.rsplit_once('/') {
            None if std::path::Path::new(text).is_file() => Ok((Self::Folder(PathBuf::from(".")), text.to_owned())),
            None => Ok((default.clone(), text.to_owned())),
            Some(("", name)) => Ok((Self::Folder(PathBuf::from("/")), name.to_owned())),
            Some((place, name)) => Ok((Self::parse(place, s3)?, name.to_owned())),
        }
    }

    /// As people write it.
    pub fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::S3(s3) => s3.shown(),
        }
    }

    /// A file in it, as people write it.
    pub fn file_shown(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::S3(_) => format!("{}/{name}", self.shown()),
        }
    }

    /// Whether both are one place.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => {
                let place = |folder: &PathBuf| folder.canonicalize().or_else(|_| std::path::absolute(folder));
                matches!((place(one), place(other)), (Ok(one), Ok(other)) if one == other)
            }
            (Self::S3(one), Self::S3(other)) => one.shown() == other.shown(),
            _ => false,
        }
    }

    /// Begins a file.
    pub(crate) async fn create(&self, name: &str) -> Result<Box<dyn Upload>, BackupError> {
        match self {
            Self::Folder(folder) => Ok(Box::new(folder::Unfinished::create(folder, name)?)),
            Self::S3(s3) => Ok(Box::new(s3::Multipart::create(s3.clone(), name).await?)),
        }
    }

    /// A file in it, to be read.
    pub async fn open(&self, name: &str) -> Result<Source, BackupError> {
        let size = match self {
            Self::Folder(folder) => folder::size(folder, name)?,
            Self::S3(s3) => s3.size(name).await?,
        };
        Ok(Source { name: name.to_owned(), size, place: self.clone() })
    }

    /// The backups in it by their names, oldest first within a kind, each with its manifest or what is wrong with it.
    pub async fn list(&self) -> Result<Vec<Listed>, BackupError> {
        let mut names = match self {
            Self::Folder(folder) => folder::names(folder)?,
            Self::S3(s3) => s3.names().await?,
        };
        names.sort_unstable();
        let mut listed = Vec::new();
        for name in names {
            let Some(kind) = Kind::of_name(&name) else { continue };
            let opened = match self.open(&name).await {
                // Somebody removed it meanwhile.
                Err(BackupError::NotFound(_)) => continue,
                Ok(source) => Opened::read(source).await,
                Err(error) => Err(error),
            };
            listed.push(Listed { name, kind, opened });
        }
        Ok(listed)
    }

    /// The name of the newest file of a kind, by name.
    pub async fn newest(&self, kind: Kind) -> Result<Option<String>, BackupError> {
        let names = match self {
            Self::Folder(folder) => folder::names(folder)?,
            Self::S3(s3) => s3.names().await?,
        };
        Ok(names.into_iter().filter(|name| Kind::of_name(name) == Some(kind)).max())
    }

    /// Removes a file; one that is not there is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), BackupError> {
        match self {
            Self::Folder(folder) => folder::remove(folder, name),
            Self::S3(s3) => s3.remove(name).await,
        }
    }

    /// Removes what killed processes left of files that they were writing.
    pub(crate) fn tidy(&self) -> Result<(), BackupError> {
        match self {
            Self::Folder(folder) => folder::tidy(folder),
            // The store forgets them by a rule of the bucket's (docs/operators/backup.md).
            Self::S3(_) => Ok(()),
        }
    }
}

impl Source {
    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its bytes from some place on.
    pub(crate) async fn read(&self, from: u64) -> Result<ReadFrom, BackupError> {
        match &self.place {
            Target::Folder(folder) => folder::read(folder, &self.name, from).await,
            Target::S3(s3) => s3.read(&self.name, from).await,
        }
    }

    /// Reading ended before it should.
    pub(crate) fn broken(&self, source: std::io::Error) -> BackupError {
        let path = PathBuf::from(self.place.file_shown(&self.name));
        BackupError::File { operation: "read", path, source }
    }
}
