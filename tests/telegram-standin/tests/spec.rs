//! The specification of Bot API 9.1, when it lies beside the project: every answer is held against its types.

use std::sync::OnceLock;

use serde_json::Value;

/// The specification; `None`, said loudly, where it is not there.
pub(crate) fn spec() -> Option<&'static Value> {
    static SPEC: OnceLock<Option<Value>> = OnceLock::new();
    SPEC.get_or_init(|| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bot-api/api_9.1.json");
        match std::fs::read(&path) {
            Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
            Err(error) => {
                #[expect(clippy::print_stderr, reason = "a check that does not happen is to be seen")]
                {
                    eprintln!("!!! MISSING: {} ({error}); shapes of answers are NOT checked", path.display());
                }
                None
            }
        }
    })
    .as_ref()
}

/// Fails when a method's result is not as the specification says.
pub(crate) fn check_result(method: &str, result: &Value) {
    let Some(spec) = spec() else { return };
    let returns = &spec["methods"][method]["returns"];
    assert!(returns.is_array(), "the specification has no {method}");
    check_any(spec, returns, result, method);
}

fn check_any(spec: &Value, types: &Value, value: &Value, place: &str) {
    let types: Vec<&str> = types.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let problems: Vec<String> = types.iter().filter_map(|name| problem(spec, name, value, place).err()).collect();
    assert!(problems.len() < types.len(), "{}\nin {value:#}", problems.join("\n"));
}

fn problem(spec: &Value, name: &str, value: &Value, place: &str) -> Result<(), String> {
    let wrong = || Err(format!("{place}: no {name}: {value}"));
    if let Some(inner) = name.strip_prefix("Array of ") {
        let Some(items) = value.as_array() else { return wrong() };
        return items.iter().enumerate().try_for_each(|(i, item)| problem(spec, inner, item, &format!("{place}[{i}]")));
    }
    match name {
        "Integer" => return if value.is_i64() || value.is_u64() { Ok(()) } else { wrong() },
        "Float" => return if value.is_number() { Ok(()) } else { wrong() },
        "String" => return if value.is_string() { Ok(()) } else { wrong() },
        "Boolean" | "True" => return if value.is_boolean() { Ok(()) } else { wrong() },
        _ => {}
    }
    let kind = &spec["types"][name];
    if let Some(subtypes) = kind["subtypes"].as_array() {
        let problems: Vec<String> = subtypes
            .iter()
            .filter_map(|subtype| problem(spec, subtype.as_str().unwrap(), value, place).err())
            .collect();
        return if problems.len() < subtypes.len() { Ok(()) } else { Err(problems.join("\n")) };
    }
    let Some(fields) = value.as_object() else { return wrong() };
    let known = kind["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    for field in known {
        let (field_name, place) =
            (field["name"].as_str().unwrap(), format!("{place}.{}", field["name"].as_str().unwrap()));
        match fields.get(field_name) {
            None if field["required"] == true => return Err(format!("{place} is missing")),
            None => {}
            Some(inner) => {
                let types = field["types"].as_array().unwrap();
                let problems: Vec<String> = types
                    .iter()
                    .filter_map(|name| problem(spec, name.as_str().unwrap(), inner, &place).err())
                    .collect();
                if problems.len() == types.len() {
                    return Err(problems.join("\n"));
                }
                check_constant(field, inner, &place)?;
            }
        }
    }
    let is_known = |name: &String| known.iter().any(|field| field["name"] == name.as_str());
    match fields.keys().find(|name| !is_known(name)) {
        Some(unknown) => Err(format!("{place}.{unknown} is not in the specification of {name}")),
        None => Ok(()),
    }
}

/// `The member's status in the chat, always “creator”`: tells the members of a union apart.
fn check_constant(field: &Value, value: &Value, place: &str) -> Result<(), String> {
    let description = field["description"].as_str().unwrap_or_default();
    let constant = description.split_once("always “").and_then(|(_, rest)| rest.split_once('”')).map(|(word, _)| word);
    match constant {
        Some(constant) if value != constant => Err(format!("{place} is {value}, not {constant}")),
        _ => Ok(()),
    }
}
