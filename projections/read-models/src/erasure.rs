//! Who is erased leaves no words in any read model. Their words in the log are unreadable by the time `PersonErased`
//! is folded; what was folded of them before is blanked, so that live rows equal those of a replay, which never saw them.

use chronogram_engine::ApplyError;
use chronogram_log::{Codec, RecordedEvent};
use chronogram_model::{PersonId, person::PersonEvent};

/// The event that ends a part of a batch.
pub(crate) const PERSON_ERASED: &str = "PersonErased";

/// A batch in parts: each is folded and written before the erasure at its end is done, and that before the next part,
/// in which the same person may speak again.
pub(crate) fn parts(batch: &[RecordedEvent]) -> impl Iterator<Item = (&[RecordedEvent], Option<&RecordedEvent>)> {
    batch.split_inclusive(|event| event.event_type == PERSON_ERASED).map(|part| match part.split_last() {
        Some((last, before)) if last.event_type == PERSON_ERASED => (before, Some(last)),
        _ => (part, None),
    })
}

/// Who is erased.
pub(crate) fn erased(codec: &Codec, event: &RecordedEvent) -> Result<Option<PersonId>, ApplyError> {
    match codec.decode::<PersonEvent>(event)? {
        Some(PersonEvent::PersonErased(erased)) => Ok(Some(erased.person)),
        _ => Ok(None),
    }
}
