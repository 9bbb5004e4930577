//! The shared lane: stateless, unordered triggers. Replicas compete on it.
//!
//! A delivery is acknowledged when each of its firings is done. One that takes too long is journaled
//! instead, so that a slow trigger does not hold the others back.

use super::{
    action::Completion,
    executor::{Executor, Finished, Ticket},
    input::{Batch, LaneInput},
    journal::Journal,
    lane::{Lane, Matched},
};
use argo_events_core::{Delivery, Firing, Result};
use futures::{StreamExt as _, stream};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Most journaled firings that wait in memory; beyond it the lane stops reading.
const MOST_JOURNALED: usize = 10_000;
/// How many deliveries are journaled, or firings let go of, at a time.
const AT_A_TIME: usize = 64;
/// How many times sooner a delivery is late when there is no room for others.
const CROWDED: u32 = 8;

/// A delivery with the firings that it still waits for.
#[derive(Debug)]
struct Pending {
    /// `None` once the firings are journaled and the delivery is acknowledged.
    delivery: Option<Delivery>,
    open: Vec<(usize, Firing)>,
    /// When it came, or when the bus last heard that it is still worked on.
    since: Instant,
    /// The journal may have some of it: a write that failed may have been done all the same.
    may_be_journaled: bool,
}

impl Pending {
    fn new(delivery: Option<Delivery>, open: Vec<(usize, Firing)>) -> Self {
        let may_be_journaled = delivery.is_none();
        Self {
            delivery,
            open,
            since: Instant::now(),
            may_be_journaled,
        }
    }
}

/// The lane while it runs.
pub(crate) struct SharedLane {
    lane: Lane,
    input: LaneInput,
    executor: Executor,
    /// `None` on a bus without a state store: slow deliveries are kept alive instead.
    journal: Option<Journal>,
    pending: BTreeMap<Ticket, Pending>,
    journaled: usize,
    next_ticket: Ticket,
    /// Deliveries whose firings are done, to be acknowledged together.
    done: Vec<Delivery>,
    /// Journaled firings that are done, to be forgotten together.
    forgotten: Vec<Firing>,
}

impl SharedLane {
    pub(crate) fn new(
        lane: Lane,
        input: LaneInput,
        executor: Executor,
        journal: Option<Journal>,
    ) -> Self {
        let (pending, journaled, next_ticket) = (BTreeMap::new(), 0, 0);
        Self {
            lane,
            input,
            executor,
            journal,
            pending,
            journaled,
            next_ticket,
            done: Vec::new(),
            forgotten: Vec::new(),
        }
    }

    /// Reads and fires until stopped, then drains.
    pub(crate) async fn run(mut self) -> Result<()> {
        self.resume().await?;
        let mut check = tokio::time::interval(self.lane.patience() / CROWDED);
        let stopped = self.lane.stop.clone().cancelled_owned();
        tokio::pin!(stopped);
        loop {
            let has_room = self.has_room();
            tokio::select! {
                biased;
                () = &mut stopped => return self.drain().await,
                finished = self.executor.finished() => self.finish_all(finished).await,
                _ = check.tick() => self.relieve().await,
                batch = self.input.next(self.lane.batch), if has_room => match batch {
                    Some(batch) => self.take(batch).await,
                    None => return self.drain().await,
                },
            }
        }
    }

