//! The operations at work on one socket: each a task of its own that holds one result at most until it is taken.

use std::collections::HashMap;

use async_graphql::parser::types::OperationType;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tracing::Instrument;

use super::operation::{Operation, Outcome};

/// Results that wait besides the one that each operation holds.
const RESULTS_WAITING: usize = 1;

/// Something that an operation has to say.
struct Report {
    id: String,
    /// Ids may be used again; this is not.
    number: u64,
    outcome: Outcome,
}

/// By this an operation says it.
pub(super) struct Reporter {
    id: String,
    number: u64,
    reports: mpsc::Sender<Report>,
}

impl Reporter {
    /// The id that its client gave it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Waits until it was taken; false when nobody listens any more.
    pub(super) async fn tell(&self, outcome: Outcome) -> bool {
        self.reports.send(Report { id: self.id.clone(), number: self.number, outcome }).await.is_ok()
    }
}

/// The operations of one socket. Dropping it stops them all.
pub(super) struct Operations {
    tasks: JoinSet<()>,
    active: HashMap<String, Active>,
    started: u64,
    reports: mpsc::Receiver<Report>,
    report: mpsc::Sender<Report>,
}

struct Active {
    number: u64,
    kind: OperationType,
    task: AbortHandle,
    _counted: Counted,
}

/// Counts an operation as long as it is at work.
struct Counted(&'static str);

impl Counted {
    fn new(kind: OperationType) -> Self {
        let kind = match kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        metrics::counter!("graphql_socket_operations_total", "type" => kind).increment(1);
        metrics::gauge!("graphql_socket_operations", "type" => kind).increment(1);
        Self(kind)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("graphql_socket_operations", "type" => self.0).decrement(1);
    }
}

impl Operations {
    pub(super) fn new() -> Self {
        let (report, reports) = mpsc::channel(RESULTS_WAITING);
        Self { tasks: JoinSet::new(), active: HashMap::new(), started: 0, reports, report }
    }

    pub(super) fn len(&self) -> usize {
        self.active.len()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.active.contains_key(id)
    }

    /// Starts `operation` under an id that no other has now.
    pub(super) fn start(&mut self, id: String, operation: Operation) {
        self.started += 1;
        let (number, kind) = (self.started, operation.kind);
        let reporter = Reporter { id: id.clone(), number, reports: self.report.clone() };
        let task = self.tasks.spawn(operation.run(reporter).in_current_span());
        self.active.insert(id, Active { number, kind, task, _counted: Counted::new(kind) });
    }

    /// Stops the operation of this id, if there is one; nothing more is told of it.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(stopped) = self.active.remove(id) {
            stopped.task.abort();
        }
    }

    /// Stops those that have no end of their own.
    pub(super) fn stop_subscriptions(&mut self) {
        self.active.retain(|_, operation| {
            let stays = operation.kind != OperationType::Subscription;
            if !stays {
                operation.task.abort();
            }
            stays
        });
    }

    /// The next message of any of them. Cancel-safe; waits for ever where there are none.
    pub(super) async fn next(&mut self) -> String {
        loop {
            // Tasks that ended leave their result behind, which is nothing.
            while self.tasks.try_join_next().is_some() {}
            // The other end lies beside this one, so the queue is never closed.
            let Some(Report { id, number, outcome }) = self.reports.recv().await else { continue };
            if self.active.get(&id).is_none_or(|active| active.number != number) {
                continue;
            }
            match outcome {
                Outcome::Result(message) => return message,
                Outcome::End(message) => {
                    self.active.remove(&id);
                    return message;
                }
            }
        }
    }
}
