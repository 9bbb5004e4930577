//! What becomes of nodes when a workflow is retried.

use super::*;
use crate::trigger::argo_workflow::{selector::FieldSelector, verb::Verb};

/// Makes a failed workflow of nodes: id, type, phase, boundary, children. The first is the root.
fn workflow(nodes: &[(&str, &str, &str, &str, &[&str])]) -> Value {
    let mut all = Nodes::new();
    for (index, (id, kind, phase, boundary, children)) in nodes.iter().enumerate() {
        let name = if index == 0 {
            "w".to_owned()
        } else {
            format!("w.{id}")
        };
        let mut node = json!({
            "id": id, "name": name, "type": kind, "phase": phase, "children": children,
            "outboundNodes": children, "finishedAt": "then", "message": "m", "templateName": "t",
        });
        if !boundary.is_empty() {
            node["boundaryID"] = (*boundary).into();
        }
        all.insert((*id).to_owned(), node);
    }
    json!({
        "metadata": {"name": "w", "labels": {"workflows.argoproj.io/completed": "true"}},
        "spec": {"shutdown": "Stop", "activeDeadlineSeconds": 0},
        "status": {"phase": "Failed", "message": "m", "nodes": all,
            "conditions": [{"type": "Completed", "status": "True"}, {"type": "Other"}]},
    })
}

fn retried(workflow: &Value) -> Retried {
    retry(workflow.clone(), &Arguments::default(), "now").unwrap()
}

/// Lists nodes with their phases.
fn phases(retried: &Retried) -> Vec<(&str, &str)> {
    let nodes = retried.workflow["status"]["nodes"].as_object().unwrap();
    nodes
        .iter()
        .map(|(id, node)| (id.as_str(), text(node, "phase")))
        .collect()
}

#[test]
fn the_workflow_looks_as_if_it_ran() {
    let workflow = retried(&workflow(&[("w", "DAG", "Failed", "", &[])])).workflow;
    let labels = json!({"workflows.argoproj.io/phase": "Running"});
    assert_eq!(workflow["metadata"]["labels"], labels);
    assert_eq!(workflow["spec"], json!({}));
    let status = &workflow["status"];
    assert_eq!(
        (text(status, "phase"), &status["finishedAt"]),
        ("Running", &Value::Null)
    );
    assert_eq!(status.get("message"), None);
    let conditions = json!([{"type": "Other"}, {"type": "Completed", "status": "False"}]);
    assert_eq!(status["conditions"], conditions);
}

#[test]
fn what_a_task_depends_on_stays() {
    let retried = retried(&workflow(&[
        ("w", "DAG", "Failed", "", &["a"]),
        ("a", "Pod", "Succeeded", "w", &["b"]),
        ("b", "Pod", "Failed", "w", &["c"]),
        ("c", "Pod", "Omitted", "w", &[]),
    ]));
    assert_eq!(phases(&retried), [("a", "Succeeded"), ("w", "Running")]);
    let nodes = &retried.workflow["status"]["nodes"];
    assert_eq!(nodes["a"].get("children"), None);
    assert_eq!(nodes["w"]["outboundNodes"], json!(["a"]));
    assert_eq!(nodes["w"].get("message"), None);
    // The one that failed, and the one that would have come after it.
    assert_eq!(retried.pods.len(), 2);
}

#[test]
fn all_attempts_of_a_retry_node_go() {
    let mut workflow = workflow(&[
        ("w", "Retry", "Failed", "", &["a", "b"]),
        ("a", "Pod", "Failed", "", &[]),
        ("b", "Pod", "Error", "", &[]),
    ]);
    for attempt in ["a", "b"] {
        workflow["status"]["nodes"][attempt]["nodeFlag"] = json!({"retried": true});
    }
    assert_eq!(phases(&retried(&workflow)), [("w", "Running")]);
}

