//! Text with its formatting: from `text_entities`, or from the string or mixed list of older exports.

use chronogram_model::{Entity, PersonId, Sender, without_nul};
use serde_json::Value;

use crate::{
    chat::peer,
    fields::{Bad, Fields},
};

/// Plain text and what is formatted in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) plain: String,
    pub(crate) entities: Vec<Entity>,
    pub(crate) nul_replaced: bool,
    units: u32,
}

impl Text {
    /// The text of an entry.
    pub(crate) fn of(entry: &mut Fields) -> Result<Self, Bad> {
        let parts = entry.list("text_entities")?;
        let text = entry.take("text");
        if parts.is_empty() { Self::parse("text", text) } else { Self::from_parts("text_entities", parts) }
    }

    /// A string, or a mixed list of strings and parts.
    pub(crate) fn parse(field: &str, value: Option<Value>) -> Result<Self, Bad> {
        match value {
            None => Ok(Self::default()),
            Some(Value::String(plain)) => {
                let mut text = Self::default();
                text.push(&plain);
                Ok(text)
            }
            Some(Value::Array(parts)) => Self::from_parts(field, parts),
            Some(_) => Err(Bad::new(field, "a text, or a list of texts and parts")),
        }
    }

    fn from_parts(field: &str, parts: Vec<Value>) -> Result<Self, Bad> {
        let mut text = Self::default();
        for (at, part) in parts.into_iter().enumerate() {
            let here = || format!("{field}[{at}]");
            match part {
                Value::String(plain) => {
                    text.push(&plain);
                }
                Value::Object(_) => text.push_part(part).map_err(|bad| bad.within(&here()))?,
                _ => return Err(Bad::new(here(), "a text or an object")),
            }
        }
        Ok(text)
    }

    fn push_part(&mut self, part: Value) -> Result<(), Bad> {
        let mut part = Fields::of(part).unwrap_or_default();
        let kind = part.label("type")?.ok_or_else(|| Bad::new("type", "the kind of the part, like \"bold\""))?;
        let plain = part.string("text")?.ok_or_else(|| Bad::new("text", "a text"))?;
        let offset = self.units;
        let length = self.push(&plain);
        if kind == "plain" {
            return Ok(());
        }
        self.entities.push(Entity {
            kind,
            offset,
            length,
            url: part.label("href")?,
            person: person_of(&mut part)?,
            language: part.label("language")?,
            document_id: part.label("document_id")?,
        });
        Ok(())
    }

    /// Appends `plain`; returns its length in UTF-16 units, as Telegram counts.
    fn push(&mut self, plain: &str) -> u32 {
        let (plain, nul_replaced) = without_nul(plain);
        self.nul_replaced |= nul_replaced;
        self.plain.push_str(&plain);
        let units = if plain.is_ascii() { plain.len() } else { plain.encode_utf16().count() };
        // An entry is bounded far below 2³² units.
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.units = self.units.saturating_add(units);
        units
    }
}

fn person_of(part: &mut Fields) -> Result<Option<PersonId>, Bad> {
    match peer("user_id", part.take("user_id"))? {
        Sender::Person(person) => Ok(Some(person)),
        Sender::Chat(_) | Sender::Unknown => Ok(None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(entry: Value) -> Result<Text, Bad> {
        Text::of(&mut Fields::of(entry).unwrap())
    }

    #[test]
    fn offsets_count_utf16_units_so_that_an_emoji_outside_the_bmp_counts_two() {
        let parts = json!([
            { "type": "plain", "text": "Ура 🎸 " },
            { "type": "bold", "text": "жи🚲ф" },
            { "type": "plain", "text": ", " },
            { "type": "mention_name", "text": "Аня", "user_id": 42 },
        ]);
        let read = text(json!({ "text_entities": parts })).unwrap();
        assert_eq!(read.plain, "Ура 🎸 жи🚲ф, Аня");
        let places: Vec<_> = read.entities.iter().map(|entity| (entity.offset, entity.length)).collect();
        assert_eq!(places, [(7, 5), (14, 3)]);
        assert_eq!(read.entities[1].person, Some(PersonId::Telegram(42)));
        let units: Vec<u16> = read.plain.encode_utf16().collect();
        assert_eq!(String::from_utf16(&units[7..12]).unwrap(), "жи🚲ф");
    }

    #[test]
    fn the_mixed_list_of_older_exports_says_the_same_as_text_entities() {
        let old =
            text(json!({ "text": ["see ", { "type": "text_link", "text": "this", "href": "https://x.example" }] }));
        let new = text(json!({ "text": "ignored", "text_entities": [
            { "type": "plain", "text": "see " }, { "type": "text_link", "text": "this", "href": "https://x.example" }] }));
        assert_eq!(old, new);
        assert_eq!(old.unwrap().entities[0].url.as_deref(), Some("https://x.example"));
    }

    #[test]
    fn nul_becomes_the_replacement_character_and_is_told() {
        let read = text(json!({ "text": "a\u{0}b" })).unwrap();
        assert_eq!((read.plain.as_str(), read.nul_replaced), ("a\u{FFFD}b", true));
    }

    #[test]
    fn a_bad_part_is_named_by_its_path() {
        let bad = text(json!({ "text_entities": [{ "type": "plain", "text": "a" }, { "type": "bold", "text": 1 }] }));
        assert_eq!(bad.unwrap_err().field, "text_entities[1].text");
        assert_eq!(text(json!({ "text": 5 })).unwrap_err().field, "text");
        assert_eq!(text(json!({ "text": ["a", 5] })).unwrap_err().field, "text[1]");
    }
}
