//! What a program gives an engine, beside manifests: its kinds, objects, sources and closures.

use crate::BuiltinKinds as _;
use argo_events_core::{Clock, EventSource, Registry, SystemClock, api, telemetry::Metrics};
use argo_events_sensor::runtime::{Layout, Limits, Observer, OwnTriggers, Unobserved};
use argo_events_sources::runtime::{Alone, Leadership};
use std::sync::Arc;

/// What a program gives; an engine that takes over from another one gets the same.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) registry: Registry,
    pub(super) event_sources: Vec<api::EventSource>,
    pub(super) sensors: Vec<api::Sensor>,
    pub(super) own_sources: Vec<(String, Arc<dyn EventSource>)>,
    pub(super) own_triggers: OwnTriggers,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Metrics,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) limits: Limits,
    pub(super) layout: Layout,
    pub(super) leaves_out: bool,
    pub(super) replica: Option<Arc<str>>,
    pub(super) leadership: Arc<dyn Leadership>,
}

impl Default for Program {
    fn default() -> Self {
        Self {
            registry: Registry::builtin(),
            event_sources: Vec::new(),
            sensors: Vec::new(),
            own_sources: Vec::new(),
            own_triggers: OwnTriggers::new(),
            clock: Arc::new(SystemClock),
            metrics: Metrics::default(),
            observer: Arc::new(Unobserved),
            limits: Limits::default(),
            layout: Layout::default(),
            leaves_out: false,
            replica: None,
            leadership: Arc::new(Alone),
        }
    }
}
