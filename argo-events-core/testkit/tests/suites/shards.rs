//! Shards spread over replicas that come, go and die.

use crate::shelf::Shelf;
use argo_events_core::{
    Leadership, LeaseSettings, StateStore, StoreElector,
    leader::{ShardEvent, ShardLeases},
};
use argo_events_testkit::leader::{Gate, GatedStore, Reach};
use libtest_mimic::Trial;
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

const SETTLED: Duration = Duration::from_secs(15);
const TAKEOVER: Duration = Duration::from_secs(8);

/// Lists the promises about shards.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("LEAD-21 a replica alone leads every shard", alone),
        trial("LEAD-21 what is balanced does not move", stays),
        trial(
            "LEAD-22 the shards of a dead replica are taken over in time",
            dies,
        ),
        trial("LEAD-23 a replica that comes gets its share", comes),
        trial("LEAD-24 a replica that leaves is replaced at once", leaves),
        trial("LEAD-22 shards survive an outage for all", outage),
        trial(
            "LEAD-20 whatever happens, no shard is led twice, and later each is led",
            at_random,
        ),
    ]
}

fn trial<F: Future<Output = ()> + 'static>(name: &str, run: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        runtime.block_on(run());
        Ok(())
    })
    .with_kind("shards")
}

type Held = Arc<Mutex<BTreeMap<u32, Leadership>>>;

struct Replica {
    gate: Gate,
    held: Held,
    elector: Arc<StoreElector>,
    leaving: Option<tokio::sync::oneshot::Sender<()>>,
    task: AbortOnDropHandle<()>,
}

impl Replica {
    fn start(store: &Arc<dyn StateStore>, shards: u32) -> Self {
        let gate = Gate::default();
        let gated = Arc::new(GatedStore::new(store.clone(), gate.clone()));
        let settings = LeaseSettings::default();
        let elector =
            Arc::new(StoreElector::over_store(gated, "replica", settings).expect("the times fit"));
        let held = Held::default();
        let leases = ShardLeases::start(
            elector.clone(),
            NonZeroU32::new(shards).expect("there are shards"),
        );
        let (leaving, left) = tokio::sync::oneshot::channel();
        let work = work(leases, held.clone(), left);
        Self {
            gate,
            held,
            elector,
            leaving: Some(leaving),
            task: AbortOnDropHandle::new(TaskTracker::new().spawn(work)),
        }
    }

    fn held(&self) -> Vec<u32> {
        let held = lock(&self.held);
        let held = held.iter().filter(|(_, leadership)| leadership.is_held());
        held.map(|(shard, _)| *shard).collect()
    }

    async fn leave(mut self) {
        let leaving = self.leaving.take().expect("it leaves once");
        leaving.send(()).expect("its work goes on until then");
        self.task.await.expect("its work does not panic");
        self.elector.settled().await;
    }
}

fn lock(held: &Held) -> MutexGuard<'_, BTreeMap<u32, Leadership>> {
    held.lock().expect("nobody panics with the lock")
}

/// Does what a sensor does with its shards, without the work.
async fn work(mut leases: ShardLeases, held: Held, mut left: tokio::sync::oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            event = leases.next() => match event {
                Ok(ShardEvent::Gained(shard, leadership)) => {
                    lock(&held).insert(shard, leadership);
                }
                Ok(ShardEvent::Release(shard)) => {
                    let leadership = lock(&held).remove(&shard);
                    if let Some(leadership) = leadership {
                        leadership.resign().await;
                    }
                }
                Err(error) => panic!("{error}"),
            },
            _ = &mut left => break,
        }
    }
    let all = std::mem::take(&mut *lock(&held));
    for leadership in all.into_values() {
        leadership.resign().await;
    }
    leases.close().await;
}

fn store() -> Arc<dyn StateStore> {
    Arc::new(Shelf::default())
}

/// Returns how many shards each replica has, in order; panics if two have the same.
fn counts(replicas: &[&Replica]) -> Vec<usize> {
    let all: Vec<_> = replicas.iter().map(|replica| replica.held()).collect();
    let mut shards = all.concat();
    shards.sort_unstable();
    let before = shards.len();
    shards.dedup();
    assert_eq!(shards.len(), before, "a shard is led twice: {all:?}");
    let mut counts: Vec<_> = all.iter().map(Vec::len).collect();
    counts.sort_unstable();
    counts
}

