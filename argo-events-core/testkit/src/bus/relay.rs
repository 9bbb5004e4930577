//! Stands between a bus and its reader: passes deliveries on, changed or not.

use argo_events_core::{Deliveries, Delivery, DeliveryMeta, Event, Outcome, Result, Settle};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

/// What a go-between does to the deliveries that pass.
#[async_trait]
pub(super) trait Meddle: Send + Sync + 'static {
    /// Changes a batch on its way to the reader, or fails instead.
    async fn batch(&self, batch: Vec<Delivery>) -> Result<Vec<Delivery>> {
        Ok(batch)
    }

    /// Changes what the reader sees of a delivery.
    fn seen(&self, event: &Arc<Event>, meta: DeliveryMeta) -> (Arc<Event>, DeliveryMeta) {
        (Arc::clone(event), meta)
    }

    /// Settles a delivery.
    async fn settle(&self, delivery: Delivery, outcome: Outcome) -> Result<()> {
        settle(delivery, outcome).await
    }

    /// Passes a sign of life on.
    async fn keep_alive(&self, delivery: &Delivery) -> Result<()> {
        delivery.keep_alive().await
    }

    /// Does what is done with a delivery that was dropped.
    fn dropped(&self, delivery: Delivery) {
        drop(delivery);
    }
}

/// Settles a delivery as its reader asked.
pub(super) async fn settle(delivery: Delivery, outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Retry { after } => delivery.retry(after).await,
        Outcome::Reject { reason } => delivery.reject(reason).await,
        _ => delivery.ack().await,
    }
}

/// Gives a delivery back as if nothing had been done.
pub(super) async fn again(delivery: Delivery) -> Result<()> {
    delivery.retry(Duration::ZERO).await
}

/// Deliveries with somebody in between.
pub(super) struct Relay<M> {
    pub(super) deliveries: Box<dyn Deliveries>,
    pub(super) meddler: Arc<M>,
}

#[async_trait]
impl<M: Meddle> Deliveries for Relay<M> {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        // A batch that was read is held by nobody if this future is dropped while the meddler has
        // it; it comes again, since dropped deliveries do.
        let batch = match self.deliveries.next(most).await? {
            Ok(batch) => self.meddler.batch(batch).await,
            Err(error) => Err(error),
        };
        Some(batch.map(|batch| {
            batch
                .into_iter()
                .map(|delivery| self.pass(delivery))
                .collect()
        }))
    }
}

impl<M: Meddle> Relay<M> {
    fn pass(&self, delivery: Delivery) -> Delivery {
        let (event, meta) = self.meddler.seen(delivery.event(), *delivery.meta());
        let meddler = Arc::clone(&self.meddler);
        Delivery::new(
            event,
            meta,
            Box::new(Passed {
                delivery: Some(delivery),
                meddler,
            }),
        )
    }
}

struct Passed<M: Meddle> {
    delivery: Option<Delivery>,
    meddler: Arc<M>,
}

#[async_trait]
impl<M: Meddle> Settle for Passed<M> {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        match self.delivery.take() {
            Some(delivery) => self.meddler.settle(delivery, outcome).await,
            None => Ok(()),
        }
    }

    async fn keep_alive(&self) -> Result<()> {
        match &self.delivery {
            Some(delivery) => self.meddler.keep_alive(delivery).await,
            None => Ok(()),
        }
    }
}

impl<M: Meddle> Drop for Passed<M> {
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            self.meddler.dropped(delivery);
        }
    }
}
