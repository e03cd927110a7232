//! What can be typed.

mod authors;
mod backup;
mod filling;
mod judging;
mod plugins;
mod policies;
mod projections;

use std::path::PathBuf;

use chronogram_bot_talk::{ChannelRef, STATS_DAYS_DEFAULT, STATS_DAYS_MAX};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

pub(crate) use authors::{AuthorCommand, Lang, WorldName};
pub(crate) use backup::{BackupCommand, CreateArgs, PruneArgs, RestoreArgs};
pub(crate) use filling::{FillArgs, Wish};
pub(crate) use judging::{AuditArgs, BacktestArgs, CompareArgs, JudgingCommand, TrainArgs};
pub(crate) use plugins::{ActivateArgs, InstallArgs, KeysCommand, OperatorCommand};
pub(crate) use policies::{PoliciesCommand, SetPolicyArgs, VipCommand};
pub(crate) use projections::{Moment, ParkedCommand, ProjectionsCommand};

/// Everything that happens on Telegram as an append-only log of facts, and all that people look at derived from it.
#[derive(Parser)]
#[command(
    name = "chronogram",
    version,
    after_help = "Examples:
  chronogram up                                   run everything; Ctrl-C stops it
  chronogram import ~/Downloads/result.json       read a Telegram Desktop export
  chronogram profiles fill --strategy basic --all give everybody a profile
  chronogram channels add @channel                count a channel's members once a day
  chronogram projections verify people            prove a read model against the log
  chronogram events why people 42                 where a row comes from
  chronogram events tail                          watch what happens
  chronogram reminders list --state scheduled     see what will be told
  chronogram outbox status                        see what waits to go out
  chronogram plugins new curiosity --lang js      begin a strategy of your own
  chronogram backup create                        back everything up while it runs

Settings come from the environment: CHRONOGRAM_DATA, DATABASE_URL, PORT, ADMIN_PORT, CHRONOGRAM_LOG (docs/operators)."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process, with a private Postgres unless `DATABASE_URL` is set
    Up,
    /// Run some roles of the system against `DATABASE_URL`
    Serve {
        /// What this process does
        #[arg(long, value_delimiter = ',', default_value = "api,projections,automations")]
        roles: Vec<Role>,
    },
    /// Bring the database to the version of this binary
    Migrate,
    /// Read exports of Telegram Desktop (result.json); a second time appends nothing
    Import(ImportArgs),
    /// Look into the log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Look after the read models
    #[command(subcommand)]
    Projections(ProjectionsCommand),
    /// Check that everything holds: the log and its hash chain, commands, checkpoints, what went out, read models
    Fsck(FsckArgs),
    /// Profiles of people
    #[command(subcommand)]
    Profiles(ProfilesCommand),
    /// What people may ask about themselves: to see everything, to be forgotten
    #[command(subcommand)]
    People(PeopleCommand),
    /// Channels that are counted once a day
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Strategies
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Language models: what they cost, and trying one
    #[command(subcommand)]
    Models(ModelsCommand),
    /// What people want to be told, and when
    #[command(subcommand)]
    Reminders(RemindersCommand),
    /// What waits to go out to Telegram
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Tokens of the API
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// Make, check and restore backups
    #[command(subcommand)]
    Backup(BackupCommand),
    /// What this program starts itself as to compile one strategy within limits
    #[command(hide = true)]
    CompilePlugin {
        /// What to compile for, and within which limits
        order: String,
    },
}

