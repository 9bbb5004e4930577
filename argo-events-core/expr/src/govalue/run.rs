//! One run of a program: what it may still use up, and what it may ask its host.

use super::{Failure, Map, Text, Value};
use crate::gotime::Time;
use std::{
    cell::Cell,
    fmt,
    hash::{BuildHasher, RandomState},
    rc::Rc,
};

/// What one run may use up.
///
/// ```
/// use argo_events_expr::govalue::Limits;
/// let limits = Limits { steps: 1_000, ..Limits::default() };
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many nodes are evaluated and elements visited.
    pub steps: u64,
    /// How many bytes of values are built, also if they are freed again.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 1_000_000,
            memory: 64 << 20,
        }
    }
}

/// What functions that are not pure ask the world for; nothing is there unless a host gives it.
pub trait Host: fmt::Debug {
    /// Gives the present time.
    fn now(&self) -> Option<Time> {
        None
    }

    /// Gives a variable of the environment.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    /// Gives the address of a host name.
    fn address(&self, _name: &str) -> Option<String> {
        None
    }

    /// Gives random numbers.
    fn random(&self) -> Option<u64> {
        None
    }
}

/// A host that gives nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}

/// A host that knows the moment at which a run happens and gives random numbers, nothing else.
///
/// The numbers differ from run to run, but are not meant for keys.
///
/// ```
/// use argo_events_expr::{gotime::Time, govalue::{Host, Moment}};
/// let host = Moment::at(Time::unix(1_700_000_000, 0));
/// assert_eq!(host.now(), Some(Time::unix(1_700_000_000, 0)));
/// assert_ne!(host.random(), host.random());
/// ```
#[derive(Debug)]
pub struct Moment {
    now: Time,
    seed: RandomState,
    drawn: Cell<u64>,
}

impl Moment {
    /// Makes a host for a moment.
    #[must_use]
    pub fn at(now: Time) -> Self {
        Self {
            now,
            seed: RandomState::new(),
            drawn: Cell::new(0),
        }
    }
}

impl Host for Moment {
    fn now(&self) -> Option<Time> {
        Some(self.now.clone())
    }

    fn random(&self) -> Option<u64> {
        self.drawn.set(self.drawn.get().wrapping_add(1));
        Some(self.seed.hash_one(self.drawn.get()))
    }
}

/// One run of a program.
#[derive(Debug)]
pub struct Run {
    steps: u64,
    memory: u64,
    host: Rc<dyn Host>,
    changed: Vec<Map>,
}

impl Default for Run {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Run {
    /// Begins a run without a host.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::on(Rc::new(NoHost), limits)
    }

    /// Begins a run on a host.
    #[must_use]
    pub fn on(host: Rc<dyn Host>, limits: Limits) -> Self {
        let Limits { steps, memory } = limits;
        Self {
            steps,
            memory,
            host,
            changed: Vec::new(),
        }
    }

    /// Gives the host.
    #[must_use]
    pub fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// Counts steps.
    ///
    /// # Errors
    /// When there were more than the limit allows.
    pub fn step(&mut self, count: usize) -> Result<(), Failure> {
        let left = self.steps.checked_sub(count as u64);
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Failure::Limit("steps"))
    }

    /// Counts bytes, before they are built.
    ///
    /// # Errors
    /// When there were more than the limit allows.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        let left = self.memory.checked_sub(bytes as u64);
        self.memory = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Failure::Limit("memory"))
    }

    /// Counts elements of a list, before they are built.
    ///
    /// # Errors
    /// When there were more than the limit allows.
    pub fn charge_elements(&mut self, count: usize) -> Result<(), Failure> {
        self.charge(count.saturating_mul(size_of::<Value>()))
    }

    /// Sets a member of a map, for all who hold it.
    ///
    /// # Errors
    /// When the limit of memory is reached.
    pub fn set(&mut self, map: &Map, name: Text, value: Value) -> Result<(), Failure> {
        self.charge(name.len() + size_of::<Value>())?;
        if matches!(value, Value::List(_) | Value::Map(_) | Value::Object(_)) {
            self.changed.push(map.clone());
        }
        map.insert(name, value);
        Ok(())
    }
}

impl Drop for Run {
    /// Empties the maps that were changed, since one that holds itself would never be freed.
    fn drop(&mut self) {
        for map in self.changed.drain(..) {
            map.clear();
        }
    }
}
