//! `make bench`: what the system does a second, as ratios against a named baseline in the same run on the same cluster.
//!
//! `make bench ONLY="append graphql"` measures only these parts: append, seal, read, plugin, graphql, bot, profiles; and rebuild,
//! which takes long and is not measured unasked.
//! Absolute figures belong to the machine; read the ratios. Nothing here asserts a time.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it prints a table

mod append;
mod bot;
mod graphql;
mod memory;
mod pgbench;
mod plugin;
mod profiles;
mod read;
mod rebuild;
mod seal;
mod table;
mod world;

use table::Table;

/// What can be measured by itself.
const PARTS: [&str; 8] = ["append", "seal", "read", "plugin", "graphql", "bot", "profiles", "rebuild"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Err: there is a provider already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let only: Vec<String> = std::env::args().skip(1).collect();
    if let [part, database] = only.as_slice()
        && part == profiles::RUN
    {
        return profiles::run(database).await;
    }
    if let Some(unknown) = only.iter().find(|part| !PARTS.contains(&part.as_str())) {
        anyhow::bail!("there is no part {unknown}; the parts are {}", PARTS.join(", "));
    }
    let wanted = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    let world = world::World::start().await?;
    let mut table = Table::default();
    if wanted("append") {
        eprintln!("appending …");
        append::measure(&world, &mut table).await?;
    }
    if wanted("seal") {
        eprintln!("sealing …");
        seal::measure(&world, &mut table).await?;
    }
    // GraphQL is asked about what was imported.
    if wanted("read") || wanted("graphql") {
        eprintln!("importing, replaying, folding …");
        read::measure(&world, &mut table).await?;
    }
    if wanted("plugin") {
        eprintln!("calling a strategy …");
        plugin::measure(&mut table).await?;
    }
    if wanted("graphql") {
        eprintln!("asking GraphQL …");
        graphql::measure(&world, &mut table).await?;
    }
    if wanted("bot") {
        eprintln!("talking to the bot …");
        bot::measure(&world, &mut table).await?;
    }
    if wanted("profiles") {
        eprintln!("filling profiles …");
        profiles::measure(&world, &mut table).await?;
    }
    if only.iter().any(|name| name == "rebuild") {
        eprintln!("building read models of growing logs …");
        rebuild::measure(&world, &mut table).await?;
    }
    table.print();
    world.stop().await
}
