//! What is found, by what names it is mounted, and that nothing of our schemas is overlooked.

use super::*;
use argo_events::{BuiltinKinds as _, Registry, manifest::crd};

fn names(set: &BTreeSet<String>) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}

#[test]
fn references_are_found_by_field_wherever_they_are() {
    let spec = json!({
        "webhook": { "one": { "authSecret": { "name": "a", "key": "k" }, "url": "" } },
        "resource": { "two": { "tls": { "caCertSecret": { "name": "b", "key": "k", "optional": true } } } },
        "hdfs": { "three": { "krbConfigConfigMap": { "name": "c", "key": "k" } } },
        "template": { "container": { "env": [
            { "name": "X", "valueFrom": { "secretKeyRef": { "name": "d", "key": "k" } } },
        ] } },
    });
    let found = References::of(&spec);
    assert_eq!(names(&found.secrets), ["a", "b", "d"]);
    assert_eq!(names(&found.config_maps), ["c"]);
}

#[test]
fn raw_resources_and_other_fields_are_no_references() {
    let selector = json!({ "name": "a", "key": "k" });
    let spec = json!({ "triggers": [{ "template": { "k8s": { "source": {
        "resource": { "spec": { "password": selector } },
        "other": selector,
    } } } }], "username": "text", "password": { "name": "a", "key": "k", "more": 1 } });
    assert_eq!(References::of(&spec), References::default());
}

#[test]
fn volumes_have_the_references_names_or_valid_ones() {
    assert_eq!(volume_name("secret", "wh_auth"), "secret-wh-auth");
    let dotted = volume_name("secret", "a.b");
    assert!(dotted.starts_with("secret-a-b-") && dotted != volume_name("secret", "a-b"));
    let long = volume_name("cm", &"x".repeat(200));
    assert!(long.len() <= LONGEST && long != volume_name("cm", &"x".repeat(201)));
}

#[test]
fn a_secret_of_object_and_bus_is_mounted_once() {
    let spec = json!({ "webhook": { "one": { "authSecret": { "name": "both", "key": "k" } } } });
    let tls = json!({ "caCertSecret": { "name": "both", "key": "ca" } });
    let mounts = all(
        &References::of(&spec),
        &json!({ "jetstream": { "tls": tls } }),
    );
    let at: Vec<&str> = mounts.iter().map(|mount| mount.path.as_str()).collect();
    assert_eq!(at, ["/argo-events/secrets/both", "/tmp"]);
    assert!(mounts[0].volume["secret"]["items"].is_null());
}

/// Where a schema has something: fields, with `*` for members of any name and `0` for items.
type Path = Vec<String>;

/// Finds where a schema has a selector of a key.
fn selectors(schema: &Value, path: &Path, found: &mut Vec<Path>) {
    let under = |step: &str| {
        path.iter()
            .cloned()
            .chain([step.to_owned()])
            .collect::<Path>()
    };
    let properties = schema["properties"].as_object();
    for (field, property) in properties.into_iter().flatten() {
        if is_selector(property) {
            found.push(under(field));
        } else {
            selectors(property, &under(field), found);
        }
    }
    for (keyword, step) in [("additionalProperties", "*"), ("items", "0")] {
        let each = &schema[keyword];
        assert!(!is_selector(each), "a selector without a name at {path:?}");
        if each.is_object() {
            selectors(each, &under(step), found);
        }
    }
}

/// Tells selectors from others with a name and a key, such as buckets.
fn is_selector(schema: &Value) -> bool {
    let fields = schema["properties"].as_object();
    let all = ["key", "name", "optional"];
    fields.is_some_and(|fields| {
        fields.len() == all.len() && all.iter().all(|one| fields.contains_key(*one))
    })
}

/// Makes an object that has nothing but a selector.
fn with_selector(path: &Path) -> Value {
    let selector = json!({ "name": "it", "key": "k" });
    path.iter()
        .rev()
        .fold(selector, |inner, step| match step.as_str() {
            "0" => json!([inner]),
            step => json!({ (step): inner }),
        })
}

#[test]
fn every_selector_of_our_schemas_is_found() {
    let registry = Registry::builtin();
    // Of buses only Kafka's have more than their credentials and certificates.
    for (kind, part, least) in [
        ("EventSource", None, 60),
        ("Sensor", None, 40),
        ("EventBus", Some("kafka"), 3),
    ] {
        let definition = crd::definition_of(&registry, kind).unwrap();
        let version = &definition["spec"]["versions"][0];
        let spec = &version["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let mut found = Vec::new();
        selectors(spec, &Path::new(), &mut found);
        found.retain(|path| part.is_none_or(|part| path[0] == part));
        assert!(found.len() >= least, "{kind} has {} only", found.len());
        for path in found {
            let references = References::of(&with_selector(&path));
            let is_config = path.last().unwrap().to_lowercase().contains("configmap");
            let count = (references.secrets.len(), references.config_maps.len());
            let wanted = if is_config { (0, 1) } else { (1, 0) };
            assert_eq!(count, wanted, "{kind}: {}", path.join("."));
        }
    }
}
