//! The sources of one EventSource while they run.

use super::{
    Entry, SourceRuntime, Status,
    publisher::{Counts, Publisher},
    supervisor::{Contexts, Supervisor},
};
use argo_events_core::{
    Event, EventSource, SourceContext,
    registry::Placement,
    telemetry::{Gauge, names},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Sources that run; dropping it ends them at once, [`drain`](Self::drain) lets them finish.
#[must_use = "sources end when this is dropped"]
pub struct Running {
    events: Vec<Watched>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

struct Watched {
    kind: String,
    event: String,
    status: watch::Receiver<Status>,
}

impl Running {
    pub(super) fn start(runtime: &SourceRuntime, source: &str, entries: Vec<Entry>) -> Self {
        let gauge = &[("eventsource_name", source)];
        let starter = Starter {
            runtime,
            source,
            running: runtime.metrics.gauge(names::EVENT_SERVICES_RUNNING, gauge),
        };
        let mut running = Self {
            events: Vec::new(),
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        for entry in entries {
            starter.start(entry, &mut running);
        }
        info!(
            eventSourceName = source,
            events = running.events.len(),
            "Eventing server started."
        );
        running
    }

    /// Lists kind, event name and status of every event.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, &str, Status)> {
        self.events
            .iter()
            .map(|it| (&*it.kind, &*it.event, it.status.borrow().clone()))
    }

    /// Returns the status of an event, to be watched.
    pub fn status(&self, event: &str) -> Option<watch::Receiver<Status>> {
        self.events
            .iter()
            .find(|it| it.event == event)
            .map(|it| it.status.clone())
    }

    /// Tells whether every event is taken care of.
    pub fn is_ready(&self) -> bool {
        self.events.iter().all(|it| it.status.borrow().is_ready())
    }

    /// Waits until no event is starting any more; which of them failed, [`statuses`](Self::statuses) tells.
    ///
    /// # Cancel safety
    /// Safe: it only looks.
    pub async fn settled(&self) {
        for watched in &self.events {
            let mut status = watched.status.clone();
            // An error means that the source is gone, which is settled enough.
            let _ = status.wait_for(|status| *status != Status::Starting).await;
        }
    }

    /// Tells the sources to stop and waits until what is under way is done.
    ///
    /// Returns the events that did not end within the grace period; they are cut off.
    pub async fn drain(mut self, grace: Duration) -> Vec<String> {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(grace, all).await.is_ok() {
            return Vec::new();
        }
        let unfinished = self
            .events
            .iter()
            .filter(|it| !it.status.borrow().is_final());
        let unfinished: Vec<_> = unfinished.map(|it| it.event.clone()).collect();
        warn!(
            ?unfinished,
            "cut off sources that did not end within the grace period"
        );
        self.tasks.shutdown().await;
        unfinished
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.statuses()).finish()
    }
}

struct Starter<'a> {
    runtime: &'a SourceRuntime,
    source: &'a str,
    running: Gauge,
}

impl Starter<'_> {
    fn start(&self, entry: Entry, running: &mut Running) {
        let (kind, event) = (entry.kind.clone(), entry.event.clone());
        let (status, watched) = watch::channel(Status::Starting);
        running.events.push(Watched {
            kind,
            event,
            status: watched,
        });
        match &entry.source {
            Ok(source) => {
                let source = Arc::clone(source);
                let supervisor = self.supervisor(entry, source, status, running.stop.clone());
                running.tasks.spawn(supervisor.run());
            }
            Err(error) => {
                error!(%error, source = self.source, kind = entry.kind, event = entry.event, "event is not started");
                status.send_replace(Status::Invalid {
                    reason: error.to_string(),
                });
            }
        }
    }

    fn supervisor(
        &self,
        entry: Entry,
        source: Arc<dyn EventSource>,
        status: watch::Sender<Status>,
        stop: CancellationToken,
    ) -> Supervisor {
        let runtime = self.runtime;
        let counts = Counts::new(&runtime.metrics, self.source, &entry.event);
        let single = entry.placement == Placement::Single;
        let restarts = counts.restarts.clone();
        let publisher = Arc::new(self.publisher(entry, counts, status));
        Supervisor {
            scope: format!("{}/{}", self.source, publisher.event),
            source,
            contexts: self.contexts(&publisher),
            publisher,
            leadership: single.then(|| Arc::clone(&runtime.leadership)),
            pauses: runtime.restart,
            restarts,
            running: self.running.clone(),
            stop,
        }
    }

    fn publisher(&self, entry: Entry, counts: Counts, status: watch::Sender<Status>) -> Publisher {
        // All events have the same names, so that they are made fit for the bus once.
        let named = Event::builder("", self.source, entry.event)
            .event_type(entry.event_type)
            .normalize()
            .build();
        Publisher {
            bus: Arc::clone(&self.runtime.bus),
            clock: Arc::clone(&self.runtime.clock),
            source: named.source().to_owned(),
            event: named.subject().to_owned(),
            event_type: named.event_type().to_owned(),
            filter: entry.filter,
            backoff: self.runtime.publish.clone(),
            counts,
            status,
        }
    }

    fn contexts(&self, publisher: &Arc<Publisher>) -> Contexts {
        let (runtime, publisher) = (self.runtime.clone(), Arc::clone(publisher));
        let (source, event) = (Arc::from(self.source), Arc::from(&*publisher.event));
        Box::new(move |stop| {
            let (source, event): (Arc<str>, Arc<str>) = (Arc::clone(&source), Arc::clone(&event));
            let (secrets, clock) = (Arc::clone(&runtime.secrets), Arc::clone(&runtime.clock));
            let context =
                SourceContext::new(source, event, publisher.clone(), secrets, clock, stop);
            let context = match &runtime.host {
                Some(host) => context.with_host(Arc::clone(host)),
                None => context,
            };
            match &runtime.state {
                Some(state) => context.with_state(Arc::clone(state)),
                None => context,
            }
        })
    }
}
