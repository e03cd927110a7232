//! `projections rebuild | switch | rollback | prune`: tables beside the live ones, and which are live.

use std::process::ExitCode;

use chronogram_engine::ProgressFn;

use crate::{
    cli::Moment,
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// Shows how far `work` is while it is done.
async fn watched<T, E>(what: &str, work: impl AsyncFnOnce(ProgressFn<'_>) -> Result<T, E>) -> Result<T, E> {
    let progress = Progress::start(what, Unit::Events);
    let done = work(&|step| progress.set(step.done, step.total)).await;
    progress.finish();
    done
}

pub(super) async fn rebuild(house: &Foundation, name: &str, switch: bool) -> anyhow::Result<ExitCode> {
    let what = format!("Rebuilding {name}");
    let built = watched(&what, async |progress| house.engine.rebuild(name, progress).await).await?;
    if switch {
        let live = watched("Switching", async |progress| house.engine.switch(name, progress).await).await?;
        println!("{name} is rebuilt up to position {live} and live.");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{name} is rebuilt up to position {built}, beside the live one.\n\
         `chronogram projections diff {name}` shows what would change, `projections switch {name}` makes it live."
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn switch(house: &Foundation, name: &str) -> anyhow::Result<ExitCode> {
    let live = watched("Switching", async |progress| house.engine.switch(name, progress).await).await?;
    println!(
        "The rebuilt {name} is live, at position {live}. The one before is kept: `chronogram projections rollback {name}`."
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn rollback(house: &Foundation, name: &str) -> anyhow::Result<ExitCode> {
    let live = watched("Rolling back", async |progress| house.engine.rollback(name, progress).await).await?;
    println!(
        "The {name} of before the last switch is live again, at position {live}. A second rollback undoes this one."
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn build_as_of(house: &Foundation, name: Option<&str>, moment: Moment) -> anyhow::Result<ExitCode> {
    let position = match moment {
        Moment::Position(position) => position,
        Moment::Time(time) => house.engine.position_at(time).await?,
    };
    let what = format!("Building as of {position}");
    let build = async |progress: ProgressFn<'_>| house.engine.build_as_of(name.as_slice(), position, progress).await;
    watched(&what, build).await?;
    println!("{} as of position {position}: built, for a day.", name.unwrap_or("Every read model"));
    match house.engine.as_of().await? {
        Some(past) => println!(
            "GraphQL: {{ asOf(position: \"{}\") {{ … }} }}. Schemas: {}.",
            past.position,
            past.schemas.join(", ")
        ),
        None => println!("GraphQL answers once all are: `chronogram projections rebuild --as-of {position}`."),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn prune(house: &Foundation, name: Option<&str>, unswitched: bool) -> anyhow::Result<ExitCode> {
    let dropped = house.engine.prune(name, unswitched).await?;
    for schema in &dropped {
        println!("dropped {schema}");
    }
    if dropped.is_empty() {
        println!("There was nothing to drop.");
    }
    Ok(ExitCode::SUCCESS)
}
