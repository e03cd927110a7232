//! JSON out of what a model wrote: bare, in a fence, or somewhere in a text.

use serde_json::Value;

/// The JSON object or array that is meant, where there is one: the whole text; else the inside of the first fence that
/// is one; else the first that stands in the text.
pub fn json_in(text: &str) -> Option<Value> {
    let whole = |text: &str| serde_json::from_str::<Value>(text.trim()).ok().filter(is_structured);
    whole(text).or_else(|| fenced(text).find_map(whole)).or_else(|| standing_in(text))
}

fn is_structured(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// What stands between fences of three backticks, without the word that names the language.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2).map(|inside| {
        let body = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        if body.starts_with(['\n', '\r', ' ', '{', '[']) { body } else { inside }
    })
}

/// Places where JSON may begin that are looked at: a text of nothing but brackets is no reason to read it a million times.
const BEGINNINGS_MAX: usize = 64;

fn standing_in(text: &str) -> Option<Value> {
    text.match_indices(['{', '[']).take(BEGINNINGS_MAX).find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        values.next()?.ok().filter(is_structured)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_found_however_it_is_wrapped() {
        for text in [
            r#"{"a":1}"#,
            "  {\"a\": 1}\n",
            "```json\n{\"a\":1}\n```",
            "```\n{\"a\":1}\n```",
            "Sure! Here it is:\n```JSON\n{\"a\":1}\n```\nAnything else?",
            r#"The answer is {"a":1}, I think."#,
            r#"I used {braces} and then {"a":1}."#,
            "``` not json ``` but ```json\n{\"a\":1}```",
        ] {
            assert_eq!(json_in(text), Some(json!({ "a": 1 })), "{text}");
        }
        assert_eq!(json_in("[1, 2]"), Some(json!([1, 2])));
    }

    #[test]
    fn what_is_none_gives_none_and_takes_no_time() {
        for text in ["", "no", "7", "\"text\"", "{\"a\":", "```", "```json\n```", "{\"a\":1"] {
            assert_eq!(json_in(text), None, "{text}");
        }
        assert_eq!(json_in(&"[".repeat(1_000_000)), None);
        assert_eq!(json_in(&"{\"a\":".repeat(200_000)), None);
    }
}
