//! What authors of strategies type. None of it needs a database.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum AuthorCommand {
    /// Begin a strategy: a folder with the kit, a strategy that works, and its golden cases
    #[command(after_help = "Examples:
  chronogram plugins new curiosity --lang rust --world profile
  chronogram plugins new swings --lang python --world alert")]
    New {
        /// Its name, and its folder's: lower-case letters, digits and hyphens, a letter first
        name: String,
        /// What it is written in
        #[arg(long, value_enum, default_value = "rust")]
        lang: Lang,
        /// What it does
        #[arg(long, value_enum, default_value = "profile")]
        world: WorldName,
    },
    /// Build the strategy of a folder into a component: stripped, with no import but the contract's
    Build {
        /// Its folder
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Run the golden cases of a strategy in the sandbox, and say what each took
    #[command(after_help = "Examples:
  chronogram plugins test                        build what changed, then run cases/*.json
  chronogram plugins test --update               write what came of each case into its file
  chronogram plugins test build/curiosity.wasm   this artifact, with the cases of this folder")]
    Test {
        /// A component; without one the strategy of this folder, built where it changed
        file: Option<PathBuf>,
        /// The folder of the cases
        #[arg(long, value_name = "FOLDER", default_value = "cases")]
        cases: PathBuf,
        /// Write what came of each case into its file, instead of comparing
        #[arg(long)]
        update: bool,
        /// Print JSON, one case a line
        #[arg(long)]
        json: bool,
    },
    /// What a component is: its world, what it says of itself, what it imports, its sizes and digest
    Inspect {
        /// The component
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// cargo, 0.1 MB
    Rust,
    /// JavaScript on `QuickJS`, 1.6 MB
    Js,
    /// `CPython`, 18 MB
    Python,
}

impl Lang {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Python => "python",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WorldName {
    /// Fills profiles of people
    Profile,
    /// Raises alerts on channels
    Alert,
}

impl WorldName {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Alert => "alert",
        }
    }
}
