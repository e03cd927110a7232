//! Golden cases: what goes into a strategy and what has to come of it, as JSON. `docs/plugin-authors/case.schema.json` is
//! their schema.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use chronogram_plugin_host::{EffectAnswer, EffectError, LlmResponse, World};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Noon of a day in 2023: the time of a call that says none.
const NOON_MS: u64 = 1_700_049_600_000;

/// One case, as it stands in its file. Everything but the input may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    /// The configuration; `{}` where none is given.
    #[serde(default = "nothing")]
    pub(crate) config: Value,
    /// BCP 47 tag of the person or channel.
    #[serde(default)]
    pub(crate) locale: Option<String>,
    /// The time of the call.
    #[serde(default = "noon")]
    pub(crate) now_ms: u64,
    /// The input, of the strategy's world; what is left out is empty.
    pub(crate) input: Value,
    /// Answers to effects, in the order they are asked for.
    #[serde(default)]
    pub(crate) journal: Vec<Answer>,
    /// What has to come of it; nothing yet in a new case, which `--update` completes.
    #[serde(default)]
    pub(crate) outcome: Option<Value>,
}

fn nothing() -> Value {
    json!({})
}

fn noon() -> u64 {
    NOON_MS
}

/// What an effect brought.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Llm(LlmResponse),
    /// A fact set, as JSON text.
    Lookup(String),
    Error(EffectError),
}

impl From<Answer> for Result<EffectAnswer, EffectError> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Llm(response) => Ok(EffectAnswer::Llm(response)),
            Answer::Lookup(json) => Ok(EffectAnswer::Lookup(json)),
            Answer::Error(error) => Err(error),
        }
    }
}

/// A case's file.
pub(crate) struct CaseFile {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) case: Case,
}

impl CaseFile {
    /// Every `*.json` of the folder, by name.
    pub(crate) fn all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| {
            format!("the cases of {} cannot be read; --cases names another folder", folder.display())
        })?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
        paths.sort();
        if paths.is_empty() {
            bail!("{} holds no *.json", folder.display());
        }
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let case = serde_json::from_str(&text).with_context(|| format!("{} is no case", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { path, name, case })
    }

    /// Writes this outcome into the file; everything else in it stays.
    pub(crate) fn update(&self, outcome: &Value) -> anyhow::Result<()> {
        let mut whole: Map<String, Value> = serde_json::from_str(&fs::read_to_string(&self.path)?)?;
        whole.insert("outcome".into(), outcome.clone());
        fs::write(&self.path, serde_json::to_string_pretty(&whole)? + "\n")
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

/// The input with everything in it that the contract asks for and the case leaves out.
pub(crate) fn whole_input(input: &Value, world: World) -> Value {
    let mut input = input.clone();
    match world {
        World::Profile => {
            let empty = json!({ "user": "person", "known": [], "messages": [], "wanted_keys": [], "facts": [] });
            complete(&mut input, &empty);
            each(&mut input, "known", |_| json!({ "confidence": "1", "evidence": [] }));
            each(&mut input, "messages", |at| json!({ "id": format!("m{at}"), "from_user": true, "facts": [] }));
        }
        World::Alert => {
            let empty = json!({
                "channel": "channel", "title": "Channel", "samples": [], "last_post_at_ms": null, "memory": "", "facts": []
            });
            complete(&mut input, &empty);
            each(&mut input, "samples", |_| json!({ "views": "0", "posts": 0, "facts": [] }));
        }
    }
    input
}

fn each(input: &mut Value, key: &str, empty: impl Fn(usize) -> Value) {
    for (at, item) in input.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        complete(item, &empty(at));
    }
}

fn complete(value: &mut Value, empty: &Value) {
    if let (Some(value), Some(empty)) = (value.as_object_mut(), empty.as_object()) {
        for (key, filler) in empty {
            value.entry(key.clone()).or_insert_with(|| filler.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chronogram_plugin_host::{AlertInput, ProfileInput};

    use super::*;

    #[test]
    fn what_a_case_leaves_out_is_completed() {
        let said = json!({ "messages": [{ "text": "Why?" }, { "id": "x", "text": "", "from_user": false }] });
        let input: ProfileInput = serde_json::from_value(whole_input(&said, World::Profile)).unwrap();
        let ids: Vec<_> = input.messages.iter().map(|message| (message.id.as_str(), message.from_user)).collect();
        assert_eq!(ids, [("m0", true), ("x", false)]);

        let said = json!({ "samples": [{ "at_ms": 1, "subscribers": 2 }] });
        let input: AlertInput = serde_json::from_value(whole_input(&said, World::Alert)).unwrap();
        assert_eq!((input.samples.len(), input.memory.len()), (1, 0));
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let error = serde_json::from_str::<Case>(r#"{"input":{},"journel":[]}"#).unwrap_err();
        assert!(error.to_string().contains("journel"), "{error}");
    }
}
