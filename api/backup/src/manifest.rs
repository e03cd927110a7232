//! What a backup says of itself. It stands at the file's end, where it can be read without the rest.

use chronogram_engine::ReadModelChecksum;
use chronogram_log::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The layout of files that this release writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The log and everything that cannot be derived from it, without a word that is not sealed.
    Archive,
    /// Keys of people, and what waits to go out.
    Keys,
}

impl Kind {
    /// How its files' names begin.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Archive => "chronogram-",
            Self::Keys => "chronogram-keys-",
        }
    }

    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Keys => "keys",
        }
    }

    /// The name of a file made at `at`.
    pub fn file_name(self, at: Timestamp) -> String {
        format!("{}{}{SUFFIX}", self.prefix(), at.strftime("%Y%m%d_%H%M%S"))
    }

    /// What a file of this name holds; `None`: it is no backup's.
    pub fn of_name(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(SUFFIX)?;
        let is_moment = |moment: &str| {
            moment.len() == 15
                && moment.bytes().enumerate().all(|(at, byte)| match at {
                    8 => byte == b'_',
                    _ => byte.is_ascii_digit(),
                })
        };
        [Self::Keys, Self::Archive].into_iter().find(|kind| stem.strip_prefix(kind.prefix()).is_some_and(is_moment))
    }
}

const SUFFIX: &str = ".zst";

/// How the log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKept {
    /// By the rows of Postgres, commands and all.
    Rows,
    /// By the port, from a server that keeps it: commands are found again in the events, the chain begins here.
    Port,
}

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of who made it.
    pub format: u32,
    /// What it holds.
    pub kind: Kind,
    /// The release that made it.
    pub product: String,
    /// When it was begun: what it holds was so then.
    pub created_at: Timestamp,
    /// When it is to be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Archive and keys of one moment have the same.
    pub snapshot: String,
    /// Where the log ends.
    pub position: Position,
    /// The hash of its last event.
    pub chain_head: Option<String>,
    /// How the log was read.
    pub log: LogKept,
    /// The migrations that the database had.
    pub migrations: Vec<i64>,
    /// Its parts, in their order.
    pub parts: Vec<Part>,
    /// What the read models held: what a replay of this log must give again.
    pub read_models: Vec<ReadModelChecksum>,
}

/// One table of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Schema and name.
    pub table: String,
    /// Its columns, in the order of the rows.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
    /// How many bytes they are as text.
    pub bytes: u64,
    /// SHA-256 of these, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Rows in all.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Whether `other`, keys, is of the same moment.
    pub fn is_of_the_moment_of(&self, other: &Self) -> bool {
        self.snapshot == other.snapshot
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_when_and_what() {
        let at = "2026-11-21T02:00:07Z".parse().unwrap();
        assert_eq!(Kind::Archive.file_name(at), "chronogram-20261121_020007.zst");
        assert_eq!(Kind::Keys.file_name(at), "chronogram-keys-20261121_020007.zst");
        for kind in [Kind::Archive, Kind::Keys] {
            assert_eq!(Kind::of_name(&kind.file_name(at)), Some(kind));
        }
    }

    #[test]
    fn other_files_are_no_backups() {
        for name in [
            "chronogram-20261121_020007.zst.unfinished",
            ".chronogram-20261121_020007.zst.unfinished",
            "chronogram-20261121.zst",
            "chronogram-keys-2026112_0020007.zst",
            "notes.zst",
            "chronogram-.zst",
        ] {
            assert_eq!(Kind::of_name(name), None, "{name}");
        }
    }
}
