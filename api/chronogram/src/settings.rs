//! Settings, read once from the environment; each secret also from a file.

mod models;

use std::{collections::HashSet, ffi::OsString, path::PathBuf};

use anyhow::{Context as _, bail};
use chronogram_bot_talk::{Zone, Zones};
use chronogram_event_store::KEY_BYTES;
use chronogram_gateways::{models::ModelsSettings, webhooks::WebhookSecret};
use chronogram_model::PersonId;

use crate::master_key::parse_key;

/// Where the binary listens for people unless `PORT` says otherwise.
const PORT_DEFAULT: u16 = 8080;
/// Where it listens for operators unless `ADMIN_PORT` says otherwise.
const ADMIN_PORT_DEFAULT: u16 = 9090;

/// Where clients of `EventStoreDB` look for it unless `EVENTSTORE_GRPC_PORT` says otherwise.
const EVENTSTORE_GRPC_PORT_DEFAULT: u16 = 2113;
/// The region that object stores of one's own take, unless `AWS_REGION` says otherwise.
const S3_REGION_DEFAULT: &str = "us-east-1";
/// What an address of a Postgres begins with.
const POSTGRES: &[&str] = &["postgres://", "postgresql://"];
/// What an address of an `EventStoreDB` or `KurrentDB` begins with; all mean the same.
const KURRENT: &[&str] = &["esdb://", "esdb+discover://", "kurrentdb://", "kurrentdb+discover://"];

/// Where Telegram brings updates to.
const WEBHOOK_PATH: &str = "/telegram/webhook";

/// How a name is looked up; tests pass their own.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The environment of this process.
#[allow(clippy::disallowed_methods)] // here the parameter comes from
pub(crate) fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Where the log lies, if not in the database.
#[derive(Clone)]
pub(crate) enum LogUrl {
    /// In another Postgres.
    Postgres(String),
    /// In an `EventStoreDB` or `KurrentDB`.
    Kurrent(String),
}

/// Where backups go, and how an object store is reached.
#[derive(Clone)]
pub(crate) struct BackupSettings {
    /// `BACKUP_TARGET`: a folder, or `s3://bucket/prefix`.
    pub(crate) target: String,
    /// `BACKUP_KEYS_TARGET`: another one, for the keys of people.
    pub(crate) keys_target: String,
    /// `BACKUP_S3_ENDPOINT`: another object store than Amazon's.
    pub(crate) endpoint: Option<String>,
    /// `AWS_REGION`.
    pub(crate) region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub(crate) key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub(crate) secret: Option<String>,
    /// `AWS_SESSION_TOKEN`.
    pub(crate) session_token: Option<String>,
}

/// Everything that can be set.
#[derive(Clone)]
pub(crate) struct Settings {
    /// `CHRONOGRAM_DATA`: where the private Postgres lives.
    pub(crate) data: PathBuf,
    /// `CHRONOGRAM_KEY`: the master key, 64 hexadecimal digits.
    pub(crate) key: Option<[u8; KEY_BYTES]>,
    /// `DATABASE_URL`: a Postgres of one's own.
    pub(crate) database_url: Option<String>,
    /// `EVENT_STORE_URL`: another place for the log alone.
    pub(crate) event_store_url: Option<LogUrl>,
    /// `EVENTSTORE_GRPC_PORT`: where the log is served to clients of `EventStoreDB`.
    pub(crate) eventstore_grpc_port: u16,
    /// `PORT`.
    pub(crate) port: u16,
    /// `ADMIN_PORT`, on loopback.
    pub(crate) admin_port: u16,
    /// `TELEGRAM_BOT_TOKEN`: the bot's.
    pub(crate) telegram_token: Option<String>,
    /// `TELEGRAM_API_URL`: a server that speaks as Telegram does.
    pub(crate) telegram_api_url: Option<String>,
    /// `TELEGRAM_WEBHOOK_URL`: where Telegram reaches us; unset: we poll.
    pub(crate) telegram_webhook_url: Option<String>,
    /// `TELEGRAM_ADMINS`: numbers of users, with commas between; `None`: not set.
    pub(crate) telegram_admins: Option<HashSet<PersonId>>,
    /// `DEFAULT_TIME_ZONE`: of people who set none.
    pub(crate) default_zone: Zone,
    /// `MODELS_FILE`, or `LLM_BASE_URL`, `LLM_MODEL` and `LLM_API_KEY`: language models.
    pub(crate) models: ModelsSettings,
    /// `PROFILE_POLICIES`: whether this process keeps to fill policies.
    pub(crate) profile_policies: bool,
    /// `PROFILES_WEBHOOK_SECRET`: signs what is posted at the end of runs.
    pub(crate) profiles_webhook_secret: Option<WebhookSecret>,
    /// `BACKUP_TARGET` and `BACKUP_KEYS_TARGET`: where backups go.
    pub(crate) backup: BackupSettings,
    /// `CHRONOGRAM_LOG`: a filter like `info,sqlx=warn`.
    pub(crate) log_filter: Option<String>,
    /// `CHRONOGRAM_LOG_FORMAT=json`.
    pub(crate) log_json: bool,
}

