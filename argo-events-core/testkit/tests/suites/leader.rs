//! Elections over a store in memory: the suite, its breaches, and replicas at random.

use crate::{noticed, shelf::Shelf};
use argo_events_core::{Elector, Leadership, LeaseSettings, Result, StateStore, StoreElector};
use argo_events_testkit::leader::{
    self, Breach, BrokenElector, ElectorHarness, Gate, GatedStore, Pace, Reach, StoreCandidates,
};
use async_trait::async_trait;
use futures::future::{BoxFuture, join_all};
use libtest_mimic::{Failed, Trial};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How many seeds are tried.
const SEEDS: u64 = 32;
const REPLICAS: usize = 3;
const TAKEOVER: Duration = Duration::from_secs(8);

/// Lists everything about elections.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = leader::trials("store", harness);
    trials.extend(leader::trials("store, wrapped", || {
        Wrapped(None, harness())
    }));
    for (breach, promise) in Breach::ALL {
        let make = || leader::World::new(Wrapped(Some(*breach), harness()));
        trials.push(noticed(promise, breach, leader::cases(), make));
    }
    trials.push(Trial::test(
        "whatever happens to replicas, one leads at most, and soon after one does",
        at_random,
    ));
    trials
}

fn harness() -> impl ElectorHarness {
    let shelf: Arc<dyn StateStore> = Arc::new(Shelf::default());
    let open = move |_| -> BoxFuture<'static, Result<Arc<dyn StateStore>>> {
        let shelf = shelf.clone();
        Box::pin(async { Ok(shelf) })
    };
    StoreCandidates::new(open, LeaseSettings::default(), Pace::PAUSED)
}

/// Electors that break a promise, or not.
struct Wrapped<H>(Option<Breach>, H);

#[async_trait]
impl<H: ElectorHarness> ElectorHarness for Wrapped<H> {
    async fn elector(&self, process: u32) -> Result<Arc<dyn Elector>> {
        let elector = self.1.elector(process).await?;
        let broken = BrokenElector::new(elector, self.1.settings(), self.0);
        Ok(Arc::new(broken))
    }

    fn reach(&self, process: u32, reach: Reach) {
        self.1.reach(process, reach);
    }
}

fn at_random() -> Result<(), Failed> {
    for seed in 1..=SEEDS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        let outcome = runtime.block_on(Run::new(seed).run());
        outcome.map_err(|reason| format!("seed {seed}: {reason}"))?;
    }
    Ok(())
}

/// Replicas of which each leads, or wants to.
struct Run {
    store: Arc<dyn StateStore>,
    random: Cell<u64>,
    replicas: RefCell<Vec<Replica>>,
    last_epoch: Cell<u64>,
}

struct Replica {
    gate: Gate,
    elector: Arc<StoreElector>,
    held: Option<Arc<Leadership>>,
    generation: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            store: Arc::new(Shelf::default()),
            random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            replicas: RefCell::default(),
            last_epoch: Cell::new(0),
        }
    }

    fn random(&self, below: u64) -> u64 {
        let mut next = self.random.get();
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        self.random.set(next);
        next % below
    }

    fn replica(&self, generation: u64) -> Replica {
        let gate = Gate::default();
        let store = Arc::new(GatedStore::new(self.store.clone(), gate.clone()));
        let elector = StoreElector::over_store(store, "replica", LeaseSettings::default());
        Replica {
            gate,
            elector: Arc::new(elector.expect("the times fit")),
            held: None,
            generation,
        }
    }

    async fn run(&self) -> Result<(), String> {
        let replicas = (0..REPLICAS).map(|_| self.replica(0)).collect();
        self.replicas.replace(replicas);
        let lives = join_all((0..REPLICAS).map(|index| self.live(index)));
        tokio::select! {
            _ = lives => unreachable!("replicas live on"),
            broken = self.watch() => Err(broken),
            outcome = self.disturb() => outcome,
        }
    }

    /// Campaigns, leads until it is lost, or gives it up after some time; again and again.
    async fn live(&self, index: usize) {
        loop {
            let (elector, generation) = {
                let replicas = self.replicas.borrow();
                (replicas[index].elector.clone(), replicas[index].generation)
            };
            let patience = Duration::from_millis(500 + self.random(20_000));
            let Ok(won) = timeout(patience, elector.campaign("name")).await else {
                continue;
            };
            let leadership = Arc::new(won.expect("no error is permanent"));
            // Killed meanwhile: what it won is nobody's.
            if self.replicas.borrow()[index].generation != generation {
                std::mem::forget(leadership);
                continue;
            }
            assert!(!leadership.is_held() || leadership.epoch() > self.last_epoch.get());
            let beside = self.holders();
            assert!(beside == 0 || !leadership.is_held(), "won beside a leader");
            self.last_epoch
                .set(leadership.epoch().max(self.last_epoch.get()));
            self.replicas.borrow_mut()[index].held = Some(leadership.clone());
            let tired = Duration::from_millis(self.random(60_000));
            timeout(tired, leadership.lost()).await.ok();
            if self.replicas.borrow()[index].generation == generation {
                self.replicas.borrow_mut()[index].held = None;
            }
            if let Ok(leadership) = Arc::try_unwrap(leadership) {
                leadership.resign().await;
            }
        }
    }

    /// Looks for two holders at one instant.
    async fn watch(&self) -> String {
        loop {
            let held = self.holders();
            if held > 1 {
                return format!("{held} replicas lead at once");
            }
            sleep(Duration::from_millis(43)).await;
        }
    }

    fn holders(&self) -> usize {
        let replicas = self.replicas.borrow();
        let held = |replica: &&Replica| replica.held.as_ref().is_some_and(|held| held.is_held());
        replicas.iter().filter(held).count()
    }

    /// Makes trouble for two minutes, then waits for a leader; several times.
    async fn disturb(&self) -> Result<(), String> {
        for _ in 0..4 {
            for _ in 0..20 {
                let index = self.random(REPLICAS as u64) as usize;
                self.hurt(index);
                sleep(Duration::from_millis(self.random(6_000))).await;
            }
            for replica in self.replicas.borrow().iter() {
                replica.gate.set(Reach::Open);
            }
            let ended = Instant::now();
            while self.holders() == 0 {
                if ended.elapsed() > TAKEOVER {
                    return Err(format!("nobody leads {TAKEOVER:?} after the faults"));
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    fn hurt(&self, index: usize) {
        let reach = match self.random(6) {
            0 => Reach::Refused,
            1 => Reach::Silent,
            2 => Reach::Slow(Duration::from_millis(self.random(3_000))),
            3 => return self.kill(index),
            _ => Reach::Open,
        };
        self.replicas.borrow()[index].gate.set(reach);
    }

    /// Puts a new process in the place of one that can reach nothing any more.
    fn kill(&self, index: usize) {
        let mut replicas = self.replicas.borrow_mut();
        let successor = self.replica(replicas[index].generation + 1);
        let dead = std::mem::replace(&mut replicas[index], successor);
        dead.gate.set(Reach::Silent);
    }
}
