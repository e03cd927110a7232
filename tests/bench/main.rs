//! `make bench`: what the system does a second, as ratios against a named baseline in the same run on the same cluster.
//!
//! Absolute figures belong to the machine; read the ratios. Nothing here asserts a time.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it prints a table

mod append;
mod graphql;
mod pgbench;
mod plugin;
mod read;
mod table;
mod world;

use table::Table;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Err: there is a provider already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let world = world::World::start().await?;
    let mut table = Table::default();
    eprintln!("appending …");
    append::measure(&world, &mut table).await?;
    eprintln!("importing, replaying, folding …");
    read::measure(&world, &mut table).await?;
    eprintln!("calling a strategy …");
    plugin::measure(&mut table).await?;
    eprintln!("asking GraphQL …");
    graphql::measure(&world, &mut table).await?;
    table.print();
    world.stop().await
}
