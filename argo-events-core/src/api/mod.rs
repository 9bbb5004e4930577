//! The custom resources `argoproj.io/v1alpha1`: EventBus, EventSource, Sensor.
//!
//! Envelopes only. What a kind of source, bus or trigger is configured with lives with that kind and
//! is kept here as a flattened `kind → value` map, so that one bad entry never makes an object
//! undecodable. Field names and defaults are the reference's.

mod bus_kinds;
mod duration;
mod event_bus;
mod event_source;
mod pod;
mod sensor;

pub use bus_kinds::{
    BusSasl, BusTls, ConsumerGroup, ExoticNats, JetStreamBus, JetStreamExoticBus, KafkaBus,
    NativeNats, NatsBus, Persistence,
};
pub use duration::GoDuration;
pub use event_bus::EventBusSpec;
pub use event_source::EventSourceSpec;
pub use pod::{
    Container, ObjectName, Opaque, PodMetadata, PodSettings, PodTemplate, Quantity, Resources,
    ServicePort, ServiceTemplate, Toleration,
};
pub use sensor::{
    ConditionsReset, ConditionsResetByTime, ContextFilter, DataFilter, Dependency, ExprFilter,
    Filters, Join, JoinKeep, JoinKey, JoinOnExpire, K8sPolicy, Parameter, ParameterSource,
    PayloadField, Policy, RateLimit, SensorSpec, StatusPolicy, TimeFilter, Transform, Trigger,
    TriggerTemplate,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Group and version of every resource here.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// What identifies an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("additionalProperties" = true))]
pub struct Metadata {
    /// Name, unique within the namespace.
    pub name: String,
    /// Namespace; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An object of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Object<S> {
    /// `argoproj.io/v1alpha1`.
    pub api_version: String,
    /// `EventBus`, `EventSource` or `Sensor`.
    pub kind: String,
    /// What identifies it.
    pub metadata: Metadata,
    /// What it asks for.
    pub spec: S,
}

impl<S> Object<S> {
    fn named(kind: &str, name: impl Into<String>, spec: S) -> Self {
        let metadata = Metadata {
            name: name.into(),
            ..Metadata::default()
        };
        Self {
            api_version: API_VERSION.to_owned(),
            kind: kind.to_owned(),
            metadata,
            spec,
        }
    }
}

impl Sensor {
    /// Makes a Sensor.
    pub fn new(name: impl Into<String>, spec: SensorSpec) -> Self {
        Self::named("Sensor", name, spec)
    }
}

impl EventSource {
    /// Makes an EventSource.
    pub fn new(name: impl Into<String>, spec: EventSourceSpec) -> Self {
        Self::named("EventSource", name, spec)
    }
}

/// An EventBus.
pub type EventBus = Object<EventBusSpec>;
/// An EventSource.
pub type EventSource = Object<EventSourceSpec>;
/// A Sensor.
pub type Sensor = Object<SensorSpec>;
