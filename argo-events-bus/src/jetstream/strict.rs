//! The reading end of a group that is read in strict order.

use super::{
    consumer::Consumer,
    feed::{Feed, Outlet as _, Pump},
    line::{Key, Line, Taken},
    link::Link,
    reader::{decode, delivery},
    settle,
};
use crate::until::until;
use argo_events_core::{Deliveries, Delivery, Outcome, Result, Settle};
use async_nats::Subject;
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

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

    fn delivery(&self, taken: Taken) -> Option<Delivery> {
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
                if let Some(reply) = handle.finish() {
                    settle::never_soon(&self.link, reply);
                }
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
            let taken = self.line.take(&self.feed, most);
            let was_empty = taken.is_empty();
            // Without waiting in between: what was taken would be lost with a call that is dropped.
            let deliveries = taken.into_iter().filter_map(|taken| self.delivery(taken));
            let deliveries: Vec<_> = deliveries.collect();
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
    /// Takes the message out of the line; returns where the server wants to hear of it.
    fn finish(&mut self) -> Option<Subject> {
        self.is_settled = true;
        let reply = self.line.settle(self.key)?;
        self.consumer.settled(self.key.1);
        Some(reply)
    }
}

#[async_trait]
impl Settle for InLine {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.link.check_open("settle")?;
        match outcome {
            Outcome::Done => match self.finish() {
                Some(reply) => settle::done(&self.link, reply).await,
                None => Ok(()),
            },
            Outcome::Retry { after } => {
                self.is_settled = true;
                self.line.give_back(self.key, self.attempt, after);
                Ok(())
            }
            Outcome::Reject { reason } => {
                settle::note_rejected(&self.consumer, self.key.1, &reason);
                match self.finish() {
                    Some(reply) => settle::never(&self.link, reply).await,
                    None => Ok(()),
                }
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