/// Waits until the replicas have so many shards, and returns how long it took.
async fn until(replicas: &[&Replica], expected: &[usize], within: Duration) -> Duration {
    let began = Instant::now();
    while counts(replicas) != expected {
        let waited = began.elapsed();
        assert!(
            waited <= within,
            "{:?} after {waited:?}, not {expected:?}",
            counts(replicas)
        );
        sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

async fn alone() {
    let replica = Replica::start(&store(), 4);
    until(&[&replica], &[4], Duration::from_secs(1)).await;
}

async fn stays() {
    let store = store();
    let replicas: Vec<_> = (0..3).map(|_| Replica::start(&store, 8)).collect();
    let replicas: Vec<_> = replicas.iter().collect();
    until(&replicas, &[2, 3, 3], SETTLED).await;
    let before: Vec<_> = replicas.iter().map(|replica| replica.held()).collect();
    for _ in 0..1_000 {
        sleep(Duration::from_millis(100)).await;
        let now: Vec<_> = replicas.iter().map(|replica| replica.held()).collect();
        assert_eq!(now, before);
    }
}

async fn dies() {
    for offset in 0..5 {
        let store = store();
        let first = Replica::start(&store, 5);
        let second = Replica::start(&store, 5);
        until(&[&first, &second], &[2, 3], SETTLED).await;
        sleep(Duration::from_millis(6_000 + 330 * offset)).await;
        second.gate.set(Reach::Silent);
        until(&[&first], &[5], TAKEOVER).await;
    }
}

async fn comes() {
    let store = store();
    let first = Replica::start(&store, 4);
    until(&[&first], &[4], SETTLED).await;
    let second = Replica::start(&store, 4);
    until(&[&first, &second], &[2, 2], SETTLED).await;
    let third = Replica::start(&store, 4);
    until(&[&first, &second, &third], &[1, 1, 2], SETTLED).await;
}

async fn leaves() {
    let store = store();
    let first = Replica::start(&store, 4);
    let second = Replica::start(&store, 4);
    until(&[&first, &second], &[2, 2], SETTLED).await;
    second.leave().await;
    until(&[&first], &[4], Duration::from_secs(2)).await;
    assert_eq!(
        store
            .keys("leader/replica/")
            .await
            .expect("a shelf lists its keys")
            .len(),
        1
    );
}

async fn outage() {
    let store = store();
    let first = Replica::start(&store, 4);
    let second = Replica::start(&store, 4);
    until(&[&first, &second], &[2, 2], SETTLED).await;
    for reach in [Reach::Refused, Reach::Silent] {
        for replica in [&first, &second] {
            replica.gate.set(reach);
        }
        until(&[&first, &second], &[0, 0], Duration::from_secs(5)).await;
        sleep(Duration::from_secs(60)).await;
        for replica in [&first, &second] {
            replica.gate.set(Reach::Open);
        }
        until(&[&first, &second], &[2, 2], SETTLED).await;
    }
}

/// Numbers that look random, the same for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

async fn at_random() {
    for seed in 1..=12 {
        troubled(Random(seed * 0x9E37_79B9)).await;
    }
}

async fn troubled(mut random: Random) {
    let store = store();
    let mut alive: Vec<_> = (0..3).map(|_| Replica::start(&store, 5)).collect();
    // The dead lead until their leases end, and must not be led beside.
    let mut dead = Vec::new();
    for _ in 0..40 {
        let index = random.below(3) as usize;
        let reach = match random.below(5) {
            0 => Reach::Refused,
            1 => Reach::Silent,
            2 => Reach::Slow(Duration::from_millis(random.below(2_000))),
            3 => {
                let successor = Replica::start(&store, 5);
                dead.push(std::mem::replace(&mut alive[index], successor));
                dead[dead.len() - 1].gate.set(Reach::Silent);
                Reach::Open
            }
            _ => Reach::Open,
        };
        alive[index].gate.set(reach);
        for _ in 0..random.below(60) {
            sleep(Duration::from_millis(97)).await;
            counts(&alive.iter().chain(&dead).collect::<Vec<_>>());
        }
    }
    for replica in &alive {
        replica.gate.set(Reach::Open);
    }
    until(&alive.iter().collect::<Vec<_>>(), &[1, 2, 2], SETTLED).await;
}
