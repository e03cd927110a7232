//! What an operator allows a plugin: `llm:<model>` and `lookup:<name>`, each by name.

use std::collections::BTreeSet;

use crate::{
    descriptor::{Descriptor, is_name},
    effects::{EffectError, EffectRequest},
};

/// Most grants of one plugin: an operator gives each by hand.
pub(crate) const GRANTS: usize = 32;

/// The grants of one activation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<String>);

/// A grant that cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGrant {
    /// It is no grant.
    #[error("{0:?} is no grant; use llm:<model> or lookup:<name>, in lower-case letters, digits and hyphens")]
    Form(String),
    /// The plugin would not use it.
    #[error("the plugin does not want {want}, so {grant} grants nothing; it wants: {wants}")]
    NotWanted {
        /// The grant.
        grant: String,
        /// What it would have to want.
        want: String,
        /// What it wants.
        wants: String,
    },
    /// Too many.
    #[error("more than 32 grants")]
    TooMany,
}

impl Grants {
    /// Grants in form, each of which the plugin wants.
    pub fn of(given: &[String], descriptor: &Descriptor) -> Result<Self, BadGrant> {
        let grants = Self::recorded(given)?;
        for grant in &grants.0 {
            let want = if grant.starts_with("llm:") { "llm" } else { grant.as_str() };
            if !descriptor.wants.iter().any(|wanted| wanted == want) {
                return Err(BadGrant::NotWanted {
                    grant: grant.clone(),
                    want: want.to_owned(),
                    wants: if descriptor.wants.is_empty() { "nothing".into() } else { descriptor.wants.join(", ") },
                });
            }
        }
        Ok(grants)
    }

    /// Grants as an activation recorded them.
    pub fn recorded(given: &[String]) -> Result<Self, BadGrant> {
        if given.len() > GRANTS {
            return Err(BadGrant::TooMany);
        }
        let in_form = |grant: &String| {
            let name = grant.strip_prefix("llm:").or_else(|| grant.strip_prefix("lookup:"));
            name.is_some_and(is_name)
        };
        match given.iter().find(|grant| !in_form(grant)) {
            Some(grant) => Err(BadGrant::Form(grant.clone())),
            None => Ok(Self(given.iter().cloned().collect())),
        }
    }

    /// The grants in order.
    pub fn as_texts(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }

    /// Whether they cover a request.
    pub(crate) fn cover(&self, request: &EffectRequest) -> Result<(), EffectError> {
        let needed = match request {
            EffectRequest::Llm(ask) => format!("llm:{}", ask.model),
            EffectRequest::Lookup(name) => format!("lookup:{name}"),
        };
        if self.0.contains(&needed) { Ok(()) } else { Err(EffectError::Denied(format!("{needed} is not granted"))) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn descriptor() -> Descriptor {
        Descriptor {
            name: "p".into(),
            version: "1".into(),
            summary: String::new(),
            config_schema: "{}".into(),
            wants: vec!["llm".into(), "lookup:shop".into()],
        }
    }

    fn texts(given: &[&str]) -> Vec<String> {
        given.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_grant_covers_what_it_names_and_nothing_beside_it() {
        let grants = Grants::of(&texts(&["lookup:shop"]), &descriptor()).unwrap();
        assert_eq!(grants.cover(&EffectRequest::Lookup("shop".into())), Ok(()));
        let denied = grants.cover(&EffectRequest::Lookup("shops".into())).unwrap_err();
        assert_eq!(denied, EffectError::Denied("lookup:shops is not granted".into()));
    }

    #[test]
    fn grants_out_of_form_or_unwanted_are_refused() {
        for form in ["llm", "llm:", "llm:Big Model", "network:all", ""] {
            assert_eq!(Grants::recorded(&texts(&[form])), Err(BadGrant::Form(form.into())));
        }
        let unwanted = Grants::of(&texts(&["lookup:salaries"]), &descriptor()).unwrap_err();
        assert!(unwanted.to_string().contains("llm, lookup:shop"), "{unwanted}");
        assert!(Grants::of(&texts(&["llm:default", "llm:large"]), &descriptor()).is_ok());
    }
}
