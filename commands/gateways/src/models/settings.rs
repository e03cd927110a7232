//! Which models there are, who may ask them, and for how much.

use std::{collections::BTreeMap, fmt, num::NonZeroU32, time::Duration};

use rust_decimal::Decimal;
use serde::Deserialize;

use super::Price;
use crate::patience::PaceLimits;

/// How long one request to a model may take unless settings say otherwise.
const TIMEOUT_SECONDS: u64 = 60;
/// How long all attempts of a call may take, our own waiting included.
const DEADLINE_SECONDS: u64 = 300;
/// The longest of either.
const SECONDS_MAX: u64 = 3_600;
/// How long an answer is given again.
const KEEP_HOURS: u32 = 30 * 24;
/// The dearest price of a million tokens and the largest budget that make sense; beyond it somebody mistyped.
const MONEY_MAX: u32 = 1_000_000;
/// The grant of plugins that have none by name.
const EVERYBODY: &str = "*";

/// The key of a model's server. It is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// From its text.
    pub fn new(key: String) -> Self {
        Self(key)
    }

    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// How a server is told what an answer has to look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaWay {
    /// By its own parameter; where it refuses that, in the question from then on.
    #[default]
    Auto,
    /// By its own parameter only.
    Native,
    /// In the question only.
    Prompt,
}

/// A model.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// Where its server is: what stands before `/chat/completions`.
    pub base_url: String,
    /// The model, by the server's name for it.
    pub model: String,
    /// The key.
    pub key: Option<ApiKey>,
    /// What it takes in a minute.
    pub limits: PaceLimits,
    /// What it costs; nothing where there is none.
    pub price: Option<Price>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long all attempts may take.
    pub deadline: Duration,
    /// How many hours an answer is given again.
    pub keep_hours: u32,
    /// How it is told of schemas.
    pub schema: SchemaWay,
}

/// What a plugin may.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantSettings {
    /// Which models it may ask.
    pub models: Vec<String>,
    /// What one of its runs may cost.
    pub budget_per_run: Option<Decimal>,
    /// What it may cost in a UTC day.
    pub budget_per_day: Option<Decimal>,
}

/// What a call may cost; `None`: anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// The plugin's run.
    pub run: Option<Decimal>,
    /// The plugin in a UTC day.
    pub plugin_day: Option<Decimal>,
    /// All plugins in a UTC day.
    pub house_day: Option<Decimal>,
}

/// Everything about models.
#[derive(Clone, Debug, Default)]
pub struct ModelsSettings {
    /// The models by our names for them.
    pub models: BTreeMap<String, ModelSettings>,
    grants: BTreeMap<String, GrantSettings>,
    house_budget_per_day: Option<Decimal>,
}

/// What is wrong with settings; never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

impl SettingsError {
    /// For those who read what settings point at.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSettings {
    models: BTreeMap<String, WrittenModel>,
    #[serde(default)]
    grants: BTreeMap<String, GrantSettings>,
    budget_per_day: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenModel {
    base_url: String,
    model: String,
    api_key: Option<String>,
    api_key_file: Option<String>,
    requests_per_minute: Option<NonZeroU32>,
    tokens_per_minute: Option<NonZeroU32>,
    price_per_million: Option<Price>,
    timeout_seconds: Option<u64>,
    deadline_seconds: Option<u64>,
    keep_answers_hours: Option<u32>,
    #[serde(default)]
    schema: SchemaWay,
}

impl ModelsSettings {
    /// Reads the text of a file of settings. `secret` reads a file that holds a key.
    pub fn read(text: &str, secret: &dyn Fn(&str) -> Result<String, SettingsError>) -> Result<Self, SettingsError> {
        let written: WrittenSettings = serde_json::from_str(text).map_err(|error| refused(&error))?;
        let mut models = BTreeMap::new();
        for (name, model) in written.models {
            check_name(&name)?;
            let settings = model.settings(secret).map_err(|wrong| SettingsError(format!("models.{name}: {wrong}")))?;
            models.insert(name, settings);
        }
        let settings = Self { models, grants: written.grants, house_budget_per_day: written.budget_per_day };
        settings.check()?;
        Ok(settings)
    }

    /// One model, called `default`, that every plugin may ask.
    pub fn single(base_url: String, model: String, key: Option<ApiKey>) -> Result<Self, SettingsError> {
        let written = WrittenModel {
            base_url,
            model,
            api_key: None,
            api_key_file: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            price_per_million: None,
            timeout_seconds: None,
            deadline_seconds: None,
            keep_answers_hours: None,
            schema: SchemaWay::Auto,
        };
        let none = |_: &str| Err(SettingsError("no file".into()));
        let name = "default".to_owned();
        let everybody = GrantSettings { models: vec![name.clone()], ..GrantSettings::default() };
        Ok(Self {
            models: [(name, ModelSettings { key, ..written.settings(&none)? })].into(),
            grants: [(EVERYBODY.to_owned(), everybody)].into(),
            house_budget_per_day: None,
        })
    }

