//! Messages that wait for a reader, in the order of their coming.
//!
//! The server counts their ack wait from when it sent them, the reader's from when they are handed
//! out; what waited long is therefore kept alive.

use super::{
    feed::{Feed, Outlet},
    link::Link,
    lock, settle,
};
use async_nats::{Message, Subject};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Bounds of the time, else the ack wait, after which a reader that does not ask is taken for stuck,
/// so that others of its group get what waits for it.
const STUCK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Below which ack wait a sign of life follows each delivery, since a few milliseconds matter then,
/// and which part of a longer one may pass in the queue.
const SHORT: Duration = Duration::from_secs(5);
const PART: u32 = 64;

/// A message that waits.
pub(super) struct Waiting {
    pub(super) feed: Arc<Feed>,
    pub(super) message: Message,
    since: Instant,
}

/// Whether a delivery was settled; asked before a sign of life is sent for it.
pub(super) type Flag = Arc<Mutex<bool>>;

/// A delivery that was handed out of late.
struct Fresh {
    reply: Subject,
    is_settled: Flag,
    since: Instant,
}

/// What a reader and its feeds share.
pub(super) struct Queue {
    link: Arc<Link>,
    waiting: Mutex<VecDeque<Waiting>>,
    /// Tells the reader.
    pub(super) has_come: Notify,
    /// When the reader asked last; `None` while it asks.
    asked: Mutex<Option<Instant>>,
    feeds: Mutex<Vec<Arc<Feed>>>,
    stop: CancellationToken,
    ack_wait: Duration,
    /// With a short ack wait, what was handed out of late.
    fresh: Mutex<Vec<Fresh>>,
}

impl Queue {
    pub(super) fn new(link: Arc<Link>, ack_wait: Duration) -> Self {
        Self {
            stop: link.closing.child_token(),
            link,
            waiting: Mutex::default(),
            has_come: Notify::new(),
            asked: Mutex::new(Some(Instant::now())),
            feeds: Mutex::default(),
            ack_wait,
            fresh: Mutex::default(),
        }
    }

    /// Adds a feed, which is told when a reader that was stuck asks again.
    pub(super) fn add(&self, feed: Arc<Feed>) {
        lock(&self.feeds).push(feed);
    }

    /// Notes that the reader asks, until the guard is dropped.
    pub(super) fn asking(self: &Arc<Self>) -> Asking {
        if self.is_stuck() {
            lock(&self.feeds).iter().for_each(|feed| feed.wake());
        }
        *lock(&self.asked) = None;
        Asking(Arc::clone(self))
    }

    /// Takes messages for the reader.
    pub(super) fn take(&self, most: usize) -> Vec<Waiting> {
        let now = Instant::now();
        let mut waiting = lock(&self.waiting);
        let count = most.min(waiting.len());
        let taken: Vec<_> = waiting.drain(..count).collect();
        for waiting in &taken {
            // First, so that nobody sees room in between.
            waiting.feed.hand_out();
            waiting.feed.take_one(waiting.message.length);
        }
        // Only now, so that what a feed counts is never cleared in between.
        drop(waiting);
        for waiting in &taken {
            if self.ack_wait >= SHORT && now.duration_since(waiting.since) > self.ack_wait / PART {
                self.keep_alive(waiting);
            }
        }
        taken
    }

    /// Has a sign of life follow a delivery, if the ack wait is short.
    pub(super) fn follow(&self, reply: &Subject) -> Option<Flag> {
        if self.ack_wait >= SHORT {
            return None;
        }
        let is_settled = Flag::default();
        lock(&self.fresh).push(Fresh {
            reply: reply.clone(),
            is_settled: Arc::clone(&is_settled),
            since: Instant::now(),
        });
        Some(is_settled)
    }

    fn keep_fresh_alive(&self) {
        let age = self.ack_wait / 4;
        lock(&self.fresh).retain(|fresh| {
            if fresh.since.elapsed() < age {
                return true;
            }
            let is_settled = lock(&fresh.is_settled);
            if !*is_settled {
                settle::keep_alive_soon(&self.link, fresh.reply.clone());
            }
            false
        });
    }

    fn keep_alive(&self, waiting: &Waiting) {
        if let Some(reply) = &waiting.message.reply {
            settle::keep_alive_soon(&self.link, reply.clone());
        }
    }
}

/// A reader that asks.
pub(super) struct Asking(Arc<Queue>);

impl Drop for Asking {
    fn drop(&mut self) {
        *lock(&self.0.asked) = Some(Instant::now());
    }
}

impl Outlet for Queue {
    fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    fn put(&self, feed: &Arc<Feed>, messages: Vec<Message>) {
        let bytes = messages.iter().map(|message| message.length).sum();
        feed.add(messages.len(), bytes);
        let since = Instant::now();
        let wait = |message| Waiting {
            feed: Arc::clone(feed),
            message,
            since,
        };
        lock(&self.waiting).extend(messages.into_iter().map(wait));
        self.has_come.notify_one();
    }

    fn keep_alive(&self, feed: &Arc<Feed>) {
        self.keep_fresh_alive();
        let now = Instant::now();
        for waiting in lock(&self.waiting).iter() {
            if Arc::ptr_eq(&waiting.feed, feed)
                && now.duration_since(waiting.since) > self.ack_wait / 4
            {
                self.keep_alive(waiting);
            }
        }
    }

    fn remove(&self, feed: &Arc<Feed>) -> Vec<Subject> {
        let mut replies = Vec::new();
        lock(&self.waiting).retain_mut(|waiting| {
            let is_of_feed = Arc::ptr_eq(&waiting.feed, feed);
            if is_of_feed {
                replies.extend(waiting.message.reply.take());
            }
            !is_of_feed
        });
        feed.set_waiting(0, 0);
        replies
    }

    fn is_stuck(&self) -> bool {
        let most = self.ack_wait.clamp(STUCK.0, STUCK.1);
        lock(&self.asked).is_some_and(|asked| asked.elapsed() > most)
    }
}
