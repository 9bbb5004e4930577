//! Changes to a workflow that runs: suspend, resume, and the end of nodes that wait.

use super::{
    nodes::{self, is_waiting, text},
    selector::FieldSelector,
};
use argo_events_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

pub(super) const COMPLETED: &str = "workflows.argoproj.io/completed";
/// Who did the last thing; nobody is known here.
const ACTORS: [&str; 4] = [
    "workflows.argoproj.io/actor",
    "workflows.argoproj.io/actor-email",
    "workflows.argoproj.io/actor-preferred-username",
    "workflows.argoproj.io/action",
];

/// Suspends a workflow; `None` if it is suspended already.
///
/// # Errors
/// When it has ended.
pub(super) fn suspend(mut workflow: Value) -> Result<Option<Value>> {
    if workflow["metadata"]["labels"][COMPLETED] == "true" {
        return Err(refused("a workflow that has ended cannot be suspended"));
    }
    if workflow["spec"]["suspend"] == true {
        return Ok(None);
    }
    workflow["spec"]["suspend"] = true.into();
    forget_actors(&mut workflow);
    Ok(Some(workflow))
}

/// Resumes a workflow and the nodes of it that wait; `None` if nothing does.
///
/// # Errors
/// When a node waits for an output that nobody gave.
pub(super) fn resume(mut workflow: Value, now: &str) -> Result<Option<Value>> {
    let mut has_changed = false;
    if workflow["spec"]["suspend"] == true {
        remove(&mut workflow["spec"], "suspend");
        has_changed = true;
    }
    let mut nodes = nodes::take(&mut workflow)?;
    for node in nodes.values_mut().filter(|node| is_waiting(node)) {
        settle_outputs(node)?;
        let message = match text(node, "message") {
            "" => String::new(),
            before => format!("{before}; "),
        };
        end(node, "Succeeded", &message, now);
        has_changed = true;
    }
    nodes::put(&mut workflow, nodes)?;
    forget_actors(&mut workflow);
    Ok(has_changed.then_some(workflow))
}

/// Ends the chosen ones of the nodes that wait.
///
/// # Errors
/// When none of them is chosen.
pub(super) fn end_waiting(
    mut workflow: Value,
    chosen: &FieldSelector,
    phase: &str,
    message: &str,
    now: &str,
) -> Result<Option<Value>> {
    let mut nodes = nodes::take(&mut workflow)?;
    let mut has_changed = false;
    for node in nodes
        .values_mut()
        .filter(|node| is_waiting(node) && chosen.chooses(node))
    {
        let before = text(node, "message").to_owned();
        end(
            node,
            phase,
            if message.is_empty() { &before } else { message },
            now,
        );
        has_changed = true;
    }
    if !has_changed {
        return Err(refused(
            "no node that waits is chosen by --node-field-selector",
        ));
    }
    nodes::put(&mut workflow, nodes)?;
    forget_actors(&mut workflow);
    Ok(Some(workflow))
}

/// Says what ends a workflow, unless it has ended.
///
/// # Errors
/// When it has ended.
pub(super) fn shutdown(workflow: &Value, strategy: &str) -> Result<Value> {
    if nodes::is_end(text(&workflow["status"], "phase")) {
        return Err(refused("a workflow that has ended cannot be stopped"));
    }
    Ok(json!({"spec": {"shutdown": strategy}}))
}

fn end(node: &mut Value, phase: &str, message: &str, now: &str) {
    node["phase"] = phase.into();
    node["finishedAt"] = now.into();
    if message.is_empty() {
        remove(node, "message");
    } else {
        node["message"] = message.into();
    }
}

/// Gives outputs that somebody should have supplied their defaults.
fn settle_outputs(node: &mut Value) -> Result<()> {
    for parameter in nodes::elements_mut(node, ["outputs", "parameters"]) {
        if parameter["valueFrom"]["supplied"].is_null() {
            continue;
        }
        let default = parameter["valueFrom"]["default"].clone();
        if default.is_null() {
            let message = "an output of a node that waits is not set and has no default";
            return Err(refused(message).with("parameter", text(parameter, "name")));
        }
        parameter["value"] = default;
        remove(parameter, "valueFrom");
    }
    Ok(())
}

