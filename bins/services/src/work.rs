//! What a pod runs: an EventSource or a Sensor, as an engine of one object.

use crate::{
    environment::{Environment, Fault},
    object,
};
use argo_events::{
    Registry, api,
    engine::Builder,
    sensor::runtime::{Layout, Limits},
};
use argo_events_process::logging::Flushing;
use std::sync::Arc;

/// Which of the two a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Runs an EventSource.
    EventSource,
    /// Runs a Sensor.
    Sensor,
}

impl Role {
    /// Returns the variable with the object.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::EventSource => "EVENTSOURCE_OBJECT",
            Self::Sensor => "SENSOR_OBJECT",
        }
    }
}

/// The object that a pod runs.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    EventSource(Box<api::EventSource>),
    Sensor(Box<api::Sensor>),
}

impl Work {
    /// Reads the object, and what of it cannot run.
    pub(crate) fn read(
        environment: &Environment,
        role: Role,
        registry: &Registry,
    ) -> Result<(Self, Vec<String>), Vec<Fault>> {
        match role {
            Role::EventSource => {
                let (source, invalid) = object::event_source(environment, registry)?;
                Ok((Self::EventSource(Box::new(source)), invalid))
            }
            Role::Sensor => {
                let sensor = object::sensor(environment, registry)?;
                Ok((Self::Sensor(Box::new(sensor)), Vec::new()))
            }
        }
    }

    /// Returns what identifies the object.
    pub(crate) fn metadata(&self) -> &api::Metadata {
        match self {
            Self::EventSource(source) => &source.metadata,
            Self::Sensor(sensor) => &sensor.metadata,
        }
    }

    /// Returns the name of the EventBus.
    pub(crate) fn bus_name(&self) -> &str {
        let name = match self {
            Self::EventSource(source) => source.spec.event_bus_name.as_deref(),
            Self::Sensor(sensor) => sensor.spec.event_bus_name.as_deref(),
        };
        name.filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// Adds the object to an engine.
    pub(crate) fn add_to(&self, builder: Builder, limits: Limits, layout: Layout) -> Builder {
        match self {
            Self::EventSource(source) => builder.event_source((**source).clone()),
            Self::Sensor(sensor) => builder
                .sensor((**sensor).clone())
                .limits(limits)
                .layout(layout)
                .leave_out_broken_triggers()
                .observer(Arc::new(Flushing)),
        }
    }
}
