//! `chronogram people`.

use std::{
    io::{self, BufWriter, IsTerminal as _, StdoutLock, Write},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use chronogram_automations::people::{ExportSink, PersonExport};
use chronogram_handlers::Context as Wish;
use chronogram_log::{Actor, RecordedEvent};
use chronogram_model::{Origin, PersonId};
use chronogram_read_models::{people::people_by_id, search_path};
use serde_json::{Value, json, value::RawValue};

use super::print_json;
use crate::{
    cli::PeopleCommand,
    clock::random_bytes,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, command: PeopleCommand) -> anyhow::Result<ExitCode> {
    match command {
        PeopleCommand::Export { people } => export(house, &ids(&people)?).await,
        PeopleCommand::Erase { people, yes, json } => erase(house, &ids(&people)?, yes, json).await,
    }
}

fn ids(people: &[String]) -> anyhow::Result<Vec<PersonId>> {
    people.iter().map(|id| id.parse().with_context(|| format!("{id:?}"))).collect()
}

async fn export(house: &Foundation, people: &[PersonId]) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    let head = house.store.head().await?;
    let mut printed = Printed::begin(people, house)?;
    let mut export = PersonExport::of(people);
    let progress = Progress::start("Reading the log", Unit::Events);
    let events = export.events(&house.store, head, &mut printed, &|done, total| progress.set(done, total)).await;
    progress.finish();
    events?;
    printed.list("rows")?;
    export.rows(&house.queries, &search_path(), &mut printed).await?;
    printed.end()?;
    Ok(ExitCode::SUCCESS)
}

/// One JSON object on standard output, an event or a row a line: however much it is, it is not held in memory.
struct Printed {
    out: BufWriter<io::Stdout>,
    is_first: bool,
}

impl Printed {
    fn begin(people: &[PersonId], house: &Foundation) -> anyhow::Result<Self> {
        let mut printed = Self { out: BufWriter::new(io::stdout()), is_first: true };
        let (people, now) = (serde_json::to_string(people)?, serde_json::to_string(&house.clock.now())?);
        write!(printed.out, "{{\"people\":{people},\"exported_at\":{now},\"events\":[")?;
        Ok(printed)
    }

    fn list(&mut self, name: &str) -> io::Result<()> {
        self.is_first = true;
        write!(self.out, "\n],\"{name}\":[")
    }

    fn end(mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}")?;
        self.out.flush()
    }

    fn item(&mut self, item: &impl serde::Serialize) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        write!(self.out, "{comma}\n{}", serde_json::to_string(item)?)
    }
}

impl ExportSink for Printed {
    fn event(&mut self, event: &RecordedEvent) -> io::Result<()> {
        let raw = |json: &str| RawValue::from_string(json.to_owned());
        self.item(&json!({
            "position": event.position,
            "stream": event.stream,
            "revision": event.revision,
            "id": event.id,
            "type": event.event_type,
            "version": event.version,
            "recorded_at": event.recorded_at,
            "data": raw(event.data.as_str())?,
            "metadata": raw(event.metadata.as_str())?,
        }))
    }

    fn row(&mut self, table: &str, row: &Value) -> io::Result<()> {
        self.item(&json!({ "table": table, "row": row }))
    }
}

async fn erase(house: &Foundation, people: &[PersonId], yes: bool, json: bool) -> anyhow::Result<ExitCode> {
    let forgetting = house.eraser();
    // A read model that stands keeps nobody's words readable.
    if !forgetting.is_read(people).await? {
        house.catch_up().await?;
        if people_by_id(&house.queries, people).await?.is_empty() {
            bail!("nothing is known of {}", list(people));
        }
    }
    if !yes && !confirmed(people)? {
        println!("Nothing was done.");
        return Ok(ExitCode::SUCCESS);
    }
    let wish = Wish::new(Origin::unique(random_bytes()?), Actor::Operator);
    let erased = forgetting.erase(people, &wish).await;
    let erased = erased.context("not everything is done: run the same command again")?;
    if json {
        print_json(&erased)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} forgotten: {} keys destroyed, position {}.", list(people), erased.keys_destroyed, erased.position);
    for copy in &erased.copies_dropped {
        println!("The copy {copy} of a read model is dropped; it would have kept words.");
    }
    println!("Backups of the keys (not of the log) still open older backups of the log: let them expire.");
    Ok(ExitCode::SUCCESS)
}

fn list(people: &[PersonId]) -> String {
    people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn confirmed(people: &[PersonId]) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("erasing cannot be undone and asks first; scripts say --yes");
    }
    let mut out: StdoutLock<'_> = io::stdout().lock();
    writeln!(out, "Every word of {} becomes unreadable for ever: messages, names, profile, reminders.", list(people))?;
    write!(out, "Type the first id to go on: ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(people.first().is_some_and(|person| answer.trim() == person.to_string()))
}
