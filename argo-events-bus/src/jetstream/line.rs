//! Messages of a group that is read in strict order, from their coming to their settlement.
//!
//! They stay here while somebody has them, so that one that is given back is handed out again at once,
//! before anything later. The server hears only up to where everything is settled.

use super::{
    feed::{Feed, Outlet},
    link::Link,
    lock,
    place::{Place, consumer_of},
};
use argo_events_core::Error;
use async_nats::{Message, Subject};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Where a message stands: streams one after the other, each in its order.
pub(super) type Key = (u64, u64);

/// The messages of a reader.
pub(super) struct Line {
    state: Mutex<State>,
    pub(super) has_come: Notify,
    pub(super) stop: CancellationToken,
    ack_wait: Duration,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    /// Where the server hears of what is settled behind something that is not.
    settled: BTreeMap<Key, Subject>,
    /// Where it hears that everything up to there is settled.
    floor: Option<Subject>,
    /// Counts streams.
    turn: u64,
    partition: u32,
    /// Last message that came of this stream.
    highest: u64,
    /// How many were never handed out.
    ready: usize,
    /// How many bytes they take.
    bytes: usize,
    failed: Option<Error>,
    passage: Passage,
}

/// What came of the consumer that is read now.
///
/// It hands every message out once, and counts. What came on a connection that broke is missing, and
/// what follows must wait until it came again, or it would be taken for handled.
#[derive(Default)]
struct Passage {
    consumer: Arc<str>,
    /// How many came.
    count: u64,
    /// Whether some are missing.
    has_gap: bool,
}

impl Passage {
    /// Tells whether a message is the next one; nothing is any more after a gap.
    fn lets_in(&mut self, reply: &str, place: Place) -> bool {
        if consumer_of(reply) != Some(&*self.consumer) {
            // It was on its way when a new consumer was made, which brings it again.
            return false;
        }
        self.has_gap |= place.delivery != self.count + 1;
        self.count += u64::from(!self.has_gap);
        !self.has_gap
    }
}

struct Entry {
    message: Message,
    reply: Subject,
    place: Place,
    partition: u32,
    stand: Stand,
    /// How often it was handed out.
    handed: u32,
}

impl Entry {
    fn attempt(&self) -> u32 {
        (self.place.attempt + self.handed).saturating_sub(1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Ready,
    /// Nobody may have it, or anything later, before that.
    Delayed(Instant),
    /// Somebody has it; ready again at that time.
    Out(Instant),
}

/// A message handed out.
pub(super) struct Taken {
    pub(super) key: Key,
    pub(super) message: Message,
    pub(super) place: Place,
    pub(super) partition: u32,
}

impl Line {
    pub(super) fn new(link: &Link, ack_wait: Duration) -> Self {
        Self {
            state: Mutex::default(),
            has_come: Notify::new(),
            stop: link.closing.child_token(),
            ack_wait,
        }
    }

    /// Takes messages, the earliest first.
    pub(super) fn take(&self, feed: &Feed, most: usize) -> Vec<Taken> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let State {
            entries,
            ready,
            bytes,
            ..
        } = &mut *state;
        let mut taken = Vec::new();
        for (key, entry) in entries.iter_mut() {
            if taken.len() == most {
                break;
            }
            match entry.stand {
                Stand::Out(until) if until > now => continue,
                Stand::Delayed(until) if until > now => break,
                _ => {}
            }
            if entry.handed == 0 {
                *ready -= 1;
                *bytes -= entry.message.length;
                feed.hand_out();
            }
            entry.handed += 1;
            entry.stand = Stand::Out(now + self.ack_wait);
            let place = Place {
                attempt: entry.attempt(),
                ..entry.place
            };
            let (message, partition) = (entry.message.clone(), entry.partition);
            taken.push(Taken {
                key: *key,
                message,
                place,
                partition,
            });
        }
        feed.set_waiting(state.ready, state.bytes);
        taken
    }

    /// Returns when something will be ready of its own accord.
    pub(super) fn due(&self) -> Option<Instant> {
        let state = lock(&self.state);
        let stands = state
            .entries
            .values()
            .filter_map(|entry| match entry.stand {
                Stand::Ready => None,
                Stand::Delayed(until) | Stand::Out(until) => Some(until),
            });
        stands.min()
    }

    /// Returns why no more will come.
    pub(super) fn failure(&self) -> Option<Error> {
        lock(&self.state).failed.take()
    }

    /// Removes a message that is settled, unless it is gone; the feed's task tells the server.
    pub(super) fn settle(&self, feed: &Feed, key: Key) {
        let mut state = lock(&self.state);
        let Some(entry) = state.entries.remove(&key) else {
            return;
        };
        state.settle(key, entry.reply);
        // A sequence of a stream that is gone says nothing of the one that took its place.
        if entry.partition == state.partition {
            feed.consumer.settled(key.1);
        }
        drop(state);
        feed.take_back();
        feed.wake();
    }

    /// Makes a message ready again, unless it was handed out again meanwhile.
    pub(super) fn give_back(&self, key: Key, attempt: u32, after: Duration) {
        let mut state = lock(&self.state);
        let Some(entry) = state.entries.get_mut(&key) else {
            return;
        };
        if entry.attempt() == attempt {
            entry.stand = Stand::Delayed(Instant::now() + after);
            self.has_come.notify_one();
        }
    }

    /// Puts the end of the ack wait off.
    pub(super) fn keep_alive(&self, key: Key, attempt: u32) {
        let mut state = lock(&self.state);
        if let Some(entry) = state.entries.get_mut(&key)
            && entry.attempt() == attempt
            && matches!(entry.stand, Stand::Out(_))
        {
            entry.stand = Stand::Out(Instant::now() + self.ack_wait);
        }
    }
}

impl State {
    /// Notes where the server hears of a message that is settled.
    fn settle(&mut self, key: Key, reply: Subject) {
        let first = self.entries.first_key_value().map(|(first, _)| *first);
        let is_below = |key: &Key| first.is_none_or(|first| *key < first);
        if !is_below(&key) {
            self.settled.insert(key, reply);
            return;
        }
        self.floor = Some(reply);
        while let Some(next) = self.settled.first_entry().filter(|it| is_below(it.key())) {
            self.floor = Some(next.remove());
        }
    }

