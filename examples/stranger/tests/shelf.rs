//! Proves that the bus keeps its promises.

use argo_events_core::{BusCapabilities, EventBus, Result, Timestamp, TokioClock};
use argo_events_testkit::bus::{BusHarness, bus_conformance};
use async_trait::async_trait;
use std::sync::Arc;
use stranger::shelf::{Shelf, ShelfConfig};

struct Empty;

#[async_trait]
impl BusHarness for Empty {
    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.ordered = true;
        capabilities.delayed_retry = true;
        capabilities.competing_consumers = true;
        capabilities
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        let clock = TokioClock::starting_at(Timestamp::EPOCH);
        Ok(Arc::new(Shelf::new(
            ShelfConfig::default(),
            Arc::new(clock),
        )))
    }
}

bus_conformance!("shelf", || Empty);
