//! EventSources and Sensors: every reason of a condition, adoption, drift, and pods.

use super::{Bus, Observed};
use crate::{
    Action, Config, Finalizer, Plan, Settings, Verb,
    compare::{self, HASH},
    event_source, object, sensor,
};
use argo_events_core::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

fn settings() -> Settings {
    Settings::new(Config::default(), "reg.example/argo-events:v1")
}

fn bus() -> Value {
    json!({
        "kind": "EventBus",
        "metadata": { "name": "default", "namespace": "ns", "uid": "bus" },
        "spec": { "jetstreamExotic": { "url": "nats://x:4222" } },
        "status": {
            "conditions": [
                { "type": "Configured", "status": "True" },
                { "type": "Deployed", "status": "True" },
            ],
            "config": { "jetstream": { "url": "nats://x:4222" } },
        },
    })
}

fn source() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "EventSource",
        "metadata": { "name": "es", "namespace": "ns", "uid": "es-uid", "generation": 3 },
        "spec": { "webhook": { "one": { "port": "12000", "endpoint": "/in", "method": "POST" } } },
    })
}

fn a_sensor() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Sensor",
        "metadata": { "name": "sn", "namespace": "ns", "uid": "sn-uid" },
        "spec": {
            "dependencies": [{ "name": "d", "eventSourceName": "es", "eventName": "one" }],
            "triggers": [{ "template": { "name": "t", "log": {} } }],
        },
    })
}

fn planned(object: &Value, bus: Bus<'_>, children: &[Value]) -> Plan {
    let observed = Observed {
        object,
        bus,
        children,
        packed_into: None,
        now: NOW,
    };
    match object::kind(object) {
        "Sensor" => sensor::plan(&observed, &settings()),
        _ => event_source::plan(&observed, &settings()),
    }
}

/// Carries a plan out: the children there are then, and the object with its status.
fn done(object: &Value, plan: &Plan, children: &[Value]) -> (Value, Vec<Value>) {
    let mut children = children.to_vec();
    for action in &plan.actions {
        let name = object::name(&action.object);
        let kind = object::kind(&action.object);
        children.retain(|child| object::name(child) != name || object::kind(child) != kind);
        if matches!(action.verb, Verb::Create | Verb::Update) {
            children.push(action.object.clone());
        }
    }
    let mut object = object.clone();
    if let Some(status) = &plan.status {
        object["status"] = status.clone();
    }
    if let Some(Finalizer::Add(name)) = plan.finalizer {
        object["metadata"]["finalizers"] = json!([name]);
    }
    (object, children)
}

fn deployed(object: &Value) -> (Value, Vec<Value>) {
    let bus = bus();
    done(object, &planned(object, Bus::Found(&bus), &[]), &[])
}

fn condition<'a>(plan: &'a Plan, kind: &str) -> &'a Value {
    let conditions = plan.status.as_ref().unwrap()["conditions"].as_array();
    let mut conditions = conditions.unwrap().iter();
    conditions.find(|one| one["type"] == kind).unwrap()
}

fn verbs(plan: &Plan) -> Vec<Verb> {
    plan.actions.iter().map(|action| action.verb).collect()
}

