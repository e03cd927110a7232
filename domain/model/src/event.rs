//! Events know their name and the version of their shape; the log stores both beside the data.

/// Name and version of an event's shape: what a golden file freezes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventShape {
    /// Type name, past tense: `MessageReceived`.
    pub name: &'static str,
    /// Version of the shape, from 1. A changed shape gets the next number and an upcaster.
    pub version: u16,
}

/// The events of one kind of stream.
pub trait DomainEvent: Clone + std::fmt::Debug + Send + Sync + Sized + 'static {
    /// Every shape this enum reads and writes.
    const SHAPES: &'static [EventShape];
    /// The shape of this event.
    fn shape(&self) -> EventShape;
    /// The data alone, as JSON; the name stands beside it in the log.
    fn to_json(&self) -> serde_json::Result<String>;
    /// Reads data of the current version; `Ok(None)` for a type that is not of this enum.
    fn from_json(name: &str, json: &str) -> serde_json::Result<Option<Self>>;
}

/// Declares the enum of one stream's events; each variant wraps the struct of the same name.
macro_rules! domain_events {
    ($(#[$meta:meta])* pub enum $Enum:ident { $($Event:ident = $version:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum $Enum { $($Event($Event)),+ }

        impl $crate::DomainEvent for $Enum {
            const SHAPES: &'static [$crate::EventShape] =
                &[$($crate::EventShape { name: stringify!($Event), version: $version }),+];

            fn shape(&self) -> $crate::EventShape {
                match self {
                    $(Self::$Event(_) => $crate::EventShape { name: stringify!($Event), version: $version }),+
                }
            }

            fn to_json(&self) -> serde_json::Result<String> {
                match self { $(Self::$Event(event) => serde_json::to_string(event)),+ }
            }

            fn from_json(name: &str, json: &str) -> serde_json::Result<Option<Self>> {
                Ok(match name {
                    $(stringify!($Event) => Some(Self::$Event(serde_json::from_str(json)?)),)+
                    _ => None,
                })
            }
        }

        $(impl From<$Event> for $Enum {
            fn from(event: $Event) -> Self { Self::$Event(event) }
        })+
    };
}
pub(crate) use domain_events;
