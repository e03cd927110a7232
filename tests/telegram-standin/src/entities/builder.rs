//! The plain text that a parser makes, counted in UTF-16 units as it grows.

use super::{Entity, Formatted};

#[derive(Debug, Default)]
pub(super) struct Builder {
    text: String,
    units: usize,
    entities: Vec<Entity>,
}

/// Where an entity began: in the new text, by unit and byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    unit: usize,
    byte: usize,
}

impl Builder {
    pub(super) fn push(&mut self, character: char) {
        self.text.push(character);
        self.units += character.len_utf16();
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { unit: self.units, byte: self.text.len() }
    }

    pub(super) fn is_at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// The text since the mark.
    pub(super) fn since(&self, mark: Mark) -> &str {
        self.text.get(mark.byte..).unwrap_or_default()
    }

    /// Closes an entity that began at the mark; an empty one leaves nothing.
    pub(super) fn close(&mut self, kind: &str, mark: Mark, dress: impl FnOnce(&mut Entity)) {
        if self.units > mark.unit {
            let mut entity = Entity::new(kind, mark.unit, self.units - mark.unit);
            dress(&mut entity);
            self.entities.push(entity);
        }
    }

    /// The entity closed last, if it covers all since the mark.
    pub(super) fn covering(&mut self, mark: Mark) -> Option<&mut Entity> {
        let length = self.units - mark.unit;
        self.entities.last_mut().filter(|last| last.offset == mark.unit && last.length == length)
    }

    /// A link to a person becomes a mention, one to the web a link; what is no link leaves plain text.
    pub(super) fn close_link(&mut self, mark: Mark, target: &str) {
        if let Some(id) = target.strip_prefix("tg://user?id=").and_then(|id| id.parse::<i64>().ok()) {
            let user = serde_json::json!({ "id": id, "is_bot": false, "first_name": self.since(mark) });
            self.close("text_mention", mark, |entity| entity.user = Some(user));
        } else if let Some(url) = as_url(target) {
            self.close("text_link", mark, |entity| entity.url = Some(url));
        }
    }

    pub(super) fn finish(self) -> Formatted {
        Formatted { text: self.text, entities: self.entities }
    }
}

/// A target as Telegram stores it: with its scheme, and a slash after a bare host.
fn as_url(target: &str) -> Option<String> {
    let target = target.trim();
    if target.starts_with("tg://") || target.starts_with("ton://") || target.starts_with("tonsite://") {
        return Some(target.to_owned());
    }
    let (scheme, rest) = target.split_once("://").unwrap_or(("http", target));
    let scheme = scheme.to_ascii_lowercase();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = (host.contains('.') || host.starts_with("localhost")) && !host.contains(char::is_whitespace);
    if !matches!(scheme.as_str(), "http" | "https") || !is_host {
        return None;
    }
    let slash = if rest.len() == host.len() { "/" } else { "" };
    Some(format!("{scheme}://{rest}{slash}"))
}
