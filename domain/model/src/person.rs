//! People: who they are, as observed, and the profile that strategies fill.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{ChatId, Decider, PersonId, Personal, StreamName, event::domain_events, plugin::PluginStamp};

domain_events! {
    /// What happens to a person.
    pub enum PersonEvent {
        PersonSeen = 2,
        ProfileEnriched = 2,
        ProfileEnrichmentFailed = 1,
        ProfileCleared = 1,
        TimeZoneSet = 1,
        LanguageChosen = 1,
        VipMarked = 1,
        VipUnmarked = 1,
        PersonErased = 1,
    }
}

/// A person was seen under a name; the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSeen {
    /// Who.
    pub person: PersonId,
    /// How they are called; absent for a deleted account.
    pub name: Personal<PersonName>,
    /// Language as IETF tag, where the source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether they have Telegram Premium, where Telegram says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub premium: Option<bool>,
    /// The chat they were seen in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// When.
    pub seen_at: Timestamp,
}

/// How a person is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// The name shown, absent for a deleted account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The @username without its @.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// A strategy filled fields of a person's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileEnriched {
    /// Whose profile.
    pub person: PersonId,
    /// The strategy asked for: `basic`, `llm`, `hybrid` or an operator's own.
    pub strategy: String,
    /// What decided: the plugin's digest and the fingerprint of its execution.
    pub plugin: PluginStamp,
    /// Fields with their new values.
    pub set: Personal<Vec<ProfileField>>,
    /// Keys of fields that no longer hold, of those that the same plugin filled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    /// A question to the person that would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Personal<String>>,
    /// Why another strategy than the one asked for decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_reason: Option<String>,
    /// Tokens that model calls took.
    pub tokens: u64,
    /// What model calls cost, in US dollars.
    pub cost: Decimal,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// When.
    pub enriched_at: Timestamp,
}

/// One field of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileField {
    /// Its name: `display_name`, `interests`, …
    pub key: String,
    /// Its value, never empty.
    pub value: String,
    /// From 0 to 1, four places.
    pub confidence: Decimal,
    /// The messages it rests on, as `<conversation>/<message>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A strategy could not decide; the person keeps what they had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileEnrichmentFailed {
    /// Whose profile.
    pub person: PersonId,
    /// The strategy asked for.
    pub strategy: String,
    /// Digest of the plugin that failed.
    pub digest: String,
    /// The kind of failure: `out_of_fuel`, `trap`, `refused`, …
    pub fault: String,
    /// When.
    pub failed_at: Timestamp,
}

/// The profile was emptied on request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileCleared {
    /// Whose profile.
    pub person: PersonId,
    /// When.
    pub cleared_at: Timestamp,
}

/// The person's times are read and shown in this zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeZoneSet {
    /// Whose.
    pub person: PersonId,
    /// IANA name: `Europe/Moscow`.
    pub zone: String,
    /// When.
    pub set_at: Timestamp,
}

/// The person wants to be spoken to in this language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageChosen {
    /// Who.
    pub person: PersonId,
    /// IETF tag: `ru`.
    pub language: String,
    /// When.
    pub chosen_at: Timestamp,
}

/// An operator put the person on the list of VIPs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VipMarked {
    /// Who.
    pub person: PersonId,
    /// When.
    pub marked_at: Timestamp,
}

/// An operator took the person off the list of VIPs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VipUnmarked {
    /// Who.
    pub person: PersonId,
    /// When.
    pub unmarked_at: Timestamp,
}

/// The person wished to be forgotten: the key to their words in the log is destroyed, and whoever folded these words
/// before drops them. What they say from now on is sealed with another key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonErased {
    /// Who.
    pub person: PersonId,
    /// When.
    pub erased_at: Timestamp,
}

/// What may be done about a person. Lives for one decision only, so its size costs nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum PersonCommand {
    /// Somebody was seen under a name.
    See(PersonSeen),
    /// A strategy proposes a profile.
    Enrich {
        /// The proposal.
        proposal: ProfileEnriched,
        /// Which profile that is there already it may replace (row A8).
        replaces: Replaces,
    },
    /// A strategy failed.
    FailEnrichment(ProfileEnrichmentFailed),
    /// Empty the profile.
    ClearProfile(ProfileCleared),
    /// Another time zone.
    SetTimeZone(TimeZoneSet),
    /// Another language.
    ChooseLanguage(LanguageChosen),
    /// Put them on the list of VIPs.
    MarkVip(VipMarked),
    /// Take them off it.
    UnmarkVip(VipUnmarked),
    /// Forget them. Their key is destroyed before: nobody folds their words after this.
    Erase(PersonErased),
}

