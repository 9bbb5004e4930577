//! The flow of messages from one consumer into a reader's queue.
//!
//! A task keeps requests for messages at the server, and asks for more before they run out, so that
//! there is no silence between one batch and the next. What waits in the queue is kept alive. When
//! requests get lost or the consumer is gone, the task finds or makes it again, with pauses.

use super::{consumer::Consumer, link::Link, lock, quiet::Quiet, settle};
use async_nats::{Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, stream::ReadyChunks};
use serde_json::json;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a request stays at the server.
const EXPIRES: Duration = Duration::from_secs(30);
/// How often the server says that a request is still there.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After how long without a word requests are taken for lost.
const SILENCE: Duration = Duration::from_secs(12);
/// Most messages asked for or waiting in the queue.
const MOST: usize = 1024;
/// Most messages taken at a time.
const BATCH: usize = 256;
/// Pauses between attempts to find the consumer again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// After how long a reader that does not ask is taken for stuck, so that others of its group get
/// what waits for it.
const STUCK: Duration = Duration::from_secs(30);

/// What a reader and its feeds share.
pub(super) struct Queue {
    waiting: Mutex<VecDeque<(Arc<Feed>, Message)>>,
    /// Tells the reader.
    pub(super) has_come: Notify,
    /// When the reader asked last.
    asked: Mutex<Instant>,
    pub(super) stop: CancellationToken,
}

/// One consumer's share of a queue.
pub(super) struct Feed {
    pub(super) consumer: Arc<Consumer>,
    /// How many messages wait in the queue.
    waiting: AtomicUsize,
    /// Tells the task that there is room.
    has_room: Notify,
    most: usize,
}

impl Queue {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            waiting: Mutex::default(),
            has_come: Notify::new(),
            asked: Mutex::new(Instant::now()),
            stop,
        }
    }

    /// Takes messages for the reader.
    pub(super) fn take(&self, most: usize) -> Vec<(Arc<Feed>, Message)> {
        *lock(&self.asked) = Instant::now();
        let mut waiting = lock(&self.waiting);
        let count = most.min(waiting.len());
        let taken: Vec<_> = waiting.drain(..count).collect();
        drop(waiting);
        for (feed, _) in &taken {
            if feed.waiting.fetch_sub(1, Relaxed) <= feed.most / 2 + 1 {
                feed.has_room.notify_one();
            }
        }
        taken
    }

    fn put(&self, feed: &Arc<Feed>, messages: Vec<Message>) {
        feed.waiting.fetch_add(messages.len(), Relaxed);
        let messages = messages
            .into_iter()
            .map(|message| (Arc::clone(feed), message));
        lock(&self.waiting).extend(messages);
        self.has_come.notify_one();
    }

    /// Returns the reply subjects of what waits for a feed's consumer.
    fn replies(&self, feed: &Arc<Feed>) -> Vec<Subject> {
        let waiting = lock(&self.waiting);
        let of_feed = waiting.iter().filter(|(other, _)| Arc::ptr_eq(feed, other));
        of_feed
            .filter_map(|(_, message)| message.reply.clone())
            .collect()
    }

    /// Removes what waits for a feed's consumer.
    fn remove(&self, feed: &Arc<Feed>) -> Vec<Subject> {
        let replies = self.replies(feed);
        lock(&self.waiting).retain(|(other, _)| !Arc::ptr_eq(feed, other));
        feed.waiting.store(0, Relaxed);
        replies
    }

    fn is_stuck(&self) -> bool {
        lock(&self.asked).elapsed() > STUCK
    }
}

impl Feed {
    pub(super) fn new(consumer: Arc<Consumer>, max_in_flight: usize) -> Self {
        Self {
            consumer,
            waiting: AtomicUsize::new(0),
            has_room: Notify::new(),
            most: max_in_flight.min(MOST),
        }
    }
}

/// The task of a feed.
pub(super) struct Pump {
    pub(super) link: Arc<Link>,
    pub(super) feed: Arc<Feed>,
    pub(super) queue: Arc<Queue>,
    pub(super) inbox: String,
    pub(super) ack_wait: Duration,
    /// How many messages the server still owes.
    requested: usize,
    /// When the server last said anything.
    heard: Instant,
    /// When to look for the consumer again; `None` while all is well.
    heal: Option<Instant>,
    pause: Duration,
    quiet: Quiet,
}

impl Pump {
    pub(super) fn new(
        link: Arc<Link>,
        feed: Arc<Feed>,
        queue: Arc<Queue>,
        inbox: String,
        ack_wait: Duration,
    ) -> Self {
        Self {
            link,
            feed,
            queue,
            inbox,
            ack_wait,
            requested: 0,
            heard: Instant::now(),
            heal: None,
            pause: PAUSES.0,
            quiet: Quiet::default(),
        }
    }

