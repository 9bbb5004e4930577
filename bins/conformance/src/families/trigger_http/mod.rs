//! Family `trigger-http`: what the HTTP trigger sends, byte for byte.

pub(super) mod places;
pub(super) mod recorder;

use super::events;
use crate::{Outcome, exceptions};
use argo_events_core::{
    Error, ErrorKind, FieldPath, Firing, Registry, Result, Secret, SecretSource, SystemClock,
    Trigger, api,
    registry::{Clients, TriggerBuild},
    secret::{KeySelector, absent, trimmed},
    telemetry::Metrics,
};
use argo_events_sensor::{
    policy::{End, GuardedBuilder},
    trigger::{self, decode::Decoder},
};
use async_trait::async_trait;
use places::Places;
use recorder::Record;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Headers that this project adds.
const ADDED: [&str; 2] = ["Idempotency-Key", "traceparent"];

/// A secret that stood when the vectors were recorded; vectors whose parameters select it do not list it.
const UNLISTED: (&str, &[u8]) = ("auth/token", b"tok-123");

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if events::lacks_templates(&vector["in"]["trigger"]) {
        return Outcome::Waits("templates: issue 4");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(vector)),
        Err(error) => Outcome::failed("a runtime", error.to_string()),
    }
}

async fn run(vector: &Value) -> Outcome {
    let record = Arc::new(Record::default());
    let places = match Places::open(&record).await {
        Ok(places) => places,
        Err(error) => return Outcome::failed("servers", error.to_string()),
    };
    let input = places.fill(&vector["in"]);
    record.answer_with(&input["peer"]);
    let wanted: Vec<&Value> = match vector["want"]["firings"].as_array() {
        Some(firings) => firings.iter().collect(),
        None => vec![&vector["want"]],
    };
    let attempt = Attempt::new(&input);
    let mut outcomes = Vec::new();
    for (events, wanted) in fired_events(&input).into_iter().zip(wanted) {
        let result = attempt.fire(events).await;
        let requests = places.empty(record.take());
        if let Some(outcome) = refused(vector, &result) {
            return outcome;
        }
        outcomes.push(compare(vector, wanted, result, requests));
    }
    let failed = outcomes
        .iter()
        .position(|outcome| !matches!(outcome, Outcome::Passed));
    outcomes.swap_remove(failed.unwrap_or(0))
}

/// Judges a trigger that was not made, because a template of it is none.
fn refused(vector: &Value, result: &Result<()>) -> Option<Outcome> {
    let error = result.as_ref().err()?;
    let rule = &exceptions::sensor::TEMPLATE_BROKEN;
    let names_it = error.message().contains("Template: template: ");
    ((rule.applies)(vector) && names_it).then(|| rule.require(vector, Ok(())))
}

/// Lists the events of each firing.
pub(super) fn fired_events(input: &Value) -> Vec<&Value> {
    match input["firings"].as_array() {
        Some(firings) => firings.iter().map(|firing| &firing["events"]).collect(),
        None => vec![&input["events"]; input["times"].as_u64().unwrap_or(1) as usize],
    }
}

fn compare(vector: &Value, wanted: &Value, result: Result<()>, requests: Vec<Value>) -> Outcome {
    let wants_success = wanted["outcome"] == "success";
    if wants_success != result.is_ok() {
        let got = result
            .err()
            .map_or("success".to_owned(), |error| error.to_string());
        return Outcome::failed(format!("{} {}", wanted["outcome"], wanted["message"]), got);
    }
    if wanted["outcome"] == "crash" {
        return Outcome::Passed;
    }
    let (wanted, got) = (
        wanted["requests"].clone(),
        Value::Array(without_added(requests)),
    );
    if wanted == got {
        return Outcome::Passed;
    }
    exceptions::sensor::http_requests(vector, &wanted, &got)
        .unwrap_or_else(|| Outcome::failed(wanted.to_string(), got.to_string()))
}

fn without_added(mut requests: Vec<Value>) -> Vec<Value> {
    for headers in requests
        .iter_mut()
        .filter_map(|request| request["headers"].as_array_mut())
    {
        headers.retain(|header| !ADDED.iter().any(|name| header[0] == *name));
    }
    requests
}

