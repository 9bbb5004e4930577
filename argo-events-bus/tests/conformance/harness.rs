//! Opens the buses of this crate for the cases.

use argo_events_bus::{LocalBus, LocalConfig, MemoryBus, MemoryConfig};
use argo_events_core::{BusCapabilities, EventBus, Result, SystemClock, Timestamp, TokioClock};
use argo_events_testkit::bus::{BusHarness, Pace};
use async_trait::async_trait;
use std::sync::Arc;
use tempfile::TempDir;

/// A bus in memory on paused time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory;

#[async_trait]
impl BusHarness for Memory {
    fn capabilities(&self) -> BusCapabilities {
        MemoryBus::default().capabilities()
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        let clock = TokioClock::starting_at(Timestamp::EPOCH);
        Ok(Arc::new(MemoryBus::new(
            MemoryConfig::default(),
            Arc::new(clock),
        )))
    }
}

/// A bus in a directory of its own, on real files and therefore in real time.
#[derive(Debug)]
pub(crate) struct Local {
    directory: TempDir,
}

impl Local {
    /// Makes an empty directory.
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory can be made"),
        }
    }
}

#[async_trait]
impl BusHarness for Local {
    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = MemoryBus::default().capabilities();
        capabilities.durable = true;
        capabilities
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        let (directory, clock) = (self.directory.path(), Arc::new(SystemClock));
        Ok(Arc::new(LocalBus::open(
            directory,
            LocalConfig::default(),
            clock,
        )?))
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}
