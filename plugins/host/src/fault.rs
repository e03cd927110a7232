//! How a call can go wrong by the strategy's doing, or for want of a place to run it.

use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::{cell::Overgrown, descriptor::World};

/// A call that brought no answer. Nothing the strategy said in it is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It computed longer than a call may.
    #[error("the strategy used up its fuel")]
    OutOfFuel,
    /// It held the processor longer than a call may.
    #[error("the strategy ran past its deadline")]
    Deadline,
    /// Its memories together outgrew the limit.
    #[error("the strategy asked for more memory than a call may have")]
    MemoryLimit,
    /// Its tables together outgrew the limit.
    #[error("the strategy asked for more table elements than a call may have")]
    TableLimit,
    /// It stopped in the middle.
    #[error("the strategy trapped: {0}")]
    Trap(TrapKind),
    /// It answered, and the answer breaks the contract.
    #[error("the strategy's answer breaks the contract: {what}")]
    BadOutput {
        /// Which part, and how; without the strategy's words.
        what: String,
    },
    /// Called again with the answers, it asked for something else than before.
    #[error("the strategy was called again with its answers, and its request {request} is not the one it made before")]
    Nondeterminism {
        /// Which request differs, from 0.
        request: usize,
    },
    /// It asks and asks.
    #[error("the strategy asked for effects in more than {limit} rounds")]
    TooManyRounds {
        /// How many rounds a decision may take.
        limit: usize,
    },
    /// The caller brought more than a call takes; see [`crate::ProfileInput::fitted`].
    #[error("the input has {size} {unit} where a call takes {limit}")]
    InputTooLarge {
        /// How much there is.
        size: usize,
        /// How much there may be.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// The strategy is made for another purpose.
    #[error("the strategy fulfils {0:?}, not the contract this call needs")]
    WrongWorld(World),
    /// Every place to run in is taken.
    #[error("every instance of the plugin pool is taken")]
    HostPoolExhausted,
    /// The host itself could not run the call.
    #[error("the plugin host could not run the call: {why}")]
    HostFailed {
        /// What failed.
        why: String,
    },
}

/// What stopped a strategy in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// Recursion without an end.
    StackOverflow,
    /// `unreachable`: how a panic, an abort, a `throw` look from outside.
    Unreachable,
    /// An address outside its memory.
    OutOfBounds,
    /// Division by zero, or an integer that overflows in it.
    Arithmetic,
    /// A call through a table that leads nowhere or to another type.
    BadCall,
    /// Any other.
    Other,
}

impl std::fmt::Display for TrapKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::StackOverflow => "its call stack is exhausted",
            Self::Unreachable => "it reached `unreachable` (a panic or an abort)",
            Self::OutOfBounds => "it reached outside its memory",
            Self::Arithmetic => "it divided by zero or overflowed",
            Self::BadCall => "it called through a table what is not there",
            Self::Other => "a rule of the machine was broken",
        })
    }
}

/// The engine keeps the type of this error to itself; its words are held by a test.
const BORDER_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";

impl Fault {
    /// A short stable name for events, metrics and tests.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OutOfFuel => "out_of_fuel",
            Self::Deadline => "deadline",
            Self::MemoryLimit => "memory_limit",
            Self::TableLimit => "table_limit",
            Self::Trap(_) => "trap",
            Self::BadOutput { .. } => "bad_output",
            Self::Nondeterminism { .. } => "nondeterminism",
            Self::TooManyRounds { .. } => "too_many_rounds",
            Self::InputTooLarge { .. } => "input_too_large",
            Self::WrongWorld(_) => "wrong_world",
            Self::HostPoolExhausted => "host_pool_exhausted",
            Self::HostFailed { .. } => "host_failed",
        }
    }

    /// What the engine reported while a component was instantiated or ran.
    pub(crate) fn from_engine(error: &wasmtime::Error) -> Self {
        if let Some(overgrown) = error.downcast_ref::<Overgrown>() {
            return match overgrown {
                Overgrown::Memory => Self::MemoryLimit,
                Overgrown::Table => Self::TableLimit,
            };
        }
        if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
            return Self::HostPoolExhausted;
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Self::from_trap(*trap);
        }
        let said = format!("{error:#}");
        if said.contains(BORDER_EXHAUSTED) {
            return Self::bad_output("more bytes than may cross the border in one call");
        }
        // What remains is an answer that cannot be read: text that is no UTF-8, a list outside
        // the memory, a case that does not exist.
        Self::BadOutput { what: said }
    }

    fn from_trap(trap: Trap) -> Self {
        Self::Trap(match trap {
            Trap::OutOfFuel => return Self::OutOfFuel,
            Trap::Interrupt => return Self::Deadline,
            Trap::StackOverflow => TrapKind::StackOverflow,
            Trap::UnreachableCodeReached => TrapKind::Unreachable,
            Trap::MemoryOutOfBounds | Trap::ArrayOutOfBounds => TrapKind::OutOfBounds,
            Trap::IntegerDivisionByZero | Trap::IntegerOverflow | Trap::BadConversionToInteger => TrapKind::Arithmetic,
            Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => TrapKind::BadCall,
            Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::InvalidChar
            | Trap::UnalignedPointer => return Self::BadOutput { what: trap.to_string() },
            _ => TrapKind::Other,
        })
    }

    pub(crate) fn bad_output(what: impl Into<String>) -> Self {
        Self::BadOutput { what: what.into() }
    }

    pub(crate) fn host_failed(why: impl std::fmt::Display) -> Self {
        Self::HostFailed { why: why.to_string() }
    }
}
