//! Workers: they take one thing after the other, and what they do is counted.

use super::{LEASE, OBJECTS};
use crate::{
    metrics,
    wiring::{Cache, Key, Outcome, Queue, Reconciler},
};
use argo_events::core::telemetry::Metrics;
use futures::FutureExt as _;
use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    task::yield_now,
    time::{Instant, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// How often gauges are brought up to date.
const GAUGES: Duration = Duration::from_secs(15);

/// Works until told to stop; what has begun is ended.
pub(super) async fn work(reconciler: Arc<Reconciler>, stop: CancellationToken, metrics: Metrics) {
    loop {
        let turn = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            turn = reconciler.queue.next() => turn,
        };
        let began = Instant::now();
        let working = AssertUnwindSafe(reconciler.turn(turn.key())).catch_unwind();
        let outcome = working.await.unwrap_or_else(|_| {
            error!(key = %turn.key(), "the controller has a bug; its log says where");
            Outcome::Failed(Duration::ZERO)
        });
        count(&metrics, turn.key(), outcome, began.elapsed());
        turn.end(outcome);
        // Plans keep a thread busy: let it see what has come from the network between them.
        yield_now().await;
    }
}

fn count(metrics: &Metrics, key: &Key, outcome: Outcome, took: Duration) {
    let controller = ("controller", key.controller());
    let result = match outcome {
        Outcome::Done => "success",
        Outcome::Again(_) => "requeue_after",
        Outcome::Failed(_) => "error",
    };
    metrics.count(metrics::TURNS, &[controller, ("result", result)], 1);
    metrics.observe(metrics::SECONDS, &[controller], took.as_secs_f64());
    if matches!(outcome, Outcome::Failed(_)) {
        metrics.count(metrics::ERRORS, &[controller], 1);
    }
}

/// Keeps gauges up to date for ever.
pub(super) async fn gauges(cache: Arc<Cache>, queue: Queue, metrics: Metrics) -> Infallible {
    let mut ticks = interval(GAUGES);
    loop {
        ticks.tick().await;
        let (now, later) = queue.depth();
        metrics.set(metrics::DEPTH, &[("name", LEASE)], now as f64);
        metrics.set(metrics::LATER, &[("name", LEASE)], later as f64);
        let counts = cache.counts();
        for resource in OBJECTS {
            let (all, ready) = counts.get(&resource).copied().unwrap_or_default();
            let labels = [("kind", resource.kind())];
            metrics.set(metrics::OBJECTS, &labels, all as f64);
            metrics.set(metrics::READY, &labels, ready as f64);
        }
    }
}
