//! Folds people: their newest name, what they wrote in numbers, and their profile.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Codec, Position, RecordedEvent};
use chronogram_model::{
    ConversationId, PersonId,
    conversation::{ConversationEvent, MessageReceived},
    person::{PersonEvent, PersonName, PersonSeen, ProfileEnriched},
};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{
    profiles::{self, ProfileChanges},
    write,
};
use crate::{
    erasure::{self, PERSON_ERASED},
    observed::{Stretch, id_in_stream, misplaced},
};

/// The projection `people`.
#[derive(Debug)]
pub struct People {
    codec: Codec,
}

impl People {
    /// Reads events through `codec`.
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

#[async_trait]
impl Projection for People {
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
            TableKey { table: "person", key: &["id"] },
            TableKey { table: "person_message", key: &["person", "conversation", "message_id"] },
            TableKey { table: "person_conversation", key: &["person", "conversation"] },
            TableKey { table: "profile_field", key: &["person", "key"] },
            TableKey { table: "profile_enrichment", key: &["person", "position"] },
            TableKey { table: "profile_failure", key: &["person", "position"] },
        ]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        Some(&[
            "PersonSeen",
            "ProfileEnriched",
            "ProfileEnrichmentFailed",
            "ProfileCleared",
            "TimeZoneSet",
            "LanguageChosen",
            "VipMarked",
            "VipUnmarked",
            "MessageReceived",
            PERSON_ERASED,
        ])
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        for (part, end) in erasure::parts(batch) {
            self.apply_part(part, connection).await?;
            if let Some(end) = end
                && let Some(person) = erasure::erased(&self.codec, end)?
            {
                write::erase(connection, &person.to_string(), end.position.as_i64()).await?;
                profiles::erase(connection, &person.to_string()).await?;
            }
        }
        Ok(())
    }
}

impl People {
    async fn apply_part(&self, part: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let mut changes = Changes::default();
        for event in part {
            changes.fold(event, &self.codec)?;
        }
        let new_messages = write::messages(connection, changes.messages).await?;
        let new_conversations = write::conversations(connection, changes.conversations, &new_messages).await?;
        write::people(connection, changes.people, &new_messages, &new_conversations).await?;
        profiles::write(connection, changes.profiles).await?;
        Ok(())
    }
}

/// What a batch changes, sorted by key.
#[derive(Default)]
struct Changes {
    people: BTreeMap<String, PersonChange>,
    messages: BTreeSet<(String, String, i64)>,
    conversations: BTreeMap<(String, String), Stretch>,
    profiles: ProfileChanges,
}

/// What a batch changes of one person; what is absent stays as it was.
#[derive(Default)]
pub(super) struct PersonChange {
    /// The newest name; empty where it is erased or its account deleted.
    pub(super) name: Option<PersonName>,
    pub(super) language: Option<String>,
    pub(super) chosen_language: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) seen: Option<Stretch>,
    /// When their messages were sent, all observations of them.
    pub(super) sent: Option<Stretch>,
    pub(super) profile: Option<Profile>,
    pub(super) vip: Option<bool>,
    pub(super) premium: Option<bool>,
    pub(super) last_position: Position,
}

/// Whether a person has a profile, after a batch that changed it.
pub(super) enum Profile {
    Enriched { at: Timestamp, strategy: String, digest: String },
    Cleared,
}

impl Changes {
    fn fold(&mut self, event: &RecordedEvent, codec: &Codec) -> Result<(), ApplyError> {
        if let Some(decoded) = codec.decode::<PersonEvent>(event)? {
            self.fold_person(decoded, event.position)?;
        } else if let Some(ConversationEvent::MessageReceived(message)) = codec.decode(event)? {
            let id = id_in_stream(event, "conversation").ok_or_else(|| misplaced(event, "a conversation"))?;
            let conversation: ConversationId = id.parse().map_err(|_| misplaced(event, "a conversation"))?;
            self.count_message(&conversation, &message, event.position);
        }
        Ok(())
    }

    fn fold_person(&mut self, decoded: PersonEvent, position: Position) -> Result<(), ApplyError> {
        match decoded {
            PersonEvent::PersonSeen(seen) => self.see(seen, position),
            PersonEvent::ProfileEnriched(enriched) => self.enrich(enriched, position)?,
            PersonEvent::ProfileEnrichmentFailed(failed) => {
                self.change_of(&failed.person, position);
                self.profiles.fail(failed, position);
            }
            PersonEvent::ProfileCleared(cleared) => {
                self.change_of(&cleared.person, position).profile = Some(Profile::Cleared);
                self.profiles.clear(&cleared.person);
            }
            PersonEvent::TimeZoneSet(set) => self.change_of(&set.person, position).time_zone = Some(set.zone),
            PersonEvent::LanguageChosen(chosen) => {
                self.change_of(&chosen.person, position).chosen_language = Some(chosen.language);
            }
            PersonEvent::VipMarked(marked) => self.change_of(&marked.person, position).vip = Some(true),
            PersonEvent::VipUnmarked(unmarked) => self.change_of(&unmarked.person, position).vip = Some(false),
            // Done between the parts of a batch.
            PersonEvent::PersonErased(_) => {}
        }
        Ok(())
    }

    fn see(&mut self, seen: PersonSeen, position: Position) {
        let change = self.change_of(&seen.person, position);
        change.name = Some(seen.name.plain().cloned().unwrap_or_default());
        change.seen = Some(Stretch::reach(change.seen, seen.seen_at));
        change.premium = seen.premium.or(change.premium);
        change.language = seen.language.or(change.language.take());
    }

    fn enrich(&mut self, enriched: ProfileEnriched, position: Position) -> Result<(), ApplyError> {
        self.change_of(&enriched.person, position).profile = Some(Profile::Enriched {
            at: enriched.enriched_at,
            strategy: enriched.strategy.clone(),
            digest: enriched.plugin.digest.clone(),
        });
        self.profiles.enrich(enriched, position)
    }

    fn count_message(&mut self, conversation: &ConversationId, message: &MessageReceived, position: Position) {
        let Some(sender) = message.sender.person() else { return };
        let change = self.change_of(sender, position);
        change.seen = Some(Stretch::reach(change.seen, message.sent_at));
        change.sent = Some(Stretch::reach(change.sent, message.sent_at));
        let (person, conversation) = (sender.to_string(), conversation.to_string());
        self.messages.insert((person.clone(), conversation.clone(), message.message_id.0));
        let part = self.conversations.entry((person, conversation));
        part.and_modify(|sent| *sent = Stretch::reach(Some(*sent), message.sent_at))
            .or_insert(Stretch::reach(None, message.sent_at));
    }

    fn change_of(&mut self, person: &PersonId, position: Position) -> &mut PersonChange {
        let change = self.people.entry(person.to_string()).or_default();
        change.last_position = position;
        change
    }
}
