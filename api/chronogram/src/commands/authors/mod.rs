//! `chronogram plugins new | build | test | inspect`: what an author needs, without a database.

mod artifact;
mod build;
mod case;
mod inspect;
mod kit;
mod new;
mod project;
mod test;

pub(crate) use case::CaseFile;
pub(crate) use test::grouped;

use std::process::ExitCode;

use crate::cli::AuthorCommand;

pub(crate) async fn run(command: AuthorCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuthorCommand::New { name, lang, world } => new::new(&name, lang, world),
        AuthorCommand::Build { folder } => build::run(&folder),
        AuthorCommand::Test { file, cases, update, json } => test::run(file, &cases, update, json).await,
        AuthorCommand::Inspect { file, json } => inspect::run(&file, json).await,
    }
}
