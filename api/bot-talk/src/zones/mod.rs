//! Time zones as people name them: `Europe/Moscow`, `europe/moscow`, `Moscow`, `Москва`, `+3`.

mod cities;
mod name;
mod offsets;

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

pub use name::ZoneName;

use name::NAME_MAX_BYTES;
use offsets::Offset;

/// How many zones are suggested: as many as fit on a phone without scrolling.
const SUGGESTIONS_MAX: usize = 4;

/// How alike two names must be (Jaro-Winkler, 0 to 1) to be suggested: `Evrope/Moskow` is like `Europe/Moscow`, a
/// word that merely begins alike is not.
const ALIKE_MIN: f64 = 0.83;

/// A time zone: its name and its rules.
#[derive(Clone, Debug)]
pub struct Zone {
    name: ZoneName,
    rules: TimeZone,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: ZoneName::utc(), rules: TimeZone::UTC }
    }

    /// Its name.
    pub fn name(&self) -> &ZoneName {
        &self.name
    }

    /// Its rules.
    pub fn rules(&self) -> &TimeZone {
        &self.rules
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

/// No zone is called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchZone {
    /// Zones that may be meant, the likeliest first; may be empty.
    pub suggestions: Vec<ZoneName>,
}

/// The zones there are.
#[derive(Clone, Debug)]
pub struct Zones {
    database: TimeZoneDatabase,
    names: Vec<ZoneName>,
}

impl Zones {
    /// The zones that come with the program: the same on every machine.
    pub fn built_in() -> Self {
        Self::of(TimeZoneDatabase::bundled())
    }

    /// The zones of another database.
    pub fn of(database: TimeZoneDatabase) -> Self {
        let mut names: Vec<ZoneName> =
            database.available().filter_map(|name| ZoneName::of(name.as_str())).filter(is_for_people).collect();
        names.sort_unstable();
        Self { database, names }
    }

    /// The zone of this IANA name, in any case of letters.
    pub fn get(&self, name: &str) -> Option<Zone> {
        let name = self.names.iter().find(|known| known.as_str().eq_ignore_ascii_case(name))?;
        let rules = self.database.get(name.as_str()).ok()?;
        Some(Zone { name: name.clone(), rules })
    }

    /// [`Zones::get`], or UTC where a zone that was once set is known no more.
    pub fn get_or_utc(&self, name: &str) -> Zone {
        self.get(name).unwrap_or_else(Zone::utc)
    }

    /// The zone that somebody means: an IANA name, the name of its city, or a whole offset (`+3`, `UTC+3`), which
    /// becomes a fixed zone (`Etc/GMT-3`). An offset that no fixed zone has (`+5:30`) is answered by the zones that
    /// keep it at `now`.
    pub fn find(&self, said: &str, now: Timestamp) -> Result<Zone, NoSuchZone> {
        let said = said.trim();
        let none = || NoSuchZone { suggestions: Vec::new() };
        if let Some(offset) = Offset::said(said) {
            let suggestions = || NoSuchZone { suggestions: self.keeping(offset, now) };
            return offset.fixed_zone().and_then(|name| self.get(&name)).ok_or_else(suggestions);
        }
        if said.is_empty() || said.chars().count() > NAME_MAX_BYTES {
            return Err(none());
        }
        let name = said.split_whitespace().collect::<Vec<_>>().join("_");
        let found = self.get(&name).or_else(|| cities::zone_of(said).and_then(|name| self.get(name)));
        found.or_else(|| self.of_city(&name)).ok_or_else(|| NoSuchZone { suggestions: self.like(&name) })
    }

    /// The zone whose last part is this city, if there is but one.
    fn of_city(&self, city: &str) -> Option<Zone> {
        let mut found = self.names.iter().filter(|name| is_of_city(name, city));
        match (found.next(), found.next()) {
            (Some(name), None) => self.get(name.as_str()),
            _ => None,
        }
    }

    fn like(&self, said: &str) -> Vec<ZoneName> {
        let said = said.to_lowercase();
        let mut alike: Vec<(f64, &ZoneName)> = self
            .names
            .iter()
            .map(|name| (likeness(&said, &name.as_str().to_lowercase()), name))
            .filter(|(likeness, _)| *likeness >= ALIKE_MIN)
            .collect();
        alike.sort_by(|(a, name), (b, other)| b.total_cmp(a).then_with(|| name.cmp(other)));
        alike.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| name.clone()).collect()
    }

    fn keeping(&self, offset: Offset, now: Timestamp) -> Vec<ZoneName> {
        let keeps = |name: &&ZoneName| {
            let rules = self.database.get(name.as_str());
            rules.is_ok_and(|rules| rules.to_offset(now).seconds() == offset.seconds())
        };
        let of_a_city =
            self.names.iter().filter(|name| name.as_str().contains('/') && !name.as_str().starts_with("Etc/"));
        of_a_city.filter(keeps).take(SUGGESTIONS_MAX).cloned().collect()
    }
}

/// Whether people may choose it: not the files that stand beside the zones in a system's folder.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::ptr_arg, reason = "the shape that filter wants")]
fn is_for_people(name: &ZoneName) -> bool {
    !name.as_str().starts_with("posix")
        && !name.as_str().starts_with("right/")
        && !matches!(name.as_str(), "Factory" | "localtime")
}

fn is_of_city(name: &ZoneName, city: &str) -> bool {
    name.as_str().rsplit_once('/').is_some_and(|(_, last)| last.eq_ignore_ascii_case(city))
}

/// How much what was said is like the whole name, or like its last part when no part before it was said.
fn likeness(said: &str, name: &str) -> f64 {
    let whole = strsim::jaro_winkler(said, name);
    match name.rsplit_once('/') {
        Some((_, city)) if !said.contains('/') => whole.max(strsim::jaro_winkler(said, city)),
        _ => whole,
    }
}

#[cfg(test)]
mod tests;
