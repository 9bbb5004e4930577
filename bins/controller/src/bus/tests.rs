//! EventBuses: conditions, what JetStream is made of, its Secrets, and deletion.

use super::{FINALIZER, Observed, child_names, plan};
use crate::{Config, Finalizer, Plan, Settings, Verb, compare::HASH, object};
use argo_events_core::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

fn settings() -> Settings {
    let config = json!({ "eventBus": { "jetstream": {
        "settings": "max_file_store: 1TB\n",
        "streamConfig": "maxMsgs: 1000\nreplicas: 3\n",
        "versions": [{
            "version": "2.10.1", "natsImage": "nats", "startCommand": "/nats-server",
            "metricsExporterImage": "exporter", "configReloaderImage": "reloader",
        }],
    } } });
    Settings::new(Config::from_json(&config).unwrap(), "image")
}

fn bus(spec: Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "EventBus",
        "metadata": { "name": "default", "namespace": "ns", "uid": "uid" },
        "spec": spec,
    })
}

fn jetstream() -> Value {
    bus(json!({ "jetstream": { "version": "2.10.1" } }))
}

fn planned_at(bus: &Value, children: &[Value], now: Timestamp) -> Plan {
    let observed = Observed {
        bus,
        children,
        users: &[],
        now,
    };
    plan(&observed, &settings())
}

fn planned(bus: &Value, children: &[Value]) -> Plan {
    planned_at(bus, children, NOW)
}

fn made(bus: &Value) -> Vec<Value> {
    let plan = planned(bus, &[]);
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

fn condition<'a>(plan: &'a Plan, kind: &str) -> &'a Value {
    let conditions = plan.status.as_ref().unwrap()["conditions"].as_array();
    let mut conditions = conditions.unwrap().iter();
    conditions.find(|one| one["type"] == kind).unwrap()
}

fn position(children: &[Value], kind: &str, name: &str) -> usize {
    let found = children
        .iter()
        .position(|child| object::kind(child) == kind && object::name(child).ends_with(name));
    found.unwrap()
}

fn secret_text(secret: &Value, key: &str) -> String {
    let bytes = BASE64_STANDARD.decode(secret["data"][key].as_str().unwrap());
    String::from_utf8(bytes.unwrap()).unwrap()
}

#[test]
fn every_outcome_has_its_condition() {
    let cases = [
        (json!({}), "Configured", "False", "InvalidSpec"),
        (json!({ "kafka": {} }), "Configured", "False", "InvalidSpec"),
        (json!({ "local": {} }), "Configured", "False", "InvalidSpec"),
        (
            json!({ "kafka": { "url": "k:9092" } }),
            "Deployed",
            "True",
            "Skipped",
        ),
        (
            json!({ "jetstreamExotic": { "url": "nats://x" } }),
            "Deployed",
            "True",
            "Skipped",
        ),
        (
            json!({ "nats": { "native": {} } }),
            "Deployed",
            "False",
            "UnsupportedEventBus",
        ),
        (
            json!({ "jetstream": { "version": "2.10.1" } }),
            "Deployed",
            "True",
            "Succeeded",
        ),
        (
            json!({ "jetstream": { "version": "9" } }),
            "Deployed",
            "False",
            "JetStreamStatefulSetFailed",
        ),
    ];
    for (spec, kind, status, reason) in cases {
        let plan = planned(&bus(spec), &[]);
        let condition = condition(&plan, kind);
        assert_eq!(
            (&condition["status"], &condition["reason"]),
            (&json!(status), &json!(reason))
        );
        assert_eq!(plan.error.is_some(), status == "False");
    }
}

#[test]
fn broken_settings_of_the_controller_are_told() {
    let mut settings = settings();
    settings.config.event_bus.jetstream.stream_config = "- a".to_owned();
    let bus = jetstream();
    let observed = Observed {
        bus: &bus,
        children: &[],
        users: &[],
        now: NOW,
    };
    let plan = plan(&observed, &settings);
    assert_eq!(
        condition(&plan, "Deployed")["reason"],
        "InvalidStreamConfig"
    );
    assert!(plan.error.unwrap().contains("of the controller"));
}

#[test]
fn each_step_of_a_managed_bus_has_its_reason_when_refused() {
    let plan = planned(&jetstream(), &[]);
    let reasons: Vec<&str> = plan.actions.iter().map(|action| action.refused).collect();
    let secrets = "JetStreamAuthSecretsFailed";
    let others = [
        "JetStreamConfigMapFailed",
        "JetStreamServiceFailed",
        "JetStreamStatefulSetFailed",
    ];
    assert_eq!(reasons, [secrets, secrets, others[0], others[1], others[2]]);
    let status = plan
        .refused(&jetstream(), &plan.actions[2], "quota", NOW)
        .unwrap();
    assert_eq!(status["conditions"][1]["message"], "quota");
}