#[test]
fn an_attempt_that_another_made_up_for_stays() {
    let mut workflow = workflow(&[
        ("w", "DAG", "Failed", "", &["r"]),
        ("r", "Retry", "Succeeded", "w", &["a", "b"]),
        ("a", "Pod", "Failed", "w", &[]),
        ("b", "Pod", "Succeeded", "w", &["c"]),
        ("c", "Pod", "Failed", "w", &[]),
    ]);
    workflow["status"]["nodes"]["a"]["nodeFlag"] = json!({"retried": true});
    let wanted = [
        ("a", "Failed"),
        ("b", "Succeeded"),
        ("r", "Succeeded"),
        ("w", "Running"),
    ];
    assert_eq!(phases(&retried(&workflow)), wanted);
}

#[test]
fn a_container_takes_its_pod_along() {
    let retried = retried(&workflow(&[
        ("w", "Steps", "Failed", "", &["g"]),
        ("g", "StepGroup", "Failed", "w", &["p"]),
        ("p", "Pod", "Failed", "w", &["x"]),
        ("x", "Container", "Succeeded", "p", &["y"]),
        ("y", "Container", "Failed", "p", &[]),
    ]));
    assert_eq!(phases(&retried), [("g", "Running"), ("w", "Running")]);
    assert_eq!(retried.pods.len(), 1);
}

#[test]
fn nested_groups_are_set_back_up_to_the_root() {
    let retried = retried(&workflow(&[
        ("w", "Steps", "Failed", "", &["g"]),
        ("g", "StepGroup", "Failed", "w", &["r"]),
        ("r", "Retry", "Failed", "w", &["d"]),
        ("d", "DAG", "Failed", "r", &["a"]),
        ("a", "Pod", "Failed", "d", &[]),
    ]));
    let wanted = ["d", "g", "r", "w"].map(|id| (id, "Running"));
    assert_eq!(phases(&retried), wanted);
}

#[test]
fn what_runs_at_the_end_runs_again() {
    let mut workflow = workflow(&[
        ("w", "DAG", "Failed", "", &["a"]),
        ("a", "Pod", "Failed", "w", &[]),
        ("e", "Pod", "Succeeded", "", &[]),
    ]);
    workflow["status"]["nodes"]["e"]["name"] = "w.onExit".into();
    let retried = retried(&workflow);
    assert_eq!(phases(&retried), [("w", "Running")]);
    assert_eq!(retried.pods.len(), 2);
}

#[test]
fn chosen_nodes_run_again_though_they_succeeded() {
    let mut workflow = workflow(&[
        ("w", "DAG", "Succeeded", "", &["a"]),
        ("a", "Pod", "Succeeded", "w", &["b"]),
        ("b", "Pod", "Succeeded", "w", &[]),
    ]);
    workflow["status"]["phase"] = "Succeeded".into();
    assert!(retry(workflow.clone(), &Arguments::default(), "now").is_err());
    let args = ["--restart-successful", "--node-field-selector", "id=b"];
    let args = Arguments::read(Verb::Retry, &args.map(str::to_owned)).unwrap();
    assert_ne!(args.nodes, FieldSelector::default());
    let retried = retry(workflow, &args, "now").unwrap();
    assert_eq!(phases(&retried), [("a", "Succeeded"), ("w", "Running")]);
}

#[test]
fn nodes_that_do_not_fit_together_are_an_error() {
    let lost = workflow(&[
        ("w", "DAG", "Failed", "", &[]),
        ("a", "Pod", "Failed", "", &[]),
    ]);
    let missing = workflow(&[("w", "DAG", "Failed", "", &["a"])]);
    for workflow in [lost, missing, json!({"status": {"phase": "Failed"}})] {
        let error = retry(workflow, &Arguments::default(), "now").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadInvalid);
    }
    for phase in ["", "Running", "Pending"] {
        let running = json!({"status": {"phase": phase}});
        let error = retry(running, &Arguments::default(), "now").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
    }
}
