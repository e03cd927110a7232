//! Language, time zone, profile.

use chronogram_bot_talk::{Language, Zone, views};
use chronogram_model::{
    conversation::OutgoingMessage,
    person::{LanguageChosen, PersonCommand, ProfileField, TimeZoneSet},
};
use chronogram_read_models::people;

use super::Listener;
use crate::{Bot, Trouble, updates::Incoming};

impl Bot {
    pub(super) async fn choose_language(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        language: Language,
    ) -> Result<OutgoingMessage, Trouble> {
        let chosen = LanguageChosen {
            person: listener.person.clone(),
            language: language.tag().to_owned(),
            chosen_at: incoming.now,
        };
        let command = PersonCommand::ChooseLanguage(chosen);
        self.people.handle(&command, &incoming.context(Some(&listener.person))).await?;
        Ok(views::language_chosen(language))
    }

    pub(super) async fn set_zone(
        &self,
        incoming: &Incoming,
        listener: &Listener,
        zone: Zone,
    ) -> Result<OutgoingMessage, Trouble> {
        let set = TimeZoneSet {
            person: listener.person.clone(),
            zone: zone.name().as_str().to_owned(),
            set_at: incoming.now,
        };
        self.people.handle(&PersonCommand::SetTimeZone(set), &incoming.context(Some(&listener.person))).await?;
        Ok(views::zone_set(&views::Reader { zone: &zone, ..listener.reader() }))
    }

    pub(super) async fn profile(&self, listener: &Listener) -> Result<OutgoingMessage, Trouble> {
        let people = std::slice::from_ref(&listener.person);
        let person = people::people_by_id(&self.parts.queries, people).await?.pop();
        let enriched_at = person.as_ref().filter(|person| person.has_profile).and_then(|row| row.profile_enriched_at);
        let Some(enriched_at) = enriched_at else { return Ok(views::no_profile(listener.language)) };
        let rows = people::profile_fields_of(&self.parts.queries, people).await?;
        let fields: Vec<ProfileField> = rows
            .into_iter()
            .map(|row| ProfileField {
                key: row.key,
                value: row.value,
                confidence: row.confidence,
                evidence: row.evidence,
            })
            .collect();
        let profile = views::ProfileView { fields: &fields, ask: None, enriched_at };
        Ok(views::profile(&listener.reader(), &profile))
    }
}