impl Settings {
    /// Reads and checks them; an error names the setting and what is right, never its value.
    pub(crate) fn from_environment(environment: Environment<'_>) -> anyhow::Result<Self> {
        let text = |name: &str| -> anyhow::Result<Option<String>> {
            match environment(name).filter(|value| !value.is_empty()) {
                None => Ok(None),
                Some(value) => match value.into_string() {
                    Ok(value) => Ok(Some(value)),
                    Err(_) => bail!("{name} is no UTF-8"),
                },
            }
        };
        let secret = |name: &str| -> anyhow::Result<Option<String>> {
            let file_name = format!("{name}_FILE");
            match (text(name)?, text(&file_name)?) {
                (Some(_), Some(_)) => bail!("both {name} and {file_name} are set; set one of them"),
                (Some(value), None) => Ok(Some(value)),
                (None, None) => Ok(None),
                (None, Some(file)) => {
                    let value = std::fs::read_to_string(&file).with_context(|| format!("read {file_name}, {file}"))?;
                    Ok(Some(value.trim_end_matches(['\r', '\n']).to_owned()))
                }
            }
        };
        let port = |name: &str, default: u16| -> anyhow::Result<u16> {
            match text(name)? {
                None => Ok(default),
                Some(value) => value.parse().map_err(|_| anyhow::anyhow!("{name} must be a port, 0 to 65535")),
            }
        };
        let log_json = match text("CHRONOGRAM_LOG_FORMAT")?.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(_) => bail!("CHRONOGRAM_LOG_FORMAT must be text or json"),
        };
        let profile_policies = match text("PROFILE_POLICIES")?.as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(_) => bail!("PROFILE_POLICIES must be on or off"),
        };
        let data: PathBuf = text("CHRONOGRAM_DATA")?.unwrap_or_else(|| "./.chronogram".to_owned()).into();
        let in_data = |name: &str| data.join(name).to_string_lossy().into_owned();
        let backup = BackupSettings {
            target: text("BACKUP_TARGET")?.unwrap_or_else(|| in_data("backups")),
            keys_target: text("BACKUP_KEYS_TARGET")?.unwrap_or_else(|| in_data("backups-of-keys")),
            endpoint: http_url("BACKUP_S3_ENDPOINT", text("BACKUP_S3_ENDPOINT")?)?,
            region: text("AWS_REGION")?.unwrap_or_else(|| S3_REGION_DEFAULT.to_owned()),
            key_id: secret("AWS_ACCESS_KEY_ID")?,
            secret: secret("AWS_SECRET_ACCESS_KEY")?,
            session_token: secret("AWS_SESSION_TOKEN")?,
        };
        Ok(Self {
            data,
            backup,
            profile_policies,
            key: secret("CHRONOGRAM_KEY")?.map(|key| master_key(&key)).transpose()?,
            database_url: postgres_url("DATABASE_URL", secret("DATABASE_URL")?)?,
            event_store_url: secret("EVENT_STORE_URL")?.map(log_url).transpose()?,
            eventstore_grpc_port: port("EVENTSTORE_GRPC_PORT", EVENTSTORE_GRPC_PORT_DEFAULT)?,
            port: port("PORT", PORT_DEFAULT)?,
            admin_port: port("ADMIN_PORT", ADMIN_PORT_DEFAULT)?,
            telegram_token: secret("TELEGRAM_BOT_TOKEN")?,
            telegram_api_url: http_url("TELEGRAM_API_URL", text("TELEGRAM_API_URL")?)?,
            telegram_webhook_url: webhook_url(text("TELEGRAM_WEBHOOK_URL")?)?,
            telegram_admins: text("TELEGRAM_ADMINS")?.map(|list| admins(&list)).transpose()?,
            default_zone: zone(text("DEFAULT_TIME_ZONE")?.as_deref())?,
            models: models::read(models::Written {
                file: text("MODELS_FILE")?,
                base_url: text("LLM_BASE_URL")?,
                model: text("LLM_MODEL")?,
                key: secret("LLM_API_KEY")?,
            })?,
            profiles_webhook_secret: secret("PROFILES_WEBHOOK_SECRET")?.map(WebhookSecret::new),
            log_filter: text("CHRONOGRAM_LOG")?,
            log_json,
        })
    }
}

fn master_key(text: &str) -> anyhow::Result<[u8; KEY_BYTES]> {
    parse_key(text)
        .ok_or_else(|| anyhow::anyhow!("CHRONOGRAM_KEY must be 64 hexadecimal digits (openssl rand -hex 32)"))
}

fn http_url(name: &str, url: Option<String>) -> anyhow::Result<Option<String>> {
    match url {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
            bail!("{name} must begin with http:// or https://")
        }
        url => Ok(url),
    }
}

/// The address as the world sees it: a proxy in front may add to the path, but must end with ours.
fn webhook_url(url: Option<String>) -> anyhow::Result<Option<String>> {
    let url = http_url("TELEGRAM_WEBHOOK_URL", url)?;
    if url.as_deref().is_some_and(|url| !url.ends_with(WEBHOOK_PATH)) {
        bail!("TELEGRAM_WEBHOOK_URL must end with {WEBHOOK_PATH} (like https://bot.example.org{WEBHOOK_PATH})");
    }
    Ok(url)
}

