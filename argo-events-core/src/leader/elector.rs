//! The campaign: look at the record, and claim it once it is free.
//!
//! Holding what was claimed is the business of `keeper.rs`.

use super::{
    Elector, Leadership, LeaseSettings, Tenure,
    keeper::Keeper,
    outage::Outage,
    records::{LeaseClaim, LeaseRecord, LeaseRecords},
    sighting::Sighting,
};
use crate::{Error, ErrorKind, Result, Retry};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tracing::info;

/// Elects by leases on records, whichever place keeps them.
pub struct LeaseElector<R> {
    ballot: Arc<Ballot<R>>,
    seats: Mutex<HashMap<Arc<str>, Seat>>,
    /// Keepers outlive the elector as long as their leaderships.
    keepers: TaskTracker,
}

/// What this process has of a name, whoever campaigns for it.
struct Seat {
    /// Taken while somebody in this process campaigns for the name or leads it.
    turn: Arc<Semaphore>,
    /// Outlives campaigns, so that one that is begun anew does not wait anew.
    sighting: Sighting,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            sighting: Sighting::default(),
        }
    }
}

/// What every part of an election needs.
pub(super) struct Ballot<R> {
    pub(super) records: R,
    pub(super) identity: String,
    pub(super) settings: LeaseSettings,
    /// Whether no other living process has this replica's name.
    is_alone: bool,
}

/// One name that this process wants to lead.
pub(super) struct Candidacy {
    pub(super) name: Arc<str>,
    seat: Arc<OwnedSemaphorePermit>,
}

/// What came of a look.
pub(super) enum Look {
    /// This process leads.
    Leads(Leadership),
    /// Somebody else does, or was quicker; the name may be free then.
    Taken(Instant),
}

impl<R: LeaseRecords> LeaseElector<R> {
    /// Makes an elector; no two processes alive may have the same identity.
    ///
    /// A record under the own identity is taken without waiting: it is what an earlier process of the
    /// same identity left, or a write of ours whose answer was lost.
    ///
    /// # Errors
    /// `ConfigInvalid` when the times do not fit together, or the identity is empty.
    pub fn new(records: R, identity: impl Into<String>, settings: LeaseSettings) -> Result<Self> {
        settings.validate()?;
        let identity = identity.into();
        if identity.is_empty() {
            let message = "an elector needs an identity, such as the pod's name";
            return Err(Error::permanent(ErrorKind::ConfigInvalid, message));
        }
        Ok(Self {
            ballot: Arc::new(Ballot {
                records,
                identity,
                settings,
                is_alone: false,
            }),
            seats: Mutex::default(),
            keepers: TaskTracker::new(),
        })
    }

    /// Says that no other living process has the name of this replica, as is true of pods: what the
    /// process before held is free as soon as it has missed a renewal.
    #[must_use]
    pub fn alone_under_its_name(mut self) -> Self {
        if let Some(ballot) = Arc::get_mut(&mut self.ballot) {
            ballot.is_alone = true;
        }
        self
    }

    /// Tells whether no other living process has the name of this replica.
    pub(super) fn is_alone(&self) -> bool {
        self.ballot.is_alone
    }

    /// Returns what this process is called in the records.
    pub fn identity(&self) -> &str {
        &self.ballot.identity
    }

    /// Returns the times.
    pub fn settings(&self) -> &LeaseSettings {
        &self.ballot.settings
    }

    /// Resolves when every leadership of this elector is over, and what was dropped is resigned.
    ///
    /// For the end of a process: leaderships that are dropped resign in the background. Waits also for
    /// [`ShardLeases`](super::ShardLeases) over this elector to be closed or dropped.
    pub async fn settled(&self) {
        self.keepers.close();
        self.keepers.wait().await;
        self.keepers.reopen();
    }

    pub(super) fn records(&self) -> &R {
        &self.ballot.records
    }

