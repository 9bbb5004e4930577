//! What every pod of the install is allowed to do: little.

use crate::{
    kustomize,
    objects::{of_kind, parse},
};
use serde_json::{Value, json};

fn deployments() -> Vec<Value> {
    let objects: Vec<_> = ["cluster-install", "webhook"]
        .iter()
        .flat_map(|it| kustomize::build(it))
        .collect();
    of_kind(&objects, "Deployment")
        .into_iter()
        .cloned()
        .collect()
}

#[test]
fn pods_meet_the_restricted_standard_and_write_only_to_tmp() {
    let deployments = deployments();
    assert_eq!(deployments.len(), 2);
    for deployment in deployments {
        let name = &deployment["metadata"]["name"];
        let pod = &deployment["spec"]["template"]["spec"];
        let security = &pod["securityContext"];
        assert_eq!(security["runAsNonRoot"], true, "{name}");
        assert_eq!(
            security["seccompProfile"]["type"], "RuntimeDefault",
            "{name}"
        );
        assert!(pod.get("hostNetwork").is_none(), "{name}");
        for container in pod["containers"].as_array().unwrap() {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(
                security["capabilities"],
                json!({ "drop": ["ALL"] }),
                "{name}"
            );
            let mounts = container["volumeMounts"].as_array().unwrap();
            let writable = mounts.iter().filter(|mount| mount["readOnly"] != true);
            let writable: Vec<_> = writable.map(|mount| &mount["mountPath"]).collect();
            assert_eq!(writable, ["/tmp"], "{name}");
            let ports = container["ports"].as_array().unwrap();
            let is_free = |port: &Value| port["containerPort"].as_u64() > Some(1023);
            assert!(
                ports.iter().all(is_free),
                "{name}: ports below 1024 need root"
            );
        }
    }
}

#[test]
fn pods_say_what_they_need_and_are_limited_in_memory() {
    for deployment in deployments() {
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let resources = &container["resources"];
        for wanted in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
            assert!(resources.pointer(wanted).is_some(), "{wanted}");
        }
        // A limit of time that nobody needs makes elections late.
        assert!(resources.pointer("/limits/cpu").is_none());
    }
}

#[test]
fn every_deployment_has_its_budget_and_its_network_policy() {
    for folder in ["cluster-install", "namespace-install", "webhook"] {
        let objects = kustomize::build(folder);
        for deployment in of_kind(&objects, "Deployment") {
            let labels = &deployment["spec"]["template"]["metadata"]["labels"];
            let selector = &deployment["spec"]["selector"]["matchLabels"];
            assert_eq!(selector, &json!({ "app": labels["app"] }));
            let is_chosen = |kind: &str, selector: &str| {
                let chosen = json!({ "app": labels["app"] });
                let mut objects = of_kind(&objects, kind).into_iter();
                objects.any(|it| it.pointer(selector) == Some(&chosen))
            };
            assert!(is_chosen(
                "PodDisruptionBudget",
                "/spec/selector/matchLabels"
            ));
            assert!(is_chosen("NetworkPolicy", "/spec/podSelector/matchLabels"));
        }
    }
}

#[test]
fn the_pods_of_objects_run_the_controllers_own_image() {
    let deployments = deployments();
    let container = &deployments[0]["spec"]["template"]["spec"]["containers"][0];
    let variables = container["env"].as_array().unwrap();
    let image = variables
        .iter()
        .find(|it| it["name"] == "ARGO_EVENTS_IMAGE");
    assert_eq!(image.unwrap()["value"], container["image"]);
    let webhook = &deployments[1]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(webhook["image"], container["image"]);
}

#[test]
fn every_version_of_the_table_is_complete_and_there_once() {
    let objects = kustomize::build("controller");
    let map = of_kind(&objects, "ConfigMap").remove(0);
    let text = map["data"]["controller-config.yaml"].as_str().unwrap();
    let config = parse(text, "controller-config.yaml").remove(0);
    let versions = config["eventBus"]["jetstream"]["versions"]
        .as_array()
        .unwrap();
    let mut names = std::collections::BTreeSet::new();
    for version in versions {
        let name = version["version"].as_str().unwrap();
        assert!(names.insert(name), "{name} is there twice");
        for member in [
            "natsImage",
            "metricsExporterImage",
            "configReloaderImage",
            "startCommand",
        ] {
            assert!(version[member].is_string(), "{name}: {member}");
        }
        let image = version["natsImage"].as_str().unwrap();
        assert!(
            name == "latest" || image == format!("nats:{name}"),
            "{name}"
        );
    }
    assert!(names.contains("latest"));
}

#[cfg(feature = "kubernetes")]
#[test]
fn the_controller_takes_the_configuration() {
    let objects = kustomize::build("controller");
    let map = of_kind(&objects, "ConfigMap").remove(0);
    let text = map["data"]["controller-config.yaml"].as_str().unwrap();
    let config = argo_events_controller::Config::from_yaml(text).unwrap();
    assert!(config.event_bus.jetstream.versions.len() > 5);
}
