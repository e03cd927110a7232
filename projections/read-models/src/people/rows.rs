//! What the queries of people give.

use chronogram_model::{ConversationId, PersonId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::columns::OptionalTime;

/// A person in names and numbers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    /// Who.
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    /// Name as last seen; absent where unknown, deleted or erased.
    pub display_name: Option<String>,
    /// Username without its @.
    pub username: Option<String>,
    /// Language as IETF tag, as their account says.
    pub language: Option<String>,
    /// Language as IETF tag, as they told the bot.
    pub chosen_language: Option<String>,
    /// IANA time zone, as they told the bot.
    pub time_zone: Option<String>,
    /// Earliest sighting or message.
    #[sqlx(try_from = "OptionalTime")]
    pub first_seen_at: Option<Timestamp>,
    /// Latest sighting or message; 1970-01-01 where there is neither.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub last_seen_at: Timestamp,
    /// When their earliest message was sent.
    #[sqlx(try_from = "OptionalTime")]
    pub first_message_at: Option<Timestamp>,
    /// When their latest message was sent.
    #[sqlx(try_from = "OptionalTime")]
    pub last_message_at: Option<Timestamp>,
    /// Distinct messages they wrote.
    pub messages_count: i64,
    /// Distinct conversations they wrote in.
    pub conversations_count: i64,
    /// A strategy filled their profile, and nobody cleared it since.
    pub has_profile: bool,
    /// When the profile was last enriched.
    #[sqlx(try_from = "OptionalTime")]
    pub profile_enriched_at: Option<Timestamp>,
    /// The strategy asked for then.
    pub profile_strategy: Option<String>,
    /// sha256 of the plugin that decided then, in hex.
    pub profile_digest: Option<String>,
    /// An operator put them on the list of VIPs.
    pub vip: bool,
    /// Whether they have Telegram Premium; `None`: nobody said.
    pub premium: Option<bool>,
    /// Position of the last event about them.
    pub last_position: i64,
}

/// A field of a profile.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProfileFieldRow {
    /// Whose.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Its name.
    pub key: String,
    /// Its value, never empty.
    pub value: String,
    /// From 0 to 1, four places.
    pub confidence: Decimal,
    /// The messages it rests on, as `<conversation>/<message>`.
    pub evidence: Vec<String>,
    /// When it got this value.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub set_at: Timestamp,
    /// Position of the enrichment that set it.
    pub position: i64,
}

/// An enrichment of a profile: what decided, what it took.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EnrichmentRow {
    /// Whose profile.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Position of its event.
    pub position: i64,
    /// The strategy asked for.
    pub strategy: String,
    /// Name of the plugin that decided.
    pub plugin: String,
    /// sha256 of its artifact, in hex.
    pub plugin_digest: String,
    /// WIT package it was built for.
    pub wit_version: String,
    /// Hash of the input.
    pub input_hash: String,
    /// Hash of the recorded effects.
    pub journal_hash: String,
    /// Hash of the answer.
    pub output_hash: String,
    /// Fuel used.
    pub fuel: i64,
    /// Tokens that model calls took.
    pub tokens: i64,
    /// What model calls cost, in US dollars.
    pub cost: Decimal,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// Why another strategy than the one asked for decided.
    pub fallback_reason: Option<String>,
    /// A question to the person that would help.
    pub question: Option<String>,
    /// Fields it set.
    pub fields_set: i32,
    /// Fields it removed.
    pub fields_unset: i32,
    /// When.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub enriched_at: Timestamp,
}

/// An enrichment that failed; the person kept what they had.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EnrichmentFailureRow {
    /// Whose profile.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Position of its event.
    pub position: i64,
    /// The strategy asked for.
    pub strategy: String,
    /// sha256 of the plugin that failed, in hex.
    pub plugin_digest: String,
    /// `out_of_fuel`, `trap`, `refused`, …
    pub fault: String,
    /// When.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub failed_at: Timestamp,
}

/// A person's part in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonConversationRow {
    /// Who.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Where they wrote.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Distinct messages of theirs there.
    pub messages_count: i64,
    /// When the earliest was sent.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub first_message_at: Timestamp,
    /// When the latest was sent.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub last_message_at: Timestamp,
}

/// How many people wrote in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PeopleCount {
    /// Where.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// How many; conversations where nobody wrote are absent.
    pub people: i64,
}

/// Profiles in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileStatistics {
    /// Everybody known.
    pub people: i64,
    /// Those with a profile.
    pub with_profile: i64,
    /// When the profile that stands unrenewed for longest was enriched.
    pub oldest_enriched_at: Option<Timestamp>,
    /// Every strategy that was ever asked for, by name.
    pub strategies: Vec<StrategyStatistics>,
}

/// A strategy in numbers, over the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyStatistics {
    /// The strategy asked for.
    pub strategy: String,
    /// Profiles that stand now as it left them.
    pub profiles: i64,
    /// Enrichments.
    pub enrichments: i64,
    /// Those where another strategy decided instead.
    pub fallbacks: i64,
    /// Enrichments that failed.
    pub failures: i64,
    /// Tokens of all enrichments.
    pub tokens: Decimal,
    /// Cost of all enrichments, in US dollars.
    pub cost: Decimal,
    /// Time of all enrichments, in microseconds.
    pub duration_us: Decimal,
}
