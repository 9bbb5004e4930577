//! The flow of messages from one consumer to where its reader takes them.
//!
//! A task keeps requests for messages at the server, and asks for more before they run out, so that
//! there is no silence between one batch and the next. When requests get lost or the consumer is
//! gone, the task finds or makes it again, with pauses. What becomes of messages that came is the
//! business of an [`Outlet`].

use super::{STREAM, api, consumer::Consumer, link::Link, settle};
use crate::{quiet::Quiet, until::until};
use argo_events_core::{Error, ErrorKind};
use async_nats::{Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures::{StreamExt as _, stream::ReadyChunks};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a request stays at the server.
const EXPIRES: Duration = Duration::from_secs(30);
/// How often the server says that a request is still there.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After how long without a word requests are taken for lost.
const SILENCE: Duration = Duration::from_secs(12);
/// Most messages asked for or waiting.
const MOST: usize = 1024;
/// How many bytes may wait before no more is asked for.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Most messages taken at a time.
const BATCH: usize = 256;
/// Pauses between attempts to find the consumer again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// What the server may say on the way beside messages.
const REMARKS: usize = 8;

/// Where messages go.
pub(super) trait Outlet: Send + Sync + 'static {
    /// Tells when nobody wants any more.
    fn stop(&self) -> &CancellationToken;

    /// Takes messages.
    fn put(&self, feed: &Arc<Feed>, messages: Vec<Message>);

    /// Tells whether messages were lost on the way that must come before anything later.
    fn has_gap(&self, _feed: &Arc<Feed>) -> bool {
        false
    }

    /// Returns where the server hears that everything up to there is settled, if it has not heard yet.
    fn settled(&self) -> Option<Subject> {
        None
    }

    /// Sends signs of life for what waits.
    fn keep_alive(&self, _feed: &Arc<Feed>) {}

    /// Gives up what waits; returns where the server hears of it.
    fn remove(&self, _feed: &Arc<Feed>) -> Vec<Subject> {
        Vec::new()
    }

    /// Tells whether nobody takes anything any more.
    fn is_stuck(&self) -> bool {
        false
    }

    /// Learns why no more will come.
    fn fail(&self, _error: Error) {}
}

/// One consumer's share of what a reader gets.
pub(super) struct Feed {
    pub(super) consumer: Arc<Consumer>,
    /// How many messages wait.
    waiting: AtomicUsize,
    /// How many bytes they take.
    bytes: AtomicUsize,
    /// How many were handed out and are not settled.
    out: AtomicUsize,
    /// At how many of those the task wants to be told.
    tell_at: AtomicUsize,
    /// Tells the task that there is room.
    has_room: Notify,
    most: usize,
    /// Most messages that are asked for, wait or are handed out.
    in_flight: usize,
}

impl Feed {
    pub(super) fn new(consumer: Arc<Consumer>, max_in_flight: usize) -> Self {
        Self {
            consumer,
            waiting: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            out: AtomicUsize::new(0),
            tell_at: AtomicUsize::new(usize::MAX),
            has_room: Notify::new(),
            most: max_in_flight.min(MOST),
            in_flight: max_in_flight,
        }
    }

