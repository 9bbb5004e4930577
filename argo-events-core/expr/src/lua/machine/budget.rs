//! Counts steps, time and memory.

use super::{
    super::{error::Exceeded, heap::Fault, limits::Limits, value::Value},
    Machine,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// How many steps go by between two looks at the clock.
const SLICE: i64 = 20_000;

#[derive(Debug, Default)]
pub(in crate::lua) struct Budget {
    /// What is left of the present slice.
    fuel: i64,
    /// What is left behind it.
    steps: u64,
    started: Option<Instant>,
    time: Duration,
    cancelled: Option<Arc<AtomicBool>>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a script that computes is stopped by the time that really goes by"
)]
fn now() -> Instant {
    Instant::now()
}

impl Budget {
    pub(super) fn new(limits: &Limits, cancelled: Option<Arc<AtomicBool>>) -> Self {
        Self {
            fuel: 0,
            steps: limits.steps,
            started: Some(now()),
            time: limits.time,
            cancelled,
        }
    }

    /// Tells how long the run has taken.
    pub(in crate::lua) fn elapsed(&self) -> Duration {
        self.started
            .map_or(Duration::ZERO, |started| now() - started)
    }

    /// Uses up steps; true asks for [`Machine::check`].
    #[inline]
    pub(in crate::lua) fn spend(&mut self, steps: i64) -> bool {
        self.fuel -= steps;
        self.fuel < 0
    }

    /// Uses up steps, and fails where the run must end.
    pub(in crate::lua) fn take(&mut self, steps: usize) -> Result<(), Fault> {
        if self.spend(i64::try_from(steps).unwrap_or(i64::MAX)) {
            self.renew().map_err(Fault::Stop)?;
        }
        Ok(())
    }

    fn renew(&mut self) -> Result<(), Exceeded> {
        let cancelled = self.cancelled.as_ref();
        if cancelled.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Exceeded::Cancelled);
        }
        if self.elapsed() > self.time {
            return Err(Exceeded::Time);
        }
        let wanted = SLICE.saturating_sub(self.fuel);
        let granted = u64::try_from(wanted).unwrap_or(u64::MAX).min(self.steps);
        self.steps -= granted;
        self.fuel = self
            .fuel
            .saturating_add(i64::try_from(granted).unwrap_or(i64::MAX));
        if self.fuel < 0 {
            Err(Exceeded::Steps)
        } else {
            Ok(())
        }
    }
}

impl Machine {
    /// Tells what time it is for the script: the given one and what went by since, or the real one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a script that asks for the time without being given one gets the machine's"
    )]
    pub(in crate::lua) fn time(&self) -> SystemTime {
        match self.now {
            Some(now) => now.checked_add(self.budget.elapsed()).unwrap_or(now),
            None => SystemTime::now(),
        }
    }

    /// Renews the budget and looks after memory.
    pub(super) fn check(&mut self) -> Result<(), Fault> {
        self.budget.renew().map_err(Fault::Stop)?;
        self.tidy()
    }

    /// Collects garbage if there may be much, and fails if too much is in use nevertheless.
    #[inline]
    pub(super) fn tidy(&mut self) -> Result<(), Fault> {
        if self.heap.used < self.heap.threshold {
            Ok(())
        } else {
            self.collect()
        }
    }

    #[cold]
    fn collect(&mut self) -> Result<(), Fault> {
        let tables = [self.globals, self.environment].map(Value::Table);
        let roots = tables.into_iter().chain(self.returned.iter().copied());
        let threads = [self.main, self.current].map(Value::Thread);
        self.heap.collect(&self.thread, roots.chain(threads));
        self.budget.take(self.heap.used / 64)?;
        if self.heap.used > self.heap.limit {
            return Err(Fault::Stop(Exceeded::Memory));
        }
        Ok(())
    }
}
