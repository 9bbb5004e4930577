//! The Helm chart renders what the plain manifests say.
//!
//! It is rendered by this project's own Go templates, with what Helm adds to them as far as the chart uses it.

use crate::{
    kustomize,
    objects::{Identity, by_identity, deploy, files, parse, read},
};
use argo_events_expr::{
    gotemplate::Template,
    govalue::{Failure, Function, Functions, Run, Type, Value as Go},
    sprig,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// The templates that others include.
const HELPERS: &str = include_str!("../../deploy/chart/templates/_helpers.tpl");

fn functions() -> Functions {
    let include = Function::new("include", &[Type::String, Type::Any], include);
    let yaml = Function::new("toYaml", &[Type::Any], to_yaml);
    sprig::functions().with(&[include, yaml])
}

/// Writes a value so that it can stand among the lines of a block; what is in it is JSON, which is YAML.
fn to_yaml(run: &mut Run, arguments: &[Go]) -> Result<Go, Failure> {
    let json = sprig::encode_json(run, &arguments[0], sprig::Style::Raw)?;
    let value: Value = serde_json::from_slice(&json).unwrap();
    let lines: Vec<_> = match &value {
        Value::Object(members) => members
            .iter()
            .map(|(name, it)| format!("{name}: {it}"))
            .collect(),
        Value::Array(items) => items.iter().map(|it| format!("- {it}")).collect(),
        other => vec![other.to_string()],
    };
    Ok(Go::from(lines.join("\n")))
}

fn include(run: &mut Run, arguments: &[Go]) -> Result<Go, Failure> {
    let name = arguments[0]
        .as_text()
        .map(ToString::to_string)
        .unwrap_or_default();
    let template = Template::compile(name, HELPERS, &functions());
    let template = template.map_err(|error| error.to_string())?;
    let text = template.render_in(run, arguments[1].clone());
    text.map(Go::from)
        .map_err(|error| Failure::from(error.to_string()))
}

/// Renders the chart in the namespace `argo-events`, with values merged over its own.
fn render(values: Value) -> Result<Vec<Value>, String> {
    let chart = read(&deploy("chart/Chart.yaml")).remove(0);
    let mut all = read(&deploy("chart/values.yaml")).remove(0);
    merge(&mut all, values);
    let input = json!({
        "Values": all,
        "Release": { "Name": "argo-events", "Namespace": "argo-events", "Service": "Helm" },
        "Chart": { "Name": chart["name"], "Version": chart["version"], "AppVersion": chart["appVersion"] },
    });
    let mut objects = Vec::new();
    for path in files(&deploy("chart/templates"), ".yaml") {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let template = Template::compile(name.clone(), text, &functions()).unwrap();
        let rendered = template.render(Go::from_json(input.to_string()));
        let rendered = rendered.map_err(|error| error.to_string())?;
        let rendered = String::from_utf8(rendered).unwrap();
        objects.extend(parse(&rendered, &name));
    }
    Ok(objects)
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Makes objects comparable: without what Helm alone says, and with the configuration as what it means.
fn plain(objects: Vec<Value>) -> BTreeMap<Identity, Value> {
    let mut objects = by_identity(objects);
    objects.retain(|(kind, ..), _| kind != "CustomResourceDefinition");
    for object in objects.values_mut() {
        if let Some(labels) = object["metadata"]["labels"].as_object_mut() {
            labels.remove("app.kubernetes.io/managed-by");
            labels.remove("helm.sh/chart");
        }
        let data = object.get_mut("data").and_then(Value::as_object_mut);
        for value in data.into_iter().flat_map(|data| data.values_mut()) {
            *value = parse(value.as_str().unwrap(), "data").remove(0);
        }
    }
    objects
}

fn same(folders: &[&str], values: Value) {
    let wanted = plain(folders.iter().flat_map(|it| kustomize::build(it)).collect());
    let rendered = plain(render(values).unwrap());
    let names = |objects: &BTreeMap<Identity, Value>| objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&rendered), names(&wanted), "{folders:?}");
    for (identity, object) in &rendered {
        assert_eq!(object, &wanted[identity], "{identity:?}");
    }
}

#[test]
fn the_defaults_are_the_cluster_install() {
    same(&["cluster-install"], json!({}));
}

#[test]
fn a_namespace_is_the_namespace_install() {
    same(&["namespace-install"], json!({ "scope": "namespace" }));
}

#[test]
fn every_addition_is_the_folder_of_its_name() {
    let values = json!({
        "webhook": { "enabled": true },
        "roles": { "pods": true },
        "monitoring": { "enabled": true },
    });
    same(
        &["cluster-install", "webhook", "pods", "monitoring"],
        values,
    );
}

