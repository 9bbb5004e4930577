//! Waits for what seldom happens beside what happens all the time.
//!
//! A future that is polled for every request costs something each time, a signal that all
//! connections share even a lock. A bell is polled only after it has rung.

use futures::{StreamExt as _, stream::FuturesUnordered};
use std::{future::poll_fn, pin::Pin, task::Poll};

/// A future that is polled only when it was woken itself.
pub(super) struct Bell<'a, T>(FuturesUnordered<Pin<Box<dyn Future<Output = T> + Send + 'a>>>);

impl<'a, T> Bell<'a, T> {
    pub(super) fn new(rings: impl Future<Output = T> + Send + 'a) -> Self {
        Self(FuturesUnordered::from_iter([
            Box::pin(rings) as Pin<Box<dyn Future<Output = T> + Send>>
        ]))
    }

    /// Waits for the future to end; having ended, it never does again. Cancel-safe.
    pub(super) async fn rings(&mut self) -> T {
        poll_fn(|context| match self.0.poll_next_unpin(context) {
            Poll::Ready(Some(end)) => Poll::Ready(end),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn it_is_polled_when_it_was_woken_and_not_in_between() {
        let (polls, token) = (AtomicUsize::new(0), CancellationToken::new());
        let mut cancelled = Box::pin(token.cancelled());
        let counted = poll_fn(|context| {
            polls.fetch_add(1, Relaxed);
            cancelled.as_mut().poll(context)
        });
        let mut bell = Bell::new(counted);
        for _ in 0..10 {
            assert!(bell.rings().now_or_never().is_none());
        }
        assert_eq!(polls.load(Relaxed), 1);
        token.cancel();
        bell.rings().await;
        assert_eq!(polls.load(Relaxed), 2);
        assert!(bell.rings().now_or_never().is_none());
    }
}
