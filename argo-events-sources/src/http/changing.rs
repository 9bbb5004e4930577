//! A time of change: routes go and others come, and callers in between wait rather than fail.

use std::{fmt, sync::Arc};
use tokio::sync::watch;

/// Counts who holds on to routes; clones share the count.
#[derive(Clone, Debug)]
pub(super) struct Changing(Arc<watch::Sender<usize>>);

impl Default for Changing {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Changing {
    /// Begins a change; `ended` runs when the last one is over.
    pub(super) fn begin(&self, ended: impl FnOnce() + Send + Sync + 'static) -> Hold {
        self.0.send_modify(|holds| *holds += 1);
        Hold {
            changing: self.clone(),
            ended: Some(Box::new(ended)),
        }
    }

    /// Tells whether a change is under way.
    pub(super) fn is_on(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits until no change is under way. Cancel-safe.
    pub(super) async fn over(&self) {
        // The sender lives as long as this does, so that there is no error.
        let _ = self.0.subscribe().wait_for(|holds| *holds == 0).await;
    }
}

/// Keeps ports bound whose last route is gone, and lets requests wait that nobody answers.
///
/// Dropping it ends that: ports without a route are given back, and what waited is answered by what
/// is there then.
#[must_use = "the change is over when this is dropped"]
pub struct Hold {
    changing: Changing,
    ended: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.changing.0.send_modify(|holds| *holds -= 1);
        if let Some(ended) = self.ended.take() {
            ended();
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hold")
    }
}
