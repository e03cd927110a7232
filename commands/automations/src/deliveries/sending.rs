//! One claimed row on its way to Telegram.

use std::time::Duration;

use chronogram_gateways::telegram::{ChatAction, Destination, SentFile, TelegramError, Upload, UploadSource};
use chronogram_model::{
    ChatId, MessageId,
    conversation::{CaptionedFile, FileDigest, FileKind, Outgoing, OutgoingFile},
};

use super::{DeliveryError, Shared, claims::Claimed, files};

/// How long one request may take; a lease is longer.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// How long an upload may take; a lease is longer still.
const UPLOAD_PATIENCE: Duration = Duration::from_mins(4);

/// What Telegram said to a row.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The messages that the next part of it became.
    pub(super) result: Result<Vec<MessageId>, TelegramError>,
    /// Files that were sent by the id which we remembered.
    pub(super) remembered: Vec<FileDigest>,
    /// Files that Telegram has from now on, and what it calls them.
    pub(super) learned: Vec<(FileDigest, FileKind, String)>,
}

impl Attempt {
    fn of(result: Result<Vec<MessageId>, TelegramError>) -> Self {
        Self { result, remembered: Vec::new(), learned: Vec::new() }
    }
}

/// Sends the next part of a row.
pub(super) async fn send(shared: &Shared, claimed: &Claimed) -> Result<Attempt, DeliveryError> {
    let Ok((part, is_first)) = claimed.next_part() else {
        return Ok(Attempt::of(Err(TelegramError::Refused { reason: "unreadable_row" })));
    };
    let telegram = &shared.parts.telegram;
    let to = Destination {
        chat: ChatId(claimed.chat),
        topic: claimed.topic.map(MessageId),
        reply_to: claimed.in_reply_to.filter(|_| is_first).map(MessageId),
    };
    let words = async {
        match &part {
            Outgoing::Send(message) => telegram.send(to, message).await.map(|sent| vec![sent]),
            Outgoing::Edit { message_id, message } => {
                telegram.edit(to.chat, *message_id, message).await.map(|()| vec![])
            }
            Outgoing::AnswerPress { press, text } => {
                telegram.answer_press(press, text.as_deref()).await.map(|()| vec![])
            }
            Outgoing::Photo(_) | Outgoing::Document(_) | Outgoing::Voice(_) | Outgoing::MediaGroup { .. } => Ok(vec![]),
        }
    };
    match part.files() {
        files if files.is_empty() => Ok(Attempt::of(in_time(SEND_PATIENCE, words).await)),
        files => send_files(shared, to, &files).await,
    }
}

async fn in_time<T>(
    patience: Duration,
    request: impl Future<Output = Result<T, TelegramError>>,
) -> Result<T, TelegramError> {
    tokio::time::timeout(patience, request).await.unwrap_or_else(|_| Err(TelegramError::no_answer()))
}

async fn send_files(
    shared: &Shared,
    to: Destination,
    items: &[(FileKind, &CaptionedFile)],
) -> Result<Attempt, DeliveryError> {
    let (mut uploads, mut remembered) = (Vec::new(), Vec::new());
    for (kind, item) in items {
        let source = match source(shared, *kind, &item.file).await? {
            Some((source, is_remembered)) => {
                remembered.extend(item.file.digest().filter(|_| is_remembered).cloned());
                source
            }
            None => return Ok(Attempt::of(Err(TelegramError::Refused { reason: "file_missing" }))),
        };
        if matches!(source, UploadSource::Bytes { .. }) {
            shared.parts.actions.show(to.chat, to.topic, action_of(*kind));
        }
        uploads.push(Upload { kind: *kind, source, caption: item.caption.clone() });
    }
    let telegram = &shared.parts.telegram;
    let sent: Result<Vec<SentFile>, TelegramError> = in_time(UPLOAD_PATIENCE, async {
        match uploads.pop() {
            Some(only) if uploads.is_empty() => telegram.send_file(to, only).await.map(|sent| vec![sent]),
            Some(last) => telegram.send_album(to, uploads.into_iter().chain([last]).collect()).await,
            None => Ok(Vec::new()),
        }
    })
    .await;
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return Ok(Attempt { remembered, ..Attempt::of(Err(error)) }),
    };
    let learned = items.iter().zip(&sent).filter_map(|((kind, item), sent)| {
        let digest = item.file.digest().filter(|digest| !remembered.contains(digest))?;
        Some((digest.clone(), *kind, sent.file_id.clone()?))
    });
    let learned = learned.collect();
    Ok(Attempt { result: Ok(sent.into_iter().map(|file| file.message).collect()), remembered, learned })
}

/// What is sent of a file, and whether it is an id that we remembered. `None`: its bytes are gone.
async fn source(
    shared: &Shared,
    kind: FileKind,
    file: &OutgoingFile,
) -> Result<Option<(UploadSource, bool)>, DeliveryError> {
    let (digest, name) = match file {
        OutgoingFile::Telegram { file_id } => {
            return Ok(Some((UploadSource::Known { file_id: file_id.clone() }, false)));
        }
        OutgoingFile::Stored { digest, name, .. } => (digest, name.clone()),
    };
    let (pool, bot) = (&shared.parts.pool, shared.parts.bot);
    if let Some(file_id) = files::known_as(pool, bot, digest, kind).await? {
        return Ok(Some((UploadSource::Known { file_id }, true)));
    }
    let bytes = files::bytes_of(pool, digest).await?;
    Ok(bytes.map(|bytes| (UploadSource::Bytes { name, bytes }, false)))
}

/// What the chat shows while bytes are on their way.
fn action_of(kind: FileKind) -> ChatAction {
    match kind {
        FileKind::Photo => ChatAction::UploadPhoto,
        FileKind::Document => ChatAction::UploadDocument,
        FileKind::Voice => ChatAction::UploadVoice,
    }
}
