//! What a lane reads: what a predecessor left for single triggers, and what is new for all of them.
//!
//! The lane does not care where a batch comes from, but for two things: what was left is for one
//! trigger only, and it may come in any order. When nothing is left, a mark in the state store says
//! so, and the predecessor is not looked at again.

use argo_events_core::{Deliveries, Delivery, ErrorKind, Result, StateStore};
use bytes::Bytes;
use futures::future::select_all;
use std::{fmt, sync::Arc};

/// Deliveries for a lane.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The only trigger of the lane that these are for, by index.
    pub(crate) only: Option<usize>,
    pub(crate) deliveries: Vec<Delivery>,
}

/// What a predecessor left for one trigger of the lane.
pub(crate) struct Left {
    pub(crate) trigger: usize,
    pub(crate) deliveries: Box<dyn Deliveries>,
}

/// Says that a lane has read all that its predecessor left.
pub(crate) struct Mark {
    store: Arc<dyn StateStore>,
    key: String,
}

impl Mark {
    pub(crate) fn new(store: Arc<dyn StateStore>, lane: &str) -> Self {
        let key = format!("takeover/{lane}");
        Self { store, key }
    }

    pub(crate) async fn is_set(&self) -> Result<bool> {
        Ok(self.store.get(&self.key).await?.is_some())
    }

    /// Sets the mark; another replica may have done so before.
    pub(crate) async fn set(&self) -> Result<()> {
        let done = Bytes::from_static(b"done");
        match self.store.put(&self.key, done, None).await {
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

/// What a lane reads.
pub(crate) struct LaneInput {
    news: Box<dyn Deliveries>,
    left: Vec<Left>,
    mark: Option<Mark>,
    /// Whether news wait until nothing is left.
    in_order: bool,
}

impl LaneInput {
    pub(crate) fn new(news: Box<dyn Deliveries>) -> Self {
        Self {
            news,
            left: Vec::new(),
            mark: None,
            in_order: false,
        }
    }

    /// Adds what a predecessor left; with `in_order` it is read before anything new.
    pub(crate) fn with_left(mut self, left: Vec<Left>, mark: Mark, in_order: bool) -> Self {
        (self.left, self.mark, self.in_order) = (left, Some(mark), in_order);
        self
    }

    /// Waits for deliveries; `None` once the bus is closed. Cancel-safe.
    pub(crate) async fn next(&mut self, most: usize) -> Option<Result<Batch>> {
        while !self.left.is_empty() {
            match self.next_of_any(most).await {
                (None, batch) => return batch.map(|batch| tagged(batch, None)),
                (Some(at), Some(batch)) => {
                    return Some(tagged(batch, Some(self.left[at].trigger)));
                }
                (Some(at), None) => drop(self.left.swap_remove(at)),
            }
        }
        self.conclude().await;
        let batch = self.news.next(most).await?;
        Some(tagged(batch, None))
    }

    /// Waits for what was left or, where order does not matter, for news; says which of them came.
    async fn next_of_any(&mut self, most: usize) -> (Option<usize>, Option<Result<Vec<Delivery>>>) {
        let left = self.left.iter_mut();
        let left = select_all(left.map(|left| left.deliveries.next(most)));
        if self.in_order {
            let (batch, at, _) = left.await;
            return (Some(at), batch);
        }
        tokio::select! {
            (batch, at, _) = left => (Some(at), batch),
            batch = self.news.next(most) => (None, batch),
        }
    }

    /// Marks the takeover as done; if that fails, the predecessor is only looked at once more.
    async fn conclude(&mut self) {
        let Some(mark) = &self.mark else { return };
        if let Err(error) = mark.set().await {
            tracing::warn!(%error, "what a predecessor left was read, but this could not be noted");
        }
        self.mark = None;
    }
}

fn tagged(batch: Result<Vec<Delivery>>, only: Option<usize>) -> Result<Batch> {
    batch.map(|deliveries| Batch { only, deliveries })
}

impl fmt::Debug for LaneInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LaneInput")
            .field("left", &self.left.len())
            .finish_non_exhaustive()
    }
}
