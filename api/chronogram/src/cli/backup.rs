//! What can be typed after `chronogram backup`.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Back up the log and everything that cannot be derived from it, while all runs
    #[command(after_help = "Examples:
  chronogram backup create
  chronogram backup create --to s3://archive/chronogram --keys-to s3://keys/chronogram --json")]
    Create(CreateArgs),
    /// The backups there are, oldest first
    List {
        /// A folder or `s3://bucket/prefix`; those of the settings where none is given
        #[arg(long, value_name = "TARGET")]
        from: Option<String>,
        /// Print JSON, one backup a line
        #[arg(long)]
        json: bool,
    },
    /// Restore a backup beside the living database, check and compare everything, and drop it again
    #[command(after_help = "Examples:
  chronogram backup verify latest --keys latest
  chronogram backup verify s3://archive/chronogram/chronogram-20261121_020000.zst")]
    Verify {
        /// A path, `s3://bucket/prefix/name`, a name in `BACKUP_TARGET`, or latest
        file: String,
        /// Its keys, where those of the living database are not enough: the same, in `BACKUP_KEYS_TARGET`
        #[arg(long, value_name = "FILE")]
        keys: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace the database by a backup, in one step; asks first
    #[command(after_help = "Examples:
  chronogram backup restore chronogram-20261121_020000.zst --keys chronogram-keys-20261121_020000.zst
  chronogram backup restore --keys latest          only the keys, into a log that was restored without them")]
    Restore(RestoreArgs),
    /// Remove backups that no day, week or month needs, and keys that have expired
    #[command(after_help = "Examples:
  chronogram backup prune --dry-run
  chronogram backup prune --daily 7 --weekly 4 --monthly all")]
    Prune(PruneArgs),
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Where the archive goes: a folder or `s3://bucket/prefix`; `BACKUP_TARGET` where none is given
    #[arg(long, value_name = "TARGET")]
    pub(crate) to: Option<String>,
    /// Where the keys of people go: never where archives lie; `BACKUP_KEYS_TARGET` where none is given
    #[arg(long, value_name = "TARGET")]
    pub(crate) keys_to: Option<String>,
    /// Days until the keys expire
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub(crate) keys_days: u16,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// A path, `s3://bucket/prefix/name`, a name in `BACKUP_TARGET`, or latest
    #[arg(required_unless_present = "keys")]
    pub(crate) file: Option<String>,
    /// Its keys, in `BACKUP_KEYS_TARGET`: those of the same moment where none are given and they lie there; or keys alone,
    /// for a log that was restored without them
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Keep the database that is replaced, under another name on the same server
    #[arg(long)]
    pub(crate) keep_old: bool,
}

#[derive(Args)]
pub(crate) struct PruneArgs {
    /// A folder or `s3://bucket/prefix`; those of the settings where none is given
    #[arg(long, value_name = "TARGET")]
    pub(crate) from: Option<String>,
    /// Keep the newest of each of the last so many days that have one
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(crate) daily: usize,
    /// Keep the newest of each of the last so many weeks that have one
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) weekly: usize,
    /// Keep the newest of each of the last so many months that have one, or of all
    #[arg(long, value_name = "N|all", default_value = "all", value_parser = months)]
    pub(crate) monthly: Months,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON, one backup a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// How many months; `None`: all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Months(pub(crate) Option<usize>);

fn months(said: &str) -> Result<Months, String> {
    match said {
        "all" => Ok(Months(None)),
        number => number.parse().map(|months| Months(Some(months))).map_err(|_| "use a number, or all".to_owned()),
    }
}
