//! Which bus an engine uses: one that the program made, or one that a manifest describes.

use argo_events_core::{
    EventBus, Result,
    registry::{BusBuild, BusDescriptor},
};
use serde_json::Value;
use std::{fmt, sync::Arc};

#[derive(Clone)]
pub(super) enum BusChoice {
    /// Made by the program.
    Given(Arc<dyn EventBus>),
    /// Described; opened at start.
    Described {
        descriptor: BusDescriptor,
        config: Value,
        build: BusBuild,
    },
}

impl BusChoice {
    pub(super) async fn open(&self) -> Result<Arc<dyn EventBus>> {
        match self {
            Self::Given(bus) => Ok(bus.clone()),
            Self::Described {
                descriptor,
                config,
                build,
            } => descriptor.build(config, build.clone()).await,
        }
    }
}

impl fmt::Debug for BusChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Given(bus) => bus.kind(),
            Self::Described { descriptor, .. } => descriptor.kind,
        };
        formatter.debug_tuple("BusChoice").field(&kind).finish()
    }
}