    pub(super) fn add(&self, count: usize, bytes: usize) {
        self.waiting.fetch_add(count, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Notes that a message of so many bytes waits no more.
    pub(super) fn take_one(&self, bytes: usize) {
        let waited = self.waiting.fetch_sub(1, Relaxed);
        let filled = self.bytes.fetch_sub(bytes, Relaxed);
        let has_bytes_again = filled >= MOST_BYTES && filled - bytes < MOST_BYTES;
        if waited == self.most / 2 + 1 || has_bytes_again {
            self.has_room.notify_one();
        }
    }

    /// Notes that a message was handed out.
    pub(super) fn hand_out(&self) {
        self.out.fetch_add(1, SeqCst);
    }

    /// Notes that a message that was handed out is settled or given back.
    pub(super) fn take_back(&self) {
        let left = self.out.fetch_sub(1, SeqCst) - 1;
        if left == self.tell_at.load(SeqCst) {
            self.has_room.notify_one();
        }
    }

    /// Has the task look whether there is anything to do.
    pub(super) fn wake(&self) {
        self.has_room.notify_one();
    }

    pub(super) fn set_waiting(&self, count: usize, bytes: usize) {
        let filled = self.bytes.swap(bytes, Relaxed);
        if self.waiting.swap(count, Relaxed) > count || filled > bytes {
            self.has_room.notify_one();
        }
    }

    /// Returns how many messages there is room for, if it is worth asking for them; else the task is told
    /// when that may be so.
    fn room(&self, requested: usize) -> Option<usize> {
        loop {
            let held = requested + self.waiting.load(Relaxed);
            if held > self.most / 2 || self.bytes.load(Relaxed) >= MOST_BYTES {
                return None;
            }
            let out = self.out.load(SeqCst);
            let room = self.in_flight.saturating_sub(held + out);
            let room = room.min(self.most - held);
            // Not for a few, unless there is nothing else to come.
            if room > 0 && (held == 0 || room >= self.most / 4) {
                return Some(room);
            }
            if self.is_told_below(out) {
                return None;
            }
        }
    }

    /// Has the task told when some of so many that were handed out have come back; returns false if that
    /// has come about, of which nobody was told.
    fn is_told_below(&self, out: usize) -> bool {
        let some = (self.most / 8).max(1);
        let at = out.saturating_sub(some);
        self.tell_at.store(at, SeqCst);
        // Looked at after the store, and by who takes back before it: one of both sees the other.
        out == 0 || self.out.load(SeqCst) > at
    }
}

/// The task of a feed.
pub(super) struct Pump<O> {
    link: Arc<Link>,
    feed: Arc<Feed>,
    outlet: Arc<O>,
    inbox: String,
    tick: Duration,
    /// How many messages the server still owes.
    requested: usize,
    /// How many messages came, of any kind.
    received: u64,
    /// When the server last said anything.
    heard: Instant,
    /// When to look for the consumer again; `None` while all is well.
    heal: Option<Instant>,
    /// When the consumer was found again.
    healed: Option<Instant>,
    pause: Duration,
    quiet: Quiet,
}

impl<O: Outlet> Pump<O> {
    /// Starts to read a consumer.
    pub(super) async fn start(
        link: &Arc<Link>,
        feed: Arc<Feed>,
        outlet: Arc<O>,
        ack_wait: Duration,
    ) -> Result<(), Error> {
        let inbox = link.client.new_inbox();
        let messages = link
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| {
                Error::transient(ErrorKind::Unavailable, error.to_string()).during("subscribe")
            })?;
        let pump = Self {
            link: Arc::clone(link),
            feed,
            outlet,
            inbox,
            tick: (ack_wait / 4).clamp(Duration::from_millis(10), HEARTBEAT),
            requested: 0,
            received: 0,
            heard: Instant::now(),
            heal: None,
            healed: None,
            pause: PAUSES.0,
            quiet: Quiet::default(),
        };
        link.start(|_| pump.run(messages));
        Ok(())
    }

    /// Runs until the reader or the bus is gone.
    async fn run(mut self, messages: Subscriber) {
        let mut messages = messages.ready_chunks(BATCH);
        let mut connections = self.link.connections.clone();
        connections.mark_unchanged();
        let mut ticks = interval(self.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (outlet, feed) = (Arc::clone(&self.outlet), Arc::clone(&self.feed));
        loop {
            self.tell().await;
            self.ask().await;
            tokio::select! {
                biased;
                () = outlet.stop().cancelled() => break,
                batch = messages.next() => match batch {
                    Some(batch) => self.take(batch),
                    None => break,
                },
                () = feed.has_room.notified() => {}
                changed = connections.changed() => match changed {
                    Ok(()) => self.lose("the connection is new"),
                    Err(_) => break,
                },
                () = until(self.heal) => if self.find().await { break },
                _ = ticks.tick() => self.tick().await,
            }
        }
        self.leave(messages).await;
    }

    /// Hands back what was not handed out, also what is still on its way.
    ///
    /// The server ends the subscription after so many messages that everything it owes has come
    /// before; what is missing to that number is sent from here.
    async fn leave(self, mut messages: ReadyChunks<Subscriber>) {
        let mut replies = self.outlet.remove(&self.feed);
        if self.link.is_connected() {
            // What is missed comes when its ack wait is over.
            let _ = timeout(Link::PATIENCE / 2, self.drain(&mut messages, &mut replies)).await;
        }
        drop(messages);
        if let Some(reply) = self.outlet.settled() {
            settle::done_soon(&self.link, reply);
        }
        for reply in replies {
            settle::hand_back(&self.link, reply);
        }
    }

    async fn drain(&self, messages: &mut ReadyChunks<Subscriber>, replies: &mut Vec<Subject>) {
        let more = self.requested + REMARKS;
        let last = self.received + more as u64;
        if messages.get_mut().unsubscribe_after(last).await.is_err() {
            // The connection has ended for good; what was on its way comes again after its ack wait.
            return;
        }
        for _ in 0..more {
            let sent = self.link.client.publish(self.inbox.clone(), Bytes::new());
            if sent.await.is_err() {
                // As above.
                return;
            }
        }
        while let Some(batch) = messages.next().await {
            let events = batch.into_iter().filter(|message| message.status.is_none());
            replies.extend(events.filter_map(|message| message.reply));
        }
    }

    /// Tells the server up to where everything is settled.
    async fn tell(&self) {
        if let Some(reply) = self.outlet.settled() {
            // What it does not hear comes again, or is told with what is settled next.
            let _ = settle::done(&self.link, reply).await;
        }
    }

    /// Asks for as many messages as there is room for, if it is worth it.
    async fn ask(&mut self) {
        let room = self.feed.room(self.requested);
        let Some(batch) = room.filter(|_| self.heal.is_none() && !self.outlet.is_stuck()) else {
            return;
        };
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let body = json!({
            "batch": batch,
            "max_bytes": MOST_BYTES.max(2 * self.link.client.max_payload()),
            "expires": nanos(EXPIRES),
            "idle_heartbeat": nanos(HEARTBEAT),
        });
        let name = self.feed.consumer.name();
        let subject = format!("{}.CONSUMER.MSG.NEXT.{STREAM}.{name}", api::PREFIX);
        let (inbox, body) = (self.inbox.clone(), Bytes::from(body.to_string()));
        let sent = self.link.client.publish_with_reply(subject, inbox, body);
        if sent.await.is_ok() {
            self.requested += batch;
            self.heard = Instant::now();
        }
    }

    fn take(&mut self, mut batch: Vec<Message>) {
        self.heard = Instant::now();
        self.received += batch.len() as u64;
        batch.retain(|message| {
            let is_event = message.status.is_none();
            if !is_event {
                self.hear(message);
            }
            is_event
        });
        if !batch.is_empty() {
            self.requested = self.requested.saturating_sub(batch.len());
            self.outlet.put(&self.feed, batch);
            if self.heal.is_none() && self.outlet.has_gap(&self.feed) {
                self.lose("messages were lost on the way");
            }
        }
    }

    /// Reads what the server says of a request.
    fn hear(&mut self, message: &Message) {
        let description = message.description.as_deref().unwrap_or_default();
        let headers = message.headers.as_ref();
        let left = headers.and_then(|headers| headers.get("Nats-Pending-Messages"));
        let left = left.and_then(|left| left.as_str().parse::<usize>().ok());
        match (message.status.map(|status| status.as_u16()), left) {
            (Some(100), _) => {}
            (Some(404 | 408), left) => {
                self.requested = self.requested.saturating_sub(left.unwrap_or(usize::MAX));
            }
            // As many bytes as were asked for.
            (Some(409), Some(left)) if is_full(description) => {
                self.requested = self.requested.saturating_sub(left);
            }
            (Some(409), Some(left)) if !description.starts_with("Consumer Deleted") => {
                self.requested = self.requested.saturating_sub(left);
                // A server that refuses is not asked in a loop.
                self.heal = Some(Instant::now() + self.pause);
            }
            _ if message.status == Some(StatusCode::NO_RESPONDERS) => {
                self.lose("no consumer answers")
            }
            _ => self.lose(description),
        }
    }

    /// Takes all requests for lost, and has the consumer looked for.
    fn lose(&mut self, reason: &str) {
        tracing::debug!(
            consumer = &*self.feed.consumer.name(),
            reason,
            "requests lost"
        );
        self.requested = 0;
        if self.heal.is_none() {
            // At once for the first time; one that vanishes again and again is not made in a loop.
            let is_first = self.healed.is_none_or(|healed| healed.elapsed() > PAUSES.1);
            let pause = if is_first { Duration::ZERO } else { self.pause };
            self.pause = if is_first { PAUSES.0 } else { self.pause };
            self.heal = Some(Instant::now() + pause);
        }
    }

    /// Looks for the consumer; returns whether that makes no sense any more.
    async fn find(&mut self) -> bool {
        let consumer = Arc::clone(&self.feed.consumer);
        match consumer.ensure(&self.link).await {
            Ok(()) => {
                self.heal = None;
                self.heard = Instant::now();
                self.healed = Some(self.heard);
            }
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.outlet.fail(error);
                return true;
            }
            Err(error) => {
                if let Some(suppressed) = self.quiet.may_speak() {
                    tracing::warn!(consumer = &*consumer.name(), %error, suppressed, "consumer not found: trying again");
                }
                self.heal = Some(Instant::now() + self.pause);
            }
        }
        self.pause = (self.pause * 2).min(PAUSES.1);
        false
    }

    async fn tick(&mut self) {
        if self.requested > 0 && self.heard.elapsed() > SILENCE {
            self.lose("the server fell silent");
        }
        if self.outlet.is_stuck() {
            for reply in self.outlet.remove(&self.feed) {
                settle::hand_back(&self.link, reply);
            }
            return;
        }
        self.outlet.keep_alive(&self.feed);
        if self.heal.is_none() {
            self.feed.consumer.refresh(&self.link).await;
        }
    }
}

/// Tells whether a request ended because it has brought as much as it may.
fn is_full(description: &str) -> bool {
    description.starts_with("Message Size Exceeds MaxBytes") || description == "Batch Completed"
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::Subscription;

    fn feed(in_flight: usize) -> Feed {
        let subscription = Subscription::new("group", Vec::new());
        let consumer = Consumer::of(&subscription).unwrap().remove(0);
        Feed::new(Arc::new(consumer), in_flight)
    }

    #[test]
    fn what_comes_back_while_the_task_looks_for_room_is_not_overlooked() {
        let feed = feed(8);
        feed.add(2, 2);
        (0..6).for_each(|_| feed.hand_out());
        let seen = feed.out.load(SeqCst);
        // In between, before the task says when it wants to be told.
        (0..6).for_each(|_| feed.take_back());
        assert!(!feed.is_told_below(seen));
        assert_eq!(feed.room(0), Some(6));
    }

    #[tokio::test]
    async fn the_task_is_told_when_some_have_come_back() {
        let feed = feed(8);
        feed.add(2, 2);
        (0..6).for_each(|_| feed.hand_out());
        assert_eq!(feed.room(0), None);
        feed.take_back();
        feed.has_room.notified().await;
    }
}
