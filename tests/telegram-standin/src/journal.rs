//! Everything across restarts: a snapshot of the tables and, since then, a line for each step.
//!
//! A line is written before the step is answered, so a kill at any moment loses nothing that anybody was told. A last
//! line without its end belongs to a step that nobody was told of, and is dropped.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::state::{Change, Tables};

/// A journal longer than this is folded into a new snapshot.
const JOURNAL_MAX: u64 = 16 * 1024 * 1024;

/// Why the state cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder, or a file of it, cannot be used.
    #[error("the stand-in's state in {path} cannot be used")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another stand-in has the folder.
    #[error("another stand-in uses {path}: end it, or take another folder")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A record is damaged.
    #[error("{path}, line {line}, is damaged: move the folder away to begin anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// Writes steps down, or forgets them when there is no folder.
#[derive(Debug)]
pub(crate) struct Journal(Option<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    steps: File,
    steps_bytes: u64,
    /// Held while the stand-in runs; the system lets it go however that ends.
    _lock: File,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> JournalError + '_ {
    |source| JournalError::Io { path: path.to_owned(), source }
}

impl Journal {
    /// Nothing is kept.
    pub(crate) fn forgetful() -> Self {
        Self(None)
    }

    /// Opens the folder, made where it is missing, and reads what is in it.
    pub(crate) fn open(path: &Path) -> Result<(Self, Tables), JournalError> {
        fs::create_dir_all(path.join("files")).map_err(at(path))?;
        let lock = File::create(path.join("lock")).map_err(at(path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(JournalError::InUse { path: path.to_owned() }),
            Err(fs::TryLockError::Error(source)) => return Err(at(path)(source)),
        }
        let tables = read(path)?;
        let steps = OpenOptions::new().create(true).append(true).open(path.join("steps.jsonl")).map_err(at(path))?;
        let mut folder = Folder { path: path.to_owned(), steps, steps_bytes: 0, _lock: lock };
        folder.fold(&tables)?;
        Ok((Self(Some(folder)), tables))
    }

    /// Writes one step; `tables` are those after it.
    pub(crate) fn write(&mut self, step: &[Change], tables: &Tables) -> Result<(), JournalError> {
        let Some(folder) = &mut self.0 else { return Ok(()) };
        let path = folder.path.join("steps.jsonl");
        let mut line =
            serde_json::to_vec(step).map_err(|source| JournalError::Damaged { path: path.clone(), line: 0, source })?;
        line.push(b'\n');
        folder.steps.write_all(&line).map_err(at(&path))?;
        folder.steps_bytes += u64::try_from(line.len()).unwrap_or(u64::MAX);
        if folder.steps_bytes > JOURNAL_MAX {
            folder.fold(tables)?;
        }
        Ok(())
    }
}

impl Folder {
    /// Puts a snapshot in place, then empties the journal. Killed in between, the steps are read over a snapshot that
    /// has them already, which changes nothing.
    fn fold(&mut self, tables: &Tables) -> Result<(), JournalError> {
        let (new, kept) = (self.path.join("tables.new"), self.path.join("tables.json"));
        let text = serde_json::to_vec(tables).map_err(|source| JournalError::Damaged {
            path: kept.clone(),
            line: 1,
            source,
        })?;
        let mut file = File::create(&new).map_err(at(&new))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(at(&new))?;
        fs::rename(&new, &kept).map_err(at(&kept))?;
        self.steps.set_len(0).map_err(at(&self.path))?;
        self.steps_bytes = 0;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Tables, JournalError> {
    let kept = path.join("tables.json");
    let mut tables = match fs::read(&kept) {
        Ok(text) => serde_json::from_slice(&text).map_err(|source| JournalError::Damaged {
            path: kept.clone(),
            line: 1,
            source,
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Tables::default(),
        Err(source) => return Err(at(&kept)(source)),
    };
    let steps = path.join("steps.jsonl");
    let bytes = match fs::read(&steps) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(tables),
        Err(source) => return Err(at(&steps)(source)),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    for (index, line) in bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let step: Vec<Change> = serde_json::from_slice(line).map_err(|source| JournalError::Damaged {
            path: steps.clone(),
            line: index + 1,
            source,
        })?;
        for change in step {
            tables.apply(change);
        }
    }
    Ok(tables)
}
