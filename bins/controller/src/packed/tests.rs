//! Groups: who is in, what they are made of, and how they change.

use super::*;
use crate::{
    Config, Settings, Verb, object,
    workload::{self, Bus},
};
use argo_events_core::Timestamp;
use serde_json::{Value, json};

fn settings() -> Settings {
    Settings::new(Config::default(), "image")
}

fn bus() -> Value {
    json!({
        "kind": "EventBus",
        "metadata": { "name": "default", "namespace": "ns", "uid": "bus" },
        "status": {
            "conditions": [{ "type": "Deployed", "status": "True" }],
            "config": { "jetstream": { "url": "nats://x:4222" } },
        },
    })
}

fn sensor(name: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Sensor",
        "metadata": { "name": name, "namespace": "ns", "uid": name, "annotations": { ANNOTATION: "true" } },
        "spec": {
            "dependencies": [{ "name": "d", "eventSourceName": "s", "eventName": "e" }],
            "triggers": [{ "template": { "name": "t", "log": {} } }],
        },
    })
}

fn group() -> Group {
    group_of(&sensor("a"), &settings()).unwrap()
}

fn planned(objects: &[Value], children: &[Value]) -> crate::Plan {
    let (bus, group) = (bus(), group());
    let observed = Observed {
        group: &group,
        objects,
        bus: Bus::Found(&bus),
        children,
    };
    plan(&observed, &settings())
}

fn made(objects: &[Value]) -> Vec<Value> {
    let plan = planned(objects, &[]);
    assert!(
        plan.actions
            .iter()
            .all(|action| action.verb == Verb::Create)
    );
    plan.actions
        .into_iter()
        .map(|action| action.object)
        .collect()
}

#[test]
fn who_asks_for_a_pod_of_its_own_has_one() {
    let settings = settings();
    let mut apart = sensor("a");
    apart["metadata"]["annotations"] = json!({});
    assert_eq!(group_of(&apart, &settings), None);
    let changes = [
        ("replicas", json!(2)),
        ("replicas", json!(0)),
        ("template", json!({ "nodeSelector": { "a": "b" } })),
    ];
    for (field, value) in changes {
        let mut changed = sensor("a");
        changed["spec"][field] = value;
        assert_eq!(group_of(&changed, &settings), None);
    }
    let mut same = sensor("a");
    same["spec"]["template"] = json!({ "serviceAccountName": "sa", "container": {} });
    assert_eq!(group_of(&same, &settings).unwrap().service_account, "sa");
}

#[test]
fn the_controller_decides_for_those_that_do_not_say() {
    let mut settings = settings();
    settings.packed = true;
    let mut silent = sensor("a");
    silent["metadata"]["annotations"] = json!({});
    assert!(group_of(&silent, &settings).is_some());
    silent["metadata"]["annotations"][ANNOTATION] = json!("false");
    assert_eq!(group_of(&silent, &settings), None);
}

#[test]
fn sources_that_listen_are_not_packed() {
    let mut source = sensor("a");
    source["kind"] = json!("EventSource");
    source["spec"] = json!({ "calendar": { "c": { "interval": "10s" } } });
    assert_eq!(group_of(&source, &settings()).unwrap().class, "single");
    source["spec"] = json!({ "webhook": { "w": { "port": "12000", "endpoint": "/" } } });
    assert_eq!(group_of(&source, &settings()), None);
}

#[test]
fn a_group_is_files_before_the_pod_that_reads_them() {
    let made = made(&[sensor("b"), sensor("a")]);
    let kinds: Vec<&str> = made.iter().map(object::kind).collect();
    assert_eq!(kinds, ["ConfigMap", "Deployment"]);
    let files: Vec<&String> = made[0]["data"].as_object().unwrap().keys().collect();
    assert_eq!(files, ["a.json", "b.json"]);
    assert!(planned(&[sensor("a"), sensor("b")], &made).is_settled());
    assert!(
        made.iter()
            .all(|child| Group::of_child(child) == Some(group()))
    );
}

#[test]
fn a_changed_object_restarts_the_pod() {
    let before = made(&[sensor("a")]);
    let mut changed = sensor("a");
    changed["spec"]["triggers"][0]["template"]["name"] = json!("other");
    let plan = planned(&[changed], &before);
    let verbs: Vec<Verb> = plan.actions.iter().map(|action| action.verb).collect();
    assert_eq!(verbs, [Verb::Update, Verb::Update]);
}

#[test]
fn a_bad_object_goes_on_as_it_was_and_stops_nobody() {
    let before = made(&[sensor("a"), sensor("b")]);
    let mut bad = sensor("a");
    bad["spec"]["triggers"] = json!([]);
    assert!(planned(&[bad.clone(), sensor("b")], &before).is_settled());
    let without = planned(&[bad, sensor("b")], &[]);
    let files = without.actions[0].object["data"].as_object().unwrap().len();
    assert_eq!(files, 1);
}

#[test]
fn a_group_without_objects_is_gone() {
    let before = made(&[sensor("a")]);
    let plan = planned(&[], &before);
    assert!(
        plan.actions
            .iter()
            .all(|action| action.verb == Verb::Delete)
    );
    assert_eq!(plan.actions.len(), before.len());
}

