//! Runs that are started from elsewhere and work beside everything else in this process, one at a time.
//!
//! A process that ends leaves its run as if it were killed: the same command, from wherever, goes on with it.

use std::{error::Error, sync::Arc, time::Duration};

use chronogram_engine::{Engine, EngineError};
use chronogram_log::{SharedEventStore, StoreError};
use chronogram_read_models::people::count_people_to_fill;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{FillError, FillOptions, ProfileFiller, Selection, Unobserved};
use crate::{models::Models, plugins::PluginRegistry};

/// How long a run may take from saying that it is over to being so.
const LINGER: Duration = Duration::from_millis(200);

/// Runs of this process.
pub struct ProfileRuns {
    filler: Arc<ProfileFiller>,
    engine: Arc<Engine>,
    store: SharedEventStore,
    current: Mutex<Option<(Uuid, TaskTracker)>>,
    stop: CancellationToken,
}

/// Why no run was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is one.
    #[error("run {0} is under way in this process; cancel it, or wait until it is done")]
    UnderWay(Uuid),
    /// It cannot begin.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The read models cannot be brought up to now.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProfileRuns {
    /// Runs by `filler`, until `stop`.
    pub fn new(filler: ProfileFiller, engine: Arc<Engine>, store: SharedEventStore, stop: CancellationToken) -> Self {
        Self { filler: Arc::new(filler), engine, store, current: Mutex::new(None), stop }
    }

    /// The run that this process is at.
    pub async fn under_way(&self) -> Option<Uuid> {
        let current = self.current.lock().await;
        current.as_ref().filter(|(_, task)| !task.is_empty()).map(|(id, _)| *id)
    }

    /// How many people a run about these would ask a strategy about now.
    pub(crate) async fn count(&self, selection: &Selection) -> Result<u64, StartError> {
        self.engine.catch_up(self.store.head().await?, &|_| {}).await?;
        let wanted = selection.to_fill(self.filler.now());
        Ok(count_people_to_fill(&self.filler.queries, &wanted).await.map_err(FillError::from)?)
    }

    /// Who decides, and whom deciding may ask.
    pub(crate) fn means(&self) -> (&PluginRegistry, Option<&Models>) {
        (&self.filler.plugins, self.filler.models.as_ref())
    }

    /// Starts a run, or goes on with what the same wish began; its id.
    pub async fn start(&self, options: FillOptions) -> Result<Uuid, StartError> {
        let mut current = self.current.lock().await;
        if let Some((id, task)) = &*current {
            // Who saw that it ended may be faster than its last step.
            tokio::time::timeout(LINGER, task.wait()).await.map_err(|_| StartError::UnderWay(*id))?;
        }
        let head = self.store.head().await?;
        self.engine.catch_up(head, &|_| {}).await?;
        let begun = self.filler.begin(&options).await?;
        let (id, filler, stop) = (begun.id(), self.filler.clone(), self.stop.clone());
        let task = TaskTracker::new();
        task.spawn(async move {
            let never = CancellationToken::new();
            let worked = tokio::select! {
                worked = filler.work(begun, &options, &Unobserved, &never) => worked,
                () = stop.cancelled() => return,
            };
            match worked {
                Ok(report) => tracing::info!(run = %id, people = report.people, "profiles are filled"),
                Err(error) => tracing::error!(run = %id, error = &error as &dyn Error, "filling profiles stopped"),
            }
        });
        task.close();
        *current = Some((id, task));
        Ok(id)
    }
}
