//! Faults on demand: what the next calls shall suffer.

use serde::{Deserialize, Serialize};

use crate::ids::ChatId;

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with `retry_after`; nothing took place.
    TooManyRequests {
        /// Seconds.
        retry_after: u32,
    },
    /// Another refusal; nothing took place.
    Status {
        /// `error_code` and HTTP status: 500, 502, 403 …
        code: u16,
        /// `description`.
        description: String,
    },
    /// No answer ever; nothing took place.
    Hang,
    /// It took place; no answer ever.
    HangAfter,
    /// The connection ends; nothing took place.
    CutBefore,
    /// It took place; then the connection ends in place of an answer.
    CutAfter,
}

/// A fault and whom it meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many calls it meets.
    #[serde(default = "once")]
    pub times: u32,
    /// Calls of this method only.
    #[serde(default)]
    pub method: Option<String>,
    /// Calls to this chat only.
    #[serde(default)]
    pub chat: Option<ChatId>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// The next call of any method but `getUpdates` (name it to meet that one).
    pub fn next(kind: FaultKind) -> Self {
        Self { kind, times: 1, method: None, chat: None }
    }

    /// Calls of this method only.
    #[must_use]
    pub fn of(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Calls to this chat only.
    #[must_use]
    pub fn to(mut self, chat: impl Into<ChatId>) -> Self {
        self.chat = Some(chat.into());
        self
    }

    /// So many calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn meets(&self, method: &str, chat: Option<ChatId>) -> bool {
        let is_named = match &self.method {
            Some(name) => name.eq_ignore_ascii_case(method),
            None => !method.eq_ignore_ascii_case("getUpdates"),
        };
        is_named && self.chat.is_none_or(|wanted| chat == Some(wanted))
    }
}

/// Faults that wait for their call, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn waiting(&self) -> Vec<Fault> {
        self.0.clone()
    }

    /// The fault that meets this call, used up by it.
    pub(crate) fn meet(&mut self, method: &str, chat: Option<ChatId>) -> Option<FaultKind> {
        let index = self.0.iter().position(|fault| fault.times > 0 && fault.meets(method, chat))?;
        let fault = self.0.get_mut(index)?;
        fault.times -= 1;
        let kind = fault.kind.clone();
        self.0.retain(|fault| fault.times > 0);
        Some(kind)
    }
}