#[test]
fn another_namespace_gets_the_roles_and_the_controller_is_told() {
    let values = json!({ "scope": "namespace", "managedNamespace": "shop" });
    let objects = by_identity(render(values).unwrap());
    let find = |kind: &str, namespace: &str, name: &str| {
        &objects[&(kind.to_owned(), namespace.to_owned(), name.to_owned())]
    };
    let binding = find("RoleBinding", "shop", "argo-events-role-binding");
    assert_eq!(binding["subjects"][0]["namespace"], "argo-events");
    find("Role", "shop", "argo-events-role");
    find("Role", "argo-events", "argo-events-lease-role");
    let controller = find("Deployment", "argo-events", "controller-manager");
    assert_eq!(
        controller["spec"]["template"]["spec"]["containers"][0]["args"],
        json!(["controller", "--namespaced", "--managed-namespace", "shop"])
    );
}

#[test]
fn secrets_can_be_limited_to_namespaces() {
    let values = json!({ "roles": { "secretsNamespaces": ["shop", "bank"] } });
    let objects = by_identity(render(values).unwrap());
    let bound: Vec<_> = objects
        .keys()
        .filter(|(_, _, name)| name == "argo-events-secrets-binding")
        .map(|(kind, namespace, _)| (kind.as_str(), namespace.as_str()))
        .collect();
    assert_eq!(bound, [("RoleBinding", "bank"), ("RoleBinding", "shop")]);
}

#[test]
fn what_can_be_set_reaches_the_pods() {
    let pods = json!({
        "replicas": 3,
        "podLabels": { "team": "a" },
        "podAnnotations": { "note": "b" },
        "nodeSelector": { "disk": "ssd" },
        "tolerations": [{ "operator": "Exists" }],
        "affinity": { "podAffinity": {} },
        "priorityClassName": "high",
        "logLevel": "debug",
        "resources": { "limits": { "memory": "1Gi" } },
    });
    let mut controller = pods.clone();
    merge(
        &mut controller,
        json!({ "extraArgs": ["--health-port", "9"], "extraEnv": [{ "name": "A", "value": "b" }] }),
    );
    let values = json!({
        "image": { "repository": "mirror/argo-events", "tag": "test", "pullPolicy": "Always" },
        "imagePullSecrets": [{ "name": "mirror" }],
        "webhook": pods,
        "controller": controller,
    });
    let mut enabled = values;
    enabled["webhook"]["enabled"] = true.into();
    let objects = render(enabled).unwrap();
    for deployment in crate::objects::of_kind(&objects, "Deployment") {
        let name = &deployment["metadata"]["name"];
        let template = &deployment["spec"]["template"];
        let (pod, container) = (&template["spec"], &template["spec"]["containers"][0]);
        let wanted = [
            (&deployment["spec"]["replicas"], json!(3)),
            (&template["metadata"]["labels"]["team"], json!("a")),
            (&template["metadata"]["annotations"]["note"], json!("b")),
            (&pod["nodeSelector"], json!({ "disk": "ssd" })),
            (&pod["tolerations"], json!([{ "operator": "Exists" }])),
            (&pod["affinity"], json!({ "podAffinity": {} })),
            (&pod["priorityClassName"], json!("high")),
            (&pod["imagePullSecrets"], json!([{ "name": "mirror" }])),
            (&container["image"], json!("mirror/argo-events:test")),
            (&container["imagePullPolicy"], json!("Always")),
            (&container["resources"]["limits"]["memory"], json!("1Gi")),
        ];
        for (found, wanted) in wanted {
            assert_eq!(found, &wanted, "{name}");
        }
        let level = json!({ "name": "LOG_LEVEL", "value": "debug" });
        assert!(
            container["env"].as_array().unwrap().contains(&level),
            "{name}"
        );
    }
}

#[test]
fn what_does_not_go_together_is_refused_with_the_reason() {
    let cases = [
        (
            json!({ "scope": "namespace", "webhook": { "enabled": true } }),
            "webhook.enabled needs scope: cluster",
        ),
        (
            json!({ "managedNamespace": "shop" }),
            "managedNamespace needs scope: namespace",
        ),
    ];
    for (values, wanted) in cases {
        let refusal = render(values).unwrap_err();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}

#[test]
fn the_schema_knows_every_value_and_no_other() {
    let text = fs::read_to_string(deploy("chart/values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let values = read(&deploy("chart/values.yaml")).remove(0);
    agree(&values, &schema, "values");
}

/// Compares the members of an object with those that its schema lists, where it lists any.
fn agree(value: &Value, schema: &Value, place: &str) {
    let (Some(members), Some(listed)) = (value.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "{place}");
    let names = |map: &serde_json::Map<String, Value>| {
        let mut names: Vec<_> = map.keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(members), names(listed), "{place}");
    for (name, member) in members {
        agree(member, &listed[name], &format!("{place}.{name}"));
    }
}
