//! The reading end of a group that is read in strict order.

use super::{
    consumer::Consumer,
    feed::{Feed, Outlet as _, Pump},
    line::{Key, Line, Taken},
    link::Link,
    reader::{decode, delivery},
    settle,
};
use argo_events_core::{Deliveries, Delivery, Outcome, Result, Settle};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Reads a group in strict order.
pub(super) struct StrictReader {
    link: Arc<Link>,
    line: Arc<Line>,
    feed: Arc<Feed>,
}

impl StrictReader {
    /// Starts to read; a group has one consumer.
    pub(super) async fn open(
        link: Arc<Link>,
        mut feeds: impl Iterator<Item = Arc<Feed>> + Send,
        ack_wait: Duration,
    ) -> Result<Box<dyn Deliveries>> {
        let feed = feeds.next().expect("a group has a consumer");
        let line = Arc::new(Line::new(Arc::clone(&link), ack_wait));
        Pump::start(&link, Arc::clone(&feed), Arc::clone(&line), ack_wait).await?;
        Ok(Box::new(Self { link, line, feed }))
    }

    async fn delivery(&self, taken: Taken) -> Option<Delivery> {
        let mut handle = InLine {
            link: Arc::clone(&self.link),
            line: Arc::clone(&self.line),
            consumer: Arc::clone(&self.feed.consumer),
            key: taken.key,
            attempt: taken.place.attempt,
            is_settled: false,
        };
        match decode(&self.link, &taken.message, taken.place) {
            Some(event) => Some(delivery(
                event,
                taken.place,
                taken.partition,
                Box::new(handle),
            )),
            None => {
                // If that is lost, it comes again and is settled then.
                let _ = handle.never().await;
                None
            }
        }
    }
}

#[async_trait]
impl Deliveries for StrictReader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        loop {
            if self.link.is_closed() {
                return None;
            }
            if let Some(error) = self.line.failure() {
                return Some(Err(error));
            }
            let mut deliveries = Vec::new();
            let taken = self.line.take(&self.feed, most);
            let was_empty = taken.is_empty();
            for taken in taken {
                deliveries.extend(self.delivery(taken).await);
            }
            if !deliveries.is_empty() {
                return Some(Ok(deliveries));
            }
            if !was_empty {
                continue;
            }
            tokio::select! {
                () = self.line.has_come.notified() => {}
                () = until(self.line.due()) => {}
                () = self.link.closing.cancelled() => return None,
            }
        }
    }
}

impl Drop for StrictReader {
    fn drop(&mut self) {
        self.line.stop().cancel();
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The bus's end of a delivery whose message stays in line until it is settled.
struct InLine {
    link: Arc<Link>,
    line: Arc<Line>,
    consumer: Arc<Consumer>,
    key: Key,
    attempt: u32,
    is_settled: bool,
}

impl InLine {
    async fn done(&mut self) -> Result<()> {
        self.is_settled = true;
        match self.line.settle(self.key) {
            Some(reply) => {
                self.consumer.settled(self.key.1);
                settle::done(&self.link, reply).await
            }
            None => Ok(()),
        }
    }

    async fn never(&mut self) -> Result<()> {
        self.is_settled = true;
        match self.line.settle(self.key) {
            Some(reply) => {
                self.consumer.settled(self.key.1);
                settle::never(&self.link, reply).await
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Settle for InLine {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.link.check_open("settle")?;
        match outcome {
            Outcome::Done => self.done().await,
            Outcome::Retry { after } => {
                self.is_settled = true;
                self.line.give_back(self.key, self.attempt, after);
                Ok(())
            }
            Outcome::Reject { reason } => {
                settle::note_rejected(&self.consumer, self.key.1, &reason);
                self.never().await
            }
            other => Err(settle::unknown(&other)),
        }
    }

    async fn keep_alive(&self) -> Result<()> {
        self.line.keep_alive(self.key, self.attempt);
        Ok(())
    }
}

/// Hands the message back at once.
impl Drop for InLine {
    fn drop(&mut self) {
        if !self.is_settled {
            self.line.give_back(self.key, self.attempt, Duration::ZERO);
        }
    }
}