    /// What `plugin` may spend on `model`; `None`: it may not ask it.
    pub fn budgets(&self, plugin: &str, model: &str) -> Option<Budgets> {
        let grant = self.grant_of(plugin)?;
        grant.models.iter().any(|granted| granted == model).then_some(Budgets {
            run: grant.budget_per_run,
            plugin_day: grant.budget_per_day,
            house_day: self.house_budget_per_day,
        })
    }

    /// The grant of `plugin`: its own, or else everybody's.
    pub fn grant_of(&self, plugin: &str) -> Option<&GrantSettings> {
        self.grants.get(plugin).or_else(|| self.grants.get(EVERYBODY))
    }

    /// The grants, by plugin.
    pub fn grants(&self) -> &BTreeMap<String, GrantSettings> {
        &self.grants
    }

    /// What all plugins may cost in a UTC day.
    pub fn house_budget_per_day(&self) -> Option<Decimal> {
        self.house_budget_per_day
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_money("budget_per_day", self.house_budget_per_day)?;
        for (plugin, grant) in &self.grants {
            let place = |field: &str| format!("grants.{plugin}.{field}");
            check_money(&place("budget_per_run"), grant.budget_per_run)?;
            check_money(&place("budget_per_day"), grant.budget_per_day)?;
            for name in &grant.models {
                let Some(model) = self.models.get(name) else {
                    return Err(SettingsError(format!("{}: there is no model {name:?}", place("models"))));
                };
                let is_limited =
                    [grant.budget_per_run, grant.budget_per_day, self.house_budget_per_day].iter().any(Option::is_some);
                if is_limited && model.price.is_none() {
                    return Err(SettingsError(format!(
                        "models.{name}.price_per_million is missing: without it a budget limits nothing (0 is a price)"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl WrittenModel {
    fn settings(self, secret: &dyn Fn(&str) -> Result<String, SettingsError>) -> Result<ModelSettings, SettingsError> {
        let refuse = |text: &str| Err(SettingsError(text.to_owned()));
        if !self.base_url.starts_with("http://") && !self.base_url.starts_with("https://") {
            return refuse("base_url must begin with http:// or https:// (like https://api.openai.com/v1)");
        }
        // Whatever shows the address would show these too.
        if self.base_url.contains(['@', '?', '#']) {
            return refuse("base_url must hold no user, password or query");
        }
        if self.model.trim().is_empty() {
            return refuse("model must be the server's name of a model");
        }
        let key = match (self.api_key, self.api_key_file) {
            (Some(_), Some(_)) => return refuse("both api_key and api_key_file are set; set one of them"),
            (Some(key), None) => Some(key),
            (None, Some(file)) => Some(secret(&file)?),
            (None, None) => None,
        };
        let price = self.price_per_million;
        check_money("price_per_million.input", price.map(|price| price.input))?;
        check_money("price_per_million.output", price.map(|price| price.output))?;
        let seconds = |name: &str, seconds: Option<u64>, default| match seconds.unwrap_or(default) {
            seconds @ 1..=SECONDS_MAX => Ok(Duration::from_secs(seconds)),
            _ => Err(SettingsError(format!("{name} must be 1 to {SECONDS_MAX}"))),
        };
        Ok(ModelSettings {
            timeout: seconds("timeout_seconds", self.timeout_seconds, TIMEOUT_SECONDS)?,
            deadline: seconds("deadline_seconds", self.deadline_seconds, DEADLINE_SECONDS)?,
            base_url: self.base_url.trim_end_matches('/').to_owned(),
            model: self.model,
            key: key.filter(|key| !key.is_empty()).map(ApiKey::new),
            limits: PaceLimits {
                requests_per_minute: self.requests_per_minute,
                tokens_per_minute: self.tokens_per_minute,
            },
            price,
            keep_hours: self.keep_answers_hours.unwrap_or(KEEP_HOURS),
            schema: self.schema,
        })
    }
}

/// Our names stand in names of streams, metrics and requests of plugins.
fn check_name(name: &str) -> Result<(), SettingsError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(SettingsError("models: a name has 1 to 64 characters of a-z 0-9 _ - .".into()))
    }
}

fn check_money(field: &str, money: Option<Decimal>) -> Result<(), SettingsError> {
    // Prices of a token have six places more; decimals hold twenty-eight.
    match money {
        Some(money) if money < Decimal::ZERO || money > Decimal::from(MONEY_MAX) || money.scale() > 9 => {
            Err(SettingsError(format!("{field} must be 0 to {MONEY_MAX}, with nine places at most")))
        }
        _ => Ok(()),
    }
}

/// Says where, and of fields their names; values may be keys.
fn refused(error: &serde_json::Error) -> SettingsError {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    let names_a_field = text.starts_with("unknown field") || text.starts_with("missing field");
    SettingsError(if names_a_field {
        text
    } else {
        format!("line {line}, column {column}: this is not what should stand here")
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