fn container(action: &Action) -> &Value {
    &action.object["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn every_way_not_to_run_has_its_reason() {
    let ready = bus();
    let mut unready = bus();
    unready["status"]["conditions"][1]["status"] = json!("False");
    let mut streaming = bus();
    streaming["status"]["config"] = json!({ "nats": { "url": "nats://x" } });
    let mut bare = bus();
    bare["status"]["config"] = json!({});
    let mut large = source();
    large["spec"]["webhook"]["one"]["metadata"] = json!({ "a": "x".repeat(1_100_000) });
    let cases = [
        (source(), Bus::Absent, "EventBusNotFound"),
        (source(), Bus::Unreadable("timed out"), "GetEventBusFailed"),
        (source(), Bus::Found(&unready), "EventBusNotReady"),
        (
            source(),
            Bus::Found(&streaming),
            "BuildDeploymentSpecFailed",
        ),
        (source(), Bus::Found(&bare), "BuildDeploymentSpecFailed"),
        (large, Bus::Found(&ready), "BuildDeploymentSpecFailed"),
        (a_sensor(), Bus::Absent, "EventBusNotFound"),
        (
            a_sensor(),
            Bus::Unreadable("timed out"),
            "GetEventBusFailed",
        ),
        (a_sensor(), Bus::Found(&unready), "EventBusNotReady"),
        (
            a_sensor(),
            Bus::Found(&streaming),
            "BuildDeploymentSpecFailed",
        ),
    ];
    for (object, bus, reason) in cases {
        let plan = planned(&object, bus, &[]);
        let deployed = condition(&plan, "Deployed");
        assert_eq!(
            (&deployed["status"], &deployed["reason"]),
            (&json!("False"), &json!(reason))
        );
        assert_eq!(deployed["message"].as_str(), plan.error.as_deref());
        assert!(plan.actions.is_empty());
        assert_eq!(plan.notes[0].reason, reason);
    }
}

#[test]
fn what_is_wrong_with_an_object_is_said_on_its_side() {
    let (bus, mut bad_source) = (bus(), source());
    bad_source["spec"]["webhook"]["one"]["port"] = json!("bad");
    let plan = planned(&bad_source, Bus::Found(&bus), &[]);
    assert_eq!(
        condition(&plan, "SourcesProvided")["reason"],
        "InvalidEventSource"
    );
    assert_eq!(condition(&plan, "Deployed")["status"], "Unknown");
    assert!(plan.error.unwrap().contains("spec.webhook.one.port"));
    let sides = [
        (
            "dependencies",
            "DependenciesProvided",
            "InvalidDependencies",
        ),
        ("triggers", "TriggersProvided", "InvalidTriggers"),
    ];
    for (field, kind, reason) in sides {
        let mut bad = a_sensor();
        bad["spec"][field] = json!([]);
        let plan = planned(&bad, Bus::Found(&bus), &[]);
        assert_eq!(condition(&plan, kind)["reason"], reason);
        assert_eq!(plan.requeue, None);
    }
}

#[test]
fn what_was_right_is_not_examined_again_until_it_changes() {
    let bus = bus();
    let (mut object, children) = deployed(&source());
    object["spec"]["webhook"]["one"]["port"] = json!("bad");
    assert_eq!(planned(&object, Bus::Found(&bus), &children).error, None);
    object["metadata"]["generation"] = json!(4);
    assert!(
        planned(&object, Bus::Found(&bus), &children)
            .error
            .is_some()
    );
    // Another condition was written since, and this one is as it was.
    object["status"]["observedGeneration"] = json!(4);
    assert!(
        planned(&object, Bus::Found(&bus), &children)
            .error
            .is_some()
    );
}

#[test]
fn a_refusal_of_the_api_server_is_told_with_the_reason_of_its_step() {
    let (bus, mut source) = (bus(), source());
    source["spec"]["service"] = json!({ "ports": [{ "port": 80 }] });
    let reasons = |plan: &Plan| plan.actions.iter().map(|it| it.refused).collect::<Vec<_>>();
    let plan = planned(&source, Bus::Found(&bus), &[]);
    assert_eq!(
        reasons(&plan),
        ["CreateDeploymentFailed", "CreateServiceFailed"]
    );
    let (mut object, children) = done(&source, &plan, &[]);
    object["spec"]["service"]["ports"][0]["port"] = json!(81);
    let changed = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(
        reasons(&changed),
        ["UpdateDeploymentFailed", "RecreateServiceFailed"]
    );
    object["spec"]["service"] = Value::Null;
    let without = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(
        reasons(&without),
        ["UpdateDeploymentFailed", "DeleteServiceFailed"]
    );
    let status = plan.refused(&source, &plan.actions[1], "no", NOW).unwrap();
    let told = plan.failed(&source, "GetServiceFailed", "no", NOW).unwrap();
    assert_eq!(status["conditions"][0]["reason"], "CreateServiceFailed");
    assert_eq!(status["conditions"][1]["status"], "True");
    assert_eq!(told["conditions"][0]["reason"], "GetServiceFailed");
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    for object in [source(), a_sensor()] {
        let (object, mut children) = deployed(&object);
        // What the API server fills in.
        children[0]["spec"]["strategy"] = json!({ "type": "RollingUpdate" });
        children[0]["spec"]["template"]["spec"]["dnsPolicy"] = json!("ClusterFirst");
        let bus = bus();
        assert!(planned(&object, Bus::Found(&bus), &children).is_settled());
    }
}

#[test]
fn times_of_conditions_move_only_with_what_they_say() {
    let (object, children) = deployed(&source());
    let mut again = object.clone();
    again["metadata"]["generation"] = json!(4);
    let bus = bus();
    let observed = Observed {
        object: &again,
        bus: Bus::Found(&bus),
        children: &children,
        packed_into: None,
        now: NOW + std::time::Duration::from_secs(60),
    };
    let plan = event_source::plan(&observed, &settings());
    let condition = condition(&plan, "Deployed");
    assert_eq!(condition["observedGeneration"], 4);
    assert_eq!(
        condition["lastTransitionTime"],
        object["status"]["conditions"][0]["lastTransitionTime"]
    );
}

#[test]
fn a_deployment_of_the_reference_is_taken_over_as_it_is_but_once() {
    let bus = bus();
    let (object, mut children) = deployed(&source());
    children[0]["metadata"]["name"] = json!("es-eventsource-x7k2p");
    children[0]["metadata"]["annotations"][HASH] = json!("1664500691");
    children[0]["metadata"]["resourceVersion"] = json!("77");
    let main = &mut children[0]["spec"]["template"]["spec"]["containers"][0];
    main["livenessProbe"] = Value::Null;
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Update]);
    assert_eq!(
        object::name(&plan.actions[0].object),
        "es-eventsource-x7k2p"
    );
    assert_eq!(plan.actions[0].object["metadata"]["resourceVersion"], "77");
    let (object, children) = done(&object, &plan, &children);
    assert!(planned(&object, Bus::Found(&bus), &children).is_settled());
}

