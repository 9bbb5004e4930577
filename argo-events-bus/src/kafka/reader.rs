//! The reading end of a subscription, and the settling end of its deliveries.

use super::{
    desk::{Desk, Handed, Record, Taken, Terms, Ticket},
    lock,
};
use crate::until::until;
use argo_events_core::{
    Deliveries, Delivery, DeliveryMeta, Error, Outcome, Position, Result, Settle, Subscription,
    bus::Order,
};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// No delay is longer; it keeps deadlines within what an [`Instant`] can say.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A record as the thread has read it.
#[derive(Debug)]
pub(super) enum Read {
    /// The subscription wants it, unless it settled it in an earlier life.
    Wanted(Record),
    /// It is of no interest.
    Other { partition: i32, offset: i64 },
}

/// What the reader, its deliveries and the thread that reads share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Name of the subscription.
    pub(super) name: String,
    /// Which of this process's subscriptions in that group it is.
    pub(super) seat: usize,
    /// How many events are not settled, as of lately.
    pub(super) lag: AtomicU64,
    /// How many records were no events.
    pub(super) undecodable: Arc<AtomicU64>,
    desk: Mutex<Desk>,
    /// What the thread has read, and has not put on the desk yet.
    read: Mutex<Vec<Read>>,
    failure: Mutex<Option<Error>>,
    /// Wakes whoever waits for deliveries.
    arrived: Notify,
    /// Wakes the thread, when there is room again or something was settled.
    moved: Condvar,
    /// The thread waits; written with the desk locked. To wake nobody would be a system call.
    is_awaited: AtomicBool,
}

impl Shared {
    /// Makes what a subscription shares.
    pub(super) fn new(
        subscription: &Subscription,
        seat: usize,
        undecodable: Arc<AtomicU64>,
    ) -> Self {
        let terms = Terms {
            most: subscription.max_in_flight.get(),
            ack_wait: subscription.ack_wait.min(LONGEST_DELAY),
            is_strict: matches!(subscription.order, Order::Strict { .. }),
        };
        Self {
            name: subscription.group.clone(),
            seat,
            lag: AtomicU64::new(0),
            undecodable,
            desk: Mutex::new(Desk::new(terms)),
            read: Mutex::default(),
            failure: Mutex::default(),
            arrived: Notify::new(),
            moved: Condvar::new(),
            is_awaited: AtomicBool::new(false),
        }
    }

    /// Locks the desk. Never held across an await.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }

    /// Notes what the thread has read, in order.
    pub(super) fn note(&self, read: Read) {
        lock(&self.read).push(read);
    }

    /// Puts on the desk what was read: many records at a time, since the reader wants the desk too.
    /// To be called before the partitions change.
    pub(super) fn put_on_desk(&self) {
        let mut read = lock(&self.read);
        if read.is_empty() {
            return;
        }
        let mut desk = self.desk();
        let mut is_awaited = false;
        for read in read.drain(..) {
            match read {
                Read::Wanted(record) if !desk.is_settled(record.partition, record.offset) => {
                    is_awaited |= desk.push(record);
                }
                Read::Wanted(record) => desk.skip(record.partition, record.offset),
                Read::Other { partition, offset } => desk.skip(partition, offset),
            }
        }
        drop(desk);
        if is_awaited {
            self.wake_readers();
        }
    }

    /// Wakes readers that wait.
    pub(super) fn wake_readers(&self) {
        self.arrived.notify_waiters();
    }

    /// Tells the next reader of a failure.
    pub(super) fn fail(&self, error: Error) {
        *lock(&self.failure) = Some(error);
        self.wake_readers();
    }

    /// Ends the deliveries; the thread ends once those in hand are settled, but waits not for long.
    fn leave(&self) {
        self.desk().end();
        self.moved.notify_all();
    }

    /// Ends the deliveries; the thread ends soon after.
    pub(super) fn close(&self) {
        self.desk().close();
        self.wake_readers();
        self.moved.notify_all();
    }

