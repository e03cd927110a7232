//! What operators type about strategies.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum OperatorCommand {
    /// Take a strategy in: check who signed it, compile it, try it. It decides nothing until it is activated
    #[command(after_help = "Examples:
  chronogram plugins install profile-curious.wasm --signature profile-curious.wasm.sig
  chronogram plugins install my-own.wasm --allow-unsigned --cases cases")]
    Install(InstallArgs),
    /// Let an installed strategy decide
    #[command(after_help = "Examples:
  chronogram plugins activate profile-curious
  chronogram plugins activate profile-curious --digest 3fa9 --config '{\"lang\":\"ru\"}' --grant llm:default")]
    Activate(ActivateArgs),
    /// Let nothing of this name decide
    Deactivate {
        /// The plugin's name
        name: String,
    },
    /// Let decide what decided before, with the configuration and grants it had
    Rollback {
        /// The plugin's name
        name: String,
    },
    /// Keep an artifact no more
    Remove {
        /// The plugin's name
        name: String,
        /// The digest, or how it begins
        digest: String,
    },
    /// Keys whose signature is trusted
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Args)]
pub(crate) struct InstallArgs {
    /// The component
    pub(crate) file: PathBuf,
    /// Its detached Ed25519 signature: 64 bytes, or these in hex or base64
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// Take it although nobody signed it
    #[arg(long, conflicts_with = "signature")]
    pub(crate) allow_unsigned: bool,
    /// The configuration it is tried with
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
    /// The folder of its author's golden cases
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cases: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ActivateArgs {
    /// The plugin's name
    pub(crate) name: String,
    /// The digest, or how it begins; the newest where none is given
    #[arg(long)]
    pub(crate) digest: Option<String>,
    /// Its configuration
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
    /// What it may ask for: llm:<model>, lookup:<name>
    #[arg(long = "grant", value_name = "GRANT")]
    pub(crate) grants: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Trust a key
    #[command(after_help = "Example:
  openssl pkey -in release.key -pubout | chronogram plugins keys add release -")]
    Add {
        /// Its name here, shown beside what it signed
        name: String,
        /// The public key: 64 hex digits, a PEM file, or - for standard input
        key: String,
    },
    /// The trusted keys
    List {
        /// Print JSON, one key a line
        #[arg(long)]
        json: bool,
    },
    /// Trust a key no more; what it signed stays installed
    Remove {
        /// Its name
        name: String,
    },
}
