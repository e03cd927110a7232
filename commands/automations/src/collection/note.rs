//! Tells the log what became of a count. Told twice, the log keeps the first of the day.

use chronogram_gateways::telegram::TelegramError;
use chronogram_handlers::{Context, HandleError};
use chronogram_log::{Actor, crash_point};
use chronogram_model::{
    ChatId, Origin,
    channel::{
        ChannelCommand, ChannelRejection, ChannelSnapshotTaken, Collected, CollectionFailed, CollectionRefusal,
        CollectionSource,
    },
};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{Collection, CollectionError, list, schedule};

const SOURCE: CollectionSource = CollectionSource::BotApi;

/// What becomes of a channel that was asked about.
pub(super) struct Note {
    channel: ChatId,
    command: ChannelCommand,
}

/// Telegram gave a number.
pub(super) fn counted(channel: ChatId, members: u64, now: Timestamp) -> Note {
    let snapshot = ChannelSnapshotTaken { channel, members, taken_at: now, source: SOURCE };
    Note { channel, command: ChannelCommand::TakeSnapshot(snapshot) }
}

/// Telegram refused for good; `None`: it may give the number later.
pub(super) fn refused(channel: ChatId, failure: &TelegramError, now: Timestamp) -> Option<Note> {
    let reason = match failure {
        TelegramError::Forbidden => CollectionRefusal::Forbidden,
        TelegramError::NotFound => CollectionRefusal::NotFound,
        // The first two are never said of a channel.
        TelegramError::TopicGone
        | TelegramError::FileUnknown
        | TelegramError::Migrated(_)
        | TelegramError::Refused { .. } => CollectionRefusal::Refused,
        TelegramError::RetryAfter(_)
        | TelegramError::Conflict
        | TelegramError::Unauthorized
        | TelegramError::Unknown(_)
        | TelegramError::Unreachable(_) => return None,
    };
    let failed = CollectionFailed { channel, what: Collected::Members, source: SOURCE, reason, failed_at: now };
    Some(Note { channel, command: ChannelCommand::NoteCollectionFailed(failed) })
}

impl Collection {
    /// Notes it, and puts the channel off to the next day. Killed between the two, it is asked about again, and the
    /// log takes the second answer of a day for the first.
    pub(super) async fn note(
        &self,
        connection: &mut PgConnection,
        note: Note,
        now: Timestamp,
    ) -> Result<(), CollectionError> {
        let Note { channel, command } = note;
        let day = schedule::day_of(now).to_string();
        let parts = ["collection", SOURCE.name(), Collected::Members.name(), &channel.to_string(), &day];
        let context = Context::new(Origin::of(&parts), Actor::Automation("collection".to_owned()));
        let noted = self.channels.handle(&command, &context).await;
        crash_point("collection.noted");
        match noted {
            Ok(_) => list::put_off(connection, channel, schedule::next_after(channel, now), 0).await,
            // Given up while we asked; should it be tracked again since, that is yet to leave its trace.
            Err(HandleError::Rejected(ChannelRejection::NotTracked { .. })) => list::end(connection, channel).await,
            Err(error) => Err(CollectionError::Note(Box::new(error))),
        }
    }
}
