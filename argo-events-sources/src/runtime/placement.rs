//! The seam for sources that must run once however many replicas there are.

use argo_events_core::Result;
use async_trait::async_trait;
use std::{any::Any, fmt, time::Duration};
use tokio_util::sync::CancellationToken;

/// Decides which replica runs what must run once.
#[async_trait]
pub trait Leadership: Send + Sync + 'static {
    /// Waits until this replica may run what the scope names: `<EventSource>/<event>`.
    ///
    /// # Errors
    /// Asked again after a pause.
    ///
    /// # Cancel safety
    /// A dropped future holds nothing.
    async fn lead(&self, scope: &str) -> Result<Term>;
}

/// The time during which this replica may run; dropping it gives the turn to another one.
#[must_use = "the turn is given back when the term is dropped"]
pub struct Term {
    lost: CancellationToken,
    margin: Duration,
    _held: Box<dyn Any + Send + Sync>,
}

impl Term {
    /// How long a source may take to end when its turn is over, unless told otherwise.
    pub const MARGIN: Duration = Duration::from_secs(10);

    /// Makes a term that ends when the token is cancelled and holds on to something until it is dropped.
    pub fn new(lost: CancellationToken, held: impl Any + Send + Sync) -> Self {
        Self {
            lost,
            margin: Self::MARGIN,
            _held: Box::new(held),
        }
    }

    /// Sets how long a source may take to end when its turn is over; then it is cut off.
    pub fn ends_within(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Returns how long a source may take to end when its turn is over.
    pub fn margin(&self) -> Duration {
        self.margin
    }

    /// Returns what is cancelled when the term is over.
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Term")
            .field("lost", &self.lost.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// For processes without replicas: always leads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

#[async_trait]
impl Leadership for Alone {
    async fn lead(&self, _scope: &str) -> Result<Term> {
        Ok(Term::new(CancellationToken::new(), ()))
    }
}
