//! `chronogram tokens`.

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_graphql::Role;
use chronogram_http::Tokens;
use jiff::SignedDuration;

use super::print_json;
use crate::{cli::TokensCommand, clock::random_bytes, foundation::Foundation};

pub(crate) async fn run(house: &Foundation, command: TokensCommand) -> anyhow::Result<ExitCode> {
    let tokens = Tokens::new(house.pool.clone(), house.clock.clone());
    match command {
        TokensCommand::Create { name, role, days } => {
            let role: Role = role.parse()?;
            let good_for = days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
            let expires_at = good_for.map(|good_for| house.clock.now() + good_for);
            let created = tokens.create(&name, role, expires_at, random_bytes()?).await?;
            eprintln!("The token of {name} ({}), shown this once:", role.as_str());
            println!("{}", created.plaintext);
        }
        TokensCommand::List { json } => {
            let listed = tokens.list().await.context("list the tokens")?;
            if !json {
                println!("{:<24} {:<14} {:<20} {:<20} STATE", "NAME", "ROLE", "CREATED", "LAST USED");
            }
            for token in listed {
                if json {
                    print_json(&token)?;
                    continue;
                }
                let shown = |at: Option<jiff::Timestamp>| {
                    at.map_or("–".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
                };
                let state = match (token.revoked_at, token.expires_at) {
                    (Some(_), _) => "revoked".to_owned(),
                    (None, Some(at)) if at <= house.clock.now() => "expired".to_owned(),
                    (None, Some(at)) => format!("until {}", shown(Some(at))),
                    (None, None) => "good".to_owned(),
                };
                println!(
                    "{:<24} {:<14} {:<20} {:<20} {state}",
                    token.name,
                    token.role.as_str(),
                    shown(Some(token.created_at)),
                    shown(token.last_used_at)
                );
            }
        }
        TokensCommand::Revoke { name } => {
            tokens.revoke(&name).await?;
            println!("{name} is revoked; running processes refuse it within five seconds.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
