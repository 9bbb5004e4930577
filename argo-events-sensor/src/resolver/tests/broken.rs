//! Resolvers that break one promise each: the case of that promise must notice.

use super::Ours;
use argo_events_core::{
    Arrival, DependencyResolver, Firing, Result, Timestamp,
    resolver::{Held, Losses, Observed, Rejection, Shape},
};
use argo_events_testkit::resolver::{ResolverHarness, Setup, cases};
use bytes::Bytes;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

/// What is wrong with a resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    HandsOutTheLastOnly,
    KeepsTheFirst,
    RemembersWhatItFired,
    FiresTwice,
    LosesOpenFirings,
    IgnoresCommits,
    ReadsTheFirstRecordOnly,
    WritesEmptySnapshots,
    WakesTooLate,
    NeverLetsTimePass,
    IgnoresResets,
    ForgetsOpenFiringsOnReset,
    MakesIdsOfTime,
    HasNoLimit,
    WritesAlways,
    TakesEventsWithoutKey,
}

use Fault::*;

const EVERY: &[(Fault, &str)] = &[
    (HandsOutTheLastOnly, "RES-01"),
    (KeepsTheFirst, "RES-02"),
    (RemembersWhatItFired, "RES-03"),
    (FiresTwice, "RES-04"),
    (LosesOpenFirings, "RES-05"),
    (IgnoresCommits, "RES-05"),
    (ReadsTheFirstRecordOnly, "RES-06"),
    (WritesEmptySnapshots, "RES-06"),
    (WakesTooLate, "RES-07"),
    (NeverLetsTimePass, "RES-07"),
    (IgnoresResets, "RES-08"),
    (ForgetsOpenFiringsOnReset, "RES-08"),
    (MakesIdsOfTime, "RES-09"),
    (HasNoLimit, "RES-10"),
    (WritesAlways, "RES-11"),
    (TakesEventsWithoutKey, "RES-12"),
];

#[test]
fn every_broken_resolver_fails_the_case_of_its_promise() {
    for (fault, promise) in EVERY {
        let fails = cases()
            .iter()
            .filter(|case| case.id == *promise)
            .any(|case| catch_unwind(AssertUnwindSafe(|| case.run(&Harness(*fault)))).is_err());
        assert!(fails, "{fault:?} was not noticed by {promise}");
    }
}

#[derive(Clone, Copy, Debug)]
struct Harness(Fault);

impl ResolverHarness for Harness {
    fn resolver(&self, setup: &Setup) -> Option<Box<dyn DependencyResolver>> {
        let mut setup = setup.clone();
        if let Some(join) = setup.join.as_mut().filter(|_| self.0 == HasNoLimit) {
            join.max_keys = None;
        }
        let inner = Ours.resolver(&setup)?;
        let (last, restored) = (None, 0);
        Some(Box::new(Broken {
            fault: self.0,
            inner,
            last,
            seen: Vec::new(),
            restored,
        }))
    }
}

#[derive(Debug)]
struct Broken {
    fault: Fault,
    inner: Box<dyn DependencyResolver>,
    last: Option<Held>,
    seen: Vec<u16>,
    restored: usize,
}

impl Broken {
    fn spoil(&mut self, firings: &mut Vec<Firing>, at: Timestamp) {
        match self.fault {
            FiresTwice => firings.extend(firings.clone()),
            HandsOutTheLastOnly => firings.iter_mut().for_each(|firing| {
                let last = firing.held()[firing.held().len() - 1].clone();
                *firing = Firing::new(Arc::clone(firing.shape()), [last]);
            }),
            MakesIdsOfTime => firings.iter_mut().for_each(|firing| {
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
        if self.fault == KeepsTheFirst && self.seen.contains(&arrival.dependency) {
            return Observed::Kept;
        }
        self.seen.push(arrival.dependency);
        let again = self
            .last
            .take()
            .filter(|_| self.fault == RemembersWhatItFired);
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
            Observed::Rejected(Rejection::KeyMissing) if self.fault == TakesEventsWithoutKey => {
                Observed::Kept
            }
            other => other,
        }
    }

    fn advance(&mut self, now: Timestamp, firings: &mut Vec<Firing>) {
        if self.fault != NeverLetsTimePass {
            self.inner.advance(now, firings);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let late = Duration::from_secs(u64::from(self.fault == WakesTooLate));
        self.inner.next_deadline().map(|deadline| deadline + late)
    }

    fn commit(&mut self, firing: &Firing) {
        if self.fault != IgnoresCommits {
            self.inner.commit(firing);
        }
    }

    fn reset(&mut self, before: Timestamp) {
        match self.fault {
            IgnoresResets => return,
            ForgetsOpenFiringsOnReset => {
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
        match self.fault {
            LosesOpenFirings => {
                self.inner
                    .open()
                    .iter()
                    .for_each(|firing| self.inner.commit(firing));
            }
            WritesAlways => {
                self.inner.snapshot(changes);
                return true;
            }
            _ => {}
        }
        self.inner.checkpoint(changes)
    }

    fn snapshot(&mut self, state: &mut Vec<u8>) {
        if self.fault != WritesEmptySnapshots {
            self.inner.snapshot(state);
        }
    }

    fn restore(&mut self, record: &Bytes) -> Result<()> {
        self.restored += 1;
        match self.fault {
            ReadsTheFirstRecordOnly if self.restored > 1 => Ok(()),
            WritesEmptySnapshots if record.is_empty() => Ok(()),
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
