//! One call as it is made: what it is given, what it may take, and what it took.

use std::{sync::Arc, time::Duration};

use wasmtime::Store;

use crate::{
    cell::{Cell, fresh_store},
    contract::profile::chronogram::strategy::{effects, types},
    descriptor::Descriptor,
    effects::Exchange,
    fault::Fault,
    host::House,
    limits::Limits,
    outcome::{Figures, Outcome},
    output::{Raw, ReadDecision, Reader},
    strategy::Prepared,
};

/// Fuel of a call that is made where it was asked for: half a millisecond, which a thread of other work can wait.
const SHORT_FUEL: u64 = 1_000_000;
/// And its time, for what burns little fuel and takes long.
const SHORT_TIME: Duration = Duration::from_millis(10);

/// How a contract's function is called in a fresh instance.
pub(crate) type Run<W, D> = fn(&Asked<W, D>, &mut Store<Cell>) -> Result<Outcome<D>, Fault>;
/// How it ended, with what it took; or why it was not made at all.
pub(crate) type Ran<D> = Result<(Result<Outcome<D>, Fault>, Spent), Fault>;

/// Everything that a call is made with, in the contract's types. It can be made again.
pub(crate) struct Asked<W, D> {
    pub(crate) house: Arc<House>,
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) descriptor: Arc<Descriptor>,
    pub(crate) call: types::CallContext,
    pub(crate) input: W,
    pub(crate) answers: effects::Journal,
    pub(crate) journal: Vec<Exchange>,
    pub(crate) run: Run<W, D>,
}

impl<W, D> Asked<W, D> {
    /// Makes the call, in an instance of its own.
    pub(crate) fn run(&self, budget: Budget) -> Ran<D> {
        let House { engine, limits, .. } = &*self.house;
        let mut store =
            fresh_store(engine, limits, budget.fuel, budget.ticks).map_err(|error| Fault::from_engine(&error))?;
        let outcome = (self.run)(self, &mut store);
        Ok((outcome, Spent::of(store, budget.fuel)))
    }

    /// The answer, checked against what the strategy was given.
    pub(crate) fn read<R>(&self, answer: Raw<R::Wit>, decisions: R) -> Result<Outcome<D>, Fault>
    where
        R: ReadDecision<Decision = D>,
    {
        let (journal, wants, limits) = (&self.journal, &self.descriptor.wants, &self.house.limits);
        Reader { decisions, journal, wants, limits }.read(answer)
    }
}

/// Fuel and time of one call.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    fuel: u64,
    ticks: u64,
}

impl Budget {
    /// All that a call may take.
    pub(crate) fn whole(limits: &Limits) -> Self {
        Self { fuel: limits.fuel, ticks: limits.ticks_of(limits.deadline) }
    }

    /// As much as makes no difference to others on the same thread.
    pub(crate) fn short(limits: &Limits) -> Self {
        let Self { fuel, ticks } = Self::whole(limits);
        Self { fuel: fuel.min(SHORT_FUEL), ticks: ticks.min(limits.ticks_of(SHORT_TIME)) }
    }
}

/// What a store has to tell when its call is over.
pub(crate) struct Spent {
    fuel_used: u64,
    cell: Cell,
}

impl Spent {
    fn of(store: Store<Cell>, given: u64) -> Self {
        // Fuel is on in our engine; a store without it has burnt all there was.
        let left = store.get_fuel().unwrap_or(0);
        Self { fuel_used: given.saturating_sub(left), cell: store.into_data() }
    }

    /// Whether the next call may be tried where it is asked for: with air, as two inputs differ.
    pub(crate) fn is_short(&self) -> bool {
        self.fuel_used <= SHORT_FUEL / 2
    }

    pub(crate) fn note(self, figures: &mut Figures) {
        let Cell { ledger, logbook } = self.cell;
        figures.fuel_used = self.fuel_used;
        figures.peak_memory_bytes = ledger.memory_bytes();
        (figures.logs, figures.dropped_log_lines) = logbook.close();
    }
}
