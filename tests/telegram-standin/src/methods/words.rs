//! Texts and captions of calls: read, and measured against the limits.

use crate::{
    api::{ApiError, Call},
    entities::{self, Formatted, units},
    limits::{CAPTION_MAX, TEXT_MAX},
};

/// `text` with `parse_mode` or `entities`; `too_long` is how the refusal of a long one is said.
pub(super) fn text(call: &Call<'_>, too_long: &str) -> Result<Formatted, ApiError> {
    let words = read(call, "text", "entities")?;
    if words.text.is_empty() {
        return Err(ApiError::bad("message text is empty"));
    }
    if units(&words.text) > TEXT_MAX {
        return Err(ApiError::bad(too_long));
    }
    Ok(words)
}

/// `caption` with `parse_mode` or `caption_entities`; none is an empty one.
pub(super) fn caption(call: &Call<'_>) -> Result<Formatted, ApiError> {
    measured(read(call, "caption", "caption_entities")?)
}

/// A caption that is not too long.
pub(super) fn measured(words: Formatted) -> Result<Formatted, ApiError> {
    if units(&words.text) > CAPTION_MAX {
        return Err(ApiError::bad("message caption is too long"));
    }
    Ok(words)
}

fn read(call: &Call<'_>, name: &str, entities: &str) -> Result<Formatted, ApiError> {
    let text = call.parameters.text(name).unwrap_or_default();
    Ok(entities::read(text, call.parameters.text("parse_mode"), call.parameters.get(entities))?)
}
