//! Reads what a model answered: JSON, JSON in a fence or within prose, JSON that is cut off or nearly JSON, or plain lines.
//!
//! The answer is as little to be trusted as the messages it was made of: only what was asked for is taken, cleaned and cut,
//! and only messages that were shown count as evidence.

mod json;
mod lines;
mod mending;
mod notes;
mod values;

use chronogram_strategy::prelude::*;

use crate::{
    keys::Keys,
    numbered::{Cited, Numbered},
};

/// As sure as an answer is taken to be where it does not say.
const CONFIDENCE: f32 = 0.6;
/// A claim that rests on no message that was shown is a guess, however sure the model is.
const CONFIDENCE_OF_GUESS: f32 = 0.5;

/// Bytes of what stands under one key that are looked at: more than any value is let to be, with notes beside it.
const SAID_BYTES: usize = 4 << 10;

/// One claim of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    /// A key that was asked for.
    key: String,
    value: String,
    confidence: Option<f32>,
    cited: Vec<Cited>,
}

/// The fields an answer tells, in the order they were asked for; nothing where it is in no form that is understood.
pub(crate) fn read(answer: &str, keys: &Keys, numbered: &Numbered<'_>) -> Option<Vec<ProfileField>> {
    let answer = without_thoughts(answer);
    let said = json::read(answer, keys).or_else(|| lines::read(answer, keys))?;
    let field = |name: &str| {
        // Of two claims under one key the first that says something.
        said.iter().filter(|said| said.key == name).find_map(|said| field_of(said, numbered))
    };
    Some(keys.iter().filter_map(|key| field(&key.name)).collect())
}

fn field_of(said: &Said, numbered: &Numbered<'_>) -> Option<ProfileField> {
    let (value, noted) = notes::taken_out(&said.value[..said.value.floor_char_boundary(SAID_BYTES)]);
    let value = values::finished(&said.key, &value)?;
    let cited: Vec<Cited> = said.cited.iter().cloned().chain(noted.cited).collect();
    let evidence = numbered.evidence(&cited);
    let told = said.confidence.or(noted.confidence).unwrap_or(CONFIDENCE).clamp(0.0, 1.0);
    let confidence = if evidence.is_empty() { told.min(CONFIDENCE_OF_GUESS) } else { told };
    let hundredths = (confidence * 100.0).round() / 100.0;
    Some(ProfileField::new(&said.key, value, hundredths).supported_by(evidence))
}

/// Some models think aloud first.
fn without_thoughts(answer: &str) -> &str {
    ["</think>", "</thinking>", "</reasoning>"]
        .iter()
        .find_map(|end| answer.rsplit_once(end))
        .map_or(answer, |(_, said)| said)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
