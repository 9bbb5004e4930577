//! What a run may use, and the meter that counts it.

use std::{
    cell::Cell,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// What a run may use before it is stopped; no program can catch the error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many instructions, with the elements and bytes that builtins look at (50 million).
    pub steps: u64,
    /// How many bytes its values may hold, and any one text or list (128 MiB).
    pub memory: usize,
    /// How many frames, waiting alternatives and operands may be open at once (one million).
    pub depth: usize,
    /// How many values it may give (100 000).
    pub outputs: usize,
    /// How long a result written as JSON may be (64 MiB).
    pub output_bytes: usize,
    /// How long it may take, counted from its first step (10 seconds).
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 50_000_000,
            memory: 128 << 20,
            depth: 1_000_000,
            outputs: 100_000,
            output_bytes: 64 << 20,
            time: Duration::from_secs(10),
        }
    }
}

/// The limit that stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::steps`].
    Steps,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::depth`].
    Depth,
    /// Values nest deeper than [`MAX_NESTING`](super::MAX_NESTING).
    Nesting,
    /// [`Limits::outputs`].
    Outputs,
    /// [`Limits::output_bytes`].
    OutputBytes,
    /// [`Limits::time`].
    Time,
    /// Whoever started the run asked it to stop.
    Stopped,
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Steps => "program took more steps than allowed; does it loop for ever?",
            Self::Memory => "program used more memory than allowed",
            Self::Depth => "program recursed deeper than allowed; does it recurse without end?",
            Self::Nesting => "program nested a value deeper than 1000 levels",
            Self::Outputs => "program gave more outputs than allowed",
            Self::OutputBytes => "program gave a larger output than allowed",
            Self::Time => "program ran longer than allowed",
            Self::Stopped => "program was stopped from outside",
        })
    }
}

impl std::error::Error for Limit {}

/// How many steps pass between looks at the clock and the stop flag.
const SLICE: u64 = 4_096;

/// Counts what a run uses.
#[derive(Debug)]
pub(super) struct Meter<'s> {
    /// Steps until the next look around.
    slice: Cell<u64>,
    /// Steps after that.
    steps: Cell<u64>,
    memory: usize,
    /// Bytes made since the values were last counted.
    made: Cell<usize>,
    over: Cell<Option<Limit>>,
    deadline: Option<Instant>,
    stop: Option<&'s AtomicBool>,
}

impl<'s> Meter<'s> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a run is synchronous: only the machine's clock goes on while it runs"
    )]
    pub(super) fn new(limits: &Limits, stop: Option<&'s AtomicBool>) -> Self {
        Self {
            slice: Cell::new(0),
            steps: Cell::new(limits.steps),
            memory: limits.memory,
            made: Cell::new(0),
            over: Cell::new(None),
            deadline: Instant::now().checked_add(limits.time),
            stop,
        }
    }

    /// Counts steps.
    #[inline]
    pub(super) fn work(&self, steps: usize) -> Result<(), Limit> {
        let steps = steps as u64;
        let slice = self.slice.get();
        if steps <= slice {
            self.slice.set(slice - steps);
            return Ok(());
        }
        self.look_around(steps - slice)
    }

    #[cold]
    #[expect(
        clippy::disallowed_methods,
        reason = "a run is synchronous: only the machine's clock goes on while it runs"
    )]
    fn look_around(&self, steps: u64) -> Result<(), Limit> {
        self.slice.set(0);
        self.check()?;
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(self.trip(Limit::Stopped));
        }
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            return Err(self.trip(Limit::Time));
        }
        let Some(left) = self.steps.get().checked_sub(steps) else {
            return Err(self.trip(Limit::Steps));
        };
        let slice = left.min(SLICE);
        self.slice.set(slice);
        self.steps.set(left - slice);
        Ok(())
    }

    /// Counts bytes that are about to be, or were, made; no one thing may be larger than the limit.
    pub(super) fn allocate(&self, bytes: usize) -> Result<(), Limit> {
        if bytes > self.memory {
            return Err(self.out_of_memory());
        }
        self.made.set(self.made.get().saturating_add(bytes));
        Ok(())
    }

    /// Counts a list or object that is about to be made.
    pub(super) fn elements(&self, count: usize) -> Result<(), Limit> {
        self.work(count / 4)?;
        self.allocate(count.saturating_mul(size_of::<super::Value>()))
    }

    /// Tells whether so much was made that the values should be counted.
    #[inline]
    pub(super) fn is_census_due(&self) -> bool {
        self.made.get() > self.memory / 4
    }

    /// Takes in how many bytes the values hold.
    pub(super) fn counted(&self, bytes: usize) -> Result<(), Limit> {
        self.made.set(0);
        if bytes > self.memory {
            return Err(self.out_of_memory());
        }
        Ok(())
    }

    /// Gives how large a single text may be.
    pub(super) fn room(&self) -> usize {
        self.memory
    }

    pub(super) fn out_of_memory(&self) -> Limit {
        self.trip(Limit::Memory)
    }

    /// Gives the error of the limit that was passed, if one was.
    #[inline]
    pub(super) fn check(&self) -> Result<(), Limit> {
        self.over.get().map_or(Ok(()), Err)
    }

    pub(super) fn trip(&self, limit: Limit) -> Limit {
        let first = self.over.get().unwrap_or(limit);
        self.over.set(Some(first));
        self.slice.set(0);
        first
    }
}
