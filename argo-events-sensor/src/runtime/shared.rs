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
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Most journaled firings that wait in memory; beyond it the lane stops reading.
const MOST_JOURNALED: usize = 10_000;

/// A delivery with the firings that it still waits for.
#[derive(Debug)]
struct Pending {
    /// `None` once the firings are journaled and the delivery is acknowledged.
    delivery: Option<Delivery>,
    open: Vec<(usize, Firing)>,
    since: Instant,
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
        }
    }

    /// Reads and fires until stopped, then drains.
    pub(crate) async fn run(mut self) -> Result<()> {
        self.resume().await?;
        let mut check = tokio::time::interval(self.lane.patience());
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
            self.pending.insert(
                ticket,
                Pending {
                    delivery: None,
                    open,
                    since: Instant::now(),
                },
            );
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
        self.journaled < MOST_JOURNALED
            && self.executor.has_room()
            && self.pending.len() - self.journaled.min(self.pending.len()) < self.lane.max_in_flight
    }

    async fn take(&mut self, batch: Result<Batch>) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return self.lane.unread(&error).await,
        };
        for delivery in batch.deliveries {
            self.take_one(delivery, batch.only);
            while let Some(finished) = self.executor.try_finished() {
                self.finish(finished).await;
            }
        }
        self.acknowledge_done().await;
    }

    /// Acknowledges what is done, after whatever was put off of it.
    async fn acknowledge_done(&mut self) {
        if self.done.is_empty() {
            return;
        }
        self.lane.observer.flush();
        for delivery in self.done.drain(..) {
            self.lane.acknowledge(delivery).await;
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
        let pending = Pending {
            delivery: Some(delivery),
            open,
            since: Instant::now(),
        };
        self.pending.insert(ticket, pending);
    }

    /// Closes a firing that ended, and those that ended meanwhile.
    async fn finish_all(&mut self, finished: Finished) {
        self.finish(finished).await;
        while let Some(finished) = self.executor.try_finished() {
            self.finish(finished).await;
        }
        self.acknowledge_done().await;
    }

    async fn finish(&mut self, finished: Finished) {
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
        let is_journaled = pending.delivery.is_none();
        if is_journaled {
            self.forget(&finished.firing).await;
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

    async fn forget(&mut self, firing: &Firing) {
        let Some(journal) = &self.journal else { return };
        if let Err(error) = journal.remove(firing).await {
            tracing::warn!(%error, firing = %firing.id(), "a finished firing stays in the journal and will repeat after a restart");
        }
    }

    /// Journals what is late and releases its delivery; without a store, shows a sign of life.
    async fn relieve(&mut self) {
        let crowded = self.pending.len() >= self.lane.max_in_flight;
        let patience = if crowded {
            Duration::ZERO
        } else {
            self.lane.patience()
        };
        let late: Vec<Ticket> = (self.pending.iter())
            .filter(|(_, pending)| {
                pending.delivery.is_some() && pending.since.elapsed() >= patience
            })
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in late {
            self.relieve_one(ticket).await;
        }
    }

    async fn relieve_one(&mut self, ticket: Ticket) {
        let Some(pending) = self.pending.get_mut(&ticket) else {
            return;
        };
        if let Some(journal) = &self.journal {
            let mut stored = Ok(());
            for (_, firing) in &pending.open {
                stored = journal.put(firing).await;
                if stored.is_err() {
                    break;
                }
            }
            match stored {
                Ok(()) => {
                    let delivery = pending.delivery.take();
                    self.journaled += 1;
                    if let Some(delivery) = delivery {
                        self.lane.acknowledge(delivery).await;
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "a slow firing could not be journaled; its delivery stays open")
                }
            }
        }
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
