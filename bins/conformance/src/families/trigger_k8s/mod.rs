//! Family `trigger-k8s`: what the k8s trigger asks of an API server, and what it fetches before.
//!
//! The recorded server was never asked where kinds are found. Here it refuses to tell, so that names are
//! guessed; discovery has tests of its own. Names that follow from a firing are switched off.

pub(super) mod server;

use super::{
    events,
    trigger_http::{Attempt, fired_events, places::Places, recorder::Record},
};
use crate::{Outcome, exceptions};
use argo_events_core::{Result, backoff::Schedule};
use argo_events_sensor::{artifact::Readers, kubernetes::Cluster};
use serde_json::{Map, Value, json};
use server::Server;
use std::{fs, io, sync::Arc};
use tempfile::TempDir;

/// A pause between attempts to read an artifact; in the reference it is a thousand times as long.
const PAUSE_NANOS: i64 = 1_000_000;
/// Files that stood beside the reference.
pub(super) const FILES: [(&str, &str); 3] = [
    (
        "obj.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-file\n  labels: {a: b}\ndata:\n  n: \"5\"\n",
    ),
    ("bad.yaml", "a: ["),
    ("empty", ""),
];

/// What came of a firing.
pub(crate) struct Fired {
    pub(crate) result: Result<(), String>,
    pub(crate) calls: Value,
    /// Request lines at the servers of artifacts.
    pub(crate) requests: Vec<String>,
}

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if events::lacks_templates(&vector["in"]["trigger"]) {
        return Outcome::Waits("templates: issue 4");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let run = |runtime: tokio::runtime::Runtime| runtime.block_on(run(vector));
    runtime
        .and_then(run)
        .unwrap_or_else(|error| Outcome::failed("servers", error.to_string()))
}

async fn run(vector: &Value) -> io::Result<Outcome> {
    let record = Arc::new(Record::default());
    let places = Places::open(&record).await?;
    let files = TempDir::new()?;
    for (name, text) in FILES {
        fs::write(files.path().join(name), text)?;
    }
    let mut input = places.fill(&vector["in"]);
    point_at(&files, &mut input["trigger"]);
    switch_off_names(&mut input["trigger"]);
    record.answer_with(&input["peer"]);
    let server = Server::open(&input["cluster"]).await?;
    let attempt = attempt(&input, &server);
    let wanted: Vec<&Value> = match vector["want"]["firings"].as_array() {
        Some(firings) => firings.iter().collect(),
        None => vec![&vector["want"]],
    };
    for (events, wanted) in fired_events(&input).into_iter().zip(wanted) {
        let result = attempt.fire(events).await;
        let requests = places.empty(record.take());
        let line = |request: &Value| request["line"].as_str().unwrap_or_default().to_owned();
        let fired = Fired {
            result: result.map_err(|error| error.to_string()),
            calls: places.empty(server.take()).into(),
            requests: requests.iter().map(line).collect(),
        };
        let outcome = compare(vector, wanted, &fired);
        if outcome != Outcome::Passed {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Passed)
}

/// Makes what fires, with the server as its cluster and short pauses.
pub(super) fn attempt(input: &Value, server: &Server) -> Attempt {
    let attempt = Attempt::new(input);
    let cluster = Cluster::with_client(server.client());
    attempt.clients.get_or_make("", || cluster);
    let mut schedule = Schedule::default();
    (schedule.first, schedule.jitter) = (PAUSE_NANOS, 0.0);
    let readers = Readers::with_schedule(schedule);
    attempt.clients.get_or_make("", || readers);
    attempt
}

fn compare(vector: &Value, wanted: &Value, fired: &Fired) -> Outcome {
    let wants_success = wanted["outcome"] == "success";
    let is_same = wants_success == fired.result.is_ok()
        && (wanted["outcome"] == "crash" || has_same_requests(wanted, fired));
    if is_same {
        return Outcome::Passed;
    }
    exceptions::k8s::judge(vector, wanted, fired).unwrap_or_else(|| {
        Outcome::failed(
            shown(
                &wanted["outcome"],
                &wanted["message"],
                &wanted["calls"],
                &wanted["artifactRequests"],
            ),
            shown(
                &json!(fired.result.is_ok()),
                &json!(fired.result),
                &fired.calls,
                &json!(fired.requests),
            ),
        )
    })
}

fn has_same_requests(wanted: &Value, fired: &Fired) -> bool {
    let calls = wanted["calls"].as_array().cloned().unwrap_or_default();
    let requests = &wanted["artifactRequests"];
    Value::Array(calls) == fired.calls && (requests.is_null() || *requests == json!(fired.requests))
}

fn shown(outcome: &Value, message: &Value, calls: &Value, requests: &Value) -> String {
    format!("{outcome} {message} calls {calls} fetched {requests}")
}

/// Points paths of files that stood beside the reference at ours.
pub(super) fn point_at(files: &TempDir, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("/files/") {
                *text = files.path().join(name).to_string_lossy().into_owned();
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|it| point_at(files, it)),
        Value::Object(members) => members.values_mut().for_each(|it| point_at(files, it)),
        _ => {}
    }
}

/// Switches off what the reference does not do: names that follow from the firing.
fn switch_off_names(trigger: &mut Value) {
    let members = |value: &mut Value, name: &str| -> Option<Map<String, Value>> {
        value.get_mut(name)?.as_object().cloned()
    };
    if let Some(mut config) = members(&mut trigger["template"], "k8s") {
        config.insert("firingName".to_owned(), false.into());
        trigger["template"]["k8s"] = config.into();
    }
}