#[test]
fn an_adopted_deployment_may_have_been_named_after_a_longer_prefix() {
    let bus = bus();
    let (object, mut children) = deployed(&source());
    children[0]["metadata"]["generateName"] = json!("es-eventsource-and-more-");
    assert!(planned(&object, Bus::Found(&bus), &children).is_settled());
}

#[test]
fn children_of_an_earlier_object_of_that_name_are_adopted_and_others_left() {
    let bus = bus();
    let (object, mut children) = deployed(&source());
    children[0]["metadata"]["ownerReferences"][0]["uid"] = json!("before the restore");
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Update]);
    let owner = &plan.actions[0].object["metadata"]["ownerReferences"];
    assert_eq!(owner, &json!([owner[0]]));
    assert_eq!(owner[0]["uid"], "es-uid");
    children[0]["metadata"]["ownerReferences"][0]["kind"] = json!("Other");
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Create]);
}

#[test]
fn drift_is_repaired_and_restarts_by_hand_survive() {
    let bus = bus();
    let (object, mut children) = deployed(&source());
    children[0]["spec"]["replicas"] = json!(7);
    let annotations = &mut children[0]["spec"]["template"]["metadata"]["annotations"];
    annotations["kubectl.kubernetes.io/restartedAt"] = json!("now");
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Update]);
    let spec = &plan.actions[0].object["spec"];
    assert_eq!(spec["replicas"], 1);
    let annotations = &spec["template"]["metadata"]["annotations"];
    assert_eq!(annotations["kubectl.kubernetes.io/restartedAt"], "now");
}

#[test]
fn a_change_of_the_bus_reaches_the_pods() {
    let mut bus = bus();
    let (object, children) = deployed(&source());
    bus["status"]["config"]["jetstream"]["url"] = json!("nats://elsewhere:4222");
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Update]);
}

#[test]
fn of_two_deployments_the_older_is_kept() {
    let bus = bus();
    let (object, mut children) = deployed(&source());
    let mut younger = children[0].clone();
    children[0]["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    younger["metadata"]["name"] = json!("es-eventsource-young");
    younger["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:01Z");
    children.insert(0, younger);
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Delete]);
    assert_eq!(
        object::name(&plan.actions[0].object),
        "es-eventsource-young"
    );
}

#[test]
fn zero_replicas_pause_and_fewer_are_one() {
    let bus = bus();
    for (asked, made) in [
        (json!(0), 0),
        (json!(-1), 1),
        (Value::Null, 1),
        (json!(3), 3),
    ] {
        let mut sensor = a_sensor();
        sensor["spec"]["replicas"] = asked;
        let plan = planned(&sensor, Bus::Found(&bus), &[]);
        assert_eq!(plan.actions[0].object["spec"]["replicas"], made);
    }
}

#[test]
fn an_object_too_large_for_a_variable_comes_as_a_file() {
    let bus = bus();
    let mut large = source();
    large["spec"]["webhook"]["one"]["metadata"] = json!({ "a": "x".repeat(200_000) });
    let plan = planned(&large, Bus::Found(&bus), &[]);
    let [file, deployment] = &plan.actions[..] else {
        panic!("a ConfigMap and a Deployment, not {plan:?}");
    };
    assert_eq!(object::name(&file.object), "es-eventsource-object");
    let variable = &container(deployment)["env"][0];
    assert_eq!(variable["name"], "EVENTSOURCE_OBJECT_FILE");
    let (object, children) = done(&large, &plan, &[]);
    assert!(planned(&object, Bus::Found(&bus), &children).is_settled());
    let mut small = object;
    small["spec"] = source()["spec"].clone();
    let plan = planned(&small, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan), [Verb::Update, Verb::Delete]);
}

