//! How tasks hand work to a thread that may block: a box with a bound, emptied in one go.
//!
//! Whatever comes while the thread is busy is its next batch. That is all there is to group commit.

use crate::lock::lock;
use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// A box that many fill and one thread empties.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    inner: Mutex<Inner<T>>,
    filled: Condvar,
    room: Semaphore,
    capacity: u32,
}

#[derive(Debug)]
struct Inner<T> {
    items: Vec<T>,
    weight: u32,
    nudged: bool,
    closed: bool,
}

/// The box is closed; nobody will empty it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed;

/// Why [`Mailbox::collect`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collected {
    /// There are items, or somebody nudged.
    Work,
    /// Nothing came for as long as the caller wanted to wait.
    Idle,
    /// The box is closed and empty.
    Closed,
}

impl<T> Mailbox<T> {
    /// Makes a box for items that together weigh no more than `capacity`.
    pub(super) fn new(capacity: u32) -> Self {
        let inner = Inner {
            items: Vec::new(),
            weight: 0,
            nudged: false,
            closed: false,
        };
        let room = Semaphore::new(usize::try_from(capacity).unwrap_or(usize::MAX));
        Self {
            inner: Mutex::new(inner),
            filled: Condvar::new(),
            room,
            capacity,
        }
    }

    /// Puts an item in once there is room. One that is heavier than the box has it to itself.
    pub(super) async fn send(&self, item: T, weight: usize) -> Result<(), Closed> {
        let weight = u32::try_from(weight)
            .unwrap_or(u32::MAX)
            .clamp(1, self.capacity);
        let permit = self.room.acquire_many(weight).await.map_err(|_| Closed)?;
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(Closed);
        }
        permit.forget();
        inner.items.push(item);
        inner.weight += weight;
        drop(inner);
        self.filled.notify_one();
        Ok(())
    }

    /// Wakes the thread without an item.
    pub(super) fn nudge(&self) {
        lock(&self.inner).nudged = true;
        self.filled.notify_one();
    }

    /// Lets nothing more in. What is in the box is still collected.
    pub(super) fn close(&self) {
        lock(&self.inner).closed = true;
        self.room.close();
        self.filled.notify_one();
    }

    /// Closes the box and throws away what is in it.
    pub(super) fn abandon(&self) {
        self.close();
        lock(&self.inner).items.clear();
    }

    /// Waits for work, at most for so long, and swaps everything there is into `items`.
    pub(super) fn collect(&self, items: &mut Vec<T>, patience: Option<Duration>) -> Collected {
        debug_assert!(items.is_empty(), "the last batch is done");
        let mut inner = lock(&self.inner);
        while inner.items.is_empty() && !inner.nudged {
            if inner.closed {
                return Collected::Closed;
            }
            let Some(patience) = patience else {
                inner = self
                    .filled
                    .wait(inner)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.filled.wait_timeout(inner, patience);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            inner = woken;
            if timeout.timed_out() && inner.items.is_empty() && !inner.nudged {
                return if inner.closed {
                    Collected::Closed
                } else {
                    Collected::Idle
                };
            }
        }
        std::mem::swap(items, &mut inner.items);
        inner.nudged = false;
        let weight = std::mem::take(&mut inner.weight);
        drop(inner);
        self.room
            .add_permits(usize::try_from(weight).unwrap_or(usize::MAX));
        Collected::Work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, time::Duration};

    #[tokio::test]
    async fn everything_that_waits_is_one_batch() {
        let mailbox = Mailbox::new(10);
        for item in 1..=3 {
            mailbox.send(item, 1).await.unwrap();
        }
        let mut items = Vec::new();
        assert_eq!(mailbox.collect(&mut items, None), Collected::Work);
        assert_eq!(items, [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_box_makes_senders_wait() {
        let mailbox = Arc::new(Mailbox::new(10));
        mailbox.send(1, 1000).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_secs(1), mailbox.send(2, 1)).await;
        assert!(waits.is_err());
        let mut items = Vec::new();
        mailbox.collect(&mut items, None);
        mailbox.send(2, 1).await.unwrap();
    }

    #[tokio::test]
    async fn a_closed_box_gives_out_what_it_has_and_takes_nothing() {
        let mailbox = Mailbox::new(10);
        mailbox.send(1, 1).await.unwrap();
        mailbox.close();
        assert!(mailbox.send(2, 1).await.is_err());
        let mut items = Vec::new();
        assert_eq!(mailbox.collect(&mut items, None), Collected::Work);
        items.clear();
        assert_eq!(mailbox.collect(&mut items, None), Collected::Closed);
    }

    #[test]
    fn patience_ends_and_a_nudge_ends_it_early() {
        let mailbox = Mailbox::<()>::new(10);
        let mut items = Vec::new();
        assert_eq!(
            mailbox.collect(&mut items, Some(Duration::ZERO)),
            Collected::Idle
        );
        mailbox.nudge();
        assert_eq!(mailbox.collect(&mut items, None), Collected::Work);
    }
}
