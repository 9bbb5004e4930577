//! Spreads numbered shards over the replicas that are alive, each with its fair share.
//!
//! Shard `k` is led as `shard/<k>`; each replica announces itself under `leader/replica/<identity>`.
//! A replica claims free shards up to its share (see `shares.rs`) and is asked to give back what is
//! beyond it. What is done with a shard is the business of whoever reads the events.

use super::{
    Leadership, StoreElector,
    elector::{Look, next_look},
    leadership::LeadershipView,
    outage::Outage,
    records::LeaseRecord,
    shares::{Others, share},
};
use crate::{Error, ErrorKind, Result};
use bytes::Bytes;
use futures::future::try_join_all;
use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;

/// Where replicas announce themselves.
const REPLICAS: &str = "leader/replica/";
/// An announcement that did not change for this many leases is deleted.
const FORGOTTEN: u32 = 12;
/// The shortest pause between two looks.
const LEAST_PAUSE: Duration = Duration::from_millis(50);

/// Something that happened to the shards of this replica.
#[derive(Debug)]
pub enum ShardEvent {
    /// This replica leads the shard, as long as the leadership says so.
    Gained(u32, Leadership),
    /// Another replica should have the shard: finish what is begun, then resign its leadership.
    ///
    /// Nothing is to be done for a shard whose leadership was lost meanwhile.
    Release(u32),
}

/// The shards that this replica has by lease.
///
/// # Behavior
/// - `LEAD-20` each shard is led by at most one replica, as any name (`LEAD-01`).
/// - `LEAD-21` while replicas neither come nor go, each comes to lead its fair share, and then nothing moves.
/// - `LEAD-22` the shards of a replica that died are led by others within 8 s, with the default settings.
/// - `LEAD-23` a replica that comes gets its share from those that have more, which are asked to release.
/// - `LEAD-24` a replica that is closed, and resigned its shards, is replaced at the next look of the others.
#[must_use = "dropping it leaves the group of replicas"]
pub struct ShardLeases {
    events: mpsc::Receiver<Result<ShardEvent>>,
    _leaving: DropGuard,
}

impl ShardLeases {
    /// Joins the replicas that share these shards; all must name the same number.
    pub fn start(elector: Arc<StoreElector>, shards: NonZeroU32) -> Self {
        let room = usize::try_from(shards.get()).unwrap_or(usize::MAX / 4) * 2 + 1;
        let (sender, events) = mpsc::channel(room);
        let leaving = CancellationToken::new();
        let replica = Replica::new(elector.clone(), shards, sender);
        elector.spawn(replica.run(leaving.clone()));
        Self {
            events,
            _leaving: leaving.drop_guard(),
        }
    }

    /// Waits for what happens next.
    ///
    /// # Errors
    /// A permanent error of the store, once for each outage; trying goes on.
    ///
    /// # Cancel safety
    /// No event is lost by dropping the future.
    pub async fn next(&mut self) -> Result<ShardEvent> {
        loop {
            match self.events.recv().await {
                // It was lost before anybody looked.
                Some(Ok(ShardEvent::Gained(_, leadership))) if !leadership.is_held() => {}
                Some(event) => return event,
                None => {
                    return Err(Error::permanent(
                        ErrorKind::Closed,
                        "the shards were closed",
                    ));
                }
            }
        }
    }

    /// Leaves the replicas, and resolves when that was announced; leaderships in hand stay until resigned.
    pub async fn close(self) {
        let Self {
            mut events,
            _leaving: leaving,
        } = self;
        drop(leaving);
        // The task ends with its sender; shards that nobody took are resigned by dropping them.
        while events.recv().await.is_some() {}
    }
}

impl fmt::Debug for ShardLeases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ShardLeases")
            .finish_non_exhaustive()
    }
}

/// This replica among the others.
struct Replica {
    elector: Arc<StoreElector>,
    id: String,
    announced: Option<u64>,
    others: Others,
    shards: Vec<Shard>,
    events: mpsc::Sender<Result<ShardEvent>>,
    outage: Outage,
}

