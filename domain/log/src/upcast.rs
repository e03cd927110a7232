//! Old shapes are lifted to the current one by pure functions, one version at a time.

use std::collections::HashMap;

use chronogram_model::EventShape;
use serde_json::Value;

/// Lifts data from one version to the next.
#[derive(Clone, Copy, Debug)]
pub enum Upcaster {
    /// Only fields were added that may be absent: old data is read as it is.
    Additive,
    /// The data is told anew.
    Retold(fn(Value) -> Value),
}

/// The upcasters of all event types.
#[derive(Clone, Debug, Default)]
pub struct Upcasters {
    current: HashMap<&'static str, u16>,
    lifts: HashMap<(&'static str, u16), Upcaster>,
}

/// Why an event's shape cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    /// Written by a newer release.
    #[error("{name} has version {found}, this release knows up to {known}: it needs a newer release")]
    FromTheFuture {
        /// Event type.
        name: String,
        /// Version found.
        found: u16,
        /// Newest version known.
        known: u16,
    },
    /// A step is missing between an old version and the current one.
    #[error("no upcaster lifts {name} from version {from}")]
    Missing {
        /// Event type.
        name: String,
        /// Version that nothing lifts.
        from: u16,
    },
    /// An upcaster that nothing needs: its version is not older than today's, its type is nobody's, or another one
    /// lifts the same.
    #[error("an upcaster for {name} from version {from} is one too many")]
    TooMany {
        /// Event type.
        name: String,
        /// Version that it lifts from.
        from: u16,
    },
}

impl Upcasters {
    /// Registers the current shapes and the lifts between versions; refuses an incomplete chain, and a lift too many.
    pub fn new(
        shapes: &[EventShape],
        lifts: impl IntoIterator<Item = (EventShape, Upcaster)>,
    ) -> Result<Self, UpcastError> {
        let current = shapes.iter().map(|shape| (shape.name, shape.version)).collect();
        let mut upcasters = Self { current, lifts: HashMap::new() };
        for (from, lift) in lifts {
            let is_older = upcasters.current(from.name).is_some_and(|today| from.version < today);
            if !is_older || upcasters.lifts.insert((from.name, from.version), lift).is_some() {
                return Err(UpcastError::TooMany { name: from.name.to_owned(), from: from.version });
            }
        }
        for shape in shapes {
            if let Some(from) = (1..shape.version).find(|from| !upcasters.lifts.contains_key(&(shape.name, *from))) {
                return Err(UpcastError::Missing { name: shape.name.to_owned(), from });
            }
        }
        Ok(upcasters)
    }

    /// The version of a type's shape today.
    pub fn current(&self, name: &str) -> Option<u16> {
        self.current.get(name).copied()
    }

    /// `None`: the data can be read as it is (or its type is nobody's here). Otherwise the lifted data.
    pub fn lift(&self, name: &str, version: u16, json: &str) -> Result<Option<Value>, LiftError> {
        let Some(&known) = self.current.get(name) else { return Ok(None) };
        if version > known {
            return Err(UpcastError::FromTheFuture { name: name.to_owned(), found: version, known }.into());
        }
        if version == known {
            return Ok(None);
        }
        let mut lifted = None;
        for from in version..known {
            let lift = self.lifts.get(&(name, from));
            match lift.ok_or_else(|| UpcastError::Missing { name: name.to_owned(), from })? {
                Upcaster::Additive => {}
                Upcaster::Retold(retell) => {
                    let value = lifted.take().map_or_else(|| serde_json::from_str(json), Ok)?;
                    lifted = Some(retell(value));
                }
            }
        }
        Ok(lifted)
    }
}

/// Why data was not lifted.
#[derive(Debug, thiserror::Error)]
pub enum LiftError {
    /// The shape is not readable here.
    #[error(transparent)]
    Shape(#[from] UpcastError),
    /// The data is no JSON.
    #[error("the data is no JSON")]
    Json(#[from] serde_json::Error),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::needless_pass_by_value)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: EventShape = EventShape { name: "SeatTaken", version: 3 };

    fn rename(mut value: Value) -> Value {
        let seat = value["place"].take();
        json!({ "seat": seat })
    }

    fn number(value: Value) -> Value {
        json!({ "row": 1, "seat": value["seat"] })
    }

    fn at(version: u16) -> EventShape {
        EventShape { name: "SeatTaken", version }
    }

    #[test]
    fn an_event_that_changed_twice_is_lifted_step_by_step() {
        let upcasters =
            Upcasters::new(&[NOW], [(at(1), Upcaster::Retold(rename)), (at(2), Upcaster::Retold(number))]).unwrap();
        let lifted = upcasters.lift("SeatTaken", 1, r#"{"place":"7"}"#).unwrap();
        assert_eq!(lifted, Some(json!({ "row": 1, "seat": "7" })));
        assert_eq!(upcasters.lift("SeatTaken", 3, "{}").unwrap(), None);
    }

    #[test]
    fn a_step_that_only_adds_leaves_the_data_as_it_is() {
        let added = Upcasters::new(&[NOW], [(at(1), Upcaster::Retold(rename)), (at(2), Upcaster::Additive)]).unwrap();
        assert_eq!(added.lift("SeatTaken", 2, r#"{"seat":"7"}"#).unwrap(), None);
        let lifted = added.lift("SeatTaken", 1, r#"{"place":"7"}"#).unwrap();
        assert_eq!(lifted, Some(json!({ "seat": "7" })));
    }

    #[test]
    fn a_missing_step_is_refused_at_start() {
        let refused = Upcasters::new(&[NOW], [(at(1), Upcaster::Retold(rename))]).unwrap_err();
        assert_eq!(refused, UpcastError::Missing { name: "SeatTaken".into(), from: 2 });
    }

    #[test]
    fn a_step_too_many_is_refused_at_start() {
        let complete = || vec![(at(1), Upcaster::Retold(rename)), (at(2), Upcaster::Retold(number))];
        for extra in [at(1), at(3), EventShape { name: "SeatLeft", version: 1 }] {
            let mut lifts = complete();
            lifts.push((extra, Upcaster::Additive));
            let refused = Upcasters::new(&[NOW], lifts).unwrap_err();
            assert_eq!(refused, UpcastError::TooMany { name: extra.name.to_owned(), from: extra.version });
        }
        assert!(Upcasters::new(&[NOW], complete()).is_ok());
    }

    #[test]
    fn a_newer_version_is_refused_with_both_numbers() {
        let upcasters = Upcasters::new(&[at(1)], []).unwrap();
        let refused = upcasters.lift("SeatTaken", 2, "{}").unwrap_err().to_string();
        assert!(refused.contains("version 2") && refused.contains("up to 1"), "{refused}");
    }
}
