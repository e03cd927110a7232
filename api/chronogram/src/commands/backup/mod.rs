//! `chronogram backup`.

mod beside;
mod create;
mod list;
mod prune;
mod restore;
mod verify;

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_backup::{Action, Kind, Opened, Run, S3Settings, Target, note};
use chronogram_log::Clock as _;
use jiff::Timestamp;
use sqlx::PgPool;

use super::on_foundation;
use crate::{cli::BackupCommand, clock::SystemClock, settings::Settings};

/// This release, as backups name it.
const PRODUCT: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn run(settings: Settings, command: BackupCommand) -> anyhow::Result<ExitCode> {
    let places = Places::of(&settings);
    match command {
        BackupCommand::Create(arguments) => {
            on_foundation(&settings, async |house| create::run(house, &places, arguments).await).await
        }
        BackupCommand::List { from, json } => {
            on_foundation(&settings, async |house| list::run(house, &places, from, json).await).await
        }
        BackupCommand::Verify { file, keys, json } => {
            Box::pin(verify::run(&settings, &places, &file, keys.as_deref(), json)).await
        }
        BackupCommand::Restore(arguments) => Box::pin(restore::run(&settings, &places, arguments)).await,
        BackupCommand::Prune(arguments) => {
            on_foundation(&settings, async |house| prune::run(house, &places, arguments).await).await
        }
    }
}

/// Where backups lie, as the settings say.
struct Places {
    archives: String,
    keys: String,
    s3: S3Settings,
}

impl Places {
    fn of(settings: &Settings) -> Self {
        let backup = settings.backup.clone();
        let s3 = S3Settings {
            endpoint: backup.endpoint,
            region: backup.region,
            key_id: backup.key_id,
            secret: backup.secret,
            session_token: backup.session_token,
            clock: std::sync::Arc::new(SystemClock),
        };
        Self { archives: backup.target, keys: backup.keys_target, s3 }
    }

    /// `said`, or what the settings say of this kind.
    fn target(&self, kind: Kind, said: Option<&str>) -> anyhow::Result<Target> {
        let set = match kind {
            Kind::Archive => &self.archives,
            Kind::Keys => &self.keys,
        };
        Ok(Target::parse(said.unwrap_or(set), &self.s3)?)
    }

    /// `said`, or both of the settings.
    fn targets(&self, said: Option<&str>) -> anyhow::Result<Vec<Target>> {
        match said {
            Some(_) => Ok(vec![self.target(Kind::Archive, said)?]),
            None => Ok(vec![self.target(Kind::Archive, None)?, self.target(Kind::Keys, None)?]),
        }
    }

    /// The file that is meant, with the place it lies in.
    async fn open(&self, kind: Kind, said: &str) -> anyhow::Result<(Target, Opened)> {
        let default = self.target(kind, None)?;
        let (target, name) = if said == "latest" {
            let newest = default.newest(kind).await?;
            let name = newest.with_context(|| format!("there is no backup of that kind in {}", default.shown()))?;
            (default, name)
        } else {
            Target::of_file(said, &default, &self.s3)?
        };
        let opened = Opened::read(target.open(&name).await?).await?.must_be(kind)?;
        Ok((target, opened))
    }
}

/// Something that is done about a backup, to be noted when it is over.
struct Doing {
    run: Run,
}

impl Doing {
    fn begin(action: Action, target: &Target) -> Self {
        let now = SystemClock.now();
        let target = Some(target.shown());
        let run = Run {
            action,
            file: None,
            target,
            position: None,
            size_bytes: None,
            error: None,
            began_at: now,
            ended_at: now,
        };
        Self { run }
    }

    fn of(mut self, file: &Opened) -> Self {
        self.run.file = Some(file.name().to_owned());
        self.run.position = Some(file.manifest().position);
        self.run.size_bytes = Some(file.size());
        self
    }

    /// Notes how it ended. What was done counts more than the note of it: without one it is only a warning.
    async fn end(mut self, pool: &PgPool, error: Option<String>) -> Run {
        self.run.ended_at = SystemClock.now();
        self.run.error = error;
        if let Err(error) = note(pool, &self.run).await {
            tracing::warn!(error = %error, "what was done about the backup is not noted, metrics do not know it");
        }
        self.run
    }
}

fn seconds(run: &Run) -> f64 {
    run.ended_at.duration_since(run.began_at).as_secs_f64()
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// As people read it.
fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // to be looked at
    let bytes = bytes as f64;
    match bytes {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.2} GB", b / 1e9),
    }
}
