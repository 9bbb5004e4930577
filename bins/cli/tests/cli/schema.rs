//! `argo-events schema`: editors accept what the command accepts, and mark what it refuses.

use super::{examples, harness::call};
use argo_events::manifest::Manifests;
use serde_json::{Value, json};

fn schema(arguments: &[&str]) -> Value {
    let ended = call(&[&["schema"], arguments].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// Checks a value as an editor would; only the keywords that the schemas have.
fn faults(value: &Value, schema: &Value, root: &Value, place: &str) -> Vec<String> {
    let Some(keywords) = schema.as_object() else {
        let refused = *schema == Value::Bool(false);
        return refused
            .then(|| format!("{place}: not allowed"))
            .into_iter()
            .collect();
    };
    let mut found = Vec::new();
    for (keyword, wanted) in keywords {
        found.extend(fault(value, (keyword, wanted), schema, root, place));
    }
    found
}

fn fault(
    value: &Value,
    (keyword, wanted): (&str, &Value),
    schema: &Value,
    root: &Value,
    place: &str,
) -> Vec<String> {
    let check = |value: &Value, schema: &Value| faults(value, schema, root, place);
    let fine = |schema: &Value| check(value, schema).is_empty();
    let count = || {
        wanted
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| fine(one))
            .count()
    };
    let unless = |holds: bool| match holds {
        true => Vec::new(),
        false => vec![format!("{place}: {keyword}")],
    };
    match keyword {
        "$ref" => {
            let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
            check(
                value,
                root.pointer(pointer)
                    .expect("the reference leads somewhere"),
            )
        }
        "type" => unless(has_type(value, wanted)),
        "const" => unless(value == wanted),
        "enum" => unless(wanted.as_array().unwrap().contains(value)),
        "anyOf" => unless(count() > 0),
        "oneOf" => unless(count() == 1),
        "allOf" => unless(count() == wanted.as_array().unwrap().len()),
        "if" if fine(wanted) => check(value, &schema["then"]),
        "minimum" => unless(
            value
                .as_f64()
                .is_none_or(|it| it >= wanted.as_f64().unwrap()),
        ),
        "maximum" => unless(
            value
                .as_f64()
                .is_none_or(|it| it <= wanted.as_f64().unwrap()),
        ),
        "required" => {
            let names = wanted.as_array().unwrap().iter();
            unless(
                !value.is_object()
                    || names
                        .into_iter()
                        .all(|name| value.get(name.as_str().unwrap()).is_some()),
            )
        }
        "items" => value
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|item| check(item, wanted))
            .collect(),
        "properties" => {
            let known = wanted.as_object().unwrap().iter();
            let present = known.filter_map(|(name, schema)| Some((name, value.get(name)?, schema)));
            let place = |name| format!("{place}.{name}");
            present
                .flat_map(|(name, value, schema)| faults(value, schema, root, &place(name)))
                .collect()
        }
        "additionalProperties" => {
            let members = value.as_object().into_iter().flatten();
            let more = members.filter(|(name, _)| schema["properties"].get(name).is_none());
            let place = |name| format!("{place}.{name}");
            more.flat_map(|(name, value)| faults(value, wanted, root, &place(name)))
                .collect()
        }
        "$schema" | "title" | "$defs" | "description" | "default" | "format" | "if" | "then"
        | "examples" => Vec::new(),
        other => panic!("the schemas have a keyword that editors may not know: {other}"),
    }
}

fn has_type(value: &Value, wanted: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no type is called {other}"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}

#[test]
fn every_example_is_fine_in_an_editor() {
    let (all, source, sensor) = (
        schema(&[]),
        schema(&["--kind", "EventSource"]),
        schema(&["--kind", "sensor"]),
    );
    let manifests = Manifests::from_path(examples::root()).unwrap();
    assert!(manifests.event_sources.len() >= 4 && manifests.sensors.len() >= 4);
    let sources = manifests
        .event_sources
        .iter()
        .map(|it| (serde_json::to_value(&**it), &source));
    let sensors = manifests
        .sensors
        .iter()
        .map(|it| (serde_json::to_value(&**it), &sensor));
    for (object, own) in sources.chain(sensors) {
        let object = object.unwrap();
        for schema in [own, &all] {
            let found = faults(&object, schema, schema, "");
            assert!(found.is_empty(), "{found:?}\n{object:#}");
        }
    }
}

#[test]
fn mistakes_are_marked_where_they_are() {
    let all = schema(&[]);
    let object = |kind: &str, spec: Value| json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "x"}, "spec": spec});
    let webhook = |config: Value| object("EventSource", json!({"webhook": {"paid": config}}));
    let trigger = |template: Value| {
        object(
            "Sensor",
            json!({"dependencies": [], "triggers": [{"template": template}]}),
        )
    };
    let cases = [
        (
            webhook(json!({"port": "1", "endpoint": "/a", "method": "POST"})),
            "",
        ),
        (
            webhook(json!({"port": 1, "endpoint": "/a"})),
            ".spec.webhook.paid.port: type",
        ),
        (
            webhook(json!({"prot": "1"})),
            ".spec.webhook.paid.prot: not allowed",
        ),
        (
            object("EventSource", json!({"webhok": {}})),
            ".spec.webhok: not allowed",
        ),
        (trigger(json!({"name": "t", "log": {}})), ""),
        (
            trigger(json!({"name": "t", "join": {"key": "body.id", "within": "1h"}, "log": {}})),
            "",
        ),
        (
            object("Sensor", json!({"dependencies": [{"nam": "a"}]})),
            ".spec.dependencies",
        ),
        (
            object("EventBus", json!({"local": {"maxBytes": "1Gi"}})),
            "",
        ),
        (
            object("EventBus", json!({"local": {"maxByte": "1Gi"}})),
            ".spec.local",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}}),
            "",
        ),
    ];
    for (object, wanted) in cases {
        // Editors look into cases as deep as this test looks at one.
        let kind = object["kind"].as_str().unwrap();
        let own = &all["$defs"][kind];
        let found = match own {
            Value::Null => faults(&object, &all, &all, ""),
            own => faults(&object, own, &all, ""),
        };
        let marked = found.iter().any(|fault| fault.starts_with(wanted));
        assert!(
            if wanted.is_empty() {
                found.is_empty()
            } else {
                marked
            },
            "{wanted:?} {found:?}"
        );
        assert_eq!(
            faults(&object, &all, &all, "").is_empty(),
            wanted.is_empty()
        );
    }
}
