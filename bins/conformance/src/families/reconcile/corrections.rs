//! What recorded steps look like where this project differs on purpose.

use super::normal;
use crate::exceptions::{Rule, reconcile::*};
use serde_json::{Value, json};

/// Changes the recorded step of a number into what is required instead.
type Correct = fn(&Value, usize, &mut Value);

const CORRECTIONS: &[(&Rule, Correct)] = &[
    (&PAUSED, |input, step, wanted| {
        if object(input, step)["spec"]["replicas"] == 0 {
            each(wanted, "deployments", |one| {
                one["spec"]["replicas"] = json!(0)
            });
        }
    }),
    (&DUPLICATES, |_, _, wanted| {
        each(wanted, "deployments", |one| {
            keep_last(&mut main(one)["env"], "name");
            keep_last(&mut main(one)["volumeMounts"], "mountPath");
            keep_last(&mut one["spec"]["template"]["spec"]["volumes"], "name");
        });
    }),
    (&PULL_POLICY, |input, step, wanted| {
        let policy = &object(input, step)["spec"]["template"]["container"]["imagePullPolicy"];
        if policy.is_string() {
            each(wanted, "deployments", |one| {
                main(one)["imagePullPolicy"] = policy.clone();
            });
        }
    }),
    (&UNKNOWN_FIELDS, |input, step, wanted| {
        let spec = normal::stripped(&object(input, step)["spec"]);
        each(wanted, "deployments", |one| {
            let variables = main(one)["env"].as_array_mut().into_iter().flatten();
            for variable in variables.filter(|one| one["name"] == "SENSOR_OBJECT") {
                variable["value"]["spec"] = spec.clone();
            }
        });
    }),
    (&NATS_STREAMING, |input, step, wanted| {
        if wanted["gone"] == true {
            return;
        }
        let is_bus = object(input, step)["kind"] == "EventBus";
        let reason = if is_bus {
            "UnsupportedEventBus"
        } else {
            "BuildDeploymentSpecFailed"
        };
        refuse(wanted, "Deployed", reason);
    }),
    (&UNKNOWN_VERSION, |_, _, wanted| {
        wanted["children"] = Value::Null
    }),
    (&COPIES, |input, step, wanted| {
        let servers = object(input, step)["spec"]["jetstream"]["replicas"].as_i64();
        let settings = wanted["status"]["config"]["jetstream"]["streamConfig"].as_str();
        if let (Some(servers), Some(settings)) = (servers, settings) {
            let lines = settings
                .lines()
                .map(|line| match line.split_once("replicas: ") {
                    Some(_) => format!("replicas: {servers}\n"),
                    None => format!("{line}\n"),
                });
            let settings: String = lines.collect();
            wanted["status"]["config"]["jetstream"]["streamConfig"] = json!(settings);
        }
    }),
    (&STREAM, |_, _, wanted| {
        refuse(wanted, "Configured", "InvalidSpec");
        set(
            wanted,
            "Deployed",
            json!({ "type": "Deployed", "status": "Unknown" }),
        );
    }),
    (&UNDELETABLE, |input, step, wanted| {
        if step == input["steps"].as_array().map_or(0, Vec::len) {
            *wanted = json!({ "gone": true });
        }
    }),
];

/// Applies every rule that is about a vector, and returns the first one.
pub(super) fn apply(vector: &Value, wanted: &mut [Value]) -> Option<&'static Rule> {
    let mut first = None;
    for (rule, correct) in CORRECTIONS {
        if (rule.applies)(vector) {
            first = first.or(Some(*rule));
            for (step, wanted) in wanted.iter_mut().enumerate() {
                correct(&vector["in"], step, wanted);
            }
        }
    }
    wanted.iter_mut().for_each(drop_null);
    first
}

/// Returns the object that a step writes; of the deletion the last one.
fn object(input: &Value, step: usize) -> &Value {
    let last = input["steps"].as_array().map_or(0, |steps| steps.len() - 1);
    &input["steps"][step.min(last)]
}

fn each(wanted: &mut Value, kind: &str, mut change: impl FnMut(&mut Value)) {
    let list = wanted["children"][kind].as_array_mut();
    list.into_iter().flatten().for_each(&mut change);
}

fn main(deployment: &mut Value) -> &mut Value {
    &mut deployment["spec"]["template"]["spec"]["containers"][0]
}

fn keep_last(list: &mut Value, identity: &str) {
    let Some(entries) = list.as_array_mut() else {
        return;
    };
    let all = entries.clone();
    let mut index = 0;
    entries.retain(|entry| {
        index += 1;
        all[index..]
            .iter()
            .all(|later| later[identity] != entry[identity])
    });
}

/// An error, a condition that says so, and nothing made.
fn refuse(wanted: &mut Value, kind: &str, reason: &str) {
    let condition = json!({ "type": kind, "status": "False", "reason": reason, "explained": true });
    set(wanted, kind, condition);
    wanted["error"] = json!(true);
    wanted["children"] = Value::Null;
    wanted["status"]["config"] = Value::Null;
}

fn set(wanted: &mut Value, kind: &str, condition: Value) {
    let conditions = wanted["status"]["conditions"].as_array_mut();
    for one in conditions.into_iter().flatten() {
        if one["type"] == kind {
            *one = condition.clone();
        }
    }
}

/// Takes away members that a correction has emptied.
fn drop_null(value: &mut Value) {
    if let Value::Object(members) = value {
        members.values_mut().for_each(drop_null);
        members.retain(|_, value| !value.is_null());
    }
}