/// Which profile a strategy's proposal may take the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replaces {
    /// None: only who has no profile gets one.
    Nothing,
    /// One that was filled before this moment. Whoever is asked again within one run, or by two runs at once, has one
    /// that is newer.
    FilledBefore(Timestamp),
}

/// What the rules need to know of a person.
#[derive(Clone, Debug, Default)]
pub struct PersonState {
    seen: bool,
    name: Option<PersonName>,
    language: Option<String>,
    premium: bool,
    vip: bool,
    chosen_language: Option<String>,
    time_zone: Option<String>,
    /// When the profile was filled last; `None`: there is none.
    filled_at: Option<Timestamp>,
    /// Which plugin filled which field last, by key.
    filled_by: BTreeMap<String, String>,
}

impl PersonState {
    /// Whether anything was ever heard of them.
    pub fn is_known(&self) -> bool {
        self.seen
    }

    /// When the profile was filled last; `None` where there is none.
    pub fn filled_at(&self) -> Option<Timestamp> {
        self.filled_at
    }

    /// Whether a proposal that may replace this much is taken.
    pub fn may_be_filled(&self, replaces: Replaces) -> bool {
        match (self.filled_at, replaces) {
            (None, _) => true,
            (Some(_), Replaces::Nothing) => false,
            (Some(filled_at), Replaces::FilledBefore(moment)) => filled_at < moment,
        }
    }

    /// The language they chose, else the one their account says.
    pub fn language(&self) -> Option<&str> {
        self.chosen_language.as_deref().or(self.language.as_deref())
    }

    /// The IANA zone they set.
    pub fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }
}

/// Why nothing is done about a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonRejection {
    /// There is a profile, and nobody asked to replace one that is as new.
    #[error("person {person} has a profile already; ask for it by id or with --overwrite to replace it")]
    ProfileExists {
        /// Whose.
        person: PersonId,
    },
    /// Nothing was ever heard of this person.
    #[error("nothing is known of person {person}")]
    Unknown {
        /// Who.
        person: PersonId,
    },
    /// There is nothing to empty.
    #[error("person {person} has no profile")]
    NoProfile {
        /// Whose.
        person: PersonId,
    },
}

/// The rules of people.
pub struct Person;

impl Decider for Person {
    type Command = PersonCommand;
    type Event = PersonEvent;
    type State = PersonState;
    type Rejection = PersonRejection;

