//! Why an import ended early. Texts name the file and what to do, never what people wrote.

use std::path::PathBuf;

use chronogram_log::AppendError;

use crate::ImportReport;

/// Why an import ended before the end of its file.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{} cannot be read: give the path of an export's result.json, or of its folder", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("{} is empty: export the chat again", file.display())]
    Empty {
        /// Which file.
        file: PathBuf,
    },
    /// The file is something else than JSON.
    #[error("{} is not JSON: in Telegram Desktop choose the format \"Machine-readable JSON\"", file.display())]
    NotJson {
        /// Which file.
        file: PathBuf,
    },
    /// Another program's JSON.
    #[error("{} is not a Telegram Desktop export: {missing}", file.display())]
    NotAnExport {
        /// Which file.
        file: PathBuf,
        /// What an export would have.
        missing: String,
    },
    /// The JSON breaks off or is damaged. What stands before was imported.
    #[error("{}:{line}:{column}: broken JSON ({reason}); what stands before it was imported", file.display())]
    BrokenJson {
        /// Which file.
        file: PathBuf,
        /// Line of the damage, from 1.
        line: usize,
        /// Column of the damage, from 1, in bytes.
        column: usize,
        /// What is wrong, without the content.
        reason: String,
        /// What was imported.
        so_far: Box<ImportReport>,
    },
    /// One value is larger than any message of Telegram can be.
    #[error("{}:{line}: a single entry is larger than {limit_bytes} bytes, no message of Telegram is; what stands before it was imported", file.display())]
    TooLarge {
        /// Which file.
        file: PathBuf,
        /// The line where reading stopped, from 1.
        line: usize,
        /// The limit.
        limit_bytes: u64,
        /// What was imported.
        so_far: Box<ImportReport>,
    },
    /// The log refused or failed. Running the import again goes on where it stopped.
    #[error("{} was imported in part: run the import again, it goes on where it stopped", file.display())]
    Append {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: AppendError,
        /// What was imported.
        so_far: Box<ImportReport>,
    },
}

impl ImportError {
    /// What was imported before the error.
    pub fn so_far(&self) -> Option<&ImportReport> {
        match self {
            Self::BrokenJson { so_far, .. } | Self::TooLarge { so_far, .. } | Self::Append { so_far, .. } => {
                Some(so_far)
            }
            Self::Unreadable { .. } | Self::Empty { .. } | Self::NotJson { .. } | Self::NotAnExport { .. } => None,
        }
    }

    /// The reader knows where it stopped, the appending side what was imported by then.
    pub(crate) fn with_report(mut self, report: ImportReport) -> Self {
        if let Self::BrokenJson { so_far, .. } | Self::TooLarge { so_far, .. } | Self::Append { so_far, .. } = &mut self
        {
            **so_far = report;
        }
        self
    }
}

/// No such time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no time zone: give an IANA name like Europe/Moscow or UTC")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
}
