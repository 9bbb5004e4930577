//! One trigger with its policies, as a lane runs it: whatever happens inside, it comes to an end.

use super::observer::{Ending, Observer};
use crate::policy::{End, Guarded};
use argo_events_core::{
    Firing, Trigger,
    telemetry::trace::{self, Step},
};
use std::{fmt, sync::Arc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

/// How a firing's action ended, for the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Done, or every attempt and the dead letter failed: nothing is left to do.
    Ended,
    /// Stopped before the end: the firing must come again.
    Stopped,
}

/// A trigger with its policies, observed.
pub(crate) struct Action {
    guarded: Guarded,
    observer: Arc<dyn Observer>,
}

impl Action {
    pub(crate) fn new(guarded: Guarded, observer: Arc<dyn Observer>) -> Self {
        Self { guarded, observer }
    }

    /// Returns the trigger without its policies, for those who only look at what it would do.
    pub(crate) fn trigger(&self) -> &Arc<dyn Trigger> {
        self.guarded.trigger()
    }

    pub(crate) async fn perform(&self, firing: &Firing, stop: &CancellationToken) -> Completion {
        let began = Instant::now();
        let end = self
            .guarded
            .perform(firing, stop)
            .instrument(span(firing))
            .await;
        let (ending, completion) = match &end {
            End::Succeeded(executed) => (
                Ending::Succeeded {
                    status: executed.status,
                },
                Completion::Ended,
            ),
            End::Failed {
                error,
                dead_lettered,
            } => (
                Ending::Failed {
                    error,
                    dead_lettered: *dead_lettered,
                },
                Completion::Ended,
            ),
            End::Stopped => (Ending::Stopped, Completion::Stopped),
        };
        self.observer.ended(firing, &ending, began.elapsed());
        completion
    }
}

/// Joins the trace of the newest event; costs nothing while nobody follows.
fn span(firing: &Firing) -> Span {
    if !trace::is_followed() {
        return Span::none();
    }
    let Some(step) = Step::of_firing(firing) else {
        return Span::none();
    };
    tracing::info_span!(
        target: trace::TARGET,
        "firing",
        sensor = firing.sensor(),
        trigger = firing.trigger(),
        firing = %firing.id(),
        trace_id = step.here.trace_id(),
        span_id = step.here.span_id(),
        parent_id = step.parent_id(),
    )
}

impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Action")
            .field(&self.guarded)
            .finish()
    }
}
