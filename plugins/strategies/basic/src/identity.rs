//! What to call the person.

use crate::input::{Field, Person};

/// Longest name kept; longer ones are jokes.
const NAME_LETTERS: usize = 128;

/// The name the person gives, or else the handle, which says less.
pub fn display_name(person: &Person) -> Option<Field> {
    let given = person.display_name.as_deref().map(clean).filter(|name| !name.is_empty());
    let handle = person.username.as_deref().map(clean).filter(|name| !name.is_empty());
    let (value, confidence) = match (given, handle) {
        (Some(name), _) => (name, 1.0),
        (None, Some(handle)) => (format!("@{}", handle.trim_start_matches('@')), 0.6),
        (None, None) => return None,
    };
    Some(Field { key: "display_name", value, confidence, evidence: Vec::new() })
}

fn clean(name: &str) -> String {
    let letters: String = name.chars().filter(|letter| !letter.is_control()).collect();
    letters.trim().chars().take(NAME_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(display_name: &str, username: &str) -> Option<(String, f32)> {
        let person =
            Person { display_name: Some(display_name.into()), username: Some(username.into()), ..Person::default() };
        display_name_of(&person)
    }

    fn display_name_of(person: &Person) -> Option<(String, f32)> {
        display_name(person).map(|field| (field.value, field.confidence))
    }

    #[test]
    fn the_given_name_counts_before_the_handle() {
        assert_eq!(named(" Анна \u{7}", "anna"), Some(("Анна".into(), 1.0)));
        assert_eq!(named("  ", "@anna"), Some(("@anna".into(), 0.6)));
        assert_eq!(display_name_of(&Person::default()), None);
    }
}