/// A trigger as a sensor has it, without retries.
pub(super) struct Attempt {
    spec: Result<api::Trigger>,
    sensor: String,
    namespace: String,
    secrets: Arc<Files>,
    /// What triggers share; put there what they should find.
    pub(super) clients: Clients,
}

impl Attempt {
    pub(super) fn new(input: &Value) -> Self {
        let text = input["trigger"].to_string();
        let sensor = |part: &str, usual: &str| {
            let part = input["sensor"][part].as_str();
            part.unwrap_or(usual).to_owned()
        };
        let mut spec: Result<api::Trigger> = Decoder::of::<api::Trigger>().decode(text.as_bytes());
        if let Ok(spec) = &mut spec {
            // A vector is one attempt.
            (spec.retry_strategy, spec.rate_limit, spec.dlq_trigger) = (None, None, None);
        }
        Self {
            spec,
            sensor: sensor("name", "sensor-x"),
            namespace: sensor("namespace", "ns-x"),
            secrets: Arc::new(Files {
                secrets: input["secrets"].clone(),
                configs: input["configmaps"].clone(),
            }),
            clients: Clients::default(),
        }
    }

    /// Fires once.
    pub(super) async fn fire(&self, events: &Value) -> Result<()> {
        let spec = self
            .spec
            .as_ref()
            .map_err(|error| wrong(error.to_string()))?;
        let name = spec.template.as_ref().map_or("", |template| &template.name);
        let firing = events::firing(events, &self.sensor, name);
        let trigger = self.trigger(spec, name, &firing)?;
        let metrics = Metrics::default();
        let guarded = GuardedBuilder::new(&self.sensor, spec, &metrics, Arc::new(SystemClock));
        let guarded = guarded.build(trigger, None);
        match guarded.perform(&firing, &CancellationToken::new()).await {
            End::Failed { error, .. } => Err(error),
            _ => Ok(()),
        }
    }

    fn trigger(
        &self,
        spec: &api::Trigger,
        name: &str,
        firing: &Firing,
    ) -> Result<Arc<dyn Trigger>> {
        let registry = trigger::descriptors()
            .into_iter()
            .fold(Registry::default(), Registry::with);
        let secrets = Arc::<Files>::clone(&self.secrets);
        let mut build = TriggerBuild::new(&self.sensor, name, secrets, Arc::new(SystemClock));
        build.clients = self.clients.clone();
        build.namespace.clone_from(&self.namespace);
        let dependencies: Vec<String> = firing.events().map(|(name, _)| name.to_owned()).collect();
        trigger::build_unchecked(spec, &registry, &build, &dependencies, &FieldPath::root())
            .map_err(|problems| {
                wrong(
                    problems
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("; "),
                )
            })
    }
}

fn wrong(message: String) -> Error {
    Error::permanent(ErrorKind::Unexpected, message)
}

/// Secrets and config maps of a vector, as mounted files would hold them.
#[derive(Debug)]
struct Files {
    secrets: Value,
    configs: Value,
}

impl Files {
    fn read(from: &Value, what: &'static str, selector: &KeySelector) -> Result<Vec<u8>> {
        let listed = events::bytes(&from[&selector.name][&selector.key]);
        let unlisted = || (selector.to_string() == UNLISTED.0).then(|| UNLISTED.1.to_vec());
        let mut bytes = listed
            .or_else(unlisted)
            .ok_or_else(|| absent(what, selector))?;
        if bytes.ends_with(b"\n") {
            bytes.pop();
        }
        Ok(bytes)
    }
}

#[async_trait]
impl SecretSource for Files {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        let bytes = Self::read(&self.secrets, "secret", selector)?;
        Ok(Secret::new(String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        Self::read(&self.secrets, "secret", selector).map(Secret::new)
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        let bytes = Self::read(&self.configs, "config map", selector)?;
        Ok(trimmed(&String::from_utf8_lossy(&bytes)))
    }
}
