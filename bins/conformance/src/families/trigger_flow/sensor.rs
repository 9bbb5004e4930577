//! A compiled sensor that is fed firings by hand.

use super::{super::events, REGISTRY};
use crate::families::{trigger_http::recorder::Record, trigger_k8s::server::Server};
use argo_events::{Manifests, manifest::Checks};
use argo_events_core::{
    FieldPath, Severity, SystemClock, api, registry::Clients, secret::MemorySecrets,
    telemetry::Metrics,
};
use argo_events_sensor::{
    dependency::{Filter, Verdict},
    kubernetes::Cluster,
    runtime::{OwnTriggers, SensorBuild, SensorPlan},
    trigger::decode::Decoder,
};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// Why a sensor cannot start.
#[derive(Debug)]
pub(super) struct Refused {
    /// Paths of the mistakes.
    pub(super) places: Vec<String>,
    pub(super) message: String,
}

pub(super) struct Sensor {
    spec: api::SensorSpec,
    plan: Arc<SensorPlan>,
    metrics: Metrics,
    record: Arc<Record>,
    /// Firings that nobody waits for.
    running: JoinSet<()>,
}

impl Sensor {
    /// Compiles a spec, after the checks of a manifest that are not about single kinds.
    pub(super) fn compile(
        spec: &Value,
        record: &Arc<Record>,
        server: &Server,
    ) -> Result<Self, Refused> {
        let text = spec.to_string();
        let decoded = Decoder::of::<api::SensorSpec>().decode::<api::SensorSpec>(text.as_bytes());
        let spec_of = decoded.map_err(|error| Refused {
            places: Vec::new(),
            message: error.to_string(),
        })?;
        limits_hold(spec)?;
        let mut sensor = api::Sensor::new("sensor-x", spec_of.clone());
        "ns-x".clone_into(&mut sensor.metadata.namespace);
        let (secrets, metrics) = (Arc::new(MemorySecrets::default()), Metrics::new("ns-x"));
        let mut build = SensorBuild::new(REGISTRY.clone(), secrets, Arc::new(SystemClock));
        build.metrics = metrics.clone();
        let clients = Clients::default();
        clients.get_or_make("", || Cluster::with_client(server.client()));
        build.clients = Some(clients);
        let plan =
            SensorPlan::compile(&sensor, &OwnTriggers::new(), build).map_err(|problems| {
                let errors = problems
                    .iter()
                    .filter(|problem| problem.severity == Severity::Error);
                Refused {
                    places: errors.map(|problem| problem.path.to_string()).collect(),
                    message: problems
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("; "),
                }
            })?;
        let (plan, record) = (Arc::new(plan), Arc::clone(record));
        Ok(Self {
            spec: spec_of,
            plan,
            metrics,
            record,
            running: JoinSet::new(),
        })
    }

    /// Hands every set of events over; returns what could be seen after each.
    pub(super) async fn fire_all(&mut self, input: &Value) -> Vec<Value> {
        let mut after = Vec::new();
        for fire in input["fire"].as_array().into_iter().flatten() {
            let pause = Duration::from_millis(fire["afterMs"].as_u64().unwrap_or(0));
            tokio::time::sleep(pause).await;
            after.push(self.fire(fire).await);
        }
        while self.running.join_next().await.is_some() {}
        after
    }

    async fn fire(&mut self, fire: &Value) -> Value {
        let (mut seen, mut events) = (Map::new(), fire["events"].clone());
        if fire["filter"] == true {
            let (gate, passed) = self.gate(&mut events);
            seen.insert("gate".to_owned(), gate);
            if !passed {
                return Value::Object(seen);
            }
        }
        let (began, only) = (Instant::now(), fire["trigger"].as_str());
        for trigger in &self.spec.triggers {
            let name = trigger
                .template
                .as_ref()
                .map_or("", |template| &template.name);
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let firing = events::firing(&events, "sensor-x", name);
            let plan = Arc::clone(&self.plan);
            let performed = async move { plan.perform(&firing, &CancellationToken::new()).await };
            if trigger.at_least_once != Some(true) {
                self.running.spawn(async { drop(performed.await) });
                continue;
            }
            let before = self.record.count();
            drop(performed.await);
            let requests = self.record.count() - before;
            seen.insert(format!("requestsBeforeReturn:{name}"), requests.into());
        }
        seen.insert("actionTook100ms".to_owned(), tenths(began.elapsed()).into());
        Value::Object(seen)
    }

