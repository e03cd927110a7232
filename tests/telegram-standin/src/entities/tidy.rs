//! What Telegram does to a text last: space at its ends goes, entities are put in order and bounded in number.

use super::{Entity, Formatted, utf16::units};
use crate::limits::ENTITIES_MAX;

/// Trims, drops what became empty, orders.
pub(super) fn tidy(formatted: Formatted) -> Formatted {
    let Formatted { text, entities } = formatted;
    let kept = text.trim();
    let cut_before = units(&text) - units(text.trim_start());
    let length = units(kept);
    let mut entities: Vec<Entity> = entities.into_iter().filter_map(|entity| fit(entity, cut_before, length)).collect();
    entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length), rank(&entity.kind)));
    entities.truncate(ENTITIES_MAX);
    Formatted { text: kept.to_owned(), entities }
}

fn fit(mut entity: Entity, cut_before: usize, length: usize) -> Option<Entity> {
    let end = (entity.offset + entity.length).saturating_sub(cut_before).min(length);
    entity.offset = entity.offset.saturating_sub(cut_before);
    entity.length = end.checked_sub(entity.offset).filter(|length| *length > 0)?;
    Some(entity)
}

/// The outer of two that cover the same stretch comes first.
fn rank(kind: &str) -> u8 {
    match kind {
        "blockquote" | "expandable_blockquote" => 0,
        "bold" => 2,
        "italic" => 3,
        "underline" => 4,
        "strikethrough" => 5,
        "spoiler" => 6,
        "code" | "pre" => 7,
        _ => 1,
    }
}