    /// Runs a task that [`Self::settled`] waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.keepers.spawn(task);
    }

    fn seat<T>(&self, name: &Arc<str>, act: impl FnOnce(&mut Seat) -> T) -> T {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        act(seats.entry(name.clone()).or_default())
    }

    fn turn(&self, name: &Arc<str>) -> Arc<Semaphore> {
        self.seat(name, |seat| seat.turn.clone())
    }

    /// Waits for the turn among the campaigns of this process.
    async fn candidacy(&self, name: &str) -> Candidacy {
        let name = Arc::from(name);
        let seat = self.turn(&name).acquire_owned().await;
        let seat = Arc::new(seat.expect("the seats of an elector are never closed"));
        Candidacy { name, seat }
    }

    /// As [`Self::candidacy`], if nobody in this process leads or campaigns.
    pub(super) fn try_candidacy(&self, name: &Arc<str>) -> Option<Candidacy> {
        let seat = Arc::new(self.turn(name).try_acquire_owned().ok()?);
        let name = name.clone();
        Some(Candidacy { name, seat })
    }

    /// Reads the record and returns it with the instant from which on it is free.
    pub(super) async fn observe(&self, name: &Arc<str>) -> Result<(Option<LeaseRecord>, Instant)> {
        let found = self.ballot.read(name).await?;
        let finished = Instant::now();
        let identity = &self.ballot.identity;
        let mut sighted = found.clone();
        if let Some(LeaseRecord { claim, .. }) = &mut sighted {
            claim.lease = self.silence_of(&claim.holder, claim.lease);
        }
        let note = |seat: &mut Seat| seat.sighting.note(sighted.as_ref(), identity, finished);
        let free_at = self.seat(name, note);
        Ok((found, free_at))
    }

    /// Returns after what silence somebody with a lease is taken for dead.
    ///
    /// Of a replica that is alone under its name, another process is the one before it, which has ended: that
    /// it misses a renewal is enough then. If it lives after all, it is fenced as any former leader.
    fn silence_of(&self, holder: &str, lease: Duration) -> Duration {
        if self.ballot.is_alone && is_predecessor(&self.ballot.identity, holder) {
            lease.min(self.ballot.settings.missed_renewal())
        } else {
            lease
        }
    }

    /// Looks at the record once, and claims it if it is free.
    async fn look(&self, candidacy: &Candidacy) -> Result<Look> {
        let (found, free_at) = self.observe(&candidacy.name).await?;
        if free_at > Instant::now() {
            return Ok(Look::Taken(free_at));
        }
        self.claim(candidacy, found).await
    }

    /// Claims a record that is free.
    ///
    /// # Errors
    /// Those of the place where the records are kept; never that somebody was quicker.
    pub(super) async fn claim(
        &self,
        candidacy: &Candidacy,
        found: Option<LeaseRecord>,
    ) -> Result<Look> {
        match self.stand(candidacy, found).await {
            Ok(leadership) => Ok(Look::Leads(leadership)),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Look::Taken(Instant::now())),
            Err(error) => Err(error),
        }
    }

    /// Claims a record in a task of its own, which resigns if nobody waits for the answer any more.
    async fn stand(&self, candidacy: &Candidacy, found: Option<LeaseRecord>) -> Result<Leadership> {
        let (answer, answered) = oneshot::channel();
        let ballot = self.ballot.clone();
        let name = candidacy.name.clone();
        let seat = candidacy.seat.clone();
        self.keepers.spawn(async move {
            match take(&ballot, &name, found).await {
                Ok((keeper, leadership)) => {
                    // Nobody waits any more: the leadership comes back, is dropped, and so resigned.
                    drop(answer.send(Ok(leadership)));
                    keeper.keep().await;
                }
                // As above; then there is nothing to give up.
                Err(error) => drop(answer.send(Err(error))),
            }
            drop(seat);
        });
        let ended = || Error::transient(ErrorKind::Closed, "the election was shut down");
        answered.await.map_err(|_| ended())?
    }
}

