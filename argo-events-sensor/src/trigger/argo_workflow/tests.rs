//! Promises of the argoWorkflow trigger, with an API server within the process.

use super::*;
use crate::kubernetes::tests::{Scripted, Server};
use argo_events_core::{
    ErrorKind, Event, Executed, FieldPath, Firing, Problems, Result, SystemClock, Timestamp,
    TokioClock, Trigger, TriggerContext,
    registry::{BuildTrigger as _, TriggerBuild, TriggerConfig as _},
    resolver::{Held, Shape},
    secret::MemorySecrets,
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const ROOT: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop";
const W1: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop/workflows/w1";

fn trigger(server: &Server, config: Value) -> Result<Arc<dyn Trigger>> {
    let secrets = Arc::new(MemorySecrets::default());
    let mut build = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
    build.namespace = "shop".to_owned();
    build.clients.get_or_make("", || server.cluster());
    let config: ArgoWorkflowConfig = serde_json::from_value(config).expect("it fits");
    config.build(&build)
}

fn firing(id: &str) -> Firing {
    let shape = Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    };
    let event = Event::builder(id, "shop", "paid")
        .data(r#"{"order":7}"#)
        .build();
    let held = Held {
        dependency: 0,
        event: Arc::new(event),
    };
    Firing::new(Arc::new(shape), [held])
}

async fn fire(server: &Server, config: Value) -> Result<Value> {
    let trigger = trigger(server, config)?;
    fire_as(&*trigger, "1")
        .await
        .map(|done| done.object.expect("every operation has a result"))
}

async fn fire_as(trigger: &dyn Trigger, id: &str) -> Result<Executed> {
    let rendered = trigger.render(&firing(id)).await?;
    let clock = TokioClock::starting_at(Timestamp::from_millis(1_700_000_000_123));
    let context = TriggerContext::new(1, CancellationToken::new(), Arc::new(clock));
    trigger.execute(&rendered, &context).await
}

fn config(operation: &str, metadata: &Value, args: &[&str]) -> Value {
    let resource = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata,
        "spec": {"entrypoint": "main"},
    });
    json!({"operation": operation, "source": {"resource": resource}, "args": args})
}

fn on_w1(operation: &str, args: &[&str]) -> Value {
    config(operation, &json!({"name": "w1"}), args)
}

fn workflow(phase: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "w1", "namespace": "shop", "resourceVersion": "5"},
        "spec": {"entrypoint": "main"}, "status": {"phase": phase},
    })
}

/// Puts a workflow there, which is the answer to every patch of it.
fn with(server: &Server, workflow: Value) -> &Server {
    let patched = [workflow.clone(), workflow.clone()].map(Scripted::Object);
    server.script(&format!("PATCH {W1}"), patched);
    server.put(W1, workflow);
    server
}

#[tokio::test]
async fn a_workflow_is_submitted_with_labels_and_what_the_flags_say() {
    let server = Server::new();
    let args = ["-p", "order=7", "--serviceaccount", "shipper", "-l", "a=b"];
    let made = fire(&server, on_w1("", &args)).await.unwrap();
    assert_eq!(server.calls(), [format!("POST {ROOT}/workflows")]);
    assert!(server.stored(W1).is_some());
    let labels = json!({
        "a": "b",
        "events.argoproj.io/sensor": "orders",
        "events.argoproj.io/trigger": "ship",
        "events.argoproj.io/action-timestamp": "1700000000123",
    });
    assert_eq!(made["metadata"]["labels"], labels);
    assert_eq!(made["spec"]["serviceAccountName"], "shipper");
    assert_eq!(
        made["spec"]["arguments"]["parameters"],
        json!([{"name": "order", "value": "7"}])
    );
}

#[tokio::test]
async fn a_repeated_firing_submits_no_second_workflow() {
    for operation in ["submit", "resubmit"] {
        let server = Server::new();
        with(&server, workflow("Succeeded"));
        let metadata = match operation {
            "submit" => json!({"generateName": "ship-"}),
            _ => json!({"name": "w1"}),
        };
        let trigger = trigger(&server, config(operation, &metadata, &[])).unwrap();
        for id in ["1", "1", "2"] {
            fire_as(&*trigger, id).await.unwrap();
        }
        let calls = server.calls().into_iter();
        let found = calls.filter(|call| call.starts_with("GET") && !call.ends_with("/w1"));
        assert_eq!(found.count(), 1, "{operation}");
    }
}

#[tokio::test]
async fn the_namespace_is_the_flags_unless_the_workflow_has_one() {
    let server = Server::new();
    let args = ["-n", "flag"];
    let own = json!({"name": "w1", "namespace": "own"});
    fire(&server, config("submit", &own, &args)).await.unwrap();
    fire(&server, on_w1("submit", &args)).await.unwrap();
    fire(&server, config("suspend", &own, &args)).await.unwrap();
    let path = |namespace| format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows");
    let calls = [
        format!("POST {}", path("own")),
        format!("POST {}", path("flag")),
        format!("GET {}/w1", path("flag")),
        format!("PUT {}/w1", path("flag")),
    ];
    assert_eq!(server.calls(), calls);
}