#[test]
fn pods_linger_only_where_somebody_is_sent_to_them() {
    let bus = bus();
    let mut served = source();
    served["spec"]["service"] = json!({ "ports": [{ "port": 80 }] });
    let of = |object: &Value| container(&planned(object, Bus::Found(&bus), &[]).actions[0]).clone();
    assert_eq!(of(&served)["lifecycle"]["preStop"]["sleep"]["seconds"], 5);
    assert!(of(&source())["lifecycle"].is_null());
    assert_eq!(
        of(&source())["readinessProbe"]["httpGet"]["path"],
        "/readyz"
    );
}

#[test]
fn users_say_how_their_container_is_secured() {
    let bus = bus();
    let of = |template: Value| {
        let mut object = source();
        object["spec"]["template"] = template;
        container(&planned(&object, Bus::Found(&bus), &[]).actions[0])["securityContext"].clone()
    };
    assert_eq!(of(json!({}))["runAsNonRoot"], true);
    let own = json!({ "privileged": true });
    assert_eq!(of(json!({ "container": { "securityContext": own } })), own);
    let as_root = of(json!({ "securityContext": { "runAsUser": 0 } }));
    assert!(as_root["runAsNonRoot"].is_null() && as_root["readOnlyRootFilesystem"] == true);
}

#[test]
fn the_pod_is_told_the_object_as_it_was_written() {
    let bus = bus();
    let plan = planned(&source(), Bus::Found(&bus), &[]);
    let text = container(&plan.actions[0])["env"][0]["value"]
        .as_str()
        .unwrap();
    let told: Value = serde_json::from_slice(&BASE64_STANDARD.decode(text).unwrap()).unwrap();
    let metadata = json!({ "name": "es", "namespace": "ns" });
    assert_eq!(
        told,
        json!({ "metadata": metadata, "spec": source()["spec"] })
    );
}

#[test]
fn names_do_not_depend_on_luck() {
    let bus = bus();
    let name = |object: &Value| {
        let plan = planned(object, Bus::Found(&bus), &[]);
        object::name(&plan.actions[0].object).to_owned()
    };
    let mut other = source();
    other["metadata"]["uid"] = json!("another");
    assert_eq!(name(&source()), name(&source()));
    assert_ne!(name(&source()), name(&other));
    other["metadata"]["name"] = json!("x".repeat(200));
    assert_eq!(name(&other).len(), 63);
}

#[test]
fn what_is_deleted_loses_its_finalizer_and_nothing_else_happens() {
    let mut gone = a_sensor();
    gone["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert!(planned(&gone, Bus::Absent, &[]).is_settled());
    gone["metadata"]["finalizers"] = json!([sensor::FINALIZER]);
    let plan = planned(&gone, Bus::Absent, &[]);
    assert_eq!(plan.finalizer, Some(Finalizer::Remove("sensor-controller")));
    assert_eq!((plan.status, plan.actions.len()), (None, 0));
}

#[test]
fn ready_pods_are_counted() {
    let (object, mut children) = deployed(&source());
    children[0]["status"]["readyReplicas"] = json!(1);
    let bus = bus();
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(plan.status.unwrap()["readyReplicas"], 1);
}

#[test]
fn a_service_is_changed_in_place_and_remade_only_with_its_address() {
    let bus = bus();
    let mut object = source();
    object["spec"]["service"] = json!({ "ports": [{ "port": 80 }] });
    let (mut object, mut children) = deployed(&object);
    children[1]["spec"]["clusterIP"] = json!("10.0.0.1");
    object["spec"]["service"]["ports"][0]["port"] = json!(81);
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(plan.actions[1].verb, Verb::Update);
    assert_eq!(plan.actions[1].object["spec"]["clusterIP"], "10.0.0.1");
    object["spec"]["service"]["clusterIP"] = json!("None");
    let plan = planned(&object, Bus::Found(&bus), &children);
    assert_eq!(verbs(&plan)[1..], [Verb::Delete, Verb::Create]);
}

#[test]
fn the_mark_of_a_child_is_the_hash_of_what_was_asked_for() {
    let (_, children) = deployed(&source());
    let mut bare = children[0].clone();
    let annotations = bare["metadata"].as_object_mut().unwrap();
    let marked = annotations.remove("annotations").unwrap();
    assert_eq!(marked[HASH], compare::hash(&bare));
}
