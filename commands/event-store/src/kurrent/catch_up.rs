//! The index follows the log: page by page, behind a checkpoint that moves with what it noted.

use chronogram_log::{CommandResult, EventFilter, Position, StoreError};

use super::{
    decode::Decoded,
    index::{Index, Notes},
    reads::Reads,
};
use crate::lookups::KnownCommand;

/// Events of one page and one transaction.
const PAGE_EVENTS: usize = 500;

/// Returns once everything up to the head of the log, as it is now, is indexed.
pub(super) async fn to_the_head(reads: &Reads, index: &Index) -> Result<Position, StoreError> {
    // Before the head: what is indexed by then lies before it.
    let known = match index.known() {
        Some(known) => known,
        None => index.checkpoint().await?,
    };
    let head = reads.head().await?;
    if known > head {
        let detail =
            format!("the log ends before position {known}, up to which this database knows it: it is another log");
        return Err(StoreError::Corrupt { position: head, detail });
    }
    if known == head {
        return Ok(head);
    }
    // Another process may have indexed further since.
    let mut checkpoint = index.checkpoint().await?;
    while checkpoint < head {
        let page = reads.page(checkpoint, &EventFilter::all(), PAGE_EVENTS).await?;
        let mut notes = Notes::up_to(page.up_to);
        for decoded in &page.events {
            note(&mut notes, decoded);
        }
        index.note(&notes).await?;
        checkpoint = page.up_to;
    }
    Ok(head)
}

fn note(notes: &mut Notes, decoded: &Decoded) {
    let Decoded { event, envelope } = decoded;
    notes.event(event.id);
    notes.stream_of(event);
    // Who wrote it without an envelope may have said the command in the metadata all the same.
    let metadata = event.metadata().ok();
    let command = envelope.as_ref().and_then(|envelope| envelope.command);
    let Some(command) = command.or_else(|| metadata.as_ref().map(|metadata| metadata.command_id)) else { return };
    let fingerprint = envelope.as_ref().and_then(|envelope| envelope.fingerprint.clone());
    let fingerprint = fingerprint.or_else(|| metadata.and_then(|metadata| metadata.fingerprint));
    let result = CommandResult { first: event.position, last: event.position, fingerprint };
    notes.command(command, KnownCommand { result, last_revision: event.revision });
}