    /// Starts what an earlier process journaled and did not finish.
    async fn resume(&mut self) -> Result<()> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        for firing in journal.load(|trigger| self.lane.shape(trigger)).await? {
            let Some(trigger) = self.lane.trigger(firing.trigger()) else {
                continue;
            };
            let ticket = self.ticket();
            let open = vec![(trigger, firing.clone())];
            self.pending.insert(ticket, Pending::new(None, open));
            self.journaled += 1;
            self.executor.submit(trigger, ticket, firing);
        }
        Ok(())
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        self.next_ticket
    }

    fn has_room(&self) -> bool {
        self.journaled < MOST_JOURNALED && self.executor.has_room() && !self.is_crowded()
    }

    /// Tells whether so many deliveries wait that no more may come.
    fn is_crowded(&self) -> bool {
        self.pending.len().saturating_sub(self.journaled) >= self.lane.max_in_flight
    }

    async fn take(&mut self, batch: Result<Batch>) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return self.lane.unread(&error).await,
        };
        for delivery in batch.deliveries {
            self.take_one(delivery, batch.only);
            while let Some(finished) = self.executor.try_finished() {
                self.finish(finished);
            }
        }
        self.settle().await;
    }

    /// Acknowledges what is done, after whatever was put off of it, and empties the journal of it.
    async fn settle(&mut self) {
        if !self.done.is_empty() {
            self.lane.observer.flush();
        }
        for delivery in self.done.drain(..) {
            self.lane.acknowledge(delivery).await;
        }
        if let Some(journal) = &self.journal {
            let forgotten = stream::iter(self.forgotten.drain(..));
            forgotten
                .for_each_concurrent(AT_A_TIME, |firing| forget(journal, firing))
                .await;
        }
    }

    fn take_one(&mut self, delivery: Delivery, only: Option<usize>) {
        let firings = match self.lane.matched(&delivery, only) {
            Matched::Firings(firings) => firings,
            Matched::Nothing => return self.done.push(delivery),
        };
        let ticket = self.ticket();
        let mut open = Vec::new();
        for (trigger, firing) in firings {
            let begun = self.executor.begin(trigger, ticket, firing.clone());
            // Whatever stopped before its end keeps the delivery open, which brings it again.
            if begun.is_none_or(|finished| matches!(finished.completion, Completion::Stopped)) {
                open.push((trigger, firing));
            }
        }
        if open.is_empty() {
            return self.done.push(delivery);
        }
        self.pending
            .insert(ticket, Pending::new(Some(delivery), open));
    }

    /// Closes a firing that ended, and those that ended meanwhile.
    async fn finish_all(&mut self, finished: Finished) {
        self.finish(finished);
        while let Some(finished) = self.executor.try_finished() {
            self.finish(finished);
        }
        self.settle().await;
    }

    fn finish(&mut self, finished: Finished) {
        let Some(pending) = self.pending.get_mut(&finished.ticket) else {
            return;
        };
        if matches!(finished.completion, Completion::Stopped) {
            // The delivery, or the journal, brings it again.
            return;
        }
        pending.open.retain(|(trigger, firing)| {
            *trigger != finished.trigger || !firing.is(&finished.firing)
        });
        if pending.may_be_journaled {
            self.forgotten.push(finished.firing);
        }
        self.close(finished.ticket);
    }

    /// Lets a delivery be acknowledged that waits for nothing any more.
    fn close(&mut self, ticket: Ticket) {
        if self
            .pending
            .get(&ticket)
            .is_none_or(|pending| !pending.open.is_empty())
        {
            return;
        }
        match self
            .pending
            .remove(&ticket)
            .and_then(|pending| pending.delivery)
        {
            Some(delivery) => self.done.push(delivery),
            None => self.journaled -= 1,
        }
    }

    /// Journals what is late and releases its delivery; without a store, shows a sign of life.
    ///
    /// Where there is no room for others, what is late is found out sooner. Nothing is late just
    /// because there is a crowd: one that moves needs no journal.
    async fn relieve(&mut self) {
        let patience = match self.is_crowded() {
            true => self.lane.patience() / CROWDED,
            false => self.lane.patience(),
        };
        let late: Vec<Ticket> = (self.pending.iter())
            .filter(|(_, pending)| {
                pending.delivery.is_some() && pending.since.elapsed() >= patience
            })
            .map(|(ticket, _)| *ticket)
            .collect();
        let stored: Vec<_> = stream::iter(late)
            .map(|ticket| store(self.journal.as_ref(), ticket, &self.pending[&ticket]))
            .buffered(AT_A_TIME)
            .collect()
            .await;
        for (ticket, is_stored) in stored {
            self.release(ticket, is_stored).await;
        }
    }

    /// Acknowledges a delivery whose firings are journaled; of another, tells the bus that it is
    /// still worked on.
    async fn release(&mut self, ticket: Ticket, is_stored: bool) {
        let Some(pending) = self.pending.get_mut(&ticket) else {
            return;
        };
        pending.may_be_journaled = self.journal.is_some();
        if is_stored {
            self.journaled += 1;
            if let Some(delivery) = pending.delivery.take() {
                self.lane.acknowledge(delivery).await;
            }
            return;
        }
        pending.since = Instant::now();
        if let Some(delivery) = &pending.delivery
            && let Err(error) = delivery.keep_alive().await
        {
            tracing::debug!(%error, "a delivery could not be kept alive and may come again");
        }
    }

    /// Lets running actions end within the grace period; what is unfinished comes again.
    async fn drain(mut self) -> Result<()> {
        let grace = tokio::time::sleep(self.lane.grace);
        tokio::pin!(grace);
        while self.executor.running() > 0 {
            tokio::select! {
                finished = self.executor.finished() => self.finish_all(finished).await,
                () = &mut grace => {
                    tracing::warn!(running = self.executor.running(), "grace period is over; unfinished firings come again");
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Journals the firings that a delivery waits for; returns whether all of them are.
async fn store(journal: Option<&Journal>, ticket: Ticket, pending: &Pending) -> (Ticket, bool) {
    let Some(journal) = journal else {
        return (ticket, false);
    };
    for (_, firing) in &pending.open {
        if let Err(error) = journal.put(firing).await {
            tracing::warn!(%error, "a slow firing could not be journaled; its delivery stays open");
            return (ticket, false);
        }
    }
    (ticket, true)
}

async fn forget(journal: &Journal, firing: Firing) {
    if let Err(error) = journal.remove(&firing).await {
        tracing::warn!(%error, firing = %firing.id(), "a finished firing stays in the journal and will repeat after a restart");
    }
}
