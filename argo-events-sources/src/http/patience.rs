//! How long a client may take for a request's head, with one timer for all requests of a connection.
//!
//! hyper asks for a timer with each head and drops it once the head is there, which is nearly always
//! at once. Here that is a note of a time; a timer runs only for the connection, and when it goes
//! off it looks whether the time noted is over. What happens then is hyper's business.

use hyper::rt::{Sleep, Timer};
use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant as StdInstant},
};
use tokio::time::{Instant, sleep_until};

/// The timer of one connection; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Patience(Arc<State>);

#[derive(Debug, Default)]
struct State {
    deadline: Mutex<Option<Instant>>,
    is_over: AtomicBool,
}

impl Patience {
    /// Waits until a head takes too long; whoever is served must be polled then.
    ///
    /// No head may have less time than `least`. Cancel-safe.
    pub(super) async fn over(&self, least: Duration) {
        loop {
            let now = Instant::now();
            let deadline = *self.0.deadline();
            match deadline.filter(|_| !self.0.is_over.load(Relaxed)) {
                Some(deadline) if deadline <= now => break,
                Some(deadline) => sleep_until(deadline).await,
                // A time noted from now on is no earlier.
                None => sleep_until(now + least).await,
            }
        }
        self.0.is_over.store(true, Relaxed);
    }
}

impl State {
    fn deadline(&self) -> MutexGuard<'_, Option<Instant>> {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, deadline: StdInstant) {
        *self.deadline() = Some(deadline.into());
        self.is_over.store(false, Relaxed);
    }
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: StdInstant) -> Pin<Box<dyn Sleep>> {
        self.0.note(deadline);
        Box::pin(Noted(Arc::clone(&self.0)))
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, deadline: StdInstant) {
        // All times of a connection are the same note; a second one would forget it when the first
        // is dropped.
        self.0.note(deadline);
    }

    fn now(&self) -> StdInstant {
        Instant::now().into_std()
    }
}

/// A time that was noted; who wants to be woken waits for [`Patience::over`].
struct Noted(Arc<State>);

impl Future for Noted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.is_over.load(Relaxed) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Sleep for Noted {}

impl Drop for Noted {
    fn drop(&mut self) {
        *self.0.deadline() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_noted_time_is_over_when_it_has_come() {
        let (patience, began) = (Patience::default(), Instant::now());
        let mut noted = patience.sleep(LIMIT);
        patience.over(LIMIT).await;
        assert_eq!(began.elapsed(), LIMIT);
        assert!((&mut noted).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_no_longer_noted_is_never_over() {
        let patience = Patience::default();
        let earlier = patience.sleep(LIMIT);
        tokio::time::advance(LIMIT / 2).await;
        drop(earlier);
        let mut later = patience.sleep(LIMIT);
        let began = Instant::now();
        patience.over(LIMIT).await;
        assert_eq!(began.elapsed(), LIMIT);
        assert!((&mut later).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_that_is_moved_is_over_when_the_new_one_has_come() {
        let (patience, began) = (Patience::default(), Instant::now());
        let mut noted = patience.sleep(LIMIT);
        patience.over(LIMIT).await;
        patience.reset(&mut noted, (began + 3 * LIMIT).into_std());
        assert!((&mut noted).now_or_never().is_none());
        let over = tokio::time::timeout(4 * LIMIT, patience.over(LIMIT)).await;
        assert!(over.is_ok(), "the time was forgotten");
        assert_eq!(began.elapsed(), 3 * LIMIT);
        assert!((&mut noted).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_on_for_a_client_that_hyper_still_listens_to() {
        let (patience, began) = (Patience::default(), Instant::now());
        let _noted = patience.sleep(LIMIT);
        patience.over(LIMIT).await;
        assert!(patience.over(LIMIT).now_or_never().is_none());
        assert_eq!(began.elapsed(), LIMIT);
    }
}
