//! A leadership as its holder sees it, and as its elector keeps it.
//!
//! The two ends share a deadline. The holder's end reads it against the clock, so that it turns false
//! in time even if the elector's task gets no turn.

use std::{fmt, sync::Arc};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The right to act under a name, until it is [lost](Self::lost) or given up.
///
/// Dropping it resigns as far as that can be done without waiting: drop it only after the work that
/// it protects has stopped.
#[must_use = "dropping a leadership resigns it"]
pub struct Leadership {
    name: Arc<str>,
    epoch: u64,
    until: watch::Receiver<Instant>,
    resigning: DropGuard,
}

impl Leadership {
    /// Returns the name that is led.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the fencing token: greater than that of every earlier leadership of the name.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Tells whether this process leads at this instant.
    pub fn is_held(&self) -> bool {
        is_held(&self.until)
    }

    /// Resolves when the leadership is lost, which is before anybody else can have it.
    ///
    /// # Cancel safety
    /// Nothing is lost by dropping the future; the same is told again.
    pub async fn lost(&self) {
        ended(self.until.clone()).await;
    }

    /// Gives the leadership up and resolves when the next candidate can have it.
    ///
    /// When the records cannot be reached, this resolves after one attempt, and the lease runs out.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the leadership resigned, as dropping the leadership does.
    pub async fn resign(self) {
        let Self {
            mut until,
            resigning,
            ..
        } = self;
        drop(resigning);
        while until.changed().await.is_ok() {}
    }

    /// Returns a second view of the deadline, which does not keep the leadership.
    pub(super) fn view(&self) -> LeadershipView {
        LeadershipView(self.until.clone())
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Leadership")
            .field("name", &self.name)
            .field("epoch", &self.epoch)
            .field("is_held", &self.is_held())
            .finish_non_exhaustive()
    }
}

/// Tells of a leadership that somebody else has in hand.
#[derive(Clone)]
pub(super) struct LeadershipView(watch::Receiver<Instant>);

impl LeadershipView {
    /// Tells whether the elector has let go of it, so that it can be campaigned for anew.
    pub(super) fn is_over(&self) -> bool {
        self.0.has_changed().is_err()
    }
}

fn is_held(until: &watch::Receiver<Instant>) -> bool {
    until.has_changed().is_ok() && Instant::now() < *until.borrow()
}

async fn ended(mut until: watch::Receiver<Instant>) {
    loop {
        let deadline = *until.borrow_and_update();
        tokio::select! {
            () = sleep_until(deadline) => if !is_held(&until) {
                return;
            },
            changed = until.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// The elector's end of a leadership; dropping it ends the leadership at once.
///
/// For those who implement an [`Elector`](super::Elector) of their own.
#[derive(Debug)]
pub struct Tenure {
    until: watch::Sender<Instant>,
    resigned: CancellationToken,
}

impl Tenure {
    /// Begins a leadership that is held until the given instant unless it is extended.
    pub fn begin(name: impl Into<Arc<str>>, epoch: u64, until: Instant) -> (Self, Leadership) {
        let (sender, receiver) = watch::channel(until);
        let resigned = CancellationToken::new();
        let leadership = Leadership {
            name: name.into(),
            epoch,
            until: receiver,
            resigning: resigned.clone().drop_guard(),
        };
        let tenure = Self {
            until: sender,
            resigned,
        };
        (tenure, leadership)
    }

    /// Holds the leadership until a later instant; `false` if it was lost already.
    #[must_use = "what was lost must not be kept"]
    pub fn extend(&self, until: Instant) -> bool {
        let mut is_held = false;
        self.until.send_if_modified(|deadline| {
            is_held = Instant::now() < *deadline;
            let is_later = is_held && until > *deadline;
            if is_later {
                *deadline = until;
            }
            is_later
        });
        is_held
    }

    /// Returns the instant at which the leadership ends unless it is extended.
    pub fn until(&self) -> Instant {
        *self.until.borrow()
    }

    /// Resolves when the holder has resigned or dropped the leadership.
    pub async fn resigned(&self) {
        self.resigned.cancelled().await;
    }
}