impl Command {
    /// Long-running processes log at info; short commands only warn.
    pub(crate) fn runs_for_long(&self) -> bool {
        matches!(self, Self::Up | Self::Serve { .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// GraphQL and HTTP
    Api,
    /// Read models
    Projections,
    /// What reacts to time and events
    Automations,
    /// What people say to the Telegram bot
    Bot,
    /// The log, for clients of `EventStoreDB` and `KurrentDB`
    EventstoreGrpc,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// result.json of one chat or of a whole account; several are read one after the other
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Zone of the times in old exports, which lack it
    #[arg(long, value_name = "IANA ZONE", default_value = "UTC", value_parser = zone)]
    pub(crate) timezone: TimeZone,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone; use a name like Europe/Moscow"))
}

#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// The streams, in the order of their names
    Streams {
        /// Only of this category: conversation, person, channel, plugin, call
        #[arg(long)]
        category: Option<String>,
        /// Behind this name
        #[arg(long, value_name = "STREAM")]
        after: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Events in order, without their data
    List {
        /// Only of this stream
        #[arg(long)]
        stream: Option<String>,
        /// Only of these types
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// Behind this position
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSON, one event a line
        #[arg(long)]
        json: bool,
    },
    /// Print events as they come, from now on
    Tail {
        /// Only of these types
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// Print JSON, one event a line
        #[arg(long)]
        json: bool,
    },
    /// One event with its data and metadata
    Show {
        /// Its position
        position: u64,
        /// Print compact JSON
        #[arg(long)]
        json: bool,
    },
    /// The events that a row of a read model came from, and what led to them
    Why {
        /// The read model, or one of its tables: `people`, `people.profile_field`
        #[arg(value_name = "READ_MODEL")]
        row: String,
        /// The row's key: its values in order, or `column=value` each
        #[arg(required = true)]
        key: Vec<String>,
        /// How many events, oldest first
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct FsckArgs {
    /// Check the hash chain from this position on, and believe what stands before it
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from: u64,
    /// Leave the read models out, whose replay takes longest
    #[arg(long)]
    pub(crate) log_only: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ProfilesCommand {
    /// Let a strategy fill profiles; existing ones change only when asked
    #[command(after_help = "Examples:
  chronogram profiles fill --all                                  everybody without a profile, by basic
  chronogram profiles fill --all --strategy llm --dry-run         what that would do, and cost at most
  chronogram profiles fill --outdated --days 30 --strategy hybrid profiles older than 30 days, anew
  chronogram profiles fill --active --limit 1000 --strategy llm   who wrote within 7 days and has none
  chronogram profiles fill --all --overwrite --workers 32         everybody's, anew

Killed or stopped, the same command goes on where it was, for a day. Exit codes: 0 done, 1 somebody was left without a
profile or the run failed, 2 wrong usage, 3 the money for models is spent.")]
    Fill(FillArgs),
    /// Two strategies on the same people, side by side; no profile changes
    #[command(after_help = "Examples:
  chronogram profiles compare basic llm --sample 200
  chronogram profiles compare llm hybrid --sample 500 --seed 7 --html compared.html

What they ask models is performed, paid for and recorded; the same comparison again costs nothing.")]
    Compare(CompareArgs),
    /// Learn from what asking models brought so far for whom it is worth it
    #[command(after_help = "Example:
  chronogram profiles train --output hybrid.json")]
    Train(TrainArgs),
    /// Profiles that are filled by themselves: whose, by what, and when
    #[command(subcommand)]
    Policies(PoliciesCommand),
    /// People who matter more: policies may be about them alone
    #[command(subcommand)]
    Vip(VipCommand),
    /// How many profiles there are, and by what
    Stats {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// One person's profile
    Show {
        /// The person: a Telegram user's number or api.<client>
        person: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum PeopleCommand {
    /// Print everything that is known of a person, as JSON: events and the rows folded from them
    Export {
        /// The person: a Telegram user's number or api.<client>; several ids of one person together
        #[arg(required = true, value_name = "ID")]
        people: Vec<String>,
    },
    /// Forget a person for ever: their words become unreadable, in backups of the log too
    Erase {
        /// The person: a Telegram user's number or api.<client>; several ids of one person together
        #[arg(required = true, value_name = "ID")]
        people: Vec<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum ChannelsCommand {
    /// Track a channel: its members are counted now and then once a day
    Add(AddChannelArgs),
    /// Track a channel no more; what is known of it stays
    Remove {
        /// The channel: @name, a t.me link, or its number -100…
        #[arg(allow_negative_numbers = true, value_parser = channel)]
        channel: ChannelRef,
    },
    /// The tracked channels and their members
    List {
        /// Those that are not tracked too
        #[arg(long)]
        all: bool,
        /// Print JSON, one channel a line
        #[arg(long)]
        json: bool,
    },
    /// A channel's members day by day
    Stats {
        /// The channel: @name, a t.me link, or its number -100…
        #[arg(allow_negative_numbers = true, value_parser = channel)]
        channel: ChannelRef,
        /// So many days until today, in UTC
        #[arg(long, default_value_t = STATS_DAYS_DEFAULT,
            value_parser = clap::value_parser!(u16).range(1..=i64::from(STATS_DAYS_MAX)))]
        days: u16,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct AddChannelArgs {
    /// The channel: @name or a t.me link, where the bot's token is set; else its number -100…
    #[arg(allow_negative_numbers = true, value_parser = channel)]
    pub(crate) channel: ChannelRef,
    /// Its @username, where no bot can tell it
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// Its title, where no bot can tell it
    #[arg(long)]
    pub(crate) title: Option<String>,
}

fn channel(said: &str) -> Result<ChannelRef, String> {
    ChannelRef::said(said).map_err(|wrong| format!("{wrong}; use @name, a t.me link, or a number like -1001878264527"))
}

#[derive(Subcommand)]
pub(crate) enum PluginsCommand {
    /// The installed strategies, and which artifact of each decides
    List {
        /// Print JSON, one artifact a line
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Operator(OperatorCommand),
    #[command(flatten)]
    Judging(JudgingCommand),
    #[command(flatten)]
    Author(AuthorCommand),
}

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// The models, their limits, how their breakers stand, and what was spent today
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask a model, as a plugin would: recorded, within its limits and budgets
    #[command(after_help = "Examples:
  chronogram models try default 'Say hello'
  chronogram models try default 'Invent a person' --schema person.json --json")]
    Try(ModelTry),
}

#[derive(Args)]
pub(crate) struct ModelTry {
    /// The model, by its name in `models list`
    pub(crate) name: String,
    /// What to ask
    pub(crate) text: String,
    /// A file with a JSON Schema that the answer must satisfy
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// The person it is about: the answer is sealed for them and forgotten with them
    #[arg(long, value_name = "PERSON")]
    pub(crate) about: Option<String>,
    /// The longest answer, in tokens
    #[arg(long, value_name = "TOKENS", default_value_t = 512)]
    pub(crate) max_tokens: u32,
    /// On whose account; one that is granted the model where nobody is named
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum RemindersCommand {
    /// Reminders by when they are due, without their words
    #[command(after_help = "Examples:
  chronogram reminders list --state scheduled
  chronogram reminders list --person 777000 --state failed --json")]
    List {
        /// Only those that stand so
        #[arg(long, value_enum)]
        state: Option<ReminderState>,
        /// Only those of this person: a Telegram user's number or api.<client>
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print JSON, one reminder a line
        #[arg(long)]
        json: bool,
    },
    /// Cancel a reminder that is yet to be told
    #[command(after_help = "Example:
  chronogram reminders cancel 018f3b1e-7c1d-5e2a-9d52-74cb0c5f91d7")]
    Cancel {
        /// Its id, as `list` shows it
        id: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReminderState {
    /// It will be told
    Scheduled,
    /// It is no longer wanted
    Cancelled,
    /// It was told
    Sent,
    /// It could not be told
    Failed,
}

impl ReminderState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Cancelled => "cancelled",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum OutboxCommand {
    /// How much waits, since when, and which chats are held up
    #[command(after_help = "Example:
  chronogram outbox status --json")]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What is in the outbox, in its order, without anybody's words
    #[command(after_help = "Examples:
  chronogram outbox list
  chronogram outbox list --after 1200 --limit 500 --json")]
    List {
        /// Behind this SEQ
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: i64,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print JSON, one message a line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum TokensCommand {
    /// Make a token; it is shown once
    Create {
        /// Its name, for logs and for revoking it
        name: String,
        /// What it may do: analyst, operator, plugin-author, admin
        #[arg(long, default_value = "analyst")]
        role: String,
        /// Days it is good for; for ever where none is given
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        days: Option<u16>,
    },
    /// The tokens, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a token useless
    Revoke {
        /// Its name
        name: String,
    },
}
