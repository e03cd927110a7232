//! The bytes of files: in the state's folder, or in memory without one.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use axum::body::Bytes;

/// The bytes of files, by the file's number.
#[derive(Debug)]
pub(crate) enum Blobs {
    Memory(Mutex<HashMap<i64, Bytes>>),
    Folder(PathBuf),
}

impl Blobs {
    pub(crate) fn new(state: Option<&PathBuf>) -> Self {
        state.map_or_else(|| Self::Memory(Mutex::default()), |path| Self::Folder(path.join("files")))
    }

    pub(crate) fn put(&self, number: i64, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::Memory(files) => {
                files.lock().unwrap_or_else(PoisonError::into_inner).insert(number, bytes);
                Ok(())
            }
            Self::Folder(folder) => std::fs::write(folder.join(number.to_string()), bytes),
        }
    }

    pub(crate) fn get(&self, number: i64) -> io::Result<Bytes> {
        match self {
            Self::Memory(files) => files
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&number)
                .cloned()
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::Folder(folder) => std::fs::read(folder.join(number.to_string())).map(Bytes::from),
        }
    }
}
