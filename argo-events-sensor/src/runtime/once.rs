//! The lane of stateless triggers that act at most once: acknowledge, then act.

use super::{
    executor::Executor,
    input::{Batch, LaneInput},
    lane::{Lane, Matched},
};
use argo_events_core::Result;

/// The lane while it runs.
pub(crate) struct OnceLane {
    lane: Lane,
    input: LaneInput,
    executor: Executor,
}

impl OnceLane {
    pub(crate) fn new(lane: Lane, input: LaneInput, executor: Executor) -> Self {
        Self {
            lane,
            input,
            executor,
        }
    }

    /// Reads and fires until stopped, then lets running actions end.
    pub(crate) async fn run(mut self) -> Result<()> {
        loop {
            let has_room = self.executor.has_room();
            tokio::select! {
                biased;
                () = self.lane.stop.cancelled() => break,
                _ = self.executor.finished() => {}
                batch = self.input.next(self.lane.batch), if has_room => match batch {
                    Some(Ok(batch)) => self.take(batch).await,
                    Some(Err(error)) => self.lane.unread(&error).await,
                    None => break,
                },
            }
        }
        self.executor.drain(self.lane.grace).await;
        Ok(())
    }

    async fn take(&mut self, batch: Batch) {
        for delivery in batch.deliveries {
            let matched = self.lane.matched(&delivery, batch.only);
            if let Err(error) = delivery.ack().await {
                // Acting now might act twice; the delivery comes again.
                tracing::warn!(sensor = %self.lane.sensor, %error, "a delivery could not be acknowledged and will come again");
                continue;
            }
            if let Matched::Firings(firings) = matched {
                for (trigger, firing) in firings {
                    self.executor.submit(trigger, 0, firing);
                }
            }
        }
    }
}
