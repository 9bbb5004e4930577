mod checker;

use super::*;
use crate::{
    BuiltinKinds as _,
    manifest::{Checks, Manifests},
};
use checker::{faults, fill, prune, unlisted, unstructural};
use std::path::{Path, PathBuf};

/// What `kubectl apply` can still put into an annotation, with room for the rest.
const MOST_BYTES: usize = 200 * 1024;
/// Folder with manifests and the JSON schema of the reference.
const REFERENCE: &str = "ARGO_EVENTS_REFERENCE";

/// Fields of the reference's manifests that stand where it does not look for them.
const MISPLACED: &[&str] = &[
    "stripe.yaml: .spec.stripe.example.namespace",
    "trigger-openwhisk.yaml: .spec.triggers.template.openwhisk",
    "trigger-with-atleast-once-semantics.yaml: .spec.triggers.template.atLeastOnce",
    "trigger-with-policy.yaml: .spec.triggers.template.policy",
    "url-sensor.yaml: .spec.triggers.template.k8s.source.url.verifycert",
];

fn all() -> Vec<Value> {
    definitions(&Registry::builtin())
}

fn schema_of(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

#[test]
fn every_rule_is_about_a_field_that_is_there() {
    for names in &NAMES {
        assert_eq!(definition(names, &Registry::builtin()).1, Faults::new());
    }
}

#[test]
fn schemas_are_structural_whatever_the_registry_has() {
    for registry in [Registry::builtin(), Registry::default()] {
        for definition in definitions(&registry) {
            assert_eq!(
                unstructural(schema_of(&definition), ""),
                Vec::<String>::new()
            );
        }
    }
}

#[test]
fn definitions_are_small_enough_for_kubectl_apply() {
    for definition in all() {
        let (json, yaml) = (definition.to_string().len(), yaml(&definition).len());
        assert!(json < MOST_BYTES && yaml < MOST_BYTES, "{json} {yaml}");
    }
}

#[test]
fn yaml_is_read_as_it_was_written() {
    for definition in all() {
        assert_eq!(
            crate::manifest::value_of(&yaml(&definition)).unwrap(),
            definition
        );
    }
}

#[test]
fn every_kind_is_typed_built_or_not() {
    let [_, sources, sensors] = <[Value; 3]>::try_from(all()).unwrap();
    let spec = &schema_of(&sources)["properties"]["spec"]["properties"];
    for kind in kinds::ALL {
        let event = &spec[kind.key]["additionalProperties"];
        assert!(event["properties"].is_object(), "{}", kind.key);
    }
    let template = schema_of(&sensors)
        .pointer("/properties/spec/properties/triggers/items/properties/template/properties")
        .unwrap();
    for descriptor in trigger::descriptors() {
        assert!(
            template[descriptor.kind]["properties"].is_object(),
            "{}",
            descriptor.kind
        );
    }
}

/// Returns the objects of a folder as JSON, with the place of each.
fn objects(folder: &Path) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(objects(&path));
            continue;
        }
        let name = path.display().to_string();
        if !path
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml")
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("\n---") {
            let value = crate::manifest::value_of(part).unwrap();
            found.push((name.clone(), value));
        }
    }
    found
}

/// Applies objects as the API server would; returns how many, and what it refused or did not list.
fn apply(objects: Vec<(String, Value)>) -> (usize, Vec<String>) {
    let (definitions, mut count, mut found) = (all(), 0, Vec::new());
    for (place, object) in objects {
        let is_it = |definition: &&Value| definition["spec"]["names"]["kind"] == object["kind"];
        let Some(definition) = definitions.iter().find(is_it) else {
            continue;
        };
        count += 1;
        let schema = schema_of(definition);
        let mut stored = object.clone();
        prune(&mut stored, schema);
        assert_eq!(stored, object, "{place} loses fields");
        fill(&mut stored, schema);
        let of = |found: Vec<String>| {
            found
                .into_iter()
                .map(|it| format!("{place}: {it}"))
                .collect::<Vec<_>>()
        };
        found.extend(of(faults(&stored, schema, "")));
        found.extend(of(unlisted(
            &object["spec"],
            &schema["properties"]["spec"],
            ".spec",
        )));
    }
    (count, found)
}

#[test]
fn our_own_manifests_are_accepted_and_known_in_every_field() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/manifests");
    let (count, found) = apply(objects(&examples));
    assert!(count >= 4, "{count}");
    assert_eq!(found, Vec::<String>::new());
}

fn reference() -> PathBuf {
    std::env::var_os(REFERENCE)
        .expect("set ARGO_EVENTS_REFERENCE to the folder")
        .into()
}