#[test]
fn the_children_are_those_that_are_announced() {
    let made = made(&jetstream());
    let names: Vec<(&str, String)> = made
        .iter()
        .map(|child| (object::kind(child), object::name(child).to_owned()))
        .collect();
    let announced = child_names("default");
    assert_eq!(names, announced);
}

#[test]
fn a_managed_bus_that_is_as_it_should_be_is_left_alone() {
    let (mut bus, children) = (jetstream(), made(&jetstream()));
    bus["status"] = planned(&bus, &[]).status.unwrap();
    bus["metadata"]["finalizers"] = json!([FINALIZER]);
    assert!(planned(&bus, &children).is_settled());
}

#[test]
fn both_secrets_let_the_same_client_in() {
    let made = made(&jetstream());
    let (server, client) = (&made[0], &made[1]);
    let login = secret_text(client, "client-auth");
    let (user, password) = login.split_once('\n').unwrap();
    let auth = secret_text(server, "auth");
    for text in [user, password] {
        let value = text.split_once(": ").unwrap().1;
        assert!(value.len() >= 8 && auth.contains(&format!("\"{value}\"")));
    }
}

#[test]
fn stores_stay_readable_for_the_reference() {
    let made = made(&jetstream());
    let config = &made[position(&made, "ConfigMap", "-js-config")]["data"]["nats-js"];
    assert!(config.as_str().unwrap().contains("key: \"$JS_KEY\""));
}

#[test]
fn a_lost_secret_is_made_again_from_the_other() {
    let bus = jetstream();
    let all = made(&bus);
    for lost in [0, 1] {
        let mut children = all.clone();
        children.remove(lost);
        let plan = planned(&bus, &children);
        assert_eq!(plan.actions.len(), 1, "only what was lost is made");
        assert_eq!(plan.actions[0].verb, Verb::Create);
        let made = &plan.actions[0].object;
        assert_eq!(object::name(made), object::name(&all[lost]));
        let login = secret_text(&all[1], "client-auth");
        let password = login.rsplit(": ").next().unwrap();
        let key = if lost == 0 { "auth" } else { "client-auth" };
        assert!(secret_text(made, key).contains(password));
    }
}

#[test]
fn a_secret_of_the_reference_is_kept_and_completed() {
    let bus = jetstream();
    let mut children = made(&bus);
    let auth = "accounts: {\n \"js\": {\"users\": [ {\"user\": \"abcdefgh\", \"pass\": \"old\"} ]},\n \
                \"sys\": {\"users\": [{\"user\": \"sys\", \"pass\": \"s\"}]}}";
    children[0]["data"]["auth"] = json!(BASE64_STANDARD.encode(auth));
    children[0]["metadata"]["annotations"] = Value::Null;
    children[0]["metadata"]["ownerReferences"][0]["uid"] = json!("before the restore");
    let client = "username: abcdefgh\npassword: old";
    children[1]["data"]["client-auth"] = json!(BASE64_STANDARD.encode(client));
    children[0]["data"]
        .as_object_mut()
        .unwrap()
        .remove("cluster-cert");
    let plan = planned(&bus, &children);
    assert_eq!(plan.actions.len(), 1);
    let completed = &plan.actions[0].object;
    assert_eq!(plan.actions[0].verb, Verb::Update);
    assert_eq!(completed["metadata"]["ownerReferences"][0]["uid"], "uid");
    for kept in ["auth", "encryption", "cert", "private-key"] {
        assert_eq!(completed["data"][kept], children[0]["data"][kept]);
    }
    assert_ne!(
        completed["data"]["cluster-ca-cert"],
        children[0]["data"]["cluster-ca-cert"]
    );
}

#[test]
fn certificates_are_renewed_in_their_last_year_and_the_old_authority_stays_trusted() {
    let bus = jetstream();
    let children = made(&bus);
    let years = |count: u32| NOW + Duration::from_secs(365 * 24 * 3600) * count;
    assert!(planned_at(&bus, &children, years(8)).actions.is_empty());
    let plan = planned_at(&bus, &children, years(9));
    let verbs: Vec<Verb> = plan.actions.iter().map(|action| action.verb).collect();
    assert_eq!(
        verbs,
        [Verb::Update, Verb::Update],
        "the Secret, and the pods restart"
    );
    let renewed = &plan.actions[0].object;
    let old = secret_text(&children[0], "ca-cert");
    assert!(secret_text(renewed, "ca-cert").ends_with(&old));
    assert_eq!(
        renewed["data"]["encryption"],
        children[0]["data"]["encryption"]
    );
    let mut after = children.clone();
    after[0] = renewed.clone();
    after[4] = plan.actions[1].object.clone();
    assert!(planned_at(&bus, &after, years(9)).actions.is_empty());
}

#[test]
fn certificates_without_a_date_are_as_old_as_their_secret() {
    let bus = jetstream();
    let mut children = made(&bus);
    children[0]["metadata"]["annotations"] = Value::Null;
    assert!(planned(&bus, &children).actions.is_empty());
    children[0]["metadata"]["creationTimestamp"] = json!("2016-06-01T00:00:00Z");
    assert_eq!(planned(&bus, &children).actions.len(), 2);
}