#[tokio::test]
async fn a_workflow_is_submitted_from_a_template() {
    let server = Server::new();
    let template = json!({"kind": "Any", "metadata": {"name": "t", "uid": "u"}, "spec": {"workflowSpec": {"entrypoint": "x"}}});
    server.put(&format!("{ROOT}/workflowtemplates/t"), template.clone());
    server.put(&format!("{ROOT}/cronworkflows/t"), template);
    let from = |kind: &str| {
        let resource =
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "t"}});
        json!({"operation": "submit-from", "source": {"resource": resource}, "args": ["-p", "a=1"]})
    };
    let made = fire(&server, from("WorkflowTemplate")).await.unwrap();
    assert_eq!(made["spec"]["workflowTemplateRef"]["name"], "t");
    assert_eq!(made["spec"]["arguments"]["parameters"][0]["value"], "1");
    let made = fire(&server, from("cronWorkflow")).await;
    // Its name follows from the same firing, and it is ours: the first one is found.
    assert!(made.is_ok());
    let tried = server.body(&format!("POST {ROOT}/workflows"));
    assert_eq!(
        tried["metadata"]["ownerReferences"][0]["kind"],
        "CronWorkflow"
    );
    assert_eq!(tried["spec"]["entrypoint"], "x");
    let error = fire(&server, from("ConfigMap")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
}

