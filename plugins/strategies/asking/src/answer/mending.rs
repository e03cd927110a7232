//! What is nearly JSON: cut off, with a comma too many, in quotes of another kind, with line ends in texts, as Python prints it.

/// Brackets within brackets; an answer about one person needs five.
const DEPTH_MAX: usize = 16;

/// A text with the first bracket closed, cut behind the last complete member where it was cut off itself. Nothing where
/// there is no such member, brackets cross, or they are nested without sense.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut mending = Mending::default();
    let mut letters = text.trim_start().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '[' => mending.open(letter)?,
            '}' | ']' => {
                mending.close(letter)?;
                if mending.brackets.is_empty() {
                    return Some(mending.out);
                }
            }
            ',' => {
                mending.keep();
                mending.out.push(',');
            }
            '"' | '\'' | '“' | '”' | '«' => {
                let begin = mending.out.len();
                if !mending.string(letter, &mut letters) {
                    mending.out.truncate(begin);
                    break;
                }
            }
            letter if letter.is_alphabetic() => {
                let mut word = String::from(letter);
                while let Some(more) = letters.next_if(|letter| letter.is_alphanumeric()) {
                    word.push(more);
                }
                mending.out.push_str(match word.as_str() {
                    "None" => "null",
                    "True" => "true",
                    "False" => "false",
                    other => other,
                });
            }
            other => mending.out.push(other),
        }
        if mending.brackets.is_empty() {
            return None;
        }
    }
    mending.cut_off()
}

#[derive(Default)]
struct Mending {
    out: String,
    /// What closes the brackets that are open, outermost first.
    brackets: Vec<char>,
    /// Where the last complete member ended, with what was open there.
    kept: Option<(usize, Vec<char>)>,
}

impl Mending {
    fn open(&mut self, bracket: char) -> Option<()> {
        self.out.push(bracket);
        self.brackets.push(if bracket == '{' { '}' } else { ']' });
        (self.brackets.len() <= DEPTH_MAX).then_some(())
    }

    fn close(&mut self, bracket: char) -> Option<()> {
        if self.brackets.pop()? != bracket {
            return None;
        }
        let end = self.out.trim_end_matches(|letter: char| letter.is_whitespace() || letter == ',').len();
        self.out.truncate(end);
        self.out.push(bracket);
        self.keep();
        Some(())
    }

    fn keep(&mut self) {
        self.kept = Some((self.out.len(), self.brackets.clone()));
    }

    /// Copies a text in JSON's own quotes; false where it does not end.
    fn string(&mut self, quote: char, letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
        self.out.push('"');
        while let Some(letter) = letters.next() {
            let ends = match quote {
                '"' => letter == '"',
                '«' => letter == '»',
                // An apostrophe within a word ends nothing.
                '\'' => letter == '\'' && letters.peek().is_none_or(|next| !next.is_alphanumeric()),
                _ => matches!(letter, '”' | '“' | '"'),
            };
            match letter {
                _ if ends => {
                    self.out.push('"');
                    return true;
                }
                '\\' => match letters.next() {
                    Some('\'') => self.out.push('\''),
                    Some(escaped) => self.out.extend(['\\', escaped]),
                    None => return false,
                },
                '"' => self.out.push_str("\\\""),
                letter if letter.is_control() => self.out.push(' '),
                letter => self.out.push(letter),
            }
        }
        false
    }

    fn cut_off(mut self) -> Option<String> {
        let (end, brackets) = self.kept?;
        self.out.truncate(end);
        self.out.extend(brackets.into_iter().rev());
        Some(self.out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn read(text: &str) -> Option<Value> {
        serde_json::from_str(&super::mended(text)?).ok()
    }

    #[test]
    fn what_is_nearly_json_becomes_it() {
        for (text, expected) in [
            (r#"{"a":[1,2,],}"#, json!({"a":[1,2]})),
            (r#"{'a': 'it's', 'b': None, 'c': True}"#, json!({"a":"it's","b":null,"c":true})),
            (r#"{“a”: “b”, "c": "say \"hi\""}"#, json!({"a":"b","c":"say \"hi\""})),
            ("{\"a\": \"two\nlines\"}", json!({"a":"two lines"})),
            (r#"{"a": {"b": 1}} and then some "prose"#, json!({"a":{"b":1}})),
            (r#"{'a': 'he said "no"'}"#, json!({"a":"he said \"no\""})),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_ends_behind_its_last_complete_member() {
        for (text, expected) in [
            (r#"{"a":"b","c":"d"#, json!({"a":"b"})),
            (r#"{"f":[{"k":1,"v":2},{"k":3,"#, json!({"f":[{"k":1,"v":2},{"k":3}]})),
            (r#"{"f":[{"k":1,"v":2},{"#, json!({"f":[{"k":1,"v":2}]})),
            (r#"[["a"],["b\"#, json!([["a"]])),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_is_left_alone() {
        for text in ["", "no", "{", "[1", "{\"a", "{]", "(a)", "{braces} in prose", "{\"a\":\"\\"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(20_000)), None);
        assert_eq!(read(&"{\"a\":[1,".repeat(4_000)), None);
    }
}
