//! Reads what consumers of the reference left unsettled before a sequence, and no more.
//!
//! As much is asked for as is known to be there, so that a consumer's later events stay with it.
//! What somebody took and never settled comes back first once the ack wait is over; only then it is
//! asked for, since earlier the server would hand out later events instead. A later event that comes
//! all the same is held back, and handed back in the end.

use super::super::{STREAM, api, consumer::Consumer, link::Link, lock, reader, settle::Handle};
use super::look::Side;
use argo_events_core::{
    Deliveries, Delivery, Error, ErrorKind, NamedConsumer, Outcome, Result, Settle,
};
use async_nats::{Message, Subscriber};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// Most events asked for at a time.
const BATCH: u64 = 256;
/// How long the server may take with them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether something changed.
const PAUSE: Duration = Duration::from_millis(100);
/// What is added to an ack wait, so that it is over for sure.
const GRACE: Duration = Duration::from_millis(250);

/// The reading end.
pub(super) struct Backlog {
    link: Arc<Link>,
    sides: Vec<Reading>,
    first: u64,
    begun: Instant,
    inbox: String,
    messages: Subscriber,
    /// What was asked for and did not come yet: of which side, how much, until when.
    asked: Option<(usize, u64, Instant)>,
    ready: Vec<Delivery>,
}

/// One consumer that is read.
struct Reading {
    side: Side,
    consumer: Arc<Consumer>,
    /// Sequences in the hands of our reader.
    held: Arc<Mutex<BTreeSet<u64>>>,
    /// Later events that came all the same.
    later: BTreeMap<u64, Handle>,
    is_over: bool,
}

impl Backlog {
    /// Begins to read; nothing is asked for yet.
    pub(super) async fn open(
        link: Arc<Link>,
        consumers: &[NamedConsumer],
        first: u64,
    ) -> Result<Self> {
        let partition = link
            .stream
            .ensure(&link.client)
            .await
            .map(|_| link.stream.partition())?;
        let reading = |named: &NamedConsumer| {
            Ok(Reading {
                side: Side::of(named)?,
                consumer: Arc::new(Consumer::known(named, partition)?),
                held: Arc::default(),
                later: BTreeMap::new(),
                is_over: false,
            })
        };
        let sides = consumers.iter().map(reading).collect::<Result<Vec<_>>>()?;
        let inbox = link.client.new_inbox();
        let messages = link
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| {
                Error::transient(ErrorKind::Unavailable, error.to_string())
                    .during("read the backlog")
            })?;
        Ok(Self {
            link,
            sides,
            first,
            begun: Instant::now(),
            inbox,
            messages,
            asked: None,
            ready: Vec::new(),
        })
    }

    /// Goes through the consumers once; returns whether all are over.
    async fn look(&mut self) -> Result<bool> {
        for index in 0..self.sides.len() {
            if self.sides[index].is_over {
                continue;
            }
            let wanted = self.wanted(index).await?;
            if wanted > 0 {
                self.ask(index, wanted).await?;
                return Ok(false);
            }
        }
        Ok(self.sides.iter().all(|side| side.is_over))
    }

    /// Returns how much can be asked of a consumer now.
    async fn wanted(&mut self, index: usize) -> Result<u64> {
        let reading = &mut self.sides[index];
        let left = reading.side.left(&self.link.client, self.first).await;
        let left = left.map_err(|refusal| {
            refusal
                .during("read the backlog")
                .with("consumer", &reading.side.name)
        })?;
        let held = lock(&reading.held).len() as u64;
        let Some(left) = left else {
            reading.is_over = true;
            return Ok(0);
        };
        if left.unread > 0 {
            return Ok(left.unread.min(BATCH));
        }
        let elsewhere = left
            .in_hands
            .saturating_sub(held + reading.later.len() as u64);
        if held == 0 && (left.is_settled || elsewhere == 0) {
            reading.is_over = true;
        }
        let is_due = self.begun.elapsed() > left.ack_wait + GRACE;
        Ok(if is_due && !left.is_settled {
            elsewhere.min(BATCH)
        } else {
            0
        })
    }

    async fn ask(&mut self, index: usize, batch: u64) -> Result<()> {
        let name = &self.sides[index].side.name;
        let subject = format!("{}.CONSUMER.MSG.NEXT.{STREAM}.{name}", api::PREFIX);
        let body = Bytes::from(json!({ "batch": batch, "no_wait": true }).to_string());
        let sent = self
            .link
            .client
            .publish_with_reply(subject, self.inbox.clone(), body)
            .await;
        sent.map_err(|error| {
            Error::transient(ErrorKind::Unavailable, error.to_string()).during("read the backlog")
        })?;
        self.asked = Some((index, batch, Instant::now() + PATIENCE));
        Ok(())
    }

    /// Takes what was asked for, until it is there or the server says that there is no more.
    async fn receive(&mut self) -> Result<()> {
        while let Some((index, left, until)) = self.asked {
            let patience = until.saturating_duration_since(Instant::now());
            let message = match timeout(patience, self.messages.next()).await {
                Ok(Some(message)) if message.status.is_none() => message,
                // No more, or too late.
                _ => {
                    self.asked = None;
                    return Ok(());
                }
            };
            self.asked = (left > 1).then_some((index, left - 1, until));
            self.take(index, message).await?;
        }
        Ok(())
    }

    async fn take(&mut self, index: usize, message: Message) -> Result<()> {
        let reading = &mut self.sides[index];
        let Some((handle, place)) = reader::handle(&self.link, &reading.consumer, &message) else {
            return Ok(());
        };
        if place.sequence >= self.first {
            if let Some(mut former) = reading.later.insert(place.sequence, handle) {
                // It came again: the newer handle speaks for it.
                former.is_settled = true;
            }
            return Ok(());
        }
        let settle = |handle: Handle| -> Box<dyn Settle> {
            lock(&reading.held).insert(place.sequence);
            Box::new(Held {
                handle: Some(Box::new(handle)),
                sequence: place.sequence,
                held: Arc::clone(&reading.held),
            })
        };
        match reader::decode(&self.link, &message, place) {
            Some(event) => {
                let partition = reading.consumer.partition();
                self.ready
                    .push(reader::delivery(event, place, partition, settle(handle)));
            }
            None => handle.refuse(),
        }
        Ok(())
    }

    fn is_waiting(&self) -> bool {
        self.ready.is_empty()
    }
}

#[async_trait]
impl Deliveries for Backlog {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        loop {
            if self.link.is_closed() {
                return None;
            }
            if let Err(error) = self.receive().await {
                return Some(Err(error));
            }
            if !self.is_waiting() {
                let count = most.min(self.ready.len());
                return Some(Ok(self.ready.drain(..count).collect()));
            }
            match self.look().await {
                Err(error) => return Some(Err(error)),
                Ok(true) => return None,
                Ok(false) if self.asked.is_some() => {}
                Ok(false) => tokio::select! {
                    () = sleep(PAUSE) => {}
                    () = self.link.closing.cancelled() => return None,
                },
            }
        }
    }
}

/// Notes that a delivery is out of our hands.
struct Held {
    handle: Option<Box<Handle>>,
    sequence: u64,
    held: Arc<Mutex<BTreeSet<u64>>>,
}

#[async_trait]
impl Settle for Held {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        match self.handle.take() {
            Some(handle) => handle.settle(outcome).await,
            None => Ok(()),
        }
    }

    async fn keep_alive(&self) -> Result<()> {
        match &self.handle {
            Some(handle) => handle.keep_alive().await,
            None => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.sequence);
    }
}
