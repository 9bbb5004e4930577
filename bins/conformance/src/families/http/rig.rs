//! The sources of a vector, on real sockets.

use super::tls;
use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, Event, EventBus, Receipt, Registry, Result,
    Subscription, api,
    secret::MemorySecrets,
    telemetry::{Metrics, names},
};
use argo_events_sources::{
    http::WebServer,
    register,
    runtime::{Running, SourceRuntime},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Condvar, LazyLock, Mutex, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;

/// Where the sources run.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("threads can be started")
});

/// How long sources may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// What a slow dispatch takes in the recordings.
const SLOW: Duration = Duration::from_millis(300);

/// Sources, their server, and what they published.
pub(crate) struct Rig {
    pub(crate) port: u16,
    second_port: u16,
    occupied: Vec<TcpListener>,
    bus: Arc<Dispatch>,
    server: WebServer,
    runtime: SourceRuntime,
    metrics: Metrics,
    spec: Value,
    running: BTreeMap<String, Running>,
}

impl Rig {
    /// Prepares the sources of a vector; nothing listens yet.
    pub(crate) fn new(input: &Value) -> Self {
        let (port, second_port) = (free_port(), free_port());
        let filled = |text: &Value| fill(text, port, second_port);
        let server = WebServer::builder().address(Ipv4Addr::LOCALHOST).build();
        let (bus, metrics) = (Arc::new(Dispatch::default()), Metrics::default());
        bus.set(input["dispatch"].as_str().unwrap_or_default());
        let runtime = SourceRuntime::new(bus.clone())
            .registry(register(Registry::default()))
            .secrets(Arc::new(secrets(&input["secrets"])))
            .metrics(metrics.clone())
            .host(Arc::new(server.clone()));
        let (spec, running) = (filled(&input["spec"]), BTreeMap::new());
        let occupied = Vec::new();
        Self {
            port,
            second_port,
            occupied,
            bus,
            server,
            runtime,
            metrics,
            spec,
            running,
        }
    }

    /// Starts an event and waits until it listens; says why it does not.
    pub(crate) fn start(&mut self, event: &str) -> std::result::Result<(), String> {
        let kinds = self.spec.as_object().into_iter().flatten();
        let found = kinds.filter_map(|(kind, events)| Some((kind, events.get(event)?)));
        let spec: Value = found
            .map(|(kind, config)| (kind.clone(), json!({event: config})))
            .collect();
        let object = json!({"metadata": {"name": "http-source"}, "spec": spec});
        let object: api::EventSource = serde_json::from_value(object).map_err(|e| e.to_string())?;
        let running = RUNTIME.block_on(async {
            let running = self.runtime.start(&object);
            running.settled().await;
            running
        });
        let status = running.statuses().next().map(|(.., status)| status);
        let ready = running.is_ready();
        self.running.insert(event.to_owned(), running);
        match status {
            Some(_) if ready => Ok(()),
            Some(status) => Err(status.to_string()),
            None => Err("no such event".to_owned()),
        }
    }

    /// Stops an event; tells whether it had been started.
    pub(crate) fn stop(&mut self, event: &str) -> bool {
        let running = self.running.remove(event);
        running
            .map(|running| RUNTIME.block_on(running.drain(GRACE)))
            .is_some()
    }

    /// Sets what happens to events: `fail`, `slow`, or anything else.
    pub(crate) fn dispatch(&self, mode: &str) {
        self.bus.set(mode);
    }

    /// Takes what was published since the last call: event name and data.
    pub(crate) fn take_events(&self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.bus.lock().events)
    }

    /// Returns the port that a step means.
    pub(crate) fn port_of(&self, step: &Value) -> u16 {
        if step["port"] == "{port2}" {
            self.second_port
        } else {
            self.port
        }
    }

    /// Takes a port away, as another program would.
    pub(crate) fn occupy(&mut self, port: u16) {
        self.occupied
            .extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
    }

    /// Waits until an event was handed over that nobody took yet.
    pub(crate) fn wait_for_an_event(&self) {
        let mut dispatched = self.bus.lock();
        while dispatched.events.is_empty() {
            let waited = self.bus.1.wait_timeout(dispatched, GRACE);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            dispatched = guard;
            if timeout.timed_out() {
                break;
            }
        }
    }

    /// Returns how many inputs of an event failed so far.
    pub(crate) fn failures(&self, event: &str) -> u64 {
        let labels = &[("eventsource_name", "http-source"), ("event_name", event)];
        self.metrics
            .counter(names::EVENTS_PROCESSING_FAILED, labels)
            .value()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let events: Vec<_> = self.running.keys().cloned().collect();
        for event in events {
            self.stop(&event);
        }
        RUNTIME.block_on(self.server.close(GRACE));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

fn fill(value: &Value, port: u16, second_port: u16) -> Value {
    let text = value.to_string();
    let text = text.replace("{port}", &port.to_string());
    let text = text.replace("{port2}", &second_port.to_string());
    serde_json::from_str(&text).expect("numbers do not break JSON")
}

fn secrets(given: &Value) -> MemorySecrets {
    let mut secrets = MemorySecrets::default();
    for (name, keys) in given.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let value = super::text::bytes(value);
            let value = String::from_utf8_lossy(&value);
            let value = value
                .replace("{tls-cert}", tls::CERTIFICATE)
                .replace("{tls-key}", tls::KEY);
            secrets = secrets.with_secret(name, key, value);
        }
    }
    secrets
}

/// Stands for the bus, as the recordings' dispatch function did.
#[derive(Default)]
struct Dispatch(Mutex<Dispatched>, Condvar);

#[derive(Default)]
struct Dispatched {
    mode: String,
    events: Vec<(String, Vec<u8>)>,
}

impl Dispatch {
    fn lock(&self) -> std::sync::MutexGuard<'_, Dispatched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: &str) {
        mode.clone_into(&mut self.lock().mode);
    }

    fn take(&self, event: &Event) -> String {
        let data = event.data().map(|data| data.to_vec()).unwrap_or_default();
        let mut dispatched = self.lock();
        dispatched.events.push((event.subject().to_owned(), data));
        self.1.notify_all();
        dispatched.mode.clone()
    }
}

#[async_trait]
impl EventBus for Dispatch {
    fn kind(&self) -> &'static str {
        "dispatch"
    }

    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities::default()
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        match self.take(&event).as_str() {
            "fail" => return Err(Error::permanent(ErrorKind::Unavailable, "bus is down")),
            "slow" => tokio::time::sleep(SLOW).await,
            _ => {}
        }
        Ok(Receipt::accepted(None))
    }

    async fn subscribe(&self, _: Subscription) -> Result<Box<dyn Deliveries>> {
        Err(Error::permanent(
            ErrorKind::Unsupported,
            "nothing can be read back",
        ))
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
