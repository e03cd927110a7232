//! The schema of a strategy's configuration: JSON Schema 2020-12, written by somebody we do not know.
//!
//! What checking a configuration costs is bounded before anything is checked: a schema refers only into itself, and
//! with all references written out it has at most [`NODES`] nodes. Patterns run in linear time.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::descriptor::BadDescriptor;

/// Nodes of a schema with its references written out: a form of a thousand fields.
pub(crate) const NODES: usize = 10_000;
/// References within references; also what ends one that leads to itself.
pub(crate) const REFERENCES_DEEP: usize = 32;
/// One pattern, compiled.
pub(crate) const PATTERN_BYTES: usize = 256 << 10;
/// Longest configuration: what a person wrote into a form.
pub const CONFIG_BYTES: usize = 16 << 10;
/// Keywords that lead elsewhere, or name a place to be led to, in ways that are not needed in one short schema.
pub(crate) const ELSEWHERE: [&str; 5] = ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"];

/// A schema that is safe to use.
pub struct ConfigSchema {
    validator: Validator,
}

/// A configuration is not what the strategy's schema asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config{place} {why}")]
pub struct BadConfig {
    /// JSON pointer into the configuration.
    pub place: String,
    /// What is wrong there.
    pub why: String,
}

impl ConfigSchema {
    /// Reads the schema of a descriptor.
    pub fn of(text: &str) -> Result<Self, BadDescriptor> {
        let wrong = |why: String| BadDescriptor { field: "config-schema", why: why.into() };
        let schema: Value = serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| wrong("must be a JSON object".to_owned()))?;
        let mut walk = Walk { root: &schema, left: NODES };
        walk.node(&schema, 0).map_err(|why| wrong(why.to_owned()))?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES))
            .build(&schema)
            .map_err(|error| wrong(format!("must be a JSON Schema of 2020-12: {error}")))?;
        Ok(Self { validator })
    }

    /// The configuration as a strategy gets it, with its keys in order; or what is wrong with it.
    pub fn check(&self, config: &str) -> Result<String, BadConfig> {
        let wrong = |why: String| BadConfig { place: String::new(), why };
        if config.len() > CONFIG_BYTES {
            return Err(wrong(format!("has {} bytes where {CONFIG_BYTES} are allowed", config.len())));
        }
        let config: Value = serde_json::from_str(config).map_err(|error| wrong(format!("is no JSON: {error}")))?;
        match self.validator.validate(&config) {
            Ok(()) => Ok(canonical(config).to_string()),
            Err(error) => Err(BadConfig { place: error.instance_path().to_string(), why: error.to_string() }),
        }
    }
}

/// One configuration, one text.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().map(|(key, value)| (key, canonical(value))).collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(canonical).collect()),
        scalar => scalar,
    }
}

/// Walks through a schema as a validator would.
struct Walk<'a> {
    root: &'a Value,
    left: usize,
}

impl Walk<'_> {
    fn node(&mut self, node: &Value, references: usize) -> Result<(), &'static str> {
        self.left = self.left.checked_sub(1).ok_or("must not have more than 10000 nodes, references written out")?;
        match node {
            Value::Object(members) => {
                for (key, member) in members {
                    if ELSEWHERE.contains(&key.as_str()) {
                        return Err("must not hold $id, $anchor, $dynamicRef, $dynamicAnchor or $recursiveRef");
                    }
                    match (key.as_str(), member) {
                        ("$ref", Value::String(target)) => self.reference(target, references)?,
                        // Walked where it is referred to.
                        ("$defs" | "definitions", _) => {}
                        _ => self.node(member, references)?,
                    }
                }
                Ok(())
            }
            Value::Array(nodes) => nodes.iter().try_for_each(|node| self.node(node, references)),
            _ => Ok(()),
        }
    }

    fn reference(&mut self, target: &str, references: usize) -> Result<(), &'static str> {
        if references == REFERENCES_DEEP {
            return Err("must not refer to itself");
        }
        let root = self.root;
        let target = target.strip_prefix('#').ok_or("must refer to nothing outside itself")?;
        let target = root.pointer(target).ok_or("refers to what it does not hold")?;
        self.node(target, references + 1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(schema: &str) -> String {
        ConfigSchema::of(schema).err().unwrap().to_string()
    }

    #[test]
    fn a_configuration_is_checked_and_put_in_order() {
        let schema = r##"{"type":"object","properties":{"lang":{"$ref":"#/$defs/lang"}},"required":["lang"],
            "additionalProperties":false,"$defs":{"lang":{"enum":["ru","en"]}}}"##;
        let schema = ConfigSchema::of(schema).unwrap();
        assert_eq!(schema.check(r#"{ "lang": "ru" }"#).unwrap(), r#"{"lang":"ru"}"#);
        assert_eq!(schema.check(r#"{"lang":"de"}"#).unwrap_err().place, "/lang");
        assert!(schema.check("{}").unwrap_err().to_string().contains("lang"));
        assert!(schema.check("{").unwrap_err().to_string().contains("no JSON"));
        assert!(schema.check(&" ".repeat(CONFIG_BYTES + 1)).unwrap_err().to_string().contains("bytes"));
        let any = ConfigSchema::of("{}").unwrap();
        assert_eq!(any.check(r#"{"b":{"d":1,"c":2},"a":[]}"#).unwrap(), r#"{"a":[],"b":{"c":2,"d":1}}"#);
    }

    #[test]
    fn a_schema_bomb_is_refused_before_it_goes_off() {
        let doubling: Vec<String> = (0..40)
            .map(|n| {
                format!(r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{m}"}},{{"$ref":"#/$defs/d{m}"}}]}}"##, m = n + 1)
            })
            .collect();
        let doubling = format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d40":{{}}}}}}"##, doubling.join(","));
        assert!(refused(&doubling).contains("config-schema must not"), "{}", refused(&doubling));
        assert!(refused(r##"{"items":{"$ref":"#"}}"##).contains("itself"));
        assert!(refused(r#"{"$ref":"https://json-schema.org/schema"}"#).contains("outside itself"));
        assert!(refused(r#"{"$ref":"file:///etc/passwd"}"#).contains("outside itself"));
        assert!(refused(r##"{"$ref":"#/$defs/none"}"##).contains("does not hold"));
        assert!(refused(r#"{"$dynamicRef":"node"}"#).contains("$dynamicRef"));
        assert!(refused(&format!("{}1{}", r#"{"not":"#.repeat(200), "}".repeat(200))).contains("JSON object"));
        assert!(refused(r#"{"type":"strings"}"#).contains("2020-12"));
        // A pattern that would compile to megabytes, and one that backtracking engines choke on.
        assert!(refused(r#"{"pattern":"(((a{1,100}){1,100}){1,100}){1,100}"}"#).contains("config-schema"));
        let nested = ConfigSchema::of(r#"{"pattern":"^(a+)+$"}"#).unwrap();
        assert!(nested.check(&format!("\"{}!\"", "a".repeat(10_000))).is_err());
    }
}
