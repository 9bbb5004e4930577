//! The reading end of a subscription, and the settling end of its deliveries.

use super::{
    Group,
    desk::{Handed, ReaderId, Taken, Wake},
};
use argo_events_core::{
    Deliveries, Delivery, DeliveryMeta, Outcome, Position, Result, Settle, Subscription,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

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
            let taken = self.group.desk().take(self.id, most, Instant::now());
            let deadline = match taken {
                Taken::Some(handed) => {
                    return Some(Ok(handed.into_iter().map(|it| self.deliver(it)).collect()));
                }
                Taken::Closed => return None,
                Taken::Nothing(deadline) => deadline,
            };
            match deadline {
                Some(deadline) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(deadline) => {}
                },
                None => changed.await,
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.group.desk().leave(self.id);
        // Another reader of the group may now be the one that waits for the next deadline.
        self.group.wake();
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
    fn wake(&self, wake: Wake) {
        if wake == Wake::Readers {
            self.group.wake();
        }
    }
}

#[async_trait]
impl Settle for Settling {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.settled = true;
        let wake = match outcome {
            Outcome::Retry { after } => {
                let until = Instant::now() + after.min(LONGEST_DELAY);
                self.group.desk().delay(self.sequence, self.attempt, until)
            }
            Outcome::Reject { reason } => {
                tracing::warn!(
                    group = self.group.name(),
                    sequence = self.sequence,
                    reason,
                    "rejected"
                );
                self.group.desk().finish(self.sequence)
            }
            _ => self.group.desk().finish(self.sequence),
        };
        self.wake(wake);
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
            let wake = self.group.desk().give_back(self.sequence, self.attempt);
            self.wake(wake);
        }
    }
}