#[test]
fn a_new_pair_of_certificates_puts_the_renewal_of_the_old_one_not_off() {
    let bus = jetstream();
    let mut children = made(&bus);
    let year = Duration::from_secs(365 * 24 * 3600);
    let metadata = &mut children[0]["metadata"];
    metadata["annotations"] = Value::Null;
    metadata["creationTimestamp"] = json!((NOW + year - year * 9).to_string());
    let data = children[0]["data"].as_object_mut().unwrap();
    data.remove("cluster-cert");
    let completed = planned(&bus, &children).actions[0].object.clone();
    assert_eq!(completed["data"]["cert"], children[0]["data"]["cert"]);
    assert!(completed["data"]["cluster-cert"].is_string());
    children[0] = completed;
    let plan = planned_at(&bus, &children, NOW + year);
    let renewed = &plan.actions[0].object;
    for key in ["cert", "cluster-cert"] {
        assert!(renewed["data"][key].is_string());
        assert_ne!(renewed["data"][key], children[0]["data"][key]);
    }
}

#[test]
fn a_bus_that_becomes_a_cluster_restarts_its_servers() {
    let single = bus(json!({ "jetstream": { "version": "2.10.1", "replicas": 1 } }));
    let children = made(&single);
    let config = position(&children, "ConfigMap", "-js-config");
    assert!(
        !children[config]["data"]["nats-js"]
            .as_str()
            .unwrap()
            .contains("cluster {")
    );
    let plan = planned(&jetstream(), &children);
    let servers = &plan.actions.last().unwrap().object["spec"];
    let annotations = &servers["template"]["metadata"]["annotations"];
    assert_eq!(annotations["events.argoproj.io/cluster-mode"], "cluster");
    assert_eq!(servers["replicas"], 3);
}

#[test]
fn volumes_for_servers_that_had_none_remake_the_stateful_set_around_its_pods() {
    let children = made(&jetstream());
    let persistent = bus(json!({ "jetstream": { "version": "2.10.1", "persistence": {} } }));
    let plan = planned(&persistent, &children);
    let verbs: Vec<Verb> = plan.actions.iter().map(|action| action.verb).collect();
    assert_eq!(verbs, [Verb::Orphan, Verb::Create]);
    let claim = &plan.actions[1].object["spec"]["volumeClaimTemplates"][0]["spec"];
    assert_eq!(claim["resources"]["requests"]["storage"], "20Gi");
}

#[test]
fn a_stateful_set_of_the_reference_is_taken_over_without_a_restart() {
    let bus = jetstream();
    let mut children = made(&bus);
    let servers = position(&children, "StatefulSet", "-js");
    children[servers]["metadata"]["annotations"][HASH] = json!("1f1d760f");
    children[servers]["spec"]["updateStrategy"] = json!({ "type": "RollingUpdate" });
    let before = children[servers]["spec"]["template"].clone();
    let plan = planned(&bus, &children);
    assert_eq!(plan.actions.len(), 1);
    assert_eq!(plan.actions[0].object["spec"]["template"], before);
}

#[test]
fn a_bus_that_is_used_is_not_deleted() {
    let mut bus = bus(json!({ "kafka": { "url": "k:9092" } }));
    bus["metadata"]["finalizers"] = json!([FINALIZER]);
    bus["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let user = |namespace: &str, bus: Value| {
        json!({
            "kind": "Sensor",
            "metadata": { "name": "orders", "namespace": namespace },
            "spec": { "eventBusName": bus },
        })
    };
    let with = |users: &[Value]| {
        plan(
            &Observed {
                bus: &bus,
                children: &[],
                users,
                now: NOW,
            },
            &settings(),
        )
    };
    let kept = with(&[user("ns", Value::Null)]);
    assert!(kept.error.unwrap().contains("Sensor orders"));
    assert_eq!(kept.finalizer, None);
    assert!(kept.requeue.is_some());
    let gone = with(&[user("ns", json!("other")), user("elsewhere", Value::Null)]);
    assert_eq!(gone.finalizer, Some(Finalizer::Remove(FINALIZER)));
}

#[test]
fn a_managed_bus_takes_its_volumes_with_it() {
    let mut bus = jetstream();
    bus["metadata"]["finalizers"] = json!([FINALIZER]);
    bus["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let labels = made(&jetstream())[0]["metadata"]["labels"].clone();
    let claim = |name: &str, labels: Value| json!({ "kind": "PersistentVolumeClaim", "metadata": { "name": name, "labels": labels } });
    let claims = [claim("ours", labels), claim("theirs", json!({}))];
    let plan = planned(&bus, &claims);
    let deleted: Vec<&str> = plan
        .actions
        .iter()
        .map(|it| object::name(&it.object))
        .collect();
    assert_eq!(deleted, ["ours"]);
    assert_eq!(plan.finalizer, Some(Finalizer::Remove(FINALIZER)));
}
