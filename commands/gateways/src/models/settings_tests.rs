//! Settings of models, right and wrong.
#![allow(clippy::unwrap_used)]

use super::*;

fn read(text: &str) -> Result<ModelsSettings, SettingsError> {
    ModelsSettings::read(text, &|file| match file {
        "/key" => Ok("sk-secret".into()),
        _ => Err(SettingsError("api_key_file cannot be read".into())),
    })
}

const WHOLE: &str = r#"{ "budget_per_day": "20", "models": {
    "default": { "base_url": "https://api.openai.com/v1/", "model": "small-1", "api_key_file": "/key",
        "requests_per_minute": 60, "tokens_per_minute": 90000, "timeout_seconds": 5, "deadline_seconds": 9,
        "price_per_million": { "input": "0.15", "output": "0.60" }, "keep_answers_hours": 1, "schema": "prompt" },
    "local": { "base_url": "http://localhost:1234/v1", "model": "m",
        "price_per_million": { "input": "0", "output": "0" } } },
    "grants": { "profile-llm": { "models": ["default"], "budget_per_run": "5", "budget_per_day": "10" },
        "*": { "models": ["local"] } } }"#;

#[test]
fn models_grants_and_budgets_are_read() {
    let settings = read(WHOLE).unwrap();
    let model = settings.models.get("default").unwrap();
    assert_eq!(model.base_url, "https://api.openai.com/v1");
    assert_eq!((model.timeout.as_secs(), model.deadline.as_secs(), model.keep_hours), (5, 9, 1));
    assert_eq!(model.key, Some(ApiKey::new("sk-secret".into())));
    assert_eq!(model.schema, SchemaWay::Prompt);
    let budgets = settings.budgets("profile-llm", "default").unwrap();
    let money = |amount: i64| Some(Decimal::from(amount));
    assert_eq!(budgets, Budgets { run: money(5), plugin_day: money(10), house_day: money(20) });
    assert!(settings.budgets("profile-llm", "local").is_none(), "its own grant counts, not everybody's");
    assert!(settings.budgets("other", "local").is_some() && settings.budgets("other", "default").is_none());
}

#[test]
fn a_key_is_shown_to_nobody() {
    assert!(!format!("{:?}", read(WHOLE).unwrap()).contains("secret"));
}

#[test]
fn bad_settings_are_named_and_their_values_are_not_repeated() {
    for (from, to, why) in [
        (r#""timeout_seconds": 5"#, r#""timeout_seconds": 0"#, "models.default: timeout_seconds must be 1 to 3600"),
        (r#""timeout_seconds": 5"#, r#""timeout_seconds": "secret""#, "line 3, column"),
        (r#""timeout_seconds": 5"#, r#""tiemout": 5"#, "unknown field `tiemout`"),
        (r#""api_key_file": "/key""#, r#""api_key_file": "/secret""#, "models.default: api_key_file cannot be read"),
        (r#""api_key_file": "/key""#, r#""api_key_file": "/key", "api_key": "secret""#, "both api_key and"),
        ("https://api.openai.com", "ftp://secret", "base_url must begin with http"),
        ("https://api.openai.com", "https://a:secret@x", "base_url must hold no user"),
        (r#"["default"]"#, r#"["other"]"#, "grants.profile-llm.models: there is no model \"other\""),
        (r#""0.15""#, r#""-1""#, "price_per_million.input must be 0 to"),
        (r#""budget_per_run": "5""#, r#""budget_per_run": "1e9""#, "grants.profile-llm.budget_per_run must be"),
        (r#""local": {"#, r#""Local secret": {"#, "a name has 1 to 64 characters"),
    ] {
        let text = WHOLE.replace(from, to);
        assert_ne!(text, WHOLE, "{from}");
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{to}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let free = r#"{"budget_per_day":"1","models":{"a":{"base_url":"http://x","model":"m"}},
        "grants":{"*":{"models":["a"]}}}"#;
    assert!(read(free).unwrap_err().to_string().contains("models.a.price_per_million is missing"));
}
