//! `chronogram plugins`.

use std::process::ExitCode;

use serde_json::json;

use super::print_json;
use crate::{cli::PluginsCommand, foundation::Foundation};

pub(crate) async fn run(house: &Foundation, command: PluginsCommand) -> anyhow::Result<ExitCode> {
    let json = match command {
        PluginsCommand::List { json } => json,
        PluginsCommand::Author(command) => return super::authors::run(command).await,
    };
    let plugins = house.plugins()?;
    plugins.ensure_built_in().await?;
    if !json {
        println!("{:<16} {:<8} {:<14} SUMMARY", "NAME", "VERSION", "DIGEST");
    }
    for built_in in chronogram_strategies::built_in() {
        let active = plugins.active(built_in.name).await?;
        let (descriptor, digest) = (active.strategy.descriptor(), active.strategy.digest());
        if json {
            print_json(&json!({
                "name": active.name,
                "version": descriptor.version,
                "digest": digest,
                "config": active.config,
                "wants": descriptor.wants,
                "summary": descriptor.summary,
            }))?;
        } else {
            let short: String = digest.as_str().chars().take(12).collect();
            println!("{:<16} {:<8} {short:<14} {}", active.name, descriptor.version, descriptor.summary);
        }
    }
    Ok(ExitCode::SUCCESS)
}
