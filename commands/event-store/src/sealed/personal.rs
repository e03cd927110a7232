//! Finds what belongs to people in the JSON of an event: objects of exactly two members, `person` and either `plain` or
//! `sealed`. Everything else is left as it was written, byte for byte; so is what is no JSON, which others refuse.

use std::ops::Range;

use chronogram_model::PersonId;

/// How the words stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Sealed,
}

/// Something that belongs to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) form: Form,
    pub(crate) person: PersonId,
    /// The whole object.
    pub(crate) object: Range<usize>,
    /// The words, as JSON.
    pub(crate) value: Range<usize>,
}

impl Found {
    /// The sealed form as text, where it is one; `json` is what it was found in.
    pub(crate) fn text<'a>(&self, json: &'a str) -> &'a str {
        let quoted = json.get(self.value.clone()).unwrap_or_default();
        quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default()
    }
}

/// Everything that belongs to people in `json`, in its order. What stands inside of it is not looked at.
pub(crate) fn find(json: &str) -> Vec<Found> {
    let mut found = Vec::new();
    if !json.contains("\"person\"") {
        return found;
    }
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        at = match byte {
            b'"' => match string(json, at) {
                Some(string) => string.end,
                None => return found,
            },
            b'{' => match object(json, at) {
                Some(one) => {
                    let end = one.object.end;
                    found.push(one);
                    end
                }
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    found
}

/// Puts `replacement(n)` in the place of the n-th of `found`.
pub(crate) fn replace(json: &str, found: &[Found], replacements: &[String]) -> String {
    let added: usize = replacements.iter().map(String::len).sum();
    let mut text = String::with_capacity(json.len() + added);
    let mut from = 0;
    for (one, replacement) in found.iter().zip(replacements) {
        text.push_str(json.get(from..one.object.start).unwrap_or_default());
        text.push_str(replacement);
        from = one.object.end;
    }
    text.push_str(json.get(from..).unwrap_or_default());
    text
}

fn object(json: &str, start: usize) -> Option<Found> {
    let (mut person, mut words) = (None, None);
    let mut at = start + 1;
    for is_last in [false, true] {
        at = blank(json, at);
        let name = string(json, at)?;
        at = expect(json, blank(json, name.end), b':')?;
        at = blank(json, at);
        let value = value(json, at)?;
        match json.get(name)? {
            "\"person\"" => person = Some(serde_json::from_str::<PersonId>(json.get(value.clone())?).ok()?),
            "\"plain\"" => words = Some((Form::Plain, value.clone())),
            "\"sealed\"" => words = Some((Form::Sealed, value.clone())),
            _ => return None,
        }
        at = expect(json, blank(json, value.end), if is_last { b'}' } else { b',' })?;
    }
    let (form, value) = words?;
    Some(Found { form, person: person?, object: start..at, value })
}

fn expect(json: &str, at: usize, byte: u8) -> Option<usize> {
    (*json.as_bytes().get(at)? == byte).then_some(at + 1)
}

fn blank(json: &str, at: usize) -> usize {
    let rest = json.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// A string with its quotes.
fn string(json: &str, start: usize) -> Option<Range<usize>> {
    let mut at = expect(json, start, b'"')?;
    loop {
        let rest = json.as_bytes().get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        match json.as_bytes().get(at)? {
            b'"' => return Some(start..at + 1),
            _ => at += 2,
        }
    }
}

/// Any value, without a recursion that hostile nesting could exhaust.
fn value(json: &str, start: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        at = match json.as_bytes().get(at)? {
            b'"' => string(json, at)?.end,
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at + 1
            }
            b',' | b':' if depth == 0 => return None,
            b',' | b':' => at + 1,
            byte if byte.is_ascii_whitespace() => at + 1,
            _ => {
                let rest = json.as_bytes().get(at..)?;
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b'"') || byte.is_ascii_whitespace();
                at + rest.iter().position(ends)?
            }
        };
        if depth == 0 {
            return Some(start..at);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn values(json: &str) -> Vec<(Form, String, &str)> {
        let found = find(json);
        found.into_iter().map(|one| (one.form, one.person.to_string(), &json[one.value])).collect()
    }

    #[test]
    fn words_are_found_wherever_they_stand_and_in_any_layout() {
        let json = r#"{"a":{"person":"7","plain":{"text":"{\"person\":\"7\",\"plain\":1}"}},"b":[
            { "plain" : [1, {"x": "}"}] , "person" : "api.ann" }, {"person":"7","sealed":"AAAA"}]}"#;
        assert_eq!(
            values(json),
            [
                (Form::Plain, "7".to_owned(), r#"{"text":"{\"person\":\"7\",\"plain\":1}"}"#),
                (Form::Plain, "api.ann".to_owned(), r#"[1, {"x": "}"}]"#),
                (Form::Sealed, "7".to_owned(), "\"AAAA\""),
            ]
        );
        assert_eq!(values(r#"{"person":"7","plain":null}"#), [(Form::Plain, "7".to_owned(), "null")]);
        assert_eq!(values(r#"{"person":"7","plain":-1.5e3}"#), [(Form::Plain, "7".to_owned(), "-1.5e3")]);
    }

    #[test]
    fn only_these_objects_are() {
        for json in [
            r#"{"person":"7"}"#,
            r#"{"person":"7","plain":1,"more":2}"#,
            r#"{"person":7,"plain":1}"#,
            r#"{"person":"nobody's id","plain":1}"#,
            r#"{"person":"7","erased":true}"#,
            r#"{"person":"7","person":"8"}"#,
            r#"{"public":"{\"person\":\"7\",\"plain\":1}"}"#,
        ] {
            assert_eq!(values(json), [], "{json}");
        }
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        let whole = r#"{"a":{"person":"7","plain":{"b":["c\"",{"d":1}]}}}"#;
        for end in 0..whole.len() {
            assert!(find(&whole[..end]).len() <= 1, "{}", &whole[..end]);
        }
        let nested = format!("{{\"person\":\"7\",\"plain\":{}", "[".repeat(1_000_000));
        assert_eq!(find(&nested), []);
        for json in [r#"{"person":"7","plain":]}"#, r#"{"person":"7","plain":,}"#, r#"{"person":"7","plain":"\"#] {
            assert_eq!(find(json), [], "{json}");
        }
    }

    #[test]
    fn what_stands_around_stays_byte_for_byte() {
        let json = r#" {"x": 1.0, "a":{"person":"7","plain":"я"}, "b" :{"person":"8","plain":2}} "#;
        let replaced = replace(json, &find(json), &["A".to_owned(), "B".to_owned()]);
        assert_eq!(replaced, r#" {"x": 1.0, "a":A, "b" :B} "#);
    }
}
