//! The way of one draft: filter, envelope, bus.

use super::{EventFilter, Status};
use argo_events_core::{
    Backoff, Clock, Draft, Event, EventBus, Receipt, Result, Retry, Sink,
    event::random_id,
    telemetry::{
        Counter, Gauge, Metrics, Summary, names,
        trace::{self, Step},
    },
};
use async_trait::async_trait;
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tracing::{Instrument as _, Span, debug, error, info, warn};

/// How long an event that somebody waits for is offered to the bus.
const BRIEF: Duration = Duration::from_secs(1);
/// The pause in between.
const BRIEF_PAUSE: Duration = Duration::from_millis(200);

/// How long to go on offering an event that the bus does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// As long as the back-off says.
    Long,
    /// As long as a caller waits.
    Brief,
}

/// Publishes the drafts of one event.
pub(super) struct Publisher {
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) source: String,
    pub(super) event: String,
    pub(super) event_type: String,
    pub(super) filter: Option<Arc<dyn EventFilter>>,
    pub(super) backoff: Backoff,
    pub(super) counts: Counts,
    pub(super) status: watch::Sender<Status>,
}

/// What is counted of one event.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    sent: Counter,
    sent_failed: Counter,
    failed: Counter,
    filtered: Counter,
    duplicate: Counter,
    refused: Counter,
    in_flight: Gauge,
    duration: Summary,
    pub(super) restarts: Counter,
}

impl Counts {
    /// Makes the series of an event, all at zero.
    pub(super) fn new(metrics: &Metrics, source: &str, event: &str) -> Self {
        let labels = &[("eventsource_name", source), ("event_name", event)];
        Self {
            sent: metrics.counter(names::EVENTS_SENT, labels),
            sent_failed: metrics.counter(names::EVENTS_SENT_FAILED, labels),
            failed: metrics.counter(names::EVENTS_PROCESSING_FAILED, labels),
            filtered: metrics.counter(names::SOURCE_EVENTS_FILTERED, labels),
            duplicate: metrics.counter(names::SOURCE_EVENTS_DUPLICATE, labels),
            refused: metrics.counter(names::SOURCE_EVENTS_REFUSED, labels),
            in_flight: metrics.gauge(names::SOURCE_IN_FLIGHT, labels),
            duration: metrics.summary(names::EVENT_PROCESSING_DURATION, labels),
            restarts: metrics.counter(names::SOURCE_RESTARTS, labels),
        }
    }
}

/// Counts an event as in flight until dropped, also when its future is.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn begin(gauge: &'a Gauge) -> Self {
        gauge.add(1.0);
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.add(-1.0);
    }
}

impl Publisher {
    fn envelope(&self, draft: Draft) -> Event {
        let id = match draft.id.as_deref().map(str::trim) {
            None | Some("") => random_id(),
            Some(trimmed) => trimmed.to_owned(),
        };
        let builder = Event::builder(id, &*self.source, &*self.event)
            .event_type(&*self.event_type)
            .time(self.clock.now())
            .data(draft.data);
        let extensions = draft.extensions.into_iter();
        extensions
            .fold(builder, |builder, (name, value)| {
                builder.extension(name, value)
            })
            .build()
    }

    fn drops(&self, draft: &Draft) -> bool {
        match self.filter.as_ref().map(|filter| filter.keeps(&draft.data)) {
            None | Some(Ok(true)) => false,
            Some(Ok(false)) => {
                debug!(
                    event = self.event,
                    "dropped an event that its filter refused"
                );
                self.counts.filtered.increment();
                true
            }
            Some(Err(error)) => {
                error!(%error, event = self.event, "dropped an event that its filter could not answer for");
                self.counts.filtered.increment();
                true
            }
        }
    }

    async fn publish(&self, event: Arc<Event>, patience: Patience) -> Result<Receipt> {
        let mut pauses = self.backoff.pauses(random);
        let brief = Instant::now() + BRIEF;
        loop {
            let error = match self.bus.publish(Arc::clone(&event)).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            let pause = match patience {
                Patience::Long => pauses.next(),
                Patience::Brief => Some(BRIEF_PAUSE),
            };
            let pause = pause.and_then(|pause| wait_for(error.retry(), pause));
            let in_time =
                |pause: &Duration| patience == Patience::Long || Instant::now() + *pause < brief;
            let Some(pause) = pause.filter(in_time) else {
                return Err(error);
            };
            warn!(%error, eventName = self.event, eventID = event.id(), ?pause, "the bus did not take an event, trying again");
            sleep(pause).await;
        }
    }

    async fn deliver(&self, draft: Draft, patience: Patience) -> Result<Receipt> {
        self.ready();
        if self.drops(&draft) {
            return Ok(Receipt::default());
        }
        let started = Instant::now();
        let _in_flight = InFlight::begin(&self.counts.in_flight);
        let event = Arc::new(self.envelope(draft));
        let publishing = async {
            let result = self.publish(Arc::clone(&event), patience).await;
            self.settled(&event, &result);
            result
        };
        let result = publishing.instrument(span(&event)).await;
        let milliseconds = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.counts.duration.observe(f64::from(milliseconds));
        result
    }

    fn settled(&self, event: &Event, result: &Result<Receipt>) {
        match result {
            Ok(receipt) => {
                self.counts.sent.increment();
                if receipt.duplicate {
                    self.counts.duplicate.increment();
                }
                info!(
                    eventSourceName = self.source,
                    eventSourceType = self.event_type,
                    eventName = self.event,
                    eventID = event.id(),
                    "Succeeded to publish an event"
                );
            }
            Err(error) => {
                self.counts.sent_failed.increment();
                self.counts.failed.increment();
                error!(
                    %error,
                    eventSourceName = self.source,
                    eventSourceType = self.event_type,
                    eventName = self.event,
                    eventID = event.id(),
                    "Failed to publish an event"
                );
            }
        }
    }
}

/// Begins the event's trace, or joins that of its caller; costs nothing while nobody follows.
fn span(event: &Event) -> Span {
    if !trace::is_followed() {
        return Span::none();
    }
    let step = Step::of_event(event);
    tracing::info_span!(
        target: trace::TARGET,
        "event",
        event_source = event.source(),
        event_id = event.id(),
        trace_id = step.here.trace_id(),
        span_id = step.here.span_id(),
        parent_id = step.parent_id(),
    )
}

/// Decides how long to wait before the next attempt; `None` when another attempt is of no use.
fn wait_for(retry: Retry, pause: Duration) -> Option<Duration> {
    match retry {
        Retry::Never => None,
        Retry::Backoff => Some(pause),
        Retry::After(asked) => Some(asked.max(pause)),
    }
}

/// Gives a number from 0 up to 1, random enough to keep many clients from acting in step.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits are exactly what a double holds"
    )]
    let fraction = bits as f64 / (1_u64 << 53) as f64;
    fraction
}

#[async_trait]
impl Sink for Publisher {
    async fn send(&self, draft: Draft) -> Result<Receipt> {
        self.deliver(draft, Patience::Long).await
    }

    async fn send_briefly(&self, draft: Draft) -> Result<Receipt> {
        self.deliver(draft, Patience::Brief).await
    }

    fn ready(&self) {
        let is_starting = matches!(*self.status.borrow(), Status::Starting);
        if is_starting {
            self.status.send_replace(Status::Running);
        }
    }

    fn skipped(&self, reason: &str) {
        warn!(reason, event = self.event, "skipped input that is no event");
        self.counts.refused.increment();
        self.counts.failed.increment();
    }
}