struct Shard {
    number: u32,
    name: Arc<str>,
    free_at: Option<Instant>,
    found: Option<LeaseRecord>,
    held: Option<LeadershipView>,
    is_asked_for: bool,
}

impl Replica {
    fn new(
        elector: Arc<StoreElector>,
        shards: NonZeroU32,
        events: mpsc::Sender<Result<ShardEvent>>,
    ) -> Self {
        Self {
            id: elector.identity().to_owned(),
            elector,
            announced: None,
            others: Others::default(),
            shards: (0..shards.get()).map(Shard::new).collect(),
            events,
            outage: Outage::default(),
        }
    }

    async fn run(mut self, leaving: CancellationToken) {
        let round = async {
            loop {
                let pause = self.round().await;
                sleep(pause).await;
            }
        };
        leaving.run_until_cancelled(round).await;
        if let Err(error) = self.leave().await {
            debug!(replica = self.id, %error, "cannot announce leaving, the others will notice");
        }
    }

    /// Looks around once, acts on it, and returns the pause until the next look.
    async fn round(&mut self) -> Duration {
        let poll = self.elector.settings().poll;
        let outcome = async {
            self.announce().await?;
            self.look_for_others().await?;
            self.look_at_shards().await?;
            self.balance().await
        };
        match outcome.await {
            Ok(()) => {
                self.outage.worked("shard/");
                let next = self.shards.iter().filter_map(|shard| shard.free_at);
                let next = next.filter(|at| *at > Instant::now()).min();
                next.map_or(poll, |at| next_look(poll, at)).max(LEAST_PAUSE)
            }
            Err(error) => {
                if self.outage.failed("shard/", &error) && !error.is_transient() {
                    // Nobody reads: the next outage will be told.
                    self.events.try_send(Err(error)).ok();
                }
                poll
            }
        }
    }

