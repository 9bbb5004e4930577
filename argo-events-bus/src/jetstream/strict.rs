//! The reading end of a group that is read in strict order.

use super::{
    feed::{Feed, Outlet as _, Pump},
    line::{Key, Line, Taken},
    link::Link,
    reader::{decode, delivery},
    settle,
};
use crate::until::until;
use argo_events_core::{Deliveries, Delivery, Outcome, Result, Settle};
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
        let line = Arc::new(Line::new(&link, ack_wait));
        Pump::start(&link, Arc::clone(&feed), Arc::clone(&line), ack_wait).await?;
        Ok(Box::new(Self { link, line, feed }))
    }

    fn delivery(&self, taken: Taken) -> Option<Delivery> {
        let mut handle = InLine {
            link: Arc::clone(&self.link),
            line: Arc::clone(&self.line),
            feed: Arc::clone(&self.feed),
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
                handle.finish();
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
    feed: Arc<Feed>,
    key: Key,
    attempt: u32,
    is_settled: bool,
}

impl InLine {
    /// Takes the message out of the line; the feed's task tells the server.
    fn finish(&mut self) {
        self.is_settled = true;
        self.line.settle(&self.feed, self.key);
    }

    /// Tells the server if the feed's task may have ended.
    async fn tell(&self) -> Result<()> {
        if !self.line.stop().is_cancelled() {
            return Ok(());
        }
        match self.line.settled() {
            Some(reply) => settle::done(&self.link, reply).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Settle for InLine {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.link.check_open("settle")?;
        match outcome {
            Outcome::Done => {
                self.finish();
                self.tell().await
            }
            Outcome::Retry { after } => {
                self.is_settled = true;
                self.line.give_back(self.key, self.attempt, after);
                Ok(())
            }
            Outcome::Reject { reason } => {
                settle::note_rejected(&self.feed.consumer, self.key.1, &reason);
                self.finish();
                self.tell().await
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
