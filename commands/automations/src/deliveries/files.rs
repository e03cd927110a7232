//! Files that go out: put in before anybody asks for them, remembered as Telegram calls them, swept away when nobody
//! needs them any more.
//!
//! Whoever wants to send a file keeps it first ([`keep_file`]), then names it in a reply. Killed in between, a file
//! stays that nobody ever asks for: the sweep removes it like every other.

use chronogram_log::{EventFilter, Position};
use chronogram_model::{
    cleaned,
    conversation::{FileDigest, FileKind, OutgoingFile, OutgoingRefused},
};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use sqlx::{PgExecutor, PgPool};

use super::{DeliveryError, Shared, while_};
use crate::todo::TodoError;

/// How long a file is kept after it was last put in, sent or not. So long an event that names it may lie in the log
/// before deliveries read it, and so long the same file need not be sent twice.
const FILES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why a file is not kept.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Telegram would not take it.
    #[error(transparent)]
    Refused(#[from] OutgoingRefused),
    /// The database failed.
    #[error("the database failed while it should keep a file")]
    Database(#[source] sqlx::Error),
}

/// Keeps a file that is to go out, and gives what a reply names it by. Keeping the same bytes again costs nothing but
/// their way to the database, and lets them stay longer.
pub async fn keep_file(
    executor: impl PgExecutor<'_>,
    kind: FileKind,
    name: &str,
    bytes: &[u8],
) -> Result<OutgoingFile, FileError> {
    const SQL: &str = "
        insert into delivery.file (digest, bytes) values ($1, $2)
        on conflict (digest) do update set stored_at = clock_timestamp()";
    let digest = FileDigest::try_from(hex::encode(Sha256::digest(bytes)))?;
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let file = OutgoingFile::Stored { digest: digest.clone(), name: cleaned(name), size_bytes };
    file.check(kind)?;
    let query = sqlx::query(SQL).bind(digest.as_str()).bind(bytes);
    query.execute(executor).await.map_err(FileError::Database)?;
    Ok(file)
}

/// The bytes of a file, if they are kept.
pub(super) async fn bytes_of(
    executor: impl PgExecutor<'_>,
    digest: &FileDigest,
) -> Result<Option<Vec<u8>>, DeliveryError> {
    const SQL: &str = "select bytes from delivery.file where digest = $1";
    sqlx::query_scalar(SQL).bind(digest.as_str()).fetch_optional(executor).await.map_err(while_("read a file"))
}

/// What Telegram calls a file, if it has it already.
pub(super) async fn known_as(
    executor: impl PgExecutor<'_>,
    bot: i64,
    digest: &FileDigest,
    kind: FileKind,
) -> Result<Option<String>, DeliveryError> {
    const SQL: &str = "select file_id from delivery.known_file where bot = $1 and digest = $2 and kind = $3";
    let query = sqlx::query_scalar(SQL).bind(bot).bind(digest.as_str()).bind(kind.as_str());
    query.fetch_optional(executor).await.map_err(while_("look what Telegram calls a file"))
}

/// Telegram has the file from now on.
pub(super) async fn remember(
    executor: impl PgExecutor<'_>,
    bot: i64,
    digest: &FileDigest,
    kind: FileKind,
    file_id: &str,
) -> Result<(), DeliveryError> {
    const SQL: &str = "
        insert into delivery.known_file (bot, digest, kind, file_id)
        select $1, digest, $3, $4 from delivery.file where digest = $2
        on conflict (bot, digest, kind) do update set file_id = excluded.file_id";
    let query = sqlx::query(SQL).bind(bot).bind(digest.as_str()).bind(kind.as_str()).bind(file_id);
    query.execute(executor).await.map_err(while_("remember what Telegram calls a file"))?;
    Ok(())
}

/// Telegram does not know it by that name any more.
pub(super) async fn forget(executor: impl PgExecutor<'_>, bot: i64, digest: &FileDigest) -> Result<(), DeliveryError> {
    const SQL: &str = "delete from delivery.known_file where bot = $1 and digest = $2";
    let query = sqlx::query(SQL).bind(bot).bind(digest.as_str());
    query.execute(executor).await.map_err(while_("forget what Telegram called a file"))?;
    Ok(())
}

/// Removes files that nothing in the outbox needs and that were not put in lately. While there is something in the log
/// that deliveries have not read, it may need any of them: then nothing is removed.
pub(super) async fn sweep(shared: &Shared) -> Result<(), DeliveryError> {
    if !has_read_all(shared).await? {
        return Ok(());
    }
    let removed = sweep_older(&shared.parts.pool, FILES_KEPT).await?;
    if removed > 0 {
        tracing::info!(files = removed, "files that went out long ago are removed");
    }
    Ok(())
}

async fn sweep_older(pool: &PgPool, age: SignedDuration) -> Result<u64, DeliveryError> {
    // Put in again meanwhile, a row is looked at again, and stays.
    const SQL: &str = "
        delete from delivery.file where stored_at < clock_timestamp() - make_interval(secs => $1)
            and not exists (select from delivery.outbox where file.digest = any(files))";
    let swept = sqlx::query(SQL).bind(age.as_secs_f64()).execute(pool).await;
    Ok(swept.map_err(while_("sweep files"))?.rows_affected())
}

async fn has_read_all(shared: &Shared) -> Result<bool, DeliveryError> {
    const SQL: &str = "select position from delivery.checkpoint where name = 'deliveries'";
    let at: Option<i64> =
        sqlx::query_scalar(SQL).fetch_optional(&shared.parts.pool).await.map_err(while_("read the checkpoint"))?;
    let mut at = Position::from_i64(at.unwrap_or_default());
    let replies = EventFilter::types(["ReplyRequested"]);
    loop {
        let page = shared.parts.store.read_all(at, &replies, 1).await.map_err(TodoError::from)?;
        if !page.events.is_empty() {
            return Ok(false);
        }
        if page.up_to >= page.head {
            return Ok(true);
        }
        at = page.up_to;
    }
}
