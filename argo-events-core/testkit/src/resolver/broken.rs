//! A resolver that breaks one promise, to show that its case notices.

use super::{ResolverHarness, Setup};
use argo_events_core::{
    Arrival, DependencyResolver, Firing, Result, Timestamp,
    resolver::{Held, Losses, Observed, Rejection, Shape},
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};

/// A way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Hands out one event of a firing.
    HandsOutTheLastOnly,
    /// Takes one event of each dependency and no more.
    KeepsTheFirst,
    /// Sees an event again that it has handed out.
    RemembersWhatItFired,
    /// Hands every firing out twice.
    FiresTwice,
    /// Writes no firing to a checkpoint.
    LosesOpenFirings,
    /// Keeps firings open for ever.
    IgnoresCommits,
    /// Restores one record and calls it all.
    ReadsTheFirstRecordOnly,
    /// Loses everything with a snapshot.
    WritesEmptySnapshots,
    /// States deadlines a second too late.
    WakesTooLate,
    /// Takes no notice of time.
    NeverLetsTimePass,
    /// Takes no notice of resets.
    IgnoresResets,
    /// Closes what is open at a reset.
    ForgetsOpenFiringsOnReset,
    /// Gives the same events another id at another time.
    MakesIdsOfTime,
    /// Takes no notice of the most keys that may wait.
    HasNoLimit,
    /// Writes everything at every checkpoint.
    WritesAlways,
    /// Does not say that an event has no key.
    TakesEventsWithoutKey,
}

impl Breach {
    /// Every way, with the promise that it breaks.
    pub const ALL: &[(Self, &str)] = &[
        (Self::HandsOutTheLastOnly, "RES-01"),
        (Self::KeepsTheFirst, "RES-02"),
        (Self::RemembersWhatItFired, "RES-03"),
        (Self::FiresTwice, "RES-04"),
        (Self::LosesOpenFirings, "RES-05"),
        (Self::IgnoresCommits, "RES-05"),
        (Self::ReadsTheFirstRecordOnly, "RES-06"),
        (Self::WritesEmptySnapshots, "RES-06"),
        (Self::WakesTooLate, "RES-07"),
        (Self::NeverLetsTimePass, "RES-07"),
        (Self::IgnoresResets, "RES-08"),
        (Self::ForgetsOpenFiringsOnReset, "RES-08"),
        (Self::MakesIdsOfTime, "RES-09"),
        (Self::HasNoLimit, "RES-10"),
        (Self::WritesAlways, "RES-11"),
        (Self::TakesEventsWithoutKey, "RES-12"),
    ];
}

/// Makes resolvers of a sound harness and breaks one of their promises.
#[derive(Clone, Copy, Debug)]
pub struct BrokenResolver<H> {
    harness: H,
    breach: Breach,
}

impl<H: ResolverHarness> BrokenResolver<H> {
    /// Breaks a promise of what a harness makes.
    pub fn new(harness: H, breach: Breach) -> Self {
        Self { harness, breach }
    }
}

impl<H: ResolverHarness> ResolverHarness for BrokenResolver<H> {
    fn resolver(&self, setup: &Setup) -> Option<Box<dyn DependencyResolver>> {
        let mut setup = setup.clone();
        if self.breach == Breach::HasNoLimit
            && let Some(join) = &mut setup.join
        {
            join.max_keys = None;
        }
        let inner = self.harness.resolver(&setup)?;
        let (breach, last, restored) = (self.breach, None, 0);
        Some(Box::new(Broken {
            breach,
            inner,
            last,
            seen: Vec::new(),
            restored,
        }))
    }
}

#[derive(Debug)]
struct Broken {
    breach: Breach,
    inner: Box<dyn DependencyResolver>,
    last: Option<Held>,
    seen: Vec<u16>,
    restored: usize,
}

