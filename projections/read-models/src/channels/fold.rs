//! Folds channels and their posts: the newest observation stands, every post counts once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Codec, Position, RecordedEvent};
use chronogram_model::{ChatId, channel::ChannelEvent};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::write::{self, PostColumns};
use crate::{
    erasure::{self, PERSON_ERASED},
    observed::{ServiceColumns, Stretch, id_in_stream, misplaced, observe},
};

/// The projection `channels`.
#[derive(Debug)]
pub struct Channels {
    codec: Codec,
}

impl Channels {
    /// Reads events through `codec`.
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

#[async_trait]
impl Projection for Channels {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u32 {
        super::VERSION
    }

    fn tables_sql(&self) -> &'static str {
        include_str!("tables.sql")
    }

    fn indexes_sql(&self) -> &'static str {
        include_str!("indexes.sql")
    }

    fn tables(&self) -> &'static [TableKey] {
        &[
            TableKey { table: "channel", key: &["id"] },
            TableKey { table: "post", key: &["channel", "post_id"] },
            TableKey { table: "channel_service_message", key: &["channel", "message_id"] },
        ]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        Some(&[
            "ChannelTracked",
            "ChannelUntracked",
            "ChannelObserved",
            "PostObserved",
            "ServiceMessageObserved",
            PERSON_ERASED,
        ])
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        for (part, end) in erasure::parts(batch) {
            self.apply_part(part, connection).await?;
            if let Some(end) = end
                && let Some(person) = erasure::erased(&self.codec, end)?
            {
                write::erase(connection, &person.to_string()).await?;
            }
        }
        Ok(())
    }
}

impl Channels {
    async fn apply_part(&self, part: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let mut changes = Changes::default();
        for event in part {
            changes.fold(event, &self.codec)?;
        }
        let new_posts = write::posts(connection, changes.posts).await?;
        write::service_messages(connection, changes.service_messages).await?;
        write::channels(connection, changes.channels, &new_posts).await?;
        Ok(())
    }
}

/// What a batch changes, sorted by key.
#[derive(Default)]
struct Changes {
    channels: BTreeMap<i64, ChannelChange>,
    posts: BTreeMap<(i64, i64), PostColumns>,
    service_messages: BTreeMap<(i64, i64), ServiceColumns>,
}

/// What a batch changes in one channel; what is absent stays as it was.
#[derive(Default)]
pub(super) struct ChannelChange {
    pub(super) username: Option<String>,
    pub(super) title: Option<String>,
    pub(super) public: Option<bool>,
    pub(super) tracking: Option<Tracking>,
    /// When its posts were published, all observations of them.
    pub(super) posted: Option<Stretch>,
    pub(super) last_position: Position,
}

/// Whether a channel is tracked, after a batch that changed it.
#[derive(Clone, Copy)]
pub(super) enum Tracking {
    Since(Timestamp),
    No,
}

impl Changes {
    fn fold(&mut self, event: &RecordedEvent, codec: &Codec) -> Result<(), ApplyError> {
        let Some(id) = id_in_stream(event, "channel") else {
            // Conversations have service entries too; they are the read model `conversations`'.
            let elsewhere = event.event_type == "ServiceMessageObserved";
            return if elsewhere { Ok(()) } else { Err(misplaced(event, "a channel")) };
        };
        let channel: ChatId = id.parse().map_err(|_| misplaced(event, "a channel"))?;
        let Some(decoded) = codec.decode::<ChannelEvent>(event)? else { return Ok(()) };

        let change = self.channels.entry(channel.0).or_default();
        change.last_position = event.position;
        match decoded {
            ChannelEvent::ChannelTracked(tracked) => {
                change.tracking = Some(Tracking::Since(tracked.tracked_at));
                change.username = tracked.username.or(change.username.take());
                change.title = tracked.title.or(change.title.take());
            }
            ChannelEvent::ChannelUntracked(_) => change.tracking = Some(Tracking::No),
            ChannelEvent::ChannelObserved(observed) => {
                change.title = Some(observed.title);
                change.public = Some(observed.public);
            }
            ChannelEvent::PostObserved(post) => {
                change.posted = Some(Stretch::reach(change.posted, post.posted_at));
                let key = (channel.0, post.post_id.0);
                observe(&mut self.posts, key, PostColumns::of(post, event.position)?);
            }
            ChannelEvent::ServiceMessageObserved(service) => {
                let key = (channel.0, service.message_id.0);
                observe(&mut self.service_messages, key, ServiceColumns::of(service, event.position)?);
            }
            // The read model `members`'.
            ChannelEvent::ChannelSnapshotTaken(_)
            | ChannelEvent::CollectionFailed(_)
            | ChannelEvent::ChannelAdministratorSeen(_) => {}
        }
        Ok(())
    }
}
