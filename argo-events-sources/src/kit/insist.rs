//! Publishing for sources with nobody upstream who could send again.

use argo_events_core::{Draft, ErrorKind, Retry, SourceContext};
use std::time::Duration;
use tokio::time::sleep;
use tracing::{error, warn};

/// The first pause after the bus did not take an event; doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Offers an event to the bus until it takes it.
///
/// An event that the bus will never take is skipped, since waiting would not help those behind it.
///
/// Told to stop, it tries once more, for about a second; then it gives up and says what is lost.
///
/// # Cancel safety
/// A dropped future may or may not have published.
pub async fn insist(draft: Draft, context: &SourceContext) {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match context.emit(draft.clone()).await {
            Ok(_) => return,
            Err(error) => error,
        };
        if error.retry() == Retry::Never && error.kind() != ErrorKind::Closed {
            return context.skip(&format!("the bus will never take it: {error}"));
        }
        warn!(%error, event = context.event(), ?pause, "holding on to an event that the bus did not take");
        tokio::select! {
            () = context.stopped() => return last_attempt(draft, context).await,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn last_attempt(draft: Draft, context: &SourceContext) {
    if let Err(error) = context.emit_briefly(draft).await {
        error!(%error, event = context.event(), "lost an event that the bus did not take before the end");
    }
}
