//! The reading end of a subscription, and the settling end of its deliveries.

use super::{
    Desk, Group,
    desk::{Taken, Wake},
    unsettled::{Handed, ReaderId},
};
use argo_events_core::{
    Deliveries, Delivery, DeliveryMeta, Error, ErrorKind, Outcome, Position, Result, Settle,
    Subscription,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

/// No delay is longer; it keeps deadlines within what an [`Instant`] can say.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads what a group has, beside other readers of the same group.
#[derive(Debug)]
pub(crate) struct Reader {
    group: Arc<Group>,
    id: ReaderId,
}

impl Reader {
    /// Lets a subscription read from a group.
    pub(crate) fn join(group: Arc<Group>, subscription: &Subscription) -> Self {
        let ack_wait = subscription.ack_wait.min(LONGEST_DELAY);
        let id = group.desk().join(subscription.max_in_flight, ack_wait);
        Self { group, id }
    }

    fn take(&self, most: usize) -> Result<Taken> {
        let mut desk = self.group.desk();
        if let Some(reason) = desk.take_failure() {
            return Err(Error::transient(ErrorKind::Unavailable, reason)
                .during("next")
                .with("group", self.group.name()));
        }
        let expected = desk.unsettled.earliest();
        let taken = desk.take(self.id, most, Instant::now());
        let must_tell = desk.is_shared() && is_sooner(desk.unsettled.earliest(), expected);
        self.group.fetch_ahead(desk);
        if must_tell {
            // Readers that wait must wait for this deadline too, should this reader fall silent.
            self.group.wake();
        }
        Ok(taken)
    }

    fn deliver(&self, handed: Handed) -> Delivery {
        let Handed { stored, attempt } = handed;
        let position = Position {
            partition: 0,
            sequence: stored.sequence,
        };
        let group = Arc::clone(&self.group);
        let settling = Settling {
            group,
            sequence: stored.sequence,
            attempt,
            settled: false,
        };
        let meta = DeliveryMeta::new(attempt, stored.arrived_at, position);
        Delivery::new(stored.event, meta, Box::new(settling))
    }
}

#[async_trait]
impl Deliveries for Reader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        loop {
            // Listens before it looks, so that what comes in between is not missed.
            let mut changed = std::pin::pin!(self.group.changed.notified());
            changed.as_mut().enable();
            let deadline = match self.take(most) {
                Ok(Taken::Some(handed)) => {
                    return Some(Ok(handed.into_iter().map(|it| self.deliver(it)).collect()));
                }
                Ok(Taken::Nothing(deadline)) => deadline,
                Ok(Taken::Closed) => return None,
                Err(error) => return Some(Err(error)),
            };
            match deadline {
                Some(deadline) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(deadline) => {}
                },
                None => changed.await,
            }
            // Whoever publishes at this moment goes first: many events are read at a lower cost
            // together than one by one.
            yield_now().await;
        }
    }
}

fn is_sooner(deadline: Option<Instant>, expected: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| expected.is_none_or(|expected| deadline < expected))
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.group.desk().leave(self.id);
    }
}

/// Settles one delivery; dropped unsettled, it gives the event back.
#[derive(Debug)]
struct Settling {
    group: Arc<Group>,
    sequence: u64,
    attempt: u32,
    settled: bool,
}

impl Settling {
    fn change(&self, change: impl FnOnce(&mut Desk) -> Wake) {
        let mut desk = self.group.desk();
        let wake = change(&mut desk);
        self.group.position_moved(desk);
        if wake == Wake::Readers {
            self.group.wake();
        }
    }

    fn reject(&self, reason: &str) {
        let (group, sequence) = (self.group.name(), self.sequence);
        tracing::warn!(group, sequence, reason, "delivery rejected");
        self.change(|desk| desk.finish(self.sequence));
    }
}

#[async_trait]
impl Settle for Settling {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.settled = true;
        match outcome {
            Outcome::Retry { after } => {
                let until = Instant::now() + after.min(LONGEST_DELAY);
                self.change(|desk| desk.delay(self.sequence, self.attempt, until));
            }
            Outcome::Reject { reason } => self.reject(&reason),
            _ => self.change(|desk| desk.finish(self.sequence)),
        }
        Ok(())
    }

    async fn keep_alive(&self) -> Result<()> {
        self.group
            .desk()
            .keep_alive(self.sequence, self.attempt, Instant::now());
        Ok(())
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if !self.settled {
            self.change(|desk| desk.give_back(self.sequence, self.attempt));
        }
    }
}