#[tokio::test]
async fn a_template_that_is_not_there_is_an_error() {
    let server = Server::new();
    let resource = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "metadata": {"name": "t"}});
    let config = json!({"operation": "submit-from", "source": {"resource": resource}});
    let error = fire(&server, config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn suspend_and_resume_write_only_if_there_is_something_to_change() {
    let server = Server::new();
    with(&server, workflow("Running"));
    let done = fire(&server, on_w1("suspend", &[])).await.unwrap();
    assert_eq!(done["spec"]["suspend"], true);
    fire(&server, on_w1("suspend", &[])).await.unwrap();
    let done = fire(&server, on_w1("resume", &[])).await.unwrap();
    assert_eq!(done["spec"].get("suspend"), None);
    fire(&server, on_w1("resume", &[])).await.unwrap();
    let writes = server
        .calls()
        .into_iter()
        .filter(|call| call.starts_with("PUT"));
    assert_eq!(writes.count(), 2);
}

#[tokio::test]
async fn stop_and_terminate_patch_what_runs() {
    for (operation, strategy) in [("stop", "Stop"), ("terminate", "Terminate")] {
        let server = Server::new();
        with(&server, workflow("Running"));
        fire(&server, on_w1(operation, &[])).await.unwrap();
        let body = server.body(&format!("PATCH {W1}"));
        assert_eq!(body, json!({"spec": {"shutdown": strategy}}));
        with(&server, workflow("Succeeded"));
        let error = fire(&server, on_w1(operation, &[])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
    }
}

#[tokio::test]
async fn a_retry_removes_the_pods_of_what_failed() {
    let server = Server::new();
    let mut failed = workflow("Failed");
    failed["status"]["nodes"] = json!({
        "w1": {"id": "w1", "name": "w1", "type": "Steps", "phase": "Failed", "children": ["g"]},
        "g": {"id": "g", "name": "w1[0]", "type": "StepGroup", "phase": "Failed", "boundaryID": "w1", "children": ["a", "b"]},
        "a": {"id": "a", "name": "w1[0].a", "type": "Pod", "phase": "Succeeded", "boundaryID": "w1", "templateName": "t"},
        "b": {"id": "b", "name": "w1[0].b", "type": "Pod", "phase": "Failed", "boundaryID": "w1", "templateName": "t"},
    });
    with(&server, failed);
    let done = fire(&server, on_w1("retry", &["-p", "x=1"])).await.unwrap();
    assert_eq!(done["status"]["phase"], "Running");
    let nodes = done["status"]["nodes"].as_object().unwrap();
    let phases: Vec<_> = nodes
        .iter()
        .map(|(id, node)| (id.as_str(), &node["phase"]))
        .collect();
    assert_eq!(
        phases,
        [
            ("a", &json!("Succeeded")),
            ("g", &json!("Running")),
            ("w1", &json!("Running"))
        ]
    );
    assert_eq!(nodes["g"]["children"], json!(["a"]));
    assert_eq!(done["spec"]["arguments"]["parameters"][0]["name"], "x");
    let calls = server.calls();
    assert_eq!(calls.len(), 3);
    assert!(
        calls[1].starts_with("DELETE /api/v1/namespaces/shop/pods/w1-t-"),
        "{calls:?}"
    );
    let again = fire(&server, on_w1("retry", &[])).await.unwrap_err();
    assert!(again.message().contains("Running"), "{again}");
}

#[tokio::test]
async fn a_resubmission_gives_the_workflow_that_was_named() {
    let server = Server::new();
    with(&server, workflow("Succeeded"));
    let done = fire(&server, on_w1("resubmit", &[])).await.unwrap();
    assert_eq!(done["metadata"]["name"], "w1");
    let made = server.body(&format!("POST {ROOT}/workflows"));
    assert_eq!(made["metadata"]["generateName"], "w1-");
    assert_eq!(made.get("status"), None);
    let error = fire(&server, on_w1("resubmit", &["--memoized"]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_met_another_is_made_anew() {
    let server = Server::new();
    with(&server, workflow("Running"));
    server.script(&format!("PUT {W1}"), [Scripted::Status(409, "Conflict")]);
    fire(&server, on_w1("suspend", &[])).await.unwrap();
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_workflow() {
    for (phase, succeeds) in [("Succeeded", true), ("Failed", false)] {
        let server = Server::new();
        let mut ended = workflow(phase);
        ended["status"]["finishedAt"] = json!("2026-03-04T05:06:07Z");
        let looks = [workflow("Running"), ended].map(Scripted::Object);
        server.script(&format!("GET {W1}"), looks);
        let done = fire(&server, on_w1("submit", &["--wait"])).await;
        assert_eq!(done.is_ok(), succeeds, "{phase}");
    }
}

#[tokio::test]
async fn more_workflows_are_named_or_chosen_by_flags() {
    let server = Server::new();
    with(&server, workflow("Running"));
    let mut other = workflow("Running");
    other["metadata"]["name"] = "w2".into();
    let w2 = format!("{ROOT}/workflows/w2");
    server.put(&w2, other.clone());
    let patched = [other.clone(), other.clone()].map(Scripted::Object);
    server.script(&format!("PATCH {w2}"), patched);
    fire(&server, on_w1("stop", &["w2", "w1"])).await.unwrap();
    let list = json!({"kind": "WorkflowList", "items": [other]});
    server.put(&format!("{ROOT}/workflows"), list);
    fire(&server, on_w1("terminate", &["-l", "a=b,c"]))
        .await
        .unwrap();
    let calls = server.calls();
    let patched: Vec<_> = calls
        .iter()
        .filter(|call| call.starts_with("PATCH"))
        .collect();
    assert_eq!(patched.len(), 3);
    assert!(patched[2].ends_with("w2"));
    assert!(
        calls
            .iter()
            .any(|call| call.contains("?labelSelector=a%3Db%2Cc&")),
        "{calls:?}"
    );
    fire(&server, config("suspend", &json!({"name": "@latest"}), &[]))
        .await
        .unwrap();
    assert!(server.calls().last().unwrap().ends_with("w2"));
}

#[tokio::test]
async fn dry_runs_change_nothing() {
    let server = Server::new();
    fire(&server, on_w1("submit", &["--dry-run", "-o", "json"]))
        .await
        .unwrap();
    assert!(server.calls().is_empty());
    fire(
        &server,
        on_w1("submit", &["--server-dry-run", "-o", "json"]),
    )
    .await
    .unwrap();
    assert_eq!(
        server.calls(),
        [format!("POST {ROOT}/workflows?dryRun=All")]
    );
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_sent() {
    let server = Server::new();
    for config in [
        on_w1("Submit", &[]),
        on_w1("submit", &["extra"]),
        config("submit", &json!({}), &[]),
        config("submit", &json!({"generateName": "a/b-"}), &[]),
        config("stop", &json!({"generateName": "w-"}), &[]),
        json!({"operation": "submit"}),
        json!({"source": {"resource": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}}}),
    ] {
        let error = fire(&server, config.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{config}");
    }
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn the_labels_of_the_workflow_can_be_looked_at_again() {
    let server = Server::new();
    let trigger = trigger(&server, on_w1("submit", &[])).unwrap();
    let rendered = trigger.render(&firing("1")).await.unwrap();
    let context = TriggerContext::new(1, CancellationToken::new(), Arc::new(SystemClock));
    let executed = trigger.execute(&rendered, &context).await.unwrap();
    let mut labelled = workflow("Succeeded");
    labelled["metadata"]["labels"] = json!({"done": "yes"});
    server.put(W1, labelled);
    let seen = trigger.refresh(&rendered, &executed).await.unwrap();
    assert_eq!(seen.object.unwrap()["metadata"]["labels"]["done"], "yes");
}

#[test]
fn mistakes_are_reported() {
    let problems = |config: Value| {
        let mut problems = Problems::default();
        let config: ArgoWorkflowConfig = serde_json::from_value(config).unwrap();
        config.validate(&FieldPath::root(), &mut problems);
        problems
    };
    assert!(problems(on_w1("submit", &["-p", "a=b"])).is_empty());
    assert!(problems(on_w1("", &[])).is_empty());
    assert!(problems(on_w1("lint", &[])).has_errors());
    assert!(problems(json!({"operation": "submit"})).has_errors());
    let unknown = problems(on_w1("retry", &["--memoized"]));
    assert!(!unknown.has_errors() && !unknown.is_empty());
}