    /// Waits on the thread until nothing of partitions is in hand, but not for long, and not for a
    /// bus that is closed. Nothing of them is handed out any more.
    pub(super) fn wait_for_settlements(&self, partitions: &[i32], most: Duration) {
        let deadline = Instant::now() + most;
        let mut desk = self.desk();
        desk.withdraw(partitions);
        while desk.is_in_hand(partitions) && !desk.is_closed() {
            let now = Instant::now();
            if now >= deadline {
                return;
            }
            desk = self.wait(desk, deadline - now);
        }
    }

    /// Waits on the thread until something moves, or a time has passed.
    pub(super) fn wait<'a>(
        &self,
        desk: MutexGuard<'a, Desk>,
        most: Duration,
    ) -> MutexGuard<'a, Desk> {
        self.is_awaited.store(true, Ordering::Relaxed);
        let waited = self.moved.wait_timeout(desk, most);
        let desk = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(desk, _)| desk);
        self.is_awaited.store(false, Ordering::Relaxed);
        desk
    }

    fn change<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desk = self.desk();
        let changed = change(&mut desk);
        let is_awaited = self.is_awaited.load(Ordering::Relaxed);
        drop(desk);
        if is_awaited {
            self.moved.notify_all();
        }
        changed
    }
}

/// Reads what a subscription gets; the subscription ends with it.
pub(super) struct Reader {
    shared: Arc<Shared>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Reader")
            .field(&self.shared.name)
            .finish()
    }
}

impl Reader {
    /// Makes the reader of a subscription.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn deliver(&self, handed: Handed) -> Delivery {
        let Handed {
            ticket,
            attempt,
            record,
        } = handed;
        let position = position(record.partition, record.offset);
        let settling = Settling {
            shared: Arc::clone(&self.shared),
            ticket,
            attempt,
            is_settled: false,
        };
        let meta = DeliveryMeta::new(attempt, record.arrived_at, position);
        Delivery::new(record.event, meta, Box::new(settling))
    }
}

/// Returns the position of a record: sequences begin with 1, offsets with 0.
pub(super) fn position(partition: i32, offset: i64) -> Position {
    Position {
        partition: u32::try_from(partition).unwrap_or(0),
        sequence: u64::try_from(offset).map_or(0, |offset| offset + 1),
    }
}

#[async_trait]
impl Deliveries for Reader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        loop {
            // Listens before it looks, so that what comes in between is not missed.
            let mut arrived = std::pin::pin!(self.shared.arrived.notified());
            arrived.as_mut().enable();
            if let Some(error) = lock(&self.shared.failure).take() {
                return Some(Err(error));
            }
            let now = Instant::now();
            let taken = self.shared.change(|desk| desk.take(most, now));
            let deadline = match taken {
                Taken::Some(handed) => {
                    return Some(Ok(handed.into_iter().map(|it| self.deliver(it)).collect()));
                }
                Taken::Nothing(deadline) => deadline,
                Taken::Ended => return None,
            };
            tokio::select! {
                () = arrived => {}
                () = until(deadline) => {}
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

/// Settles one delivery; dropped unsettled, it gives the event back.
struct Settling {
    shared: Arc<Shared>,
    ticket: Ticket,
    attempt: u32,
    is_settled: bool,
}

#[async_trait]
impl Settle for Settling {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.is_settled = true;
        match outcome {
            Outcome::Retry { after } => {
                let until = Instant::now() + after.min(LONGEST_DELAY);
                self.shared
                    .change(|desk| desk.delay(self.ticket, self.attempt, until));
                self.shared.wake_readers();
            }
            Outcome::Reject { reason } => {
                tracing::warn!(group = self.shared.name, reason, "delivery rejected");
                self.finish();
            }
            _ => self.finish(),
        }
        Ok(())
    }

    async fn keep_alive(&self) -> Result<()> {
        let now = Instant::now();
        self.shared
            .desk()
            .keep_alive(self.ticket, self.attempt, now);
        Ok(())
    }
}

impl Settling {
    fn finish(&self) {
        self.shared.change(|desk| desk.finish(self.ticket));
        // A reader at its bound has room again.
        self.shared.wake_readers();
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if !self.is_settled {
            self.shared
                .change(|desk| desk.give_back(self.ticket, self.attempt));
            self.shared.wake_readers();
        }
    }
}