fn admins(list: &str) -> anyhow::Result<HashSet<PersonId>> {
    let admin = |user: &str| user.trim().parse().map(PersonId::Telegram);
    let admins: Result<HashSet<_>, _> = list.split(',').filter(|user| !user.trim().is_empty()).map(admin).collect();
    admins.map_err(|_| anyhow::anyhow!("TELEGRAM_ADMINS must be numbers of Telegram users, with commas between"))
}

fn zone(name: Option<&str>) -> anyhow::Result<Zone> {
    let Some(name) = name else { return Ok(Zone::utc()) };
    Zones::built_in()
        .get(name)
        .ok_or_else(|| anyhow::anyhow!("DEFAULT_TIME_ZONE must be an IANA time zone, like Europe/Moscow"))
}

fn postgres_url(name: &str, url: Option<String>) -> anyhow::Result<Option<String>> {
    match url {
        Some(url) if !begins_with(&url, POSTGRES) => {
            bail!("{name} must begin with postgres:// (like postgres://user:password@host/database)")
        }
        url => Ok(url),
    }
}

fn log_url(url: String) -> anyhow::Result<LogUrl> {
    if begins_with(&url, POSTGRES) {
        Ok(LogUrl::Postgres(url))
    } else if begins_with(&url, KURRENT) {
        Ok(LogUrl::Kurrent(url))
    } else {
        bail!("EVENT_STORE_URL must begin with postgres://, esdb:// or kurrentdb://")
    }
}

fn begins_with(url: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| url.starts_with(scheme))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> anyhow::Result<Settings> {
        Settings::from_environment(&|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_set_gives_the_documented_defaults() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.port, settings.admin_port), (8080, 9090));
        assert_eq!(settings.data, PathBuf::from("./.chronogram"));
        assert!(settings.database_url.is_none());
        assert_eq!(settings.backup.target, "./.chronogram/backups");
        assert_eq!(settings.backup.keys_target, "./.chronogram/backups-of-keys");
    }

    #[test]
    fn the_log_lies_where_its_address_says() {
        let log = |url| read(&[("EVENT_STORE_URL", url)]).unwrap().event_store_url.unwrap();
        for url in ["postgres://x/y", "postgresql://x/y"] {
            assert!(matches!(log(url), LogUrl::Postgres(taken) if taken == url));
        }
        for url in ["esdb://x:2113?tls=false", "kurrentdb://x", "esdb+discover://x", "kurrentdb+discover://x"] {
            assert!(matches!(log(url), LogUrl::Kurrent(taken) if taken == url));
        }
        assert_eq!(read(&[]).unwrap().eventstore_grpc_port, 2113);
    }

    #[test]
    fn a_secret_comes_from_a_file_without_its_line_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "postgres://localhost/x\n").unwrap();
        let settings = read(&[("DATABASE_URL_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(settings.database_url.as_deref(), Some("postgres://localhost/x"));
    }

    #[test]
    fn bad_settings_are_named_and_their_values_are_not_repeated() {
        for (pairs, expected) in [
            (vec![("PORT", "http")], "PORT must be a port"),
            (vec![("TELEGRAM_WEBHOOK_URL", "https://x/hook")], "must end with /telegram/webhook"),
            (vec![("DATABASE_URL", "mysql://root:secret@x")], "DATABASE_URL must begin with postgres://"),
            (vec![("DATABASE_URL", "postgres://x"), ("DATABASE_URL_FILE", "/x")], "both DATABASE_URL and"),
            (vec![("EVENT_STORE_URL", "http://root:secret@x")], "EVENT_STORE_URL must begin with postgres://, esdb://"),
            (vec![("EVENTSTORE_GRPC_PORT", "secret")], "EVENTSTORE_GRPC_PORT must be a port"),
            (vec![("CHRONOGRAM_LOG_FORMAT", "xml")], "must be text or json"),
            (vec![("TELEGRAM_ADMINS", "@secret")], "TELEGRAM_ADMINS must be numbers"),
            (vec![("BACKUP_S3_ENDPOINT", "secret")], "BACKUP_S3_ENDPOINT must begin with http"),
            (
                vec![("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_SECRET_ACCESS_KEY_FILE", "/x")],
                "both AWS_SECRET_ACCESS_KEY",
            ),
            (vec![("TELEGRAM_API_URL", "secret")], "TELEGRAM_API_URL must begin with http"),
            (vec![("PROFILE_POLICIES", "secret")], "PROFILE_POLICIES must be on or off"),
            (vec![("DEFAULT_TIME_ZONE", "secret")], "DEFAULT_TIME_ZONE must be an IANA"),
            (vec![("CHRONOGRAM_KEY", "secret")], "CHRONOGRAM_KEY must be 64 hexadecimal digits"),
        ] {
            let refused = read(&pairs).err().unwrap().to_string();
            assert!(refused.contains(expected), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