    /// Puts a message in its place; returns whether it was settled before.
    fn put(&mut self, message: Message, reply: Subject, place: Place) -> bool {
        let key = (self.turn, place.sequence);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.reply = reply;
            return false;
        }
        if place.sequence <= self.highest {
            self.settle(key, reply);
            return true;
        }
        self.highest = place.sequence;
        self.ready += 1;
        self.bytes += message.length;
        let (partition, stand) = (self.partition, Stand::Ready);
        let entry = Entry {
            message,
            reply,
            place,
            partition,
            stand,
            handed: 0,
        };
        self.entries.insert(key, entry);
        false
    }
}

impl Outlet for Line {
    fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    fn put(&self, feed: &Arc<Feed>, messages: Vec<Message>) {
        let mut state = lock(&self.state);
        let partition = feed.consumer.partition();
        if partition != state.partition {
            (state.partition, state.highest) = (partition, 0);
            state.turn += 1;
        }
        let consumer = feed.consumer.name();
        if state.passage.consumer != consumer {
            state.passage = Passage {
                consumer,
                ..Passage::default()
            };
        }
        for mut message in messages {
            let Some(reply) = message.reply.take() else {
                continue;
            };
            let Some(place) = Place::read(&reply) else {
                continue;
            };
            if !state.passage.lets_in(&reply, place) {
                continue;
            }
            feed.consumer.delivered(place.sequence, place.delivery);
            if state.put(message, reply, place) {
                feed.consumer.settled(place.sequence);
            }
        }
        feed.set_waiting(state.ready, state.bytes);
        drop(state);
        self.has_come.notify_one();
    }

    fn settled(&self) -> Option<Subject> {
        lock(&self.state).floor.take()
    }

    fn has_gap(&self, feed: &Arc<Feed>) -> bool {
        let state = lock(&self.state);
        state.passage.has_gap && state.passage.consumer == feed.consumer.name()
    }

    fn fail(&self, error: Error) {
        lock(&self.state).failed = Some(error);
        self.has_come.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_in(passage: &mut Passage, consumer: &str, delivery: u64) -> bool {
        let reply = format!(
            "$JS.ACK.default.{consumer}.1.{}.{delivery}.0.0",
            delivery + 40
        );
        passage.lets_in(&reply, Place::read(&reply).unwrap())
    }

    #[test]
    fn the_server_hears_up_to_the_first_that_is_not_settled() {
        let mut state = State::default();
        let message = || Message {
            subject: "s".into(),
            reply: None,
            payload: bytes::Bytes::new(),
            headers: None,
            status: None,
            description: None,
            length: 0,
        };
        let reply =
            |sequence: u64| Subject::from(format!("$JS.ACK.default.now.1.{sequence}.1.0.0"));
        for sequence in 1..=4 {
            let place = Place::read(&reply(sequence)).unwrap();
            assert!(!state.put(message(), reply(sequence), place));
        }
        let mut settle = |sequence| {
            let entry = state.entries.remove(&(0, sequence)).unwrap();
            state.settle((0, sequence), entry.reply);
            state.floor.take()
        };
        assert_eq!(settle(3), None);
        assert_eq!(settle(1), Some(reply(1)));
        assert_eq!(settle(2), Some(reply(3)));
        let place = Place::read(&reply(2)).unwrap();
        assert!(state.put(message(), reply(2), place), "it comes once more");
        assert_eq!(state.floor.take(), Some(reply(2)));
    }

    #[test]
    fn nothing_passes_behind_a_gap_nor_from_a_consumer_of_before() {
        let mut passage = Passage {
            consumer: "now".into(),
            ..Passage::default()
        };
        assert!(lets_in(&mut passage, "now", 1));
        assert!(!lets_in(&mut passage, "before", 2));
        assert!(!passage.has_gap);
        assert!(lets_in(&mut passage, "now", 2));
        assert!(!lets_in(&mut passage, "now", 4));
        assert!(passage.has_gap && !lets_in(&mut passage, "now", 3));
    }
}
