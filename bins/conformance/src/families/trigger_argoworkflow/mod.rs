//! Family `trigger-argoworkflow`: the API calls that a recorded command line stands for.
//!
//! The reference ran the `argo` command, which was a recorder and changed nothing. What it would have
//! changed is worked out by [`intent`], and must be what the trigger does. Objects are
//! completed so that the command could have succeeded: a workflow that is retried has failed before,
//! a template that something is submitted from is there.

pub(crate) mod intent;

use super::{
    events,
    trigger_http::{fired_events, places::Places, recorder::Record},
    trigger_k8s::{FILES, attempt, point_at, server::Server},
};
use crate::{Outcome, exceptions::argoworkflow as rules};
use intent::{Command, WORKFLOWS, firings};
use serde_json::{Value, json};
use std::{fs, io, sync::Arc};
use tempfile::TempDir;

/// What came of all firings of a vector.
pub(crate) struct Fired {
    pub(crate) results: Vec<Result<(), String>>,
    pub(crate) calls: Vec<Value>,
}

impl Fired {
    /// Tells whether every firing succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.results.iter().all(Result::is_ok)
    }

    /// Lists what was changed.
    pub(crate) fn writes(&self) -> Vec<&Value> {
        let writes = self.calls.iter().filter(|call| call["verb"] != "GET");
        writes.collect()
    }
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
    let fired = runtime.and_then(run);
    match fired {
        Ok(fired) => compare(vector, &fired),
        Err(error) => Outcome::failed("servers", error.to_string()),
    }
}

async fn run(vector: &Value) -> io::Result<Fired> {
    let record = Arc::new(Record::default());
    let places = Places::open(&record).await?;
    let files = TempDir::new()?;
    for (name, text) in FILES {
        fs::write(files.path().join(name), text)?;
    }
    let mut input = places.fill(&vector["in"]);
    point_at(&files, &mut input["trigger"]);
    let config = &mut input["trigger"]["template"]["argoWorkflow"];
    if config.is_object() {
        config["firingName"] = false.into();
    }
    let server = Server::open(&completed(vector)).await?;
    let attempt = attempt(&input, &server);
    let mut results = Vec::new();
    for events in fired_events(&input) {
        let result = attempt.fire(events).await;
        results.push(result.map_err(|error| error.to_string()));
    }
    Ok(Fired {
        results,
        calls: server.take(),
    })
}

/// Returns the cluster as it must have been for the recorded command to succeed.
fn completed(vector: &Value) -> Value {
    let mut cluster = vector["in"]["cluster"].clone();
    let Some(command) = Command::of(vector) else {
        return cluster;
    };
    for object in cluster["objects"].as_object_mut().into_iter().flatten() {
        command.complete(object.1);
    }
    let answers = cluster["answers"].as_object_mut().into_iter().flatten();
    for answer in answers
        .flat_map(|(_, answers)| answers.as_array_mut())
        .flatten()
    {
        command.complete(&mut answer["object"]);
    }
    // A dangling null would be no map to put things into.
    for part in ["objects", "answers"] {
        if !cluster[part].is_object() {
            cluster[part] = json!({});
        }
    }
    if let Some((path, origin)) = command.origin() {
        cluster["objects"][path] = origin;
    }
    if firings(vector) > 1 {
        repeatable(&command, &mut cluster);
    }
    if command.waits() {
        let all = command.path(WORKFLOWS);
        for call in [format!("POST {all}"), format!("PUT {all}/{}", command.name)] {
            cluster["answers"][call] = json!([{ "object": command.ended() }]);
        }
    }
    cluster
}

/// Makes a cluster look the same to every firing.
fn repeatable(command: &Command, cluster: &mut Value) {
    let all = command.path(WORKFLOWS);
    let one = format!("{all}/{}", command.name);
    let found = cluster["objects"][one.as_str()].clone();
    if found.is_object() {
        cluster["answers"][format!("GET {one}")] = json!([{ "object": found }]);
    }
    if !command.is_named() {
        cluster["answers"][format!("POST {all}")] = json!([{ "object": command.ended() }]);
    }
}

fn compare(vector: &Value, fired: &Fired) -> Outcome {
    if let Some(outcome) = rules::judge(vector, fired) {
        return outcome;
    }
    let wants_success = vector["want"]["outcome"] == "success";
    if wants_success != fired.succeeded() {
        return failed(vector, fired, "the recorded outcome");
    }
    match intended(vector, fired) {
        Ok(()) => Outcome::Passed,
        Err(what) => failed(vector, fired, &what),
    }
}

/// Tells whether what was changed is what the command stands for.
pub(crate) fn intended(vector: &Value, fired: &Fired) -> Result<(), String> {
    let writes = fired.writes();
    let Some(command) = Command::of(vector) else {
        return match writes.is_empty() {
            true => Ok(()),
            false => Err("nothing changed".to_owned()),
        };
    };
    command.is_done_by(vector, &writes)
}

fn failed(vector: &Value, fired: &Fired, what: &str) -> Outcome {
    let wanted = format!("{what}: {}", vector["want"]);
    Outcome::failed(wanted, format!("{:?} {:?}", fired.results, fired.calls))
}