    fn name(command: &PersonCommand) -> &'static str {
        match command {
            PersonCommand::See(_) => "SeePerson",
            PersonCommand::Enrich { .. } => "EnrichProfile",
            PersonCommand::FailEnrichment(_) => "FailEnrichment",
            PersonCommand::ClearProfile(_) => "ClearProfile",
            PersonCommand::SetTimeZone(_) => "SetTimeZone",
            PersonCommand::ChooseLanguage(_) => "ChooseLanguage",
            PersonCommand::MarkVip(_) => "MarkVip",
            PersonCommand::UnmarkVip(_) => "UnmarkVip",
            PersonCommand::Erase(_) => "ErasePerson",
        }
    }

    fn stream(command: &PersonCommand) -> StreamName {
        match command {
            PersonCommand::See(event) => event.person.stream(),
            PersonCommand::Enrich { proposal, .. } => proposal.person.stream(),
            PersonCommand::FailEnrichment(event) => event.person.stream(),
            PersonCommand::ClearProfile(event) => event.person.stream(),
            PersonCommand::SetTimeZone(event) => event.person.stream(),
            PersonCommand::ChooseLanguage(event) => event.person.stream(),
            PersonCommand::MarkVip(event) => event.person.stream(),
            PersonCommand::UnmarkVip(event) => event.person.stream(),
            PersonCommand::Erase(event) => event.person.stream(),
        }
    }

    fn decide(state: &PersonState, command: &PersonCommand) -> Result<Vec<PersonEvent>, PersonRejection> {
        match command {
            PersonCommand::See(event) => Ok(state.see(event)),
            PersonCommand::Enrich { proposal, replaces } => state.enrich(proposal, *replaces),
            PersonCommand::FailEnrichment(event) => {
                state.known(&event.person)?;
                Ok(vec![event.clone().into()])
            }
            PersonCommand::ClearProfile(event) => {
                state.known(&event.person)?;
                if state.filled_at.is_some() {
                    Ok(vec![event.clone().into()])
                } else {
                    Err(PersonRejection::NoProfile { person: event.person.clone() })
                }
            }
            // Set to what it is already, it is nothing new.
            PersonCommand::SetTimeZone(event) if state.time_zone.as_ref() == Some(&event.zone) => Ok(Vec::new()),
            PersonCommand::SetTimeZone(event) => Ok(vec![event.clone().into()]),
            PersonCommand::ChooseLanguage(event) if state.chosen_language.as_ref() == Some(&event.language) => {
                Ok(Vec::new())
            }
            PersonCommand::ChooseLanguage(event) => Ok(vec![event.clone().into()]),
            PersonCommand::MarkVip(event) => {
                state.known(&event.person)?;
                Ok(if state.vip { Vec::new() } else { vec![event.clone().into()] })
            }
            PersonCommand::UnmarkVip(event) => {
                state.known(&event.person)?;
                Ok(if state.vip { vec![event.clone().into()] } else { Vec::new() })
            }
            // Also of somebody never seen: their words may stand where nobody met them.
            PersonCommand::Erase(event) => Ok(vec![event.clone().into()]),
        }
    }

    fn evolve(mut state: PersonState, event: &PersonEvent) -> PersonState {
        match event {
            PersonEvent::PersonSeen(seen) => {
                state.seen = true;
                state.name = seen.name.plain().cloned();
                state.premium = seen.premium.unwrap_or(state.premium);
                if seen.language.is_some() {
                    state.language.clone_from(&seen.language);
                }
            }
            PersonEvent::ProfileEnriched(event) => state.fold_profile(event),
            PersonEvent::ProfileCleared(_) => {
                state.filled_at = None;
                state.filled_by.clear();
            }
            PersonEvent::ProfileEnrichmentFailed(_) => {}
            PersonEvent::TimeZoneSet(event) => state.time_zone = Some(event.zone.clone()),
            PersonEvent::LanguageChosen(event) => state.chosen_language = Some(event.language.clone()),
            PersonEvent::VipMarked(_) => state.vip = true,
            PersonEvent::VipUnmarked(_) => state.vip = false,
            PersonEvent::PersonErased(_) => state = PersonState { seen: state.seen, ..PersonState::default() },
        }
        state
    }
}

impl PersonState {
    fn see(&self, event: &PersonSeen) -> Vec<PersonEvent> {
        let mut event = event.clone();
        // Who gives no name this time is still called what they were called.
        if let (Personal::Plain { plain, .. }, Some(known)) = (&mut event.name, &self.name)
            && *plain == PersonName::default()
        {
            plain.clone_from(known);
        }
        let says_nothing_new = self.seen
            && self.name.as_ref() == event.name.plain()
            && event.premium.is_none_or(|premium| premium == self.premium)
            && (event.language.is_none() || self.language == event.language);
        if says_nothing_new { Vec::new() } else { vec![event.into()] }
    }

    fn enrich(&self, proposal: &ProfileEnriched, replaces: Replaces) -> Result<Vec<PersonEvent>, PersonRejection> {
        self.known(&proposal.person)?;
        if !self.may_be_filled(replaces) {
            return Err(PersonRejection::ProfileExists { person: proposal.person.clone() });
        }
        let mut event = without_empty_fields(proposal);
        event.unset.retain(|key| self.filled_by.get(key) == Some(&proposal.plugin.name));
        Ok(vec![event.into()])
    }

    fn fold_profile(&mut self, event: &ProfileEnriched) {
        self.filled_at = Some(event.enriched_at);
        for key in &event.unset {
            self.filled_by.remove(key);
        }
        for field in event.set.plain().into_iter().flatten() {
            self.filled_by.insert(field.key.clone(), event.plugin.name.clone());
        }
    }

    fn known(&self, person: &PersonId) -> Result<(), PersonRejection> {
        if self.seen { Ok(()) } else { Err(PersonRejection::Unknown { person: person.clone() }) }
    }
}

/// A filled field is never replaced by an empty one (row A8). Nor by none: what a proposal leaves out stays, and a plugin
/// takes back only what it told itself.
fn without_empty_fields(proposal: &ProfileEnriched) -> ProfileEnriched {
    let mut proposal = proposal.clone();
    if let Personal::Plain { plain, .. } = &mut proposal.set {
        plain.retain(|field| !field.value.trim().is_empty());
    }
    proposal
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;
