//! Says when a trigger's condition became true, and with which events.
//!
//! A resolver is pure and synchronous: no I/O and no clock of its own, so that it can be compared
//! with a model of twenty lines and measured against a bare loop. The sensor's runtime owns time,
//! storage and effects. Why it has this shape: `docs/adr/0001-resolution-and-settlement.md`.

mod firing;
pub use firing::{Firing, FiringId, Held, Shape};

use crate::{Event, Result, Timestamp};
use bytes::Bytes;
use std::{fmt, sync::Arc};

/// An event that passed the filters of a dependency.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Index of the dependency in the trigger's [`Shape`].
    pub dependency: u16,
    /// The event, after its transform.
    pub event: &'a Arc<Event>,
    /// When the bus accepted the event; windows count from here.
    pub at: Timestamp,
}

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// The event is remembered, or made the condition hold.
    Kept,
    /// The event was not taken; says why, for logs and counters.
    Rejected(Rejection),
}

/// Why a resolver did not take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// The event has nothing at the path of the join's key.
    KeyMissing,
    /// The value at the path of the join's key is a list or an object.
    KeyNotScalar,
    /// The stated number of open keys is reached and none could be given up.
    Full,
    /// The event arrived before the last reset and does not make the condition hold by itself.
    BeforeReset,
    /// The join keeps the first events of the dependency, and they are there.
    FirstKept,
    /// The trigger's shape has no such dependency.
    UnknownDependency,
}

impl Rejection {
    /// Returns the word used in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyMissing => "key_missing",
            Self::KeyNotScalar => "key_not_scalar",
            Self::Full => "full",
            Self::BeforeReset => "before_reset",
            Self::FirstKept => "first_kept",
            Self::UnknownDependency => "unknown_dependency",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Collects events of one trigger and says when its condition holds.
///
/// # Behavior
/// - `RES-01` a firing holds every event that made the condition true, each in its dependency's place.
/// - `RES-02` the latest event of a dependency replaces an earlier one, unless the trigger says otherwise.
/// - `RES-03` a firing forgets the events it hands out, and those of its key that it does not need.
/// - `RES-04` nothing fires twice: an event is part of one firing of a trigger at most.
/// - `RES-05` a firing stays open, through `checkpoint` and `restore`, until it is committed.
/// - `RES-06` `restore` of all checkpoints since the beginning gives a resolver that behaves as the one that wrote them.
/// - `RES-07` `advance` fires or drops what is due at that time, and `next_deadline` never lies after the next such time.
/// - `RES-08` `reset` forgets what arrived before the time given and leaves open firings alone.
/// - `RES-09` the id of a firing depends on sensor, trigger and event ids alone.
/// - `RES-10` memory is bounded by a stated limit, and what happens at it is stated too.
/// - `RES-11` `checkpoint` gives nothing when nothing changed.
/// - `RES-12` an event that cannot be taken changes nothing, and the answer says why.
pub trait DependencyResolver: Send + fmt::Debug + 'static {
    /// Takes an event and appends the firings that it caused.
    fn observe(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed;

    /// Lets time pass and appends the firings that became due.
    fn advance(&mut self, now: Timestamp, firings: &mut Vec<Firing>);

    /// Returns when `advance` is to be called next; `None` while nothing waits for time.
    fn next_deadline(&self) -> Option<Timestamp>;

    /// Says that a firing's effect is done, so that it need not be journaled any longer.
    fn commit(&mut self, firing: &Firing);

    /// Forgets events that arrived before the time given.
    fn reset(&mut self, before: Timestamp);

    /// Appends what changed since the last call to `changes`, as one record that [`Self::restore`] reads.
    ///
    /// Returns whether anything changed. The caller stores the record before it settles what caused it.
    fn checkpoint(&mut self, changes: &mut Vec<u8>) -> bool;

    /// Appends everything, as a record that replaces all earlier ones and counts as a checkpoint.
    ///
    /// Right after a checkpoint it changes nothing: it may then be thrown away if it cannot be stored.
    fn snapshot(&mut self, state: &mut Vec<u8>);

    /// Applies one record, in the order in which they were written.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, for a record that this resolver did not write.
    fn restore(&mut self, record: &Bytes) -> Result<()>;

    /// Returns the firings that are open: journaled or about to be, not yet committed. Oldest first.
    fn open(&self) -> Vec<Firing>;

    /// Returns how many events wait for others.
    fn pending(&self) -> usize;

    /// Forgets what waits of one dependency, whose meaning changed since it was recorded.
    fn forget(&mut self, dependency: u16);

    /// Takes over the firings that are open in the records of an earlier form of the trigger, under
    /// the names that it had then. What waited is not taken over.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, for a record that this resolver cannot read.
    fn adopt(&mut self, shape: &Arc<Shape>, records: &[Bytes]) -> Result<()>;

    /// Returns what waits, oldest first, for those who explain; it copies, so it is not for the hot path.
    fn waiting(&self) -> Vec<Waiting> {
        Vec::new()
    }

    /// Returns what was given up since the resolver was made.
    fn losses(&self) -> Losses {
        Losses::default()
    }
}

/// Events that wait together: under one key of a join, or for the trigger as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The key; `None` where events are not told apart by one.
    pub key: Option<String>,
    /// When their window ends; `None` if they wait for ever.
    pub until: Option<Timestamp>,
    /// The events in the order of their dependencies, oldest first within one.
    pub held: Vec<Held>,
}

/// How many events or keys a resolver gave up, each for a reason that its settings state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Keys whose window ended before the condition held.
    pub expired: u64,
    /// Keys that gave way because the most that may wait did.
    pub evicted: u64,
    /// Events that gave way because the most of their dependency waited.
    pub displaced: u64,
}
