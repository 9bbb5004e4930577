//! Work that waits: each thing once, one worker at a time, and after a failure ever later.
//!
//! A thing that is added while it is worked on comes again afterwards. What the work is, nobody here
//! knows.

use super::key::Key;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Pause after a first failure; doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Work that waits; shared by cloning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Wakes one who waits for work.
    added: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    ready: VecDeque<Key>,
    /// What is in `ready`, so that it is there once.
    queued: HashSet<Key>,
    running: HashSet<Key>,
    /// What was added while it ran.
    again: HashSet<Key>,
    /// When what comes later comes; only the entry of `due` counts.
    later: BinaryHeap<Reverse<(Instant, Key)>>,
    due: HashMap<Key, Instant>,
    failures: HashMap<Key, u32>,
}

/// What becomes of a thing that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done until something changes.
    Done,
    /// It is done, and comes again after a while.
    Again(Duration),
    /// It failed: it comes again, later with every failure, and not before what is asked.
    Failed(Duration),
}

/// A thing that is being worked on; dropped without an outcome, it failed.
#[derive(Debug)]
pub(crate) struct Turn {
    queue: Queue,
    key: Key,
    outcome: Outcome,
}

impl Queue {
    /// Adds a thing, unless it waits already.
    pub(crate) fn add(&self, key: Key) {
        if self.waiting().push(key) {
            self.0.added.notify_one();
        }
    }

    /// Adds things, unless they wait already.
    pub(crate) fn extend(&self, keys: impl IntoIterator<Item = Key>) {
        keys.into_iter().for_each(|key| self.add(key));
    }

    /// Returns the next thing to do. Cancel-safe.
    pub(crate) async fn next(&self) -> Turn {
        loop {
            let due = {
                let mut waiting = self.waiting();
                waiting.promote(Instant::now());
                if let Some(key) = waiting.pop() {
                    if !waiting.ready.is_empty() {
                        // Whoever is woken for several things wakes the next.
                        self.0.added.notify_one();
                    }
                    return Turn {
                        queue: self.clone(),
                        key,
                        outcome: Outcome::Failed(Duration::ZERO),
                    };
                }
                waiting.next_due()
            };
            match due {
                None => self.0.added.notified().await,
                Some(due) => tokio::select! {
                    () = self.0.added.notified() => {}
                    () = sleep_until(due) => {}
                },
            }
        }
    }

    /// Returns how much waits to be done now, and how much later.
    pub(crate) fn depth(&self) -> (usize, usize) {
        let waiting = self.waiting();
        (waiting.ready.len(), waiting.due.len())
    }

    /// Returns how often a thing failed in a row.
    pub(crate) fn failures(&self, key: &Key) -> u32 {
        self.waiting().failures.get(key).copied().unwrap_or(0)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Adds a thing; tells whether there is something new to do now.
    fn push(&mut self, key: Key) -> bool {
        self.due.remove(&key);
        if self.running.contains(&key) {
            self.again.insert(key);
            return false;
        }
        if !self.queued.insert(key.clone()) {
            return false;
        }
        if key.is_first() {
            self.ready.push_front(key);
        } else {
            self.ready.push_back(key);
        }
        true
    }

    fn pop(&mut self) -> Option<Key> {
        let key = self.ready.pop_front()?;
        self.queued.remove(&key);
        self.running.insert(key.clone());
        Some(key)
    }

    fn promote(&mut self, now: Instant) {
        while let Some(Reverse((due, key))) = self.later.pop() {
            if due > now {
                self.later.push(Reverse((due, key)));
                return;
            }
            if self.due.get(&key) == Some(&due) {
                self.push(key);
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((due, _))| *due)
    }

    fn finish(&mut self, key: &Key, outcome: Outcome) -> bool {
        self.running.remove(key);
        let comes_again = self.again.remove(key);
        let pause = match outcome {
            Outcome::Failed(asked) => Some(self.failed(key).max(asked)),
            Outcome::Done | Outcome::Again(_) => {
                self.failures.remove(key);
                match outcome {
                    Outcome::Again(pause) => Some(pause),
                    _ => None,
                }
            }
        };
        if comes_again {
            return self.push(key.clone());
        }
        if let Some(pause) = pause {
            let due = Instant::now() + pause;
            self.due.insert(key.clone(), due);
            self.later.push(Reverse((due, key.clone())));
        }
        // Whoever waits must learn of an earlier time.
        pause.is_some()
    }

    fn failed(&mut self, key: &Key) -> Duration {
        let failures = self.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        let pause = PAUSE * 2u32.pow((*failures - 1).min(10));
        pause.min(LONGEST_PAUSE)
    }
}

impl Turn {
    /// Returns what is to be worked on.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Says what became of it.
    pub(crate) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let wakes = self.queue.waiting().finish(&self.key, self.outcome);
        if wakes {
            self.queue.0.added.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::Resource, wiring::key::ObjectKey};
    use tokio::time::timeout;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(name: &str) -> Key {
        Key::Object(ObjectKey::new(Resource::Sensors, "n", name))
    }

    fn bus(name: &str) -> Key {
        Key::Object(ObjectKey::new(Resource::EventBuses, "n", name))
    }

    async fn soon(queue: &Queue) -> Option<Turn> {
        timeout(SECOND / 10, queue.next()).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thing_waits_once_and_runs_once_at_a_time() {
        let queue = Queue::default();
        queue.extend([key("a"), key("a"), key("a")]);
        let turn = soon(&queue).await.unwrap();
        queue.extend([key("a"), key("a")]);
        assert!(soon(&queue).await.is_none(), "it is being worked on");
        turn.end(Outcome::Done);
        soon(&queue).await.unwrap().end(Outcome::Done);
        assert!(soon(&queue).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn buses_come_before_what_needs_them() {
        let queue = Queue::default();
        queue.extend([key("a"), key("b"), bus("default")]);
        let turn = soon(&queue).await.unwrap();
        assert_eq!(turn.key(), &bus("default"));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_make_a_thing_come_later_and_others_do_not_wait_for_it() {
        let queue = Queue::default();
        queue.add(key("bad"));
        let began = Instant::now();
        let mut times = Vec::new();
        for _ in 0..4 {
            let turn = queue.next().await;
            times.push(began.elapsed().as_millis());
            turn.end(Outcome::Failed(Duration::ZERO));
            queue.add(key("good"));
            let good = soon(&queue).await.unwrap();
            assert_eq!(good.key(), &key("good"));
            good.end(Outcome::Done);
        }
        assert_eq!(times, [0, 500, 1500, 3500]);
        assert_eq!(queue.failures(&key("bad")), 4);
        queue.next().await.end(Outcome::Done);
        assert_eq!(queue.failures(&key("bad")), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_looked_at_at_once_whatever_was_planned() {
        let queue = Queue::default();
        queue.add(key("a"));
        queue.next().await.end(Outcome::Failed(60 * SECOND));
        assert!(soon(&queue).await.is_none());
        queue.add(key("a"));
        soon(&queue).await.unwrap().end(Outcome::Again(SECOND));
        assert!(soon(&queue).await.is_none());
        let turn = timeout(2 * SECOND, queue.next()).await.unwrap();
        turn.end(Outcome::Done);
        let late = timeout(100 * SECOND, queue.next()).await;
        assert!(late.is_err(), "the time planned first counts no more");
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_broke_off_comes_again() {
        let queue = Queue::default();
        queue.add(key("a"));
        drop(queue.next().await);
        let turn = timeout(SECOND, queue.next()).await.unwrap();
        assert_eq!(turn.key(), &key("a"));
    }
}
