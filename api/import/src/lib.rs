//! Reads what Telegram Desktop exports as JSON and appends it to the log as events.
//!
//! Promises: memory stays bounded whatever the file's size; a run that was cut anywhere and runs again leaves the
//! same streams as one that was not; importing the same file twice appends nothing; no error names what people wrote.

mod append;
mod batch;
mod chat;
mod document;
mod error;
mod fields;
mod media;
mod message;
mod people;
mod read;
mod report;
mod service;
mod text;

use std::path::{Path, PathBuf};

use chronogram_log::SharedEventStore;
use tokio::sync::mpsc;

pub use error::{ImportError, UnknownZone};
pub use report::{BadMessage, ImportObserver, ImportOptions, ImportReport, Progress, Unobserved};

use append::Appender;

/// Batches that reading may be ahead of appending: enough to keep both busy, few enough to stay small in memory.
const BATCHES_AHEAD: usize = 4;

/// The file of an export that is given as a folder.
const EXPORT_FILE: &str = "result.json";

/// Imports one export: a file, or the folder that holds its `result.json`.
///
/// Bad messages are told to `observer`, counted and passed. Everything read before an error stays in the log.
pub async fn import(
    store: SharedEventStore,
    file: &Path,
    options: ImportOptions,
    observer: &dyn ImportObserver,
) -> Result<ImportReport, ImportError> {
    let file = if file.is_dir() { file.join(EXPORT_FILE) } else { file.to_owned() };
    let bytes_total = bytes_of(&file)?;
    let (batches, mut received) = mpsc::channel(BATCHES_AHEAD);
    let reading = {
        let file = file.clone();
        tokio::task::spawn_blocking(move || document::read_export(&file, &options, batches))
    };
    let appender = Appender::new(store);
    let mut report = ImportReport::default();
    while let Some(mut batch) = received.recv().await {
        for bad in batch.bad.drain(..) {
            observer.bad_message(&bad);
            report.bad_messages += 1;
        }
        report.read(&batch);
        let bytes_read = batch.bytes_read.min(bytes_total);
        match appender.append(batch).await {
            Ok(outcome) => report.appended(outcome),
            Err(source) => {
                drop(received);
                // The reader notices that nobody listens; its own error, if any, came second.
                let _ = reading.await;
                return Err(ImportError::Append { file, source, so_far: Box::new(report) });
            }
        }
        observer.progress(Progress { bytes_read, bytes_total, messages: report.messages_read + report.service_read });
    }
    match reading.await {
        Ok(Ok(())) => Ok(report),
        Ok(Err(error)) => Err(error.with_report(report)),
        Err(joined) => std::panic::resume_unwind(joined.into_panic()),
    }
}

fn bytes_of(file: &PathBuf) -> Result<u64, ImportError> {
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() == 0 => Err(ImportError::Empty { file: file.clone() }),
        Ok(metadata) => Ok(metadata.len()),
        Err(source) => Err(ImportError::Unreadable { file: file.clone(), source }),
    }
}

#[cfg(test)]
mod tests;