#[test]
#[ignore = "wants the reference's manifests: set ARGO_EVENTS_REFERENCE to their folder"]
fn manifests_of_the_reference_are_accepted_and_known_in_every_field() {
    let folders = ["event-sources", "sensors", "eventbus"].map(|name| reference().join(name));
    let all = folders.iter().flat_map(|folder| objects(folder)).collect();
    let (count, mut found) = apply(all);
    assert!(count >= 100, "{count}");
    found.retain(|fault| !MISPLACED.iter().any(|misplaced| fault.ends_with(misplaced)));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
#[ignore = "wants the reference's schema.json: set ARGO_EVENTS_REFERENCE to its folder"]
fn no_property_of_the_reference_is_missing() {
    let text = std::fs::read_to_string(reference().join("schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    for definition in all() {
        let coverage = Coverage::of(&definition, &schema).unwrap();
        assert_eq!(coverage.missing, Vec::<String>::new());
        assert!(coverage.listed > 50);
    }
}

#[test]
fn mistakes_are_refused_where_they_are() {
    let definitions = all();
    let refused = |index: usize, spec: Value| {
        let schema = &schema_of(&definitions[index])["properties"]["spec"];
        let mut spec = spec;
        fill(&mut spec, schema);
        faults(&spec, schema, "")
    };
    let dependency = json!({"name": "a", "eventSourceName": "s", "eventName": "e"});
    let sensor = |template: Value| json!({"dependencies": [dependency], "triggers": [{"template": template}]});
    let cases = [
        (0, json!({}), ": minProperties 1"),
        (0, json!({"jetstream": {}}), ".jetstream: required"),
        (
            0,
            json!({"jetstream": {"version": 2}}),
            ".jetstream.version: 2 is no",
        ),
        (
            1,
            json!({"webhook": {"in": {"port": 1, "endpoint": "/"}}}),
            ".webhook.in.port: 1 is no",
        ),
        (
            1,
            json!({"webhook": {"in": {"port": "x", "endpoint": "/"}}}),
            ".webhook.in.port: pattern",
        ),
        (
            1,
            json!({"kafka": {"in": {"url": "k:1"}}}),
            ".kafka.in: required",
        ),
        (
            2,
            json!({"dependencies": [], "triggers": []}),
            ".dependencies: minItems 1",
        ),
        (
            2,
            sensor(json!({"log": {}})),
            ".triggers[0].template: required",
        ),
        (
            2,
            sensor(json!({"name": "t", "http": {"url": ""}})),
            ".triggers[0].template.http.url: minLength",
        ),
        (
            2,
            sensor(json!({"name": "t", "http": {"url": "u", "method": "get"}})),
            ".triggers[0].template.http.method: enum",
        ),
        (
            2,
            sensor(json!({"name": "t", "join": {"within": "1 h"}})),
            ".triggers[0].template.join.within: pattern",
        ),
    ];
    for (index, spec, wanted) in cases {
        let found = refused(index, spec);
        assert!(
            found.iter().any(|fault| fault.starts_with(wanted)),
            "{wanted}: {found:?}"
        );
    }
    let fine = sensor(
        json!({"name": "t", "http": {"url": "u"}, "ours": {"a": 1}, "join": {"within": "1h30m"}}),
    );
    assert_eq!(refused(2, fine), Vec::<String>::new());
}

#[test]
fn what_is_not_known_is_kept() {
    let object = json!({
        "kind": "EventSource", "metadata": {"name": "a"},
        "spec": {"later": {"e": {"f": 1}}, "webhook": {"in": {"port": "1", "endpoint": "/", "later": [1]}}},
        "status": {"later": true},
    });
    for definition in all() {
        let mut stored = object.clone();
        prune(&mut stored, schema_of(&definition));
        assert_eq!(stored, object);
    }
}

#[test]
fn defaults_do_not_change_what_dependencies_are_known_by() {
    // Their fingerprint decides on the state that waits for them.
    let definitions = all();
    let dependencies =
        schema_of(&definitions[2]).pointer("/properties/spec/properties/dependencies");
    assert!(!dependencies.unwrap().to_string().contains("\"default\""));
}

/// Returns values made of one: without a member, or with something else in its place, one at a time.
fn spoiled(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for name in members.keys() {
                let mut less = members.clone();
                less.remove(name);
                all.push(less.into());
                for other in spoiled(&members[name]) {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), other);
                    all.push(changed.into());
                }
            }
        }
        Value::Array(items) => {
            all.push(json!([]));
            for (index, item) in items.iter().enumerate() {
                for other in spoiled(item) {
                    let mut changed = items.clone();
                    changed[index] = other;
                    all.push(changed.into());
                }
            }
        }
        Value::Number(_) => all.push(json!("x")),
        _ => all.extend([json!(""), json!(5)]),
    }
    all
}

#[test]
fn what_the_api_server_refuses_is_an_error_of_validation_too() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/manifests");
    let (registry, definitions, mut refused) = (Registry::builtin(), all(), 0);
    for (place, object) in objects(&examples) {
        let is_it = |definition: &&Value| definition["spec"]["names"]["kind"] == object["kind"];
        let Some(schema) = definitions.iter().find(is_it).map(schema_of) else {
            continue;
        };
        // A third of them, since each is checked as a whole manifest.
        for spec in spoiled(&object["spec"]).into_iter().step_by(3) {
            let mut changed = object.clone();
            changed["spec"] = spec;
            let text = changed.to_string();
            fill(&mut changed, schema);
            let found = faults(&changed, schema, "");
            if found.is_empty() {
                continue;
            }
            refused += 1;
            let mut manifests = Manifests::from_text("changed.json", text);
            let diagnostics = manifests.check(&registry, &Checks::of_a_part());
            assert!(diagnostics.has_errors(), "{place}: {found:?}\n{changed}");
        }
    }
    assert!(refused > 50, "{refused}");
}
