//! The methods and their parameters: name, type, whether required.

mod administration;
mod groups;
mod messages;
mod updates;

use super::{Call, Outcome};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Integer`.
    Integer,
    /// `Boolean`.
    Boolean,
    /// `String`.
    Text,
    /// `Integer` or `String`: a chat's number or its `@name`.
    Chat,
    /// `InputFile`.
    File,
    /// `InputFile` or `String`: an upload, a known file's id, or `attach://part`.
    FileOrText,
    /// One object.
    Object,
    /// A list.
    Array,
    /// One of the four keyboards.
    Markup,
}

/// A parameter of a method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

impl Parameter {
    /// An empty `url` removes a webhook; said nowhere else.
    pub(crate) fn may_be_empty(&self, is_given: bool) -> bool {
        self.name == "url" && is_given
    }
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

/// How a method is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// In one step.
    Now(fn(&mut Call<'_>) -> Outcome),
    /// `getUpdates`: may wait.
    Poll,
}

/// A method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
    groups: &'static [&'static [Parameter]],
}

impl Method {
    const fn now(
        name: &'static str,
        run: fn(&mut Call<'_>) -> Outcome,
        groups: &'static [&'static [Parameter]],
    ) -> Self {
        Self { name, run: Run::Now(run), groups }
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.groups.iter().copied().flatten()
    }
}

const FIELDS: &[&[Method]] =
    &[updates::METHODS, messages::SENDING, messages::CHANGING, groups::METHODS, administration::METHODS];

/// All methods.
pub(crate) fn methods() -> impl Iterator<Item = &'static Method> {
    FIELDS.iter().copied().flatten()
}

/// A method by name; case does not matter, as on the real server.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    methods().find(|method| method.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