#[test]
fn many_large_objects_take_several_maps_and_the_spare_ones_go() {
    let large = |name: &str| {
        let mut sensor = sensor(name);
        sensor["spec"]["loggingFields"] = json!({ "a": "x".repeat(500 * 1024) });
        sensor
    };
    let before = made(&[large("a"), large("b"), large("c")]);
    assert_eq!(before.len(), 4);
    let plan = planned(&[large("a")], &before);
    let last = plan.actions.last().unwrap();
    assert_eq!(
        (last.verb, object::kind(&last.object)),
        (Verb::Delete, "ConfigMap")
    );
}

#[test]
fn an_object_too_large_for_a_config_map_is_packed_with_nobody() {
    let large = |kibibytes: usize| {
        let mut sensor = sensor("a");
        sensor["spec"]["loggingFields"] = json!({ "a": "x".repeat(kibibytes * 1024) });
        group_of(&sensor, &settings())
    };
    assert_eq!(large(890), Some(group()));
    assert_eq!(large(900), None);
}

/// Plans for one Sensor.
fn planned_alone(object: &Value, children: &[Value], packed_into: Option<&Value>) -> crate::Plan {
    let bus = bus();
    let observed = workload::Observed {
        object,
        bus: Bus::Found(&bus),
        children,
        packed_into,
        now: Timestamp::EPOCH,
    };
    crate::sensor::plan(&observed, &settings())
}

/// Returns what a Sensor has that shares no pods.
fn own(object: &Value) -> Vec<Value> {
    let mut alone = object.clone();
    alone["metadata"]["annotations"] = json!({});
    let actions = planned_alone(&alone, &[], None).actions;
    actions.into_iter().map(|action| action.object).collect()
}

/// Returns what a group of objects has once its rollout is as its status says.
fn shared(objects: &[Value], status: Value) -> Vec<Value> {
    let mut children = made(objects);
    let deployment = children.last_mut().unwrap();
    deployment["metadata"]["generation"] = json!(2);
    deployment["status"] = status;
    children
}

/// Plans for one Sensor of a group with these children.
fn moving(object: &Value, own: &[Value], shared: &[Value]) -> crate::Plan {
    planned_alone(object, own, holder(&group(), shared, object))
}

fn ready() -> Value {
    json!({ "observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1 })
}

/// Asserts that a Sensor keeps its own pods, and returns why.
fn kept(plan: crate::Plan) -> String {
    assert_eq!(plan.actions, []);
    let conditions = &plan.status.unwrap()["conditions"];
    let mut conditions = conditions.as_array().unwrap().iter();
    let deployed = conditions.find(|one| one["type"] == "Deployed").unwrap();
    assert_eq!(
        (&deployed["status"], &deployed["reason"]),
        (&json!("False"), &json!(PENDING))
    );
    plan.error.unwrap()
}

#[test]
fn own_pods_stay_until_those_of_the_group_have_the_object() {
    let object = sensor("a");
    let own = own(&object);
    let mut older = object.clone();
    older["spec"]["triggers"][0]["template"]["name"] = json!("older");
    // What is written first is the file; the pods start anew when they are told to.
    let mut halfway = shared(std::slice::from_ref(&older), ready());
    halfway[0] = made(std::slice::from_ref(&object)).remove(0);
    let without = [
        Vec::new(),
        shared(&[sensor("b")], ready()),
        shared(&[older], ready()),
        halfway,
    ];
    for children in without {
        let why = kept(moving(&object, &own, &children));
        assert!(why.contains("as it is now"), "{why}");
    }
}

#[test]
fn own_pods_stay_until_one_of_the_group_is_ready() {
    let object = sensor("a");
    let own = own(&object);
    let rollout = |observed: u32, replicas: u32, updated: u32, ready: u32| {
        let status = json!({
            "observedGeneration": observed, "replicas": replicas,
            "updatedReplicas": updated, "readyReplicas": ready,
        });
        shared(std::slice::from_ref(&object), status)
    };
    let unready = [
        shared(std::slice::from_ref(&object), Value::Null),
        // Nobody has looked at what is asked for now.
        rollout(1, 1, 1, 1),
        rollout(2, 1, 0, 1),
        rollout(2, 1, 1, 0),
        // The one that is ready is the old one.
        rollout(2, 2, 1, 1),
    ];
    for children in unready {
        let why = kept(moving(&object, &own, &children));
        assert!(why.contains("stay until then"), "{why}");
    }
    for children in [rollout(2, 1, 1, 1), rollout(2, 2, 1, 2)] {
        let moved = moving(&object, &own, &children);
        assert_eq!(moved.actions[0].verb, Verb::Delete);
        assert_eq!(moved.error, None);
    }
}

#[test]
fn an_object_without_pods_of_its_own_need_not_wait_until_they_are_ready() {
    let object = sensor("a");
    let children = shared(std::slice::from_ref(&object), Value::Null);
    let plan = moving(&object, &[], &children);
    assert_eq!((plan.actions, plan.error), (Vec::new(), None));
}

#[test]
fn the_file_of_a_large_object_ends_with_its_own_pods() {
    let mut object = sensor("a");
    object["spec"]["loggingFields"] = json!({ "a": "x".repeat(200 * 1024) });
    let own = own(&object);
    let children = shared(std::slice::from_ref(&object), ready());
    let moved = moving(&object, &own, &children);
    let done: Vec<(Verb, &str)> = moved
        .actions
        .iter()
        .map(|action| (action.verb, object::kind(&action.object)))
        .collect();
    assert_eq!(
        done,
        [(Verb::Delete, "Deployment"), (Verb::Delete, "ConfigMap")]
    );
}
