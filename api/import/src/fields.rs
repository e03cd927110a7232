//! The fields of one entry, each taken with the type it must have.

use std::fmt;

use chronogram_model::cleaned;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Names and titles have at most some hundred bytes: far above that, and far below what the log takes.
pub(crate) const LABEL_BYTES_MAX: usize = 64 * 1024;

/// What is wrong with an entry: the field and what would be right, never what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) field: String,
    pub(crate) expected: &'static str,
}

impl Bad {
    pub(crate) fn new(field: impl Into<String>, expected: &'static str) -> Self {
        Self { field: field.into(), expected }
    }

    /// The same, seen from the entry that holds `parent`.
    pub(crate) fn within(mut self, parent: &str) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

/// The fields of an object.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self(map)),
            _ => None,
        }
    }

    /// Reads an entry's own text.
    pub(crate) fn parse(json: &str) -> Result<Self, Bad> {
        let broken = "an object that JSON parsers accept";
        match serde_json::from_str(json) {
            Ok(Entry::Object(map)) => Ok(Self(map)),
            Ok(Entry::Other) => Err(Bad::new("", "an object")),
            Err(_) => Err(Bad::new("", broken)),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The value, unless it is absent or null.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&mut self, key: &str) -> Result<Option<String>, Bad> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Bad::new(key, "a text")),
        }
    }

    /// A short text for people (name, title, file name): cleaned, and `None` when empty.
    pub(crate) fn label(&mut self, key: &str) -> Result<Option<String>, Bad> {
        match self.string(key)?.filter(|text| !text.is_empty()) {
            Some(text) if text.len() > LABEL_BYTES_MAX => Err(Bad::new(key, "a text below 64 KiB")),
            text => Ok(text.map(|text| cleaned(&text))),
        }
    }

    pub(crate) fn integer(&mut self, key: &str) -> Result<Option<i64>, Bad> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| Bad::new(key, "a whole number")),
        }
    }

    pub(crate) fn count(&mut self, key: &str) -> Result<Option<u64>, Bad> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| Bad::new(key, "a whole number from 0")),
        }
    }

    pub(crate) fn small_count(&mut self, key: &str) -> Result<Option<u32>, Bad> {
        let Some(count) = self.count(key)? else { return Ok(None) };
        u32::try_from(count).map(Some).map_err(|_| Bad::new(key, "a whole number from 0 to 4294967295"))
    }

    pub(crate) fn flag(&mut self, key: &str) -> Result<bool, Bad> {
        match self.take(key) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| Bad::new(key, "true or false")),
        }
    }

    pub(crate) fn list(&mut self, key: &str) -> Result<Vec<Value>, Bad> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(Bad::new(key, "a list")),
        }
    }

    /// A list of objects.
    pub(crate) fn objects(&mut self, key: &str) -> Result<Vec<Self>, Bad> {
        let items = self.list(key)?.into_iter().enumerate();
        items.map(|(at, item)| Self::of(item).ok_or_else(|| Bad::new(format!("{key}[{at}]"), "an object"))).collect()
    }

    pub(crate) fn object(&mut self, key: &str) -> Result<Option<Self>, Bad> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => Self::of(value).map(Some).ok_or_else(|| Bad::new(key, "an object")),
        }
    }

    /// What is left.
    pub(crate) fn into_rest(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter()
    }
}

enum Entry {
    Object(Map<String, Value>),
    Other,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

/// Telegram Desktop may write `text` twice, first what was sent, then an empty one: what says something stays.
struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Entry, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = access.next_entry::<String, Value>()? {
            let says_nothing = matches!(&value, Value::String(text) if text.is_empty());
            if !(says_nothing && map.contains_key(&key)) {
                map.insert(key, value);
            }
        }
        Ok(Entry::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Entry, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Entry, E> {
        Ok(Entry::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Entry, E> {
        Ok(Entry::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Entry, E> {
        Ok(Entry::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Entry, E> {
        Ok(Entry::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Entry, E> {
        Ok(Entry::Other)
    }

    fn visit_unit<E>(self) -> Result<Entry, E> {
        Ok(Entry::Other)
    }
}