    /// Applies the transforms of the dependencies and asks their filters.
    fn gate(&self, events: &mut Value) -> (Value, bool) {
        let (mut gate, mut all_passed) = (Map::new(), true);
        for dependency in &self.spec.dependencies {
            let event = &mut events[&dependency.name];
            if event.is_null() {
                continue;
            }
            let filter = Filter::compile(dependency, &FieldPath::root());
            let admitted = filter.map(|filter| filter.admit(&events::event(event)));
            let passed = matches!(admitted, Ok((_, Verdict::Passed)));
            if let Ok((Some(changed), _)) = admitted {
                event["data"] = events::byte_string(changed.data().map_or(&[], |body| &body[..]));
                event["context"]["datacontenttype"] = changed.data_content_type().into();
            }
            all_passed &= passed;
            let verdict = if passed { "passed" } else { "filtered" };
            gate.insert(dependency.name.clone(), verdict.into());
        }
        (Value::Object(gate), all_passed)
    }

    /// Says what the triggers would ask a bus for.
    pub(super) fn subscriptions(&self) -> Vec<Value> {
        let triggers = self.spec.triggers.iter().filter_map(|trigger| {
            let name = &trigger.template.as_ref()?.name;
            let condition = self.plan.condition(name)?;
            let dependencies = condition.dependencies().iter();
            Some(json!({
                "trigger": name,
                "atLeastOnce": trigger.at_least_once == Some(true),
                "expression": condition.expression(),
                "dependencies": dependencies.map(|&index| &self.spec.dependencies[index].name).collect::<Vec<_>>(),
            }))
        });
        triggers.collect()
    }

    /// Returns what was counted of actions, and is not zero, by the names that vectors use.
    pub(super) fn metrics(&self) -> Value {
        let text = self.metrics.render();
        let series = text.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let value: u64 = value.parse().ok().filter(|&value| value != 0)?;
            let (name, labels) = series.split_once('{')?;
            let labels = labels.replace('"', "");
            match name {
                "argo_events_action_triggered_total"
                | "argo_events_action_failed_total"
                | "argo_events_action_retries_failed_total" => {
                    Some((format!("{name}{{{labels}"), value.into()))
                }
                "argo_events_action_duration_milliseconds_count" => {
                    let name = name.trim_end_matches("_count");
                    Some((format!("{name}{{{labels} count"), value.into()))
                }
                _ => None,
            }
        });
        Value::Object(series.collect())
    }
}

fn tenths(elapsed: Duration) -> u64 {
    u64::try_from((elapsed.as_millis() + 50) / 100).unwrap_or(u64::MAX)
}

/// Rate limits are checked with the manifest, before a sensor is compiled.
fn limits_hold(spec: &Value) -> Result<(), Refused> {
    const LIMIT: &str = "rateLimit.requestsPerUnit";
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Sensor",
        "metadata": { "name": "sensor-x", "namespace": "ns-x" },
        "spec": spec,
    });
    let mut manifests = Manifests::from_text("object.json", object.to_string());
    let found = manifests.check(&REGISTRY, &Checks::of_a_part());
    let mut about_limits = found.into_iter().filter(|found| {
        found.severity == Severity::Error && found.path.to_string().contains(LIMIT)
    });
    match about_limits.next() {
        Some(found) => Err(Refused {
            places: vec![found.path.to_string()],
            message: found.to_string(),
        }),
        None => Ok(()),
    }
}
