//! What belongs to a person is typed so from the first day: a later release seals it with a key of that person,
//! and drops the key when the person asks to be forgotten.

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// Words or facts that belong to a person.
///
/// In the log: `{"person": id, "plain": …}`; once that person is erased `{"person": id, "erased": true}`; where another
/// house keeps its log here, what it sealed, `{"person": id, "sealed": …}`. Every fold accepts all three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Personal<T> {
    /// Readable.
    Plain {
        /// Whose it is.
        person: PersonId,
        /// What it says.
        plain: T,
    },
    /// Gone for ever.
    Erased {
        /// Whose it was.
        person: PersonId,
        /// Always true; tells the forms apart.
        erased: bool,
    },
    /// Readable in another house only.
    Sealed {
        /// Whose it is.
        person: PersonId,
        /// What that house made of it.
        sealed: String,
    },
}

impl<T> Personal<T> {
    /// Marks `plain` as belonging to `person`.
    pub fn of(person: PersonId, plain: T) -> Self {
        Self::Plain { person, plain }
    }

    /// Whose it is or was.
    pub fn person(&self) -> &PersonId {
        match self {
            Self::Plain { person, .. } | Self::Erased { person, .. } | Self::Sealed { person, .. } => person,
        }
    }

    /// The words, while they can be read.
    pub fn plain(&self) -> Option<&T> {
        match self {
            Self::Plain { plain, .. } => Some(plain),
            Self::Erased { .. } | Self::Sealed { .. } => None,
        }
    }
}

/// Something said either by a person, to whom it belongs, or by a chat or channel in its own name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Authored<T> {
    /// Belongs to a person.
    ByPerson(Personal<T>),
    /// Said in public by no person.
    ByChat {
        /// What it says.
        public: T,
    },
}

impl<T> Authored<T> {
    /// Belongs to `person` where there is one.
    pub fn by(person: Option<PersonId>, value: T) -> Self {
        match person {
            Some(person) => Self::ByPerson(Personal::of(person, value)),
            None => Self::ByChat { public: value },
        }
    }

    /// Whose it is or was, where it is a person's.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::ByPerson(personal) => Some(personal.person()),
            Self::ByChat { .. } => None,
        }
    }

    /// The words, while they can be read.
    pub fn readable(&self) -> Option<&T> {
        match self {
            Self::ByPerson(personal) => personal.plain(),
            Self::ByChat { public } => Some(public),
        }
    }
}
