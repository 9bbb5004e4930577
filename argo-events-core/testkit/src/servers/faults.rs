//! A plan of faults that follows from a seed.
//!
//! Only says what shall happen to whom; the test does it, with the verbs of servers and proxies.

use std::{collections::VecDeque, env, fmt, ops::RangeInclusive, time::Duration};

/// Sets the seed of plans, to repeat a run that failed.
const SEED: &str = "ARGO_EVENTS_SEED";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// A process is killed, and started again when the time is over.
    Kill,
    /// A process ends in order, and is started again at once.
    Restart,
    /// A process stands still.
    Pause,
    /// Connections are reset, and new ones refused.
    Cut,
    /// Bytes are swallowed.
    HalfOpen,
    /// Bytes arrive late.
    Delay,
}

/// What goes wrong, where, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Which of the named targets.
    pub target: &'static str,
    /// What.
    pub kind: FaultKind,
    /// For how long.
    pub duration: Duration,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, kind) = (self.target, self.kind);
        write!(formatter, "{kind:?} {target} for {:?}", self.duration)
    }
}

/// An endless plan of faults; the same seed and targets give the same plan.
///
/// Every kind of fault of every target comes once, in an order by chance, before one comes again.
/// Prints its seed when made, so that a run that failed can be repeated.
///
/// ```
/// use argo_events_testkit::servers::{FaultKind::{Cut, Kill}, Faults};
///
/// let faults = Faults::new(7).target("bus", &[Kill, Cut]).target("sensor", &[Kill]);
/// for fault in faults.take(60) {
///     match (fault.target, fault.kind) {
///         // ("bus", Kill) => bus.kill()?, and so on; then wait, then mend
///         _ => println!("{fault}"),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Faults {
    dice: u64,
    all: Vec<(&'static str, FaultKind)>,
    left: VecDeque<(&'static str, FaultKind)>,
    lasting: RangeInclusive<Duration>,
}

impl Faults {
    /// Begins a plan; the variable `ARGO_EVENTS_SEED`, if set to a number, takes precedence.
    pub fn new(seed: u64) -> Self {
        let set = env::var(SEED).ok().and_then(|text| text.parse().ok());
        let seed = set.unwrap_or(seed);
        eprintln!("faults follow from {SEED}={seed}");
        Self::of(seed)
    }

    fn of(seed: u64) -> Self {
        Self {
            dice: seed,
            all: Vec::new(),
            left: VecDeque::new(),
            lasting: Duration::from_millis(200)..=Duration::from_secs(3),
        }
    }

    /// Adds something that can go wrong in these ways.
    pub fn target(mut self, name: &'static str, kinds: &[FaultKind]) -> Self {
        self.all.extend(kinds.iter().map(|kind| (name, *kind)));
        self
    }

    /// Sets how long a fault lasts; between 0.2 and 3 s if not said.
    pub fn lasting(mut self, times: RangeInclusive<Duration>) -> Self {
        self.lasting = times;
        self
    }

    /// Returns the next number by chance below a limit (splitmix64).
    fn roll(&mut self, limit: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.dice;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit.max(1)
    }

    fn shuffle(&mut self) {
        let mut all = self.all.clone();
        while !all.is_empty() {
            let index = self.roll(all.len() as u64);
            self.left.push_back(all.swap_remove(index as usize));
        }
    }
}

impl Iterator for Faults {
    type Item = Fault;

    /// Returns the next fault; `None` only if there is no target.
    fn next(&mut self) -> Option<Fault> {
        if self.left.is_empty() {
            self.shuffle();
        }
        let (target, kind) = self.left.pop_front()?;
        let (shortest, longest) = (*self.lasting.start(), *self.lasting.end());
        let spread = longest.saturating_sub(shortest).as_millis() as u64;
        let duration = shortest + Duration::from_millis(self.roll(spread + 1));
        Some(Fault {
            target,
            kind,
            duration,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultKind::*, *};
    use std::collections::BTreeSet;

    fn plan(seed: u64) -> Faults {
        Faults::of(seed)
            .target("bus", &[Kill, Pause, Cut, HalfOpen, Restart])
            .target("sensor", &[Kill, Pause])
    }

    #[test]
    fn a_plan_follows_from_its_seed() {
        let first: Vec<_> = plan(7).take(100).collect();
        assert_eq!(first, plan(7).take(100).collect::<Vec<_>>());
        assert_ne!(first, plan(8).take(100).collect::<Vec<_>>());
        // Fixed, so that a seed means the same tomorrow.
        let begin: Vec<_> = first.iter().take(3).map(Fault::to_string).collect();
        assert_eq!(
            begin,
            [
                "Cut bus for 714ms",
                "Kill bus for 1.231s",
                "Pause bus for 1.997s"
            ]
        );
    }

    #[test]
    fn everything_that_can_go_wrong_does_before_it_does_again() {
        let faults: Vec<_> = plan(1).take(21).collect();
        for round in faults.chunks(7) {
            let all: BTreeSet<_> = round
                .iter()
                .map(|fault| (fault.target, fault.kind))
                .collect();
            assert_eq!(all.len(), 7);
        }
    }

    #[test]
    fn a_fault_lasts_as_long_as_said() {
        let times = Duration::from_millis(10)..=Duration::from_millis(12);
        let mut faults = plan(1).lasting(times.clone());
        assert!((0..100).all(|_| times.contains(&faults.next().unwrap().duration)));
    }

    #[test]
    fn without_targets_nothing_goes_wrong() {
        assert_eq!(Faults::of(1).next(), None);
    }
}
