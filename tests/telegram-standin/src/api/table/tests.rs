//! The table against the specification of Bot API 9.1, where that lies beside the project.

use serde_json::Value;

use super::{Kind, methods};

/// The specification's names of a type.
fn kind(types: &[&str]) -> Kind {
    let has = |name: &str| types.contains(&name);
    match types {
        ["Integer"] => Kind::Integer,
        ["Boolean"] => Kind::Boolean,
        ["String"] => Kind::Text,
        ["InputFile"] => Kind::File,
        _ if types.iter().all(|name| name.starts_with("Array of ")) => Kind::Array,
        _ if has("InputFile") => Kind::FileOrText,
        _ if has("Integer") && has("String") => Kind::Chat,
        _ if has("ReplyKeyboardMarkup") => Kind::Markup,
        _ => Kind::Object,
    }
}

#[test]
fn the_table_says_what_the_specification_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bot-api/api_9.1.json");
    let Ok(text) = std::fs::read(&path) else {
        #[expect(clippy::print_stderr, reason = "a check that does not happen is to be seen")]
        {
            eprintln!("!!! MISSING: {}; the table of methods is NOT checked", path.display());
        }
        return;
    };
    let spec: Value = serde_json::from_slice(&text).unwrap();
    for method in methods() {
        let fields = spec["methods"][method.name]["fields"].as_array().cloned().unwrap_or_default();
        assert!(spec["methods"][method.name].is_object(), "{} is not in the specification", method.name);
        let ours = method.parameters().map(|it| (it.name.to_owned(), it.kind, it.required));
        let mut ours: Vec<_> = ours.collect();
        let theirs = fields.iter().map(|field| {
            let types: Vec<&str> = field["types"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            (field["name"].as_str().unwrap().to_owned(), kind(&types), field["required"] == true)
        });
        let mut theirs: Vec<_> = theirs.collect();
        ours.sort_by(|one, other| one.0.cmp(&other.0));
        theirs.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(ours, theirs, "{}", method.name);
    }
}

#[test]
fn no_method_has_two_rows() {
    let mut names: Vec<&str> = methods().map(|method| method.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), all), (42, 42));
}
