//! Refuses documents whose fragments unfold into more than anybody means, before anything walks them, and
//! subscriptions to several things at once.
//!
//! The limits of async-graphql walk every fragment at every place it is spread: a dozen fragments that each spread the
//! next one twice, or one that spreads itself twice, would keep a processor busy for hours.

use std::collections::HashMap;

use async_graphql::{
    Name,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};

use crate::errors::{Code, Failure};

/// Selections of a document with every fragment unfolded: the introspection query has about 200, the largest page of a
/// console a few hundred.
pub(crate) const SELECTIONS_MAX: usize = 10_000;

/// Refuses `document` when it is too large unfolded, or unfolds for ever.
pub(crate) fn check(document: &ExecutableDocument) -> Result<(), Failure> {
    let mut sizes = Sizes { document, known: HashMap::new() };
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        if operation.node.ty == OperationType::Subscription {
            check_root(&operation.node.selection_set.node)?;
        }
        total = total.saturating_add(sizes.of_set(&operation.node.selection_set.node)?);
    }
    if total > SELECTIONS_MAX {
        let message =
            format!("the document selects {total} fields with its fragments unfolded, {SELECTIONS_MAX} are allowed");
        return Err(Failure::new(Code::GraphqlValidationFailed, message));
    }
    Ok(())
}

/// The specification allows one field. The engine would run any number of them, none of them from a fragment.
fn check_root(set: &SelectionSet) -> Result<(), Failure> {
    match set.items.as_slice() {
        [only] if matches!(only.node, Selection::Field(_)) => Ok(()),
        _ => {
            let message =
                "a subscription selects exactly one field, not in a fragment; subscribe several times instead";
            Err(Failure::new(Code::GraphqlValidationFailed, message))
        }
    }
}

struct Sizes<'a> {
    document: &'a ExecutableDocument,
    /// `None`: the fragment is being measured, so whoever asks now stands inside of it.
    known: HashMap<&'a Name, Option<usize>>,
}

impl<'a> Sizes<'a> {
    fn of_set(&mut self, set: &'a SelectionSet) -> Result<usize, Failure> {
        let mut size = 0_usize;
        for selection in &set.items {
            let inner = match &selection.node {
                Selection::Field(field) => self.of_set(&field.node.selection_set.node)?,
                Selection::InlineFragment(fragment) => self.of_set(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.of_fragment(&spread.node.fragment_name.node)?,
            };
            size = size.saturating_add(1).saturating_add(inner);
        }
        Ok(size)
    }

    fn of_fragment(&mut self, name: &'a Name) -> Result<usize, Failure> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("the fragment `{name}` spreads itself");
                return Err(Failure::new(Code::GraphqlValidationFailed, message));
            }
            None => {}
        }
        // An unknown fragment is the validation's matter.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(0) };
        self.known.insert(name, None);
        let size = self.of_set(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt::Write;

    use async_graphql::parser::parse_query;

    use super::check;

    #[test]
    fn a_document_that_doubles_forty_times_is_refused_at_once() {
        let mut query = "{ ...F0 }".to_owned();
        for level in 0..40 {
            write!(query, " fragment F{level} on Query {{ ...F{next} ...F{next} }}", next = level + 1).unwrap();
        }
        query.push_str(" fragment F40 on Query { __typename }");
        assert!(check(&parse_query(query).unwrap()).is_err());
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_refused() {
        let query = "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }";
        assert!(check(&parse_query(query).unwrap()).is_err());
    }

    #[test]
    fn a_subscription_is_to_one_thing() {
        for refused in [
            "subscription { a b }",
            "subscription { a: a b: a }",
            "subscription { ...F } fragment F on Subscription { a }",
            "query Q { a } subscription S { a b }",
        ] {
            assert!(check(&parse_query(refused).unwrap()).is_err(), "{refused}");
        }
        assert!(check(&parse_query("subscription { a { b c ...F } } fragment F on A { d e }").unwrap()).is_ok());
    }

    #[test]
    fn ordinary_documents_pass() {
        let query =
            "{ ...A ...A people { ...P } } fragment A on Query { __typename } fragment P on X { a b ... { c } }";
        assert!(check(&parse_query(query).unwrap()).is_ok());
    }
}
