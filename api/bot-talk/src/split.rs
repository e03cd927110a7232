//! Cutting a message that is too long for Telegram into several that are not.
//!
//! Cuts are made where a reader would make them: at the end of a paragraph, else of a line, a sentence, a word. White
//! space at a cut is dropped, nothing else. A formatted stretch stays in one piece where there is a cut outside of it
//! that leaves the part at least half full; else it goes on in the next part. Characters as people see them (and so
//! surrogate pairs) stay whole, unless one of them is longer than half a message.

use chronogram_model::{Entity, conversation::OutgoingMessage};
use unicode_segmentation::GraphemeCursor;

/// Telegram's limit of a message, in UTF-16 units.
pub const PART_MAX_UNITS: usize = 4096;

/// A part that is not the last is at least this full, so that a message does not fall to pieces.
const PART_MIN_UNITS: usize = PART_MAX_UNITS / 2;

/// The message in parts of at most [`PART_MAX_UNITS`], in order; the buttons go with the last. There is always one,
/// and none is empty unless the whole message says nothing.
pub fn split(message: OutgoingMessage) -> Vec<OutgoingMessage> {
    if units(&message.text) <= PART_MAX_UNITS {
        return vec![message];
    }
    let OutgoingMessage { text, entities, buttons } = message;
    let mut parts: Vec<OutgoingMessage> = Vec::new();
    let mut rest = Rest { text: &text, offset: 0 };
    while let Some(cut) = rest.cut(&entities) {
        let (part, after) = rest.text.split_at_checked(cut).unwrap_or((rest.text, ""));
        push(&mut parts, part.trim_end(), rest.offset, &entities);
        let next = after.trim_start();
        let dropped = after.len() - next.len();
        let passed = rest.text.get(..cut + dropped).unwrap_or(rest.text);
        rest = Rest { text: next, offset: rest.offset + units(passed) };
    }
    push(&mut parts, rest.text, rest.offset, &entities);
    match parts.last_mut() {
        Some(last) => last.buttons = buttons,
        None => parts.push(OutgoingMessage { text: String::new(), entities: Vec::new(), buttons }),
    }
    parts
}

/// Adds a part that begins `offset` units into the message, with what is formatted in it.
fn push(parts: &mut Vec<OutgoingMessage>, text: &str, offset: usize, entities: &[Entity]) {
    if text.is_empty() {
        return;
    }
    let end = offset + units(text);
    let within = |entity: &Entity| {
        let (from, to) = bounds(entity);
        let (from, to) = (from.max(offset), to.min(end));
        let short = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
        (from < to).then(|| Entity { offset: short(from - offset), length: short(to - from), ..entity.clone() })
    };
    let entities = entities.iter().filter_map(within).collect();
    parts.push(OutgoingMessage { text: text.to_owned(), entities, buttons: Vec::new() });
}

/// Where an entity begins and ends, in units.
fn bounds(entity: &Entity) -> (usize, usize) {
    let begin = usize::try_from(entity.offset).unwrap_or(usize::MAX);
    (begin, begin.saturating_add(usize::try_from(entity.length).unwrap_or(usize::MAX)))
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is not in a part yet.
struct Rest<'a> {
    text: &'a str,
    /// Where it begins in the message, in units.
    offset: usize,
}

/// How good a place is for a cut; the later of equally good ones is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    WithinACharacter,
    WithinAWord,
    AfterAWord,
    AfterASentence,
    AfterALine,
    AfterAParagraph,
}

impl Rest<'_> {
    /// Where the next part ends, in bytes; nothing when all that is left fits.
    fn cut(&self, entities: &[Entity]) -> Option<usize> {
        let mut best: Option<((bool, Place), usize)> = None;
        let mut units = 0;
        for (at, c) in self.text.char_indices() {
            if at > 0 && units > PART_MAX_UNITS {
                break;
            }
            if (PART_MIN_UNITS..=PART_MAX_UNITS).contains(&units) {
                let quality = (self.is_outside(units, entities), self.place(at));
                if best.is_none_or(|(known, _)| quality >= known) {
                    best = Some((quality, at));
                }
            }
            units += c.len_utf16();
        }
        best.filter(|_| units > PART_MAX_UNITS).map(|(_, at)| at)
    }

    fn is_outside(&self, units: usize, entities: &[Entity]) -> bool {
        let at = self.offset + units;
        let is_cut = |entity: &Entity| {
            let (begin, end) = bounds(entity);
            begin < at && at < end
        };
        !entities.iter().any(is_cut)
    }

    fn place(&self, at: usize) -> Place {
        let (before, after) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        let is_boundary = GraphemeCursor::new(at, self.text.len(), true).is_boundary(self.text, 0).unwrap_or(true);
        if !is_boundary {
            return Place::WithinACharacter;
        }
        let is_space = after.starts_with(char::is_whitespace) || before.ends_with(char::is_whitespace);
        let words = before.trim_end();
        // The white space around the cut, on both sides.
        let ends_of_line =
            lines(before.get(words.len()..)) + lines(after.get(..after.len() - after.trim_start().len()));
        match ends_of_line {
            2.. => Place::AfterAParagraph,
            1 => Place::AfterALine,
            _ if !is_space => Place::WithinAWord,
            _ if words.ends_with(['.', '!', '?', '…']) => Place::AfterASentence,
            _ => Place::AfterAWord,
        }
    }
}

fn lines(space: Option<&str>) -> usize {
    space.map_or(0, |space| space.matches('\n').count())
}

#[cfg(test)]
mod tests;