/// Tells whether two identities are processes of one replica: they differ in the number behind its name.
pub(super) fn is_predecessor(own: &str, other: &str) -> bool {
    let parts = |identity: &str| {
        let (replica, number) = identity.rsplit_once('.')?;
        let is_number = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_number.then(|| replica.to_owned())
    };
    own != other && parts(own).is_some_and(|replica| parts(other).as_ref() == Some(&replica))
}

/// Writes the claim and begins the leadership, counted from before the write.
async fn take<R: LeaseRecords>(
    ballot: &Arc<Ballot<R>>,
    name: &Arc<str>,
    found: Option<LeaseRecord>,
) -> Result<(Keeper<R>, Leadership)> {
    let term = found.as_ref().map_or(0, |found| found.claim.term) + 1;
    let claim = LeaseClaim {
        holder: ballot.identity.clone(),
        term,
        lease: ballot.settings.lease,
    };
    let started = Instant::now();
    let expected = found.as_ref().map(|found| found.revision.as_str());
    let revision = ballot.write(name, &claim, expected).await?;
    info!(name = %name, epoch = term, "leads");
    let (tenure, leadership) = Tenure::begin(name.clone(), term, started + ballot.settings.hold);
    let keeper = Keeper::new(
        ballot.clone(),
        name.clone(),
        claim,
        revision,
        tenure,
        started,
    );
    Ok((keeper, leadership))
}

impl<R: LeaseRecords> Ballot<R> {
    pub(super) async fn read(&self, name: &str) -> Result<Option<LeaseRecord>> {
        let read = self.records.read(name);
        let ended = timeout(self.settings.patience(), read).await;
        ended.map_err(|_| silent("read a leader record", name))?
    }

    pub(super) async fn write(
        &self,
        name: &str,
        claim: &LeaseClaim,
        expected: Option<&str>,
    ) -> Result<String> {
        let write = self.records.write(name, claim, expected);
        let ended = timeout(self.settings.patience(), write).await;
        ended.map_err(|_| silent("write a leader record", name))?
    }
}

fn silent(operation: &'static str, name: &str) -> Error {
    Error::transient(ErrorKind::Timeout, "no answer in time")
        .during(operation)
        .with("name", name)
}

#[async_trait]
impl<R: LeaseRecords> Elector for LeaseElector<R> {
    async fn campaign(&self, name: &str) -> Result<Leadership> {
        let candidacy = self.candidacy(name).await;
        let settings = &self.ballot.settings;
        let mut outage = Outage::default();
        loop {
            let pause = match self.look(&candidacy).await {
                Ok(Look::Leads(leadership)) => return Ok(leadership),
                Ok(Look::Taken(free_at)) => {
                    outage.worked(name);
                    next_look(settings.poll, free_at)
                }
                Err(error) if !error.is_transient() => return Err(error),
                Err(error) => {
                    outage.failed(name, &error);
                    after(&error, settings.poll)
                }
            };
            sleep(pause).await;
        }
    }
}

/// Returns when to look next: after a poll, or as soon as the record would be free.
pub(super) fn next_look(poll: Duration, free_at: Instant) -> Duration {
    let until_free = free_at.saturating_duration_since(Instant::now());
    if until_free.is_zero() {
        return poll;
    }
    until_free.min(poll)
}

/// Returns the pause after a failure: what the other side asks for, within reason, or the usual.
pub(super) fn after(error: &Error, usual: Duration) -> Duration {
    match error.retry() {
        Retry::After(asked) => asked.clamp(usual, usual * 10),
        _ => usual,
    }
}

impl<R> fmt::Debug for LeaseElector<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LeaseElector")
            .field("identity", &self.ballot.identity)
            .field("settings", &self.ballot.settings)
            .finish_non_exhaustive()
    }
}