    /// Runs until the reader or the bus is gone.
    pub(super) async fn run(mut self, messages: Subscriber) {
        let mut messages = messages.ready_chunks(BATCH);
        let mut connections = self.link.connections.clone();
        let mut ticks = interval((self.ack_wait / 3).clamp(Duration::from_millis(10), HEARTBEAT));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (queue, feed, link) = (
            Arc::clone(&self.queue),
            Arc::clone(&self.feed),
            Arc::clone(&self.link),
        );
        loop {
            self.ask().await;
            tokio::select! {
                biased;
                () = queue.stop.cancelled() => break,
                () = link.closing.cancelled() => break,
                batch = messages.next() => match batch {
                    Some(batch) => self.take(batch),
                    None => break,
                },
                () = feed.has_room.notified() => {}
                changed = connections.changed() => match changed {
                    Ok(()) => self.lose("the connection is new"),
                    Err(_) => break,
                },
                () = until(self.heal) => self.find().await,
                _ = ticks.tick() => self.tick().await,
            }
        }
        self.leave(messages);
    }

    /// Hands back what was not handed out. The subscription ends first, or it would be sent here again.
    fn leave(self, mut messages: ReadyChunks<Subscriber>) {
        let mut replies = self.queue.remove(&self.feed);
        while let Some(Some(batch)) = messages.next().now_or_never() {
            let events = batch.into_iter().filter(|message| message.status.is_none());
            replies.extend(events.filter_map(|message| message.reply));
        }
        drop(messages);
        for reply in replies {
            settle::hand_back(&self.link, reply);
        }
    }

    /// Asks for as many messages as there is room for, if it is worth it.
    async fn ask(&mut self) {
        let held = self.requested + self.feed.waiting.load(Relaxed);
        if self.heal.is_some() || held > self.feed.most / 2 || self.queue.is_stuck() {
            return;
        }
        let batch = self.feed.most - held;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let request = json!({ "batch": batch, "expires": nanos(EXPIRES), "idle_heartbeat": nanos(HEARTBEAT) });
        let subject = format!(
            "{}.CONSUMER.MSG.NEXT.{}.{}",
            super::api::PREFIX,
            super::STREAM,
            self.feed.consumer.name
        );
        let body = Bytes::from(request.to_string());
        if self
            .link
            .client
            .publish_with_reply(subject, self.inbox.clone(), body)
            .await
            .is_ok()
        {
            self.requested += batch;
            self.heard = Instant::now();
        }
    }

    fn take(&mut self, mut batch: Vec<Message>) {
        self.heard = Instant::now();
        batch.retain(|message| {
            let is_event = message.status.is_none();
            if !is_event {
                self.hear(message);
            }
            is_event
        });
        if !batch.is_empty() {
            self.requested = self.requested.saturating_sub(batch.len());
            self.queue.put(&self.feed, batch);
        }
    }

    /// Reads what the server says of a request.
    fn hear(&mut self, message: &Message) {
        let description = message.description.as_deref().unwrap_or_default();
        let left = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get("Nats-Pending-Messages"));
        let left = left.and_then(|left| left.as_str().parse::<usize>().ok());
        match message.status.map(|status| status.as_u16()) {
            Some(100) => {}
            Some(404 | 408) => {
                self.requested = self.requested.saturating_sub(left.unwrap_or(usize::MAX))
            }
            Some(409) if left.is_some() && !description.starts_with("Consumer Deleted") => {
                self.requested = self.requested.saturating_sub(left.unwrap_or_default());
                self.wait();
            }
            _ if message.status == Some(StatusCode::NO_RESPONDERS) => {
                self.lose("no consumer answers")
            }
            _ => self.lose(description),
        }
    }

    /// Takes all requests for lost, and has the consumer looked for.
    fn lose(&mut self, reason: &str) {
        tracing::debug!(consumer = self.feed.consumer.name, reason, "requests lost");
        self.requested = 0;
        if self.heal.is_none() {
            self.heal = Some(Instant::now());
        }
    }

    /// Keeps quiet for a moment, so that a server that refuses is not asked in a loop.
    fn wait(&mut self) {
        self.heal = Some(Instant::now() + self.pause);
    }

    async fn find(&mut self) {
        let consumer = Arc::clone(&self.feed.consumer);
        match consumer.ensure(&self.link.client, &self.link.stream).await {
            Ok(()) => {
                (self.heal, self.pause) = (None, PAUSES.0);
                self.heard = Instant::now();
            }
            Err(error) => {
                if let Some(suppressed) = self.quiet.may_speak() {
                    tracing::warn!(consumer = consumer.name, %error, suppressed, "consumer not found: trying again");
                }
                self.heal = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(PAUSES.1);
            }
        }
    }

    async fn tick(&mut self) {
        if self.requested > 0 && self.heard.elapsed() > SILENCE {
            self.lose("the server fell silent");
        }
        if self.queue.is_stuck() {
            for reply in self.queue.remove(&self.feed) {
                settle::hand_back(&self.link, reply);
            }
            return;
        }
        for reply in self.queue.replies(&self.feed) {
            settle::keep_alive(&self.link, &reply).await;
        }
        if self.heal.is_none() {
            self.feed.consumer.refresh(&self.link.client).await;
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
