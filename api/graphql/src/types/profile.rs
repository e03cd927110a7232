//! Profiles: what strategies believe of a person, and how it came about.

use async_graphql::{Context, ID, Object};
use chronogram_model::PersonId;
use chronogram_read_models::people::{EnrichmentFailureRow, EnrichmentRow, PersonRow, ProfileFieldRow};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{errors::Failure, loaders::Loaders, scalars::Long};

/// The profile that strategies filled.
pub(crate) struct Profile {
    person: PersonId,
    strategy: Option<String>,
    plugin_digest: Option<String>,
    enriched_at: Option<Timestamp>,
}

/// A field of a profile.
pub(crate) struct ProfileField(ProfileFieldRow);

/// An enrichment of a profile.
pub(crate) struct Enrichment(pub(crate) EnrichmentRow);

/// A failed enrichment.
pub(crate) struct EnrichmentFailure(pub(crate) EnrichmentFailureRow);

impl Profile {
    /// `None`: no strategy filled it yet, or it was cleared.
    pub(crate) fn of(person: &PersonRow) -> Option<Self> {
        person.has_profile.then(|| Self {
            person: person.id.clone(),
            strategy: person.profile_strategy.clone(),
            plugin_digest: person.profile_digest.clone(),
            enriched_at: person.profile_enriched_at,
        })
    }
}

/// The profile of a person as strategies filled it.
#[Object]
impl Profile {
    /// Its fields, by key.
    async fn fields(&self, ctx: &Context<'_>) -> Result<Vec<ProfileField>, Failure> {
        let fields = Loaders::of(ctx)?.profile_fields(&self.person).await?;
        Ok(fields.into_iter().map(ProfileField).collect())
    }

    /// The strategy asked for when it was last enriched: `basic`, `llm`, `hybrid` or an operator's own.
    async fn strategy(&self) -> Option<&str> {
        self.strategy.as_deref()
    }

    /// sha256 of the plugin that decided then, in hex.
    async fn plugin_digest(&self) -> Option<&str> {
        self.plugin_digest.as_deref()
    }

    /// When it was last enriched.
    async fn enriched_at(&self) -> Option<Timestamp> {
        self.enriched_at
    }
}

/// A field of a profile: what is believed of a person, how firmly, and why.
#[Object]
impl ProfileField {
    /// Its name: `display_name`, `interests`, …
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Its value, never empty.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// How sure the strategy is, from 0 to 1, four places.
    async fn confidence(&self) -> Decimal {
        self.0.confidence
    }

    /// Ids of the messages it rests on: `<conversation>/<messageId>`.
    async fn evidence(&self) -> Vec<ID> {
        self.0.evidence.iter().map(ID::from).collect()
    }

    /// When it got this value.
    async fn set_at(&self) -> Timestamp {
        self.0.set_at
    }

    /// Position of the enrichment that set it.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }
}

/// An enrichment of a profile: what decided, and what it took.
#[Object]
impl Enrichment {
    /// Position of its event.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// The strategy asked for.
    async fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// Name of the plugin that decided.
    async fn plugin(&self) -> &str {
        &self.0.plugin
    }

    /// sha256 of the plugin's artifact, in hex.
    async fn plugin_digest(&self) -> &str {
        &self.0.plugin_digest
    }

    /// Version of the WIT package that the plugin was built for.
    async fn wit_version(&self) -> &str {
        &self.0.wit_version
    }

    /// Hash of what the plugin was given.
    async fn input_hash(&self) -> &str {
        &self.0.input_hash
    }

    /// Hash of the recorded effects, such as answers of a model.
    async fn journal_hash(&self) -> &str {
        &self.0.journal_hash
    }

    /// Hash of what the plugin answered.
    async fn output_hash(&self) -> &str {
        &self.0.output_hash
    }

    /// Fuel the plugin used, in wasmtime's units.
    async fn fuel(&self) -> Long {
        Long(self.0.fuel)
    }

    /// Tokens that model calls took.
    async fn tokens(&self) -> Long {
        Long(self.0.tokens)
    }

    /// What model calls cost, in US dollars.
    async fn cost(&self) -> Decimal {
        self.0.cost
    }

    /// How long it took, in microseconds.
    async fn duration_us(&self) -> Long {
        Long(self.0.duration_us)
    }

    /// Why another strategy than the one asked for decided.
    async fn fallback_reason(&self) -> Option<&str> {
        self.0.fallback_reason.as_deref()
    }

    /// A question to the person that would help; null where there is none or the person is erased.
    async fn question(&self) -> Option<&str> {
        self.0.question.as_deref()
    }

    /// How many fields it set.
    async fn fields_set(&self) -> i32 {
        self.0.fields_set
    }

    /// How many fields it removed.
    async fn fields_unset(&self) -> i32 {
        self.0.fields_unset
    }

    /// When.
    async fn enriched_at(&self) -> Timestamp {
        self.0.enriched_at
    }
}

/// An enrichment that failed; the person kept what they had.
#[Object]
impl EnrichmentFailure {
    /// Position of its event.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// The strategy asked for.
    async fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// sha256 of the plugin that failed, in hex.
    async fn plugin_digest(&self) -> &str {
        &self.0.plugin_digest
    }

    /// The kind of failure: `out_of_fuel`, `trap`, `refused`, …
    async fn fault(&self) -> &str {
        &self.0.fault
    }

    /// When.
    async fn failed_at(&self) -> Timestamp {
        self.0.failed_at
    }
}