impl Broken {
    fn spoil(&mut self, firings: &mut Vec<Firing>, at: Timestamp) {
        match self.breach {
            Breach::FiresTwice => firings.extend(firings.clone()),
            Breach::HandsOutTheLastOnly => firings.iter_mut().for_each(|firing| {
                let last = firing.held()[firing.held().len() - 1].clone();
                *firing = Firing::new(Arc::clone(firing.shape()), [last]);
            }),
            Breach::MakesIdsOfTime => firings.iter_mut().for_each(|firing| {
                let trigger = format!("{}{at}", firing.trigger());
                let (sensor, dependencies) = (String::new(), firing.shape().dependencies.clone());
                let shape = Arc::new(Shape {
                    sensor,
                    trigger,
                    dependencies,
                });
                *firing = Firing::new(shape, firing.held().to_vec());
            }),
            _ => {}
        }
    }
}

impl DependencyResolver for Broken {
    fn observe(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed {
        if self.breach == Breach::KeepsTheFirst && self.seen.contains(&arrival.dependency) {
            return Observed::Kept;
        }
        self.seen.push(arrival.dependency);
        let again = self
            .last
            .take()
            .filter(|_| self.breach == Breach::RemembersWhatItFired);
        if let Some(Held { dependency, event }) = again {
            self.inner.observe(
                Arrival {
                    dependency,
                    event: &event,
                    at: arrival.at,
                },
                firings,
            );
        }
        let observed = self.inner.observe(arrival, firings);
        self.last = firings.first().map(|firing| firing.held()[0].clone());
        self.spoil(firings, arrival.at);
        match observed {
            Observed::Rejected(Rejection::KeyMissing)
                if self.breach == Breach::TakesEventsWithoutKey =>
            {
                Observed::Kept
            }
            other => other,
        }
    }

    fn advance(&mut self, now: Timestamp, firings: &mut Vec<Firing>) {
        if self.breach != Breach::NeverLetsTimePass {
            self.inner.advance(now, firings);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let late = Duration::from_secs(u64::from(self.breach == Breach::WakesTooLate));
        self.inner.next_deadline().map(|deadline| deadline + late)
    }

    fn commit(&mut self, firing: &Firing) {
        if self.breach != Breach::IgnoresCommits {
            self.inner.commit(firing);
        }
    }

    fn reset(&mut self, before: Timestamp) {
        match self.breach {
            Breach::IgnoresResets => return,
            Breach::ForgetsOpenFiringsOnReset => {
                self.inner
                    .open()
                    .iter()
                    .for_each(|firing| self.inner.commit(firing));
            }
            _ => {}
        }
        self.inner.reset(before);
    }

    fn checkpoint(&mut self, changes: &mut Vec<u8>) -> bool {
        match self.breach {
            Breach::LosesOpenFirings => {
                self.inner
                    .open()
                    .iter()
                    .for_each(|firing| self.inner.commit(firing));
            }
            Breach::WritesAlways => {
                self.inner.snapshot(changes);
                return true;
            }
            _ => {}
        }
        self.inner.checkpoint(changes)
    }

    fn snapshot(&mut self, state: &mut Vec<u8>) {
        if self.breach != Breach::WritesEmptySnapshots {
            self.inner.snapshot(state);
        }
    }

    fn restore(&mut self, record: &Bytes) -> Result<()> {
        self.restored += 1;
        match self.breach {
            Breach::ReadsTheFirstRecordOnly if self.restored > 1 => Ok(()),
            Breach::WritesEmptySnapshots if record.is_empty() => Ok(()),
            _ => self.inner.restore(record),
        }
    }

    fn open(&self) -> Vec<Firing> {
        self.inner.open()
    }

    fn pending(&self) -> usize {
        self.inner.pending()
    }

    fn forget(&mut self, dependency: u16) {
        self.inner.forget(dependency);
    }

    fn adopt(&mut self, shape: &Arc<Shape>, records: &[Bytes]) -> Result<()> {
        self.inner.adopt(shape, records)
    }

    fn losses(&self) -> Losses {
        self.inner.losses()
    }
}
