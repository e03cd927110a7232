//! What was recorded around a decision: the pointer that decided, the answers its call was given.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_log::{Direction, Position, RecordedEvent, Revision};
use chronogram_model::{
    Decider as _, StreamName,
    call::{Call, CallEvent, CallState},
    plugin::{ActivePlugin, Plugin, PluginEvent},
};
use chronogram_plugin_host::{EffectAnswer, EffectError, EffectRequest, Effects, Exchange, Journal};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Judge, JudgingError};
use crate::plugins::exchanges;

/// Events read at once.
const PAGE: usize = 1_000;

/// The pointers of each plugin, oldest first, each with the position from which on it decided.
#[derive(Default)]
pub(super) struct Pointers(Mutex<HashMap<String, Vec<(Position, ActivePlugin)>>>);

impl Judge {
    /// The pointers to this artifact from before `position`, newest first: a call that was under way when another
    /// pointer came ended on the one it began with.
    pub(super) async fn pointers(
        &self,
        kept: &Pointers,
        name: &str,
        digest: &str,
        position: Position,
    ) -> Result<Vec<ActivePlugin>, JudgingError> {
        let mut kept = kept.0.lock().await;
        if !kept.contains_key(name) {
            kept.insert(name.to_owned(), self.all_pointers(name).await?);
        }
        let all = kept.get(name).map(Vec::as_slice).unwrap_or_default();
        let before = all.iter().rev().filter(|(at, pointer)| *at < position && pointer.digest == digest);
        let mut pointers: Vec<ActivePlugin> = Vec::new();
        for (_, pointer) in before {
            if !pointers.contains(pointer) {
                pointers.push(pointer.clone());
            }
        }
        Ok(pointers)
    }

    async fn all_pointers(&self, name: &str) -> Result<Vec<(Position, ActivePlugin)>, JudgingError> {
        let mut pointers = Vec::new();
        self.each_of(&Plugin::stream_of(name), |event| {
            let (digest, config, grants) = match self.codec.decode(event)? {
                Some(PluginEvent::PluginActivated(event)) => (event.digest, event.config, event.grants),
                Some(PluginEvent::PluginRolledBack(event)) => (event.digest, event.config, event.grants),
                _ => return Ok(()),
            };
            pointers.push((event.position, ActivePlugin { digest, config, grants }));
            Ok(())
        })
        .await?;
        Ok(pointers)
    }

    /// What a call had been answered when the event at `position` was recorded; a hole is what cannot be read any more.
    pub(super) async fn answers(
        &self,
        call: Option<Uuid>,
        position: Position,
    ) -> Result<Vec<Option<Exchange>>, JudgingError> {
        let Some(call) = call else { return Ok(Vec::new()) };
        let mut state = CallState::default();
        self.each_of(&Call::stream_of(call), |event| {
            if event.position < position
                && let Some(event) = self.codec.decode::<CallEvent>(event)?
            {
                state = Call::evolve(std::mem::take(&mut state), &event);
            }
            Ok(())
        })
        .await?;
        Ok(exchanges(&state))
    }

    pub(super) async fn each_of(
        &self,
        stream: &StreamName,
        mut look: impl FnMut(&RecordedEvent) -> Result<(), JudgingError> + Send,
    ) -> Result<(), JudgingError> {
        let mut from = Revision(0);
        loop {
            let page = self.store.read_stream(stream, from, Direction::Forward, PAGE).await?;
            page.iter().try_for_each(&mut look)?;
            match page.last() {
                Some(last) if page.len() == PAGE => from = last.revision.next(),
                _ => return Ok(()),
            }
        }
    }
}

/// A call that is made again: what it was answered is told, and nobody is asked.
pub(super) struct Replayed {
    answers: Vec<Option<Exchange>>,
    /// Requests whose answers the log does not hold.
    missing: AtomicUsize,
}

impl Replayed {
    pub(super) fn of(answers: Vec<Option<Exchange>>) -> Self {
        Self { answers, missing: AtomicUsize::new(0) }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.missing.load(Ordering::Relaxed) == 0
    }
}

#[async_trait]
impl Journal for Replayed {
    type Error = Infallible;

    async fn recorded(&self) -> Result<Vec<Option<Exchange>>, Self::Error> {
        Ok(self.answers.clone())
    }

    async fn record(&self, _: usize, _: &Exchange) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[async_trait]
impl Effects for Replayed {
    async fn perform(&self, _: &str, _: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        self.missing.fetch_add(1, Ordering::Relaxed);
        Err(EffectError::Unavailable("nobody is asked again for what was decided".to_owned()))
    }
}
