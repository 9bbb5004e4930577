//! A state store that some processes do not reach, and the elections over it.

use super::{ElectorHarness, Pace};
use argo_events_core::{
    Elector, Error, ErrorKind, LeaseSettings, Result, StateStore, StoreElector, Versioned,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// How a process reaches what it shares with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// As usual.
    #[default]
    Open,
    /// Every call is done at once, and answered this much later.
    Slow(Duration),
    /// Every call fails at once, and does nothing.
    Refused,
    /// No call is answered or does anything; those under way fail when this ends.
    Silent,
}

/// Decides how one process reaches a store.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<Reach>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Reach::Open)))
    }
}

impl Gate {
    /// Decides how the store is reached from now on.
    pub fn set(&self, reach: Reach) {
        self.0.send_replace(reach);
    }

    /// Waits as the gate says, does a call, and waits for its answer.
    pub async fn pass<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut reach = self.0.subscribe();
        let now = *reach.borrow_and_update();
        match now {
            Reach::Open => call.await,
            Reach::Slow(delay) => {
                let outcome = call.await;
                sleep(delay).await;
                outcome
            }
            Reach::Refused => Err(cut("refused")),
            Reach::Silent => {
                if reach.changed().await.is_err() {
                    pending::<()>().await;
                }
                Err(cut("cut off"))
            }
        }
    }
}

fn cut(how: &str) -> Error {
    Error::transient(ErrorKind::Unavailable, format!("{how}, for a test"))
}

/// A store as one process sees it.
pub struct GatedStore {
    store: Arc<dyn StateStore>,
    gate: Gate,
}

impl GatedStore {
    /// Puts a gate before a store.
    pub fn new(store: Arc<dyn StateStore>, gate: Gate) -> Self {
        Self { store, gate }
    }
}

impl fmt::Debug for GatedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GatedStore")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl StateStore for GatedStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        self.gate.pass(self.store.get(key)).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        self.gate.pass(self.store.put(key, value, expected)).await
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        self.gate.pass(self.store.delete(key, expected)).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.gate.pass(self.store.keys(prefix)).await
    }

    fn max_value_bytes(&self) -> usize {
        self.store.max_value_bytes()
    }
}

/// Makes electors over one state store, each behind a gate of its own.
#[derive(Debug)]
pub struct StoreCandidates<F> {
    open: F,
    settings: LeaseSettings,
    pace: Pace,
    gates: Mutex<HashMap<u32, Gate>>,
}

impl<F> StoreCandidates<F> {
    /// Makes candidates over what `open` returns: for each process, its view of the same new store.
    pub fn new(open: F, settings: LeaseSettings, pace: Pace) -> Self {
        Self {
            open,
            settings,
            pace,
            gates: Mutex::default(),
        }
    }

    fn gate(&self, process: u32) -> Gate {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(process).or_default().clone()
    }
}

#[async_trait]
impl<F, R> ElectorHarness for StoreCandidates<F>
where
    F: Fn(u32) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Arc<dyn StateStore>>> + Send + 'static,
{
    async fn elector(&self, process: u32) -> Result<Arc<dyn Elector>> {
        let store = (self.open)(process).await?;
        let store = Arc::new(GatedStore::new(store, self.gate(process)));
        let replica = format!("process-{process}");
        let elector = StoreElector::over_store(store, &replica, self.settings)?;
        Ok(Arc::new(elector))
    }

    fn reach(&self, process: u32, reach: Reach) {
        self.gate(process).set(reach);
    }

    fn settings(&self) -> LeaseSettings {
        self.settings
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}
