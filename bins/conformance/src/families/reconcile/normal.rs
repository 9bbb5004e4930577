//! What counts of a step: values that say nothing, random parts, times and hashes do not.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// Brings a recorded step into the form in which steps are compared.
pub(super) fn of_reference(step: &Value) -> Value {
    let gone = step["gone"] == true;
    let mut normal = json!({
        // The reference's last write, to what is gone, fails.
        "error": !gone && !step["error"].is_null(),
        "status": status(&step["status"]),
        "finalizers": step["finalizers"],
        "gone": step["gone"],
        "children": children(&step["children"], child),
    });
    strip(&mut normal);
    normal
}

/// Brings a step of ours into the form in which steps are compared.
pub(super) fn of_ours(step: &Value) -> Value {
    let mut normal = json!({
        "error": step["error"],
        "status": status(&step["status"]),
        "finalizers": step["finalizers"],
        "gone": step["gone"],
        "children": children(&step["children"], |object| child(&without_additions(object))),
    });
    strip(&mut normal);
    normal
}

/// What every Deployment of this project has beside the reference's.
fn additions() -> [(&'static str, Value); 5] {
    let confined = json!({
        "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
    });
    let mut user = confined.clone();
    user["runAsNonRoot"] = json!(true);
    user["runAsUser"] = json!(9731);
    user["seccompProfile"] = json!({ "type": "RuntimeDefault" });
    [
        (
            "livenessProbe",
            json!({ "httpGet": { "path": "/healthz", "port": 7777 }, "initialDelaySeconds": 5,
                "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6 }),
        ),
        (
            "readinessProbe",
            json!({ "httpGet": { "path": "/readyz", "port": 7777 },
                "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3 }),
        ),
        ("securityContext", confined),
        ("securityContext", user),
        (
            "lifecycle",
            json!({ "preStop": { "sleep": { "seconds": 5 } } }),
        ),
    ]
}

fn without_additions(object: &Value) -> Value {
    let mut object = object.clone();
    if object["kind"] == "Secret" {
        let annotations = object["metadata"]["annotations"].as_object_mut();
        annotations.and_then(|all| all.remove("events.argoproj.io/certificates-until"));
    }
    if object["kind"] != "Deployment" {
        return object;
    }
    let pod = &mut object["spec"]["template"]["spec"];
    if pod["terminationGracePeriodSeconds"] == 40 {
        pod["terminationGracePeriodSeconds"] = Value::Null;
    }
    for (field, value) in additions() {
        if pod["containers"][0][field] == value {
            pod["containers"][0][field] = Value::Null;
        }
    }
    object
}

/// Keeps of conditions whether they hold, their reasons, and whether they say anything to people.
fn status(status: &Value) -> Value {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let conditions: Vec<Value> = conditions
        .map(|one| {
            json!({
                "type": one["type"],
                "status": one["status"],
                "reason": one["reason"],
                "explained": one["message"].is_string(),
            })
        })
        .collect();
    json!({ "conditions": conditions, "config": status["config"] })
}

fn children(children: &Value, normal: impl Fn(&Value) -> Value) -> Value {
    let kinds = children.as_object().into_iter().flatten();
    let by_kind = kinds.map(|(kind, list)| {
        let list = list.as_array().into_iter().flatten();
        (kind.clone(), list.map(&normal).collect::<Value>())
    });
    by_kind.collect::<Map<_, _>>().into()
}

fn child(object: &Value) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("children are objects");
    for field in ["apiVersion", "kind", "status"] {
        members.remove(field);
    }
    metadata(&mut object["metadata"]);
    secret(&mut object);
    if let Some(text) = object["data"]["nats-js"].as_str() {
        object["data"]["nats-js"] = words(text).into();
    }
    for claim in list(&mut object["spec"]["volumeClaimTemplates"]) {
        claim["status"] = Value::Null;
    }
    for port in list(&mut object["spec"]["ports"]) {
        // The API server takes 0 for the port itself, as it does none.
        if port["targetPort"] == 0 {
            port["targetPort"] = Value::Null;
        }
    }
    for container in list(&mut object["spec"]["template"]["spec"]["containers"]) {
        list(&mut container["env"]).iter_mut().for_each(decode);
    }
    object
}

fn metadata(metadata: &mut Value) {
    let members = metadata.as_object_mut().expect("children have metadata");
    for field in ["creationTimestamp", "resourceVersion", "uid"] {
        members.remove(field);
    }
    if let Some(annotations) = metadata["annotations"].as_object_mut() {
        annotations.remove("resource-spec-hash");
    }
    // What is behind a generated name is random in the reference.
    if let Some(base) = metadata["generateName"].as_str()
        && let Some(name) = metadata["name"].as_str()
        && name.starts_with(base)
        && name.len() > base.len()
    {
        metadata["name"] = json!(format!("{base}<random>"));
    }
}

/// Decodes the variables that hold JSON, whose text is only one of many with its meaning.
fn decode(variable: &mut Value) {
    let name = variable["name"].as_str().unwrap_or_default();
    if !name.ends_with("_OBJECT") && name != "EVENTBUS_CONFIG" {
        return;
    }
    let text = variable["value"].as_str().unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        variable["value"] = value;
    }
}

/// Keeps of a Secret which keys it has and what can be told of them: words of configuration without
/// what is random in them, kinds of PEM, and for whom a certificate is.
fn secret(object: &mut Value) {
    let recorded = object["dataRedacted"].take();
    let mut facts = Map::new();
    for (key, value) in recorded.as_object().into_iter().flatten() {
        let names = value["dnsNames"].clone();
        let fact = match value {
            Value::String(text) => fact(key, text),
            _ if names.is_array() => names,
            _ => json!("a key"),
        };
        facts.insert(key.clone(), fact);
    }
    if object["type"] == "Opaque" && recorded.is_null() {
        let data = object["data"].take();
        for (key, value) in data.as_object().into_iter().flatten() {
            let bytes = BASE64_STANDARD
                .decode(value.as_str().unwrap_or_default())
                .unwrap_or_default();
            facts.insert(key.clone(), fact(key, &String::from_utf8_lossy(&bytes)));
        }
    }
    if !facts.is_empty() {
        object["data"] = facts.into();
    }
}

fn fact(key: &str, text: &str) -> Value {
    match key {
        "auth" => {
            let mut previous = String::new();
            let masked = words(text).into_iter().map(|word| {
                let is_secret = previous == "pass" || (previous == "user" && word != "sys");
                previous.clone_from(&word);
                if is_secret { "…".to_owned() } else { word }
            });
            masked.collect::<Vec<_>>().into()
        }
        "client-auth" => {
            let keys = text.lines().filter_map(|line| line.split_once(": "));
            keys.map(|(key, _)| key).collect::<Vec<_>>().into()
        }
        "encryption" => json!(!text.is_empty()),
        _ if text.contains("CERTIFICATE") => host_names(text),
        _ if text.contains("PRIVATE KEY") => json!("a key"),
        _ => json!(text),
    }
}

/// Finds the host names in a certificate: texts of the tag that alternative names have.
fn host_names(pem: &str) -> Value {
    const DNS_NAME: u8 = 0x82;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(body).unwrap_or_default();
    let at = |start: usize| {
        let length = usize::from(*der.get(start + 1)?);
        let text = str::from_utf8(der.get(start + 2..start + 2 + length)?).ok()?;
        (der[start] == DNS_NAME && text.contains(".svc")).then(|| text.to_owned())
    };
    (0..der.len()).filter_map(at).collect::<Vec<_>>().into()
}

/// Cuts a configuration into words, without comments and punctuation that means nothing.
fn words(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let parts = lines.flat_map(|line| {
        line.split(|c: char| c.is_whitespace() || matches!(c, '"' | ','))
            .map(|word| word.trim_matches(':'))
    });
    parts
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn list(value: &mut Value) -> &mut [Value] {
    value.as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// Returns a value without what says nothing.
pub(super) fn stripped(value: &Value) -> Value {
    let mut value = value.clone();
    strip(&mut value);
    value
}

/// Takes away what Go's encoder writes for values that are not there: null, 0, false, "" and empty
/// lists and objects; but not a number of replicas, since 0 of them is something.
fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(strip);
            members.retain(|key, value| !is_nothing(value) || (key == "replicas" && *value == 0));
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