    async fn announce(&mut self) -> Result<()> {
        let key = format!("{REPLICAS}{}", self.id);
        let store = self.elector.store();
        let put = store.put(&key, Bytes::new(), self.announced);
        match self.within(put).await {
            Ok(version) => self.announced = Some(version),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let found = self.within(store.get(&key)).await?;
                self.announced = found.map(|found| found.version);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn look_for_others(&mut self) -> Result<()> {
        let store = self.elector.store();
        let keys = self.within(store.keys(REPLICAS)).await?;
        let ids = keys.iter().filter_map(|key| key.strip_prefix(REPLICAS));
        let reads = ids.filter(|id| *id != self.id).map(async |id| {
            let key = format!("{REPLICAS}{id}");
            let found = self.within(store.get(&key)).await?;
            Ok::<_, Error>(found.map(|found| (id.to_owned(), found.version)))
        });
        let announced = try_join_all(reads).await?;
        let now = Instant::now();
        self.others
            .note(announced.into_iter().flatten().collect(), now);
        let lease = self.elector.settings().lease;
        for (id, version) in self.others.forgotten(lease * FORGOTTEN, now) {
            let key = format!("{REPLICAS}{id}");
            match self.within(store.delete(&key, version)).await {
                // It is alive after all.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                outcome => outcome?,
            }
        }
        Ok(())
    }

    async fn look_at_shards(&mut self) -> Result<()> {
        let elector = &self.elector;
        let looks = self.shards.iter_mut().map(|shard| shard.look(elector));
        try_join_all(looks).await?;
        Ok(())
    }

    /// Claims shards up to the fair share, or asks for what is beyond it.
    async fn balance(&mut self) -> Result<()> {
        let now = Instant::now();
        let settings = self.elector.settings();
        let (lease, missed) = (settings.lease, settings.missed_renewal());
        let mut alive = self.others.alive(lease, missed, now);
        if self.elector.is_alone() {
            alive.retain(|id| !self.others.is_former(id, &self.id));
        }
        let others: Vec<_> = alive
            .iter()
            .map(|id| (*id, self.held_by(id, now)))
            .collect();
        let held = self
            .shards
            .iter()
            .filter(|shard| shard.held.is_some())
            .count();
        let fair = share(self.shards.len(), (&self.id, held), &others);
        let place = others.iter().filter(|(id, _)| **id < *self.id).count();
        // Replicas that come together begin at different shards, so that they seldom collide.
        let first = place * self.shards.len() / (others.len() + 1);
        if held > fair {
            self.ask(held - fair);
            return Ok(());
        }
        self.claim(fair - held, first, now).await
    }

    fn held_by(&self, id: &str, now: Instant) -> usize {
        let holds = |shard: &&Shard| {
            shard.held.is_none()
                && shard.free_at.is_some_and(|at| at > now)
                && shard
                    .found
                    .as_ref()
                    .is_some_and(|found| found.claim.holder == id)
        };
        self.shards.iter().filter(holds).count()
    }

    fn ask(&mut self, beyond: usize) {
        let held = self
            .shards
            .iter_mut()
            .rev()
            .filter(|shard| shard.held.is_some());
        for shard in held.take(beyond).filter(|shard| !shard.is_asked_for) {
            let event = Ok(ShardEvent::Release(shard.number));
            // Nobody reads at the moment: it is asked for at the next look.
            shard.is_asked_for = self.events.try_send(event).is_ok();
        }
    }

    async fn claim(&mut self, mut wanted: usize, first: usize, now: Instant) -> Result<()> {
        self.shards.rotate_left(first);
        let outcome = async {
            for shard in &mut self.shards {
                if wanted == 0 {
                    break;
                }
                // Without room for the event a leadership would be of no use.
                let Ok(room) = self.events.try_reserve() else {
                    break;
                };
                if let Some(leadership) = shard.claim(&self.elector, now).await? {
                    room.send(Ok(ShardEvent::Gained(shard.number, leadership)));
                    wanted -= 1;
                }
            }
            Ok(())
        };
        let outcome = outcome.await;
        self.shards.rotate_right(first);
        outcome
    }

    async fn leave(&self) -> Result<()> {
        let Some(version) = self.announced else {
            return Ok(());
        };
        let key = format!("{REPLICAS}{}", self.id);
        self.within(self.elector.store().delete(&key, version))
            .await
    }

    async fn within<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let ended = timeout(self.elector.settings().patience(), call).await;
        ended.map_err(|_| {
            Error::transient(ErrorKind::Timeout, "no answer in time").during("look for replicas")
        })?
    }
}

impl Shard {
    fn new(number: u32) -> Self {
        Self {
            number,
            name: format!("shard/{number}").into(),
            free_at: None,
            found: None,
            held: None,
            is_asked_for: false,
        }
    }

    /// Notes who has the shard, unless this replica does.
    async fn look(&mut self, elector: &StoreElector) -> Result<()> {
        if self.held.as_ref().is_some_and(|held| !held.is_over()) {
            self.free_at = None;
            return Ok(());
        }
        self.held = None;
        self.is_asked_for = false;
        let (found, free_at) = elector.observe(&self.name).await?;
        (self.found, self.free_at) = (found, Some(free_at));
        Ok(())
    }

    /// Claims the shard if it is free.
    async fn claim(&mut self, elector: &StoreElector, now: Instant) -> Result<Option<Leadership>> {
        if self.held.is_some() || self.free_at.is_none_or(|at| at > now) {
            return Ok(None);
        }
        // The keeper of an earlier leadership may still be resigning it.
        let Some(candidacy) = elector.try_candidacy(&self.name) else {
            return Ok(None);
        };
        match elector.claim(&candidacy, self.found.take()).await? {
            Look::Leads(leadership) => {
                self.held = Some(leadership.view());
                Ok(Some(leadership))
            }
            Look::Taken(_) => Ok(None),
        }
    }
}
