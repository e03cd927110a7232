//! What `verify` and `restore` share: a restored database beside the living one, and the house on it.

use std::sync::Mutex;

use anyhow::Context as _;
use chronogram_automations::deliveries::erase_deliveries;
use chronogram_backup::{Opened, Prepare, Prepared, Purpose, Step, discard};
use chronogram_model::PersonId;
use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;

use super::PRODUCT;
use crate::{
    foundation::Foundation,
    progress::{Progress, Unit},
    settings::Settings,
    shutdown,
};

/// What is restored, and beside what.
pub(super) struct Beside<'a> {
    pub(super) settings: &'a Settings,
    pub(super) living: &'a PgConnectOptions,
    pub(super) purpose: Purpose,
    pub(super) at: Timestamp,
}

impl Beside<'_> {
    /// Checks the files and fills a database from them, with bars.
    pub(super) async fn prepare(&self, archive: &Opened, keys: Option<&Opened>) -> anyhow::Result<Prepared> {
        let (living, purpose) = (self.living, self.purpose);
        let prepare = Prepare { archive, keys, living, purpose, product: PRODUCT, at: self.at };
        let bars = Bars::default();
        let prepared = prepare.run(&|step, done, total| bars.set(step, done, total)).await;
        bars.finish();
        Ok(prepared?)
    }

    /// Opens the house on a prepared database: it is at this version then, its log chained and sealed, and the master key
    /// is the right one. Who was erased since is forgotten in what waits to go out.
    pub(super) async fn open(&self, prepared: &Prepared) -> anyhow::Result<Foundation> {
        let settings = Settings { event_store_url: None, ..self.settings.clone() };
        let house = Foundation::open_on(&settings, prepared.options()).await.context("open what was restored")?;
        match self.forget(&house, &prepared.keys.forget).await {
            Ok(()) => Ok(house),
            Err(error) => {
                house.close().await?;
                Err(error)
            }
        }
    }

    async fn forget(&self, house: &Foundation, people: &[String]) -> anyhow::Result<()> {
        let mut connection = house.pool.acquire().await?;
        for person in people {
            let Ok(person) = person.parse::<PersonId>() else { continue };
            erase_deliveries(&mut connection, &person, self.at).await.context("forget who was erased since")?;
        }
        Ok(())
    }

    /// Does `work`, which Ctrl-C ends; what it made beside the living database goes then.
    pub(super) async fn interruptible<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let stop = shutdown::on_signal()?;
        tokio::select! {
            done = work => done,
            () = stop.cancelled() => {
                discard(self.living, self.purpose, self.at).await?;
                anyhow::bail!("stopped; the living database is as it was")
            }
        }
    }
}

/// A bar for each step, one after the other.
#[derive(Default)]
struct Bars(Mutex<Option<(Step, Progress)>>);

impl Bars {
    fn set(&self, step: Step, done: u64, total: u64) {
        let mut shown = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if shown.as_ref().is_none_or(|(of, _)| *of != step) {
            if let Some((_, bar)) = shown.take() {
                bar.finish();
            }
            let (what, unit) = match step {
                Step::Check => ("Checking", Unit::Bytes),
                Step::Load => ("Restoring", Unit::Rows),
            };
            *shown = Some((step, Progress::start(what, unit)));
        }
        if let Some((_, bar)) = &*shown {
            bar.set(done, total);
        }
    }

    fn finish(self) {
        if let Some((_, bar)) = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            bar.finish();
        }
    }
}