/// Removes the labels that name who did the last thing.
pub(super) fn forget_actors(workflow: &mut Value) {
    remove_labels(workflow, &ACTORS);
}

/// Removes labels.
pub(super) fn remove_labels(workflow: &mut Value, names: &[&str]) {
    let labels = workflow
        .get_mut("metadata")
        .and_then(|it| it.get_mut("labels"));
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        labels.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// Removes a member.
pub(super) fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(name);
    }
}

pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::Rejected, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-04T05:06:07Z";

    fn waiting(outputs: Value) -> Value {
        json!({
            "metadata": {"name": "w", "labels": {"a": "b", "workflows.argoproj.io/actor": "x"}},
            "spec": {},
            "status": {"phase": "Running", "nodes": {
                "w-1": {"id": "w-1", "type": "Suspend", "phase": "Running", "displayName": "approve", "outputs": outputs},
                "w-2": {"id": "w-2", "type": "Suspend", "phase": "Succeeded"},
                "w-3": {"id": "w-3", "type": "Pod", "phase": "Running"},
            }},
        })
    }

    #[test]
    fn suspending_sets_one_field_once() {
        let suspended = suspend(waiting(json!(null))).unwrap().unwrap();
        assert_eq!(suspended["spec"], json!({"suspend": true}));
        assert_eq!(suspended["metadata"]["labels"], json!({"a": "b"}));
        assert_eq!(suspend(suspended).unwrap(), None);
        let ended = json!({"metadata": {"labels": {(COMPLETED): "true"}}});
        assert!(suspend(ended).is_err());
    }

    #[test]
    fn resuming_ends_what_waits_and_nothing_else() {
        let mut workflow = waiting(json!(null));
        workflow["spec"]["suspend"] = true.into();
        let resumed = resume(workflow, NOW).unwrap().unwrap();
        assert_eq!(resumed["spec"], json!({}));
        let nodes = &resumed["status"]["nodes"];
        assert_eq!(nodes["w-1"]["phase"], "Succeeded");
        assert_eq!(nodes["w-1"]["finishedAt"], NOW);
        assert_eq!(nodes["w-2"]["finishedAt"], Value::Null);
        assert_eq!(nodes["w-3"]["phase"], "Running");
        assert_eq!(resume(resumed, NOW).unwrap(), None);
    }

    #[test]
    fn outputs_that_nobody_supplied_need_a_default() {
        let supplied = |from: Value| json!({"parameters": [{"name": "p", "valueFrom": from}]});
        let with_default = supplied(json!({"supplied": {}, "default": "d"}));
        let resumed = resume(waiting(with_default), NOW).unwrap().unwrap();
        let outputs = &resumed["status"]["nodes"]["w-1"]["outputs"];
        assert_eq!(
            *outputs,
            json!({"parameters": [{"name": "p", "value": "d"}]})
        );
        assert!(resume(waiting(supplied(json!({"supplied": {}}))), NOW).is_err());
    }

    #[test]
    fn chosen_nodes_are_ended_with_a_message() {
        let chosen = FieldSelector::parse("displayName=approve").unwrap();
        let workflow = waiting(json!(null));
        let stopped = end_waiting(workflow.clone(), &chosen, "Failed", "no", NOW)
            .unwrap()
            .unwrap();
        let node = &stopped["status"]["nodes"]["w-1"];
        assert_eq!(
            (text(node, "phase"), text(node, "message")),
            ("Failed", "no")
        );
        let other = FieldSelector::parse("displayName=other").unwrap();
        assert!(end_waiting(workflow, &other, "Failed", "", NOW).is_err());
    }

    #[test]
    fn what_has_ended_is_not_stopped() {
        let patch = shutdown(&json!({"status": {"phase": "Running"}}), "Stop").unwrap();
        assert_eq!(patch, json!({"spec": {"shutdown": "Stop"}}));
        for phase in ["Succeeded", "Failed", "Error"] {
            assert!(shutdown(&json!({"status": {"phase": phase}}), "Stop").is_err());
        }
    }
}
