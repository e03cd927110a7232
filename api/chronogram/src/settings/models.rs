//! Which models there are: a file of them, or one by three settings.

use anyhow::{Context as _, bail};
use chronogram_gateways::models::{ApiKey, ModelsSettings, SettingsError};

/// Where models are unless `LLM_BASE_URL` says otherwise.
const BASE_URL_DEFAULT: &str = "https://api.openai.com/v1";

/// The settings as they were written.
pub(super) struct Written {
    /// `MODELS_FILE`.
    pub(super) file: Option<String>,
    /// `LLM_BASE_URL`.
    pub(super) base_url: Option<String>,
    /// `LLM_MODEL`.
    pub(super) model: Option<String>,
    /// `LLM_API_KEY`.
    pub(super) key: Option<String>,
}

pub(super) fn read(written: Written) -> anyhow::Result<ModelsSettings> {
    match written {
        Written { file: Some(file), base_url: None, model: None, key: None } => read_file(&file),
        Written { file: Some(_), .. } => bail!("MODELS_FILE is set, and so is one of LLM_…; set one or the other"),
        Written { file: None, model: Some(model), base_url, key } => {
            let base_url = base_url.unwrap_or_else(|| BASE_URL_DEFAULT.to_owned());
            ModelsSettings::single(base_url, model, key.map(ApiKey::new)).context("LLM_BASE_URL or LLM_MODEL")
        }
        Written { file: None, model: None, base_url: None, key: None } => Ok(ModelsSettings::default()),
        Written { file: None, model: None, .. } => bail!("LLM_MODEL is missing: the name of a model at LLM_BASE_URL"),
    }
}

fn read_file(file: &str) -> anyhow::Result<ModelsSettings> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read MODELS_FILE, {file}"))?;
    let secret = |path: &str| match std::fs::read_to_string(path) {
        Ok(key) => Ok(key.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(SettingsError::new(format!("api_key_file cannot be read: {}", error.kind()))),
    };
    ModelsSettings::read(&text, &secret).with_context(|| format!("MODELS_FILE, {file}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(file: Option<&str>, base_url: Option<&str>, model: Option<&str>, key: Option<&str>) -> Written {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Written { file: own(file), base_url: own(base_url), model: own(model), key: own(key) }
    }

    #[test]
    fn one_model_needs_its_name_only() {
        let settings = read(written(None, None, Some("m"), Some("secret"))).unwrap();
        assert_eq!(settings.models.get("default").unwrap().base_url, BASE_URL_DEFAULT);
        assert!(settings.budgets("any-plugin", "default").is_some());
        assert!(read(written(None, None, None, None)).unwrap().models.is_empty());
    }

    #[test]
    fn what_does_not_go_together_is_refused_without_repeating_it() {
        for (settings, why) in [
            (written(Some("/x"), None, Some("secret"), None), "MODELS_FILE is set, and so is"),
            (written(None, Some("http://secret"), None, None), "LLM_MODEL is missing"),
            (written(None, Some("secret"), Some("m"), None), "base_url must begin with http"),
            (written(Some("/no/such/file"), None, None, None), "read MODELS_FILE"),
        ] {
            let refused = format!("{:#}", read(settings).err().unwrap());
            assert!(refused.contains(why) && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn a_file_names_keys_in_files() {
        let folder = tempfile::tempdir().unwrap();
        let (key, file) = (folder.path().join("key"), folder.path().join("models.json"));
        std::fs::write(&key, "sk-secret\n").unwrap();
        let text = format!(r#"{{"models":{{"a":{{"base_url":"http://x","model":"m","api_key_file":{key:?}}}}}}}"#);
        std::fs::write(&file, &text).unwrap();
        let path = file.to_str().unwrap();
        let settings = read(written(Some(path), None, None, None)).unwrap();
        assert_eq!(settings.models.get("a").unwrap().key, Some(ApiKey::new("sk-secret".into())));
        std::fs::remove_file(key).unwrap();
        let refused = format!("{:#}", read(written(Some(path), None, None, None)).err().unwrap());
        assert!(refused.contains("models.a: api_key_file cannot be read"), "{refused}");
    }
}
