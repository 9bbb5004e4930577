//! Differences on purpose of the k8s trigger and of artifacts.

use super::Rule;
use crate::{Outcome, families::byte_string, families::trigger_k8s::Fired};
use argo_events_sensor::kubernetes::Resource;
use serde_json::{Value, json};

/// Largest documents of web servers and of buckets.
const MOST_OF_URL: usize = 512 * 1024;
const MOST_OF_BUCKET: usize = 1_253_376;
/// How many redirects are followed.
const MOST_REDIRECTS: usize = 9;

/// An object that no path leads to.
pub const NO_KIND: Rule = Rule {
    name: "k8s: an object without kind or apiVersion is refused before it is sent",
    reason: "the reference sends it to a path that no API server has",
    required: "a failure, and nothing sent",
    applies: |vector| {
        let config = config(vector);
        let lacks = |name: &str| {
            let text = source(vector).and_then(|object| object[name].as_str().map(str::to_owned));
            let text = text.unwrap_or_default();
            let is_wrong = text.is_empty() || text.matches('/').count() > 1;
            is_wrong && !is_set(config, name)
        };
        lacks("kind") || lacks("apiVersion")
    },
};

/// A parameter may change what kind an object is.
pub const FINAL_KIND: Rule = Rule {
    name: "k8s: a kind set by parameter counts",
    reason: "the reference sends the object to where the kind before belongs",
    required: "the same calls, at the path of the kind that is sent",
    applies: |vector| is_set(config(vector), "kind") || is_set(config(vector), "apiVersion"),
};

/// Applying needs a name of who applies.
pub const APPLY: Rule = Rule {
    name: "k8s: apply-patch says who applies",
    reason: "the reference sends no field manager, so that every API server refuses",
    required: "one PATCH with the object, a field manager and force",
    applies: |vector| has_strategy(vector, "application/apply-patch+yaml"),
};

/// A JSON patch is a list.
pub const JSON_PATCH: Rule = Rule {
    name: "k8s: json-patch needs a list of operations",
    reason: "the reference sends the object itself, which every API server refuses",
    required: "a failure that says so, before anything is patched",
    applies: |vector| has_strategy(vector, "application/json-patch+json"),
};

/// What was deleted has no labels.
pub const DELETE_LABELS: Rule = Rule {
    name: "k8s: a label policy does not wait for what was deleted",
    reason: "the reference fails every such attempt, after it has deleted the object",
    required: "the same calls, and success",
    applies: |vector| {
        config(vector)["operation"] == "delete"
            && vector["in"]["trigger"]["policy"]["k8s"]["labels"].is_object()
    },
};

/// What is gone when it is deleted, somebody else deleted.
pub const GONE: Rule = Rule {
    name: "k8s: an object that is gone when it is deleted",
    reason: "the reference fails, although what was asked for is the case",
    required: "the same calls, and success",
    applies: |vector| {
        let answers = vector["in"]["cluster"]["answers"].as_object();
        let mut deletions = answers
            .into_iter()
            .flatten()
            .filter(|(call, _)| call.starts_with("DELETE "));
        deletions.any(|(_, answers)| answers[0]["status"] == 404)
    },
};

/// A live object without a namespace has none.
pub const LIVE_CLUSTER: Rule = Rule {
    name: "k8s: the live object of a kind without namespaces",
    reason: "the reference looks for it in the namespace of the artifact, where no API server has it",
    required: "the object is looked for where it is",
    applies: |vector| {
        let object = source(vector).unwrap_or_default();
        let namespaced = |kind: &str| Resource::guess("v1", kind).is_ok_and(|it| it.is_namespaced);
        config(vector)["liveObject"] == true
            && !object["metadata"]["namespace"].is_null()
            && object["kind"]
                .as_str()
                .is_some_and(|kind| !namespaced(kind))
    },
};

/// What cannot come is not waited for.
pub const PERMANENT: Rule = Rule {
    name: "artifact: a refusal for good is not asked again",
    reason: "the reference asks five times for what is not there or not ours",
    required: "a failure after the first such answer, and nothing sent",
    applies: |vector| refused_at(vector).is_some(),
};

/// Half a document is none.
pub const TOO_LARGE: Rule = Rule {
    name: "artifact: a document beyond the limit is refused",
    reason: "the reference cuts it off and takes the rest for all of it",
    required: "a failure, and nothing sent",
    applies: |vector| {
        let source = &config(vector)["source"];
        let most = if source["s3"].is_object() {
            MOST_OF_BUCKET
        } else {
            MOST_OF_URL
        };
        answers(vector)
            .any(|answer| byte_string(&answer["body"]).is_some_and(|body| body.len() > most))
    },
};

/// Tells whether what came is what a rule requires, given the vector and what it records.
type Holds = fn(&Value, &Value, &Fired) -> bool;

/// Tells whether what differs is what a rule requires.
pub(crate) fn judge(vector: &Value, wanted: &Value, fired: &Fired) -> Option<Outcome> {
    let judges: [(&Rule, Holds); 9] = [
        (&TOO_LARGE, |_, _, fired| {
            fired.result.is_err() && sent_nothing(fired)
        }),
        (&PERMANENT, |vector, wanted, fired| {
            let asked = wanted["artifactRequests"].as_array().map_or(0, Vec::len);
            let asked = refused_at(vector).map_or(asked, |at| asked.min(at + 1));
            fired.result.is_err() && sent_nothing(fired) && fired.requests.len() == asked
        }),
        (&NO_KIND, |_, _, fired| {
            fired.result.is_err() && sent_nothing(fired)
        }),
        (&LIVE_CLUSTER, |vector, _, fired| {
            looks_where_it_is(vector, fired)
        }),
        (&FINAL_KIND, |_, wanted, fired| {
            goes_where_it_belongs(wanted, fired)
        }),
        (&APPLY, |_, wanted, fired| applies_once(wanted, fired)),
        (&JSON_PATCH, |_, _, fired| {
            let verbs = |call: &Value| call["verb"] == "GET";
            fired.result.is_err() && calls(&fired.calls).all(verbs)
        }),
        (&GONE, |_, wanted, fired| {
            fired.result.is_ok() && fired.calls == wanted["calls"]
        }),
        (&DELETE_LABELS, |_, wanted, fired| {
            fired.result.is_ok() && fired.calls == wanted["calls"]
        }),
    ];
    let (rule, holds) = judges
        .into_iter()
        .find(|(rule, _)| (rule.applies)(vector))?;
    let given = if holds(vector, wanted, fired) {
        Ok(())
    } else {
        Err(format!(
            "{:?} {} {:?}",
            fired.result, fired.calls, fired.requests
        ))
    };
    Some(rule.require(vector, given))
}

fn config(vector: &Value) -> &Value {
    &vector["in"]["trigger"]["template"]["k8s"]
}

fn calls(calls: &Value) -> impl Iterator<Item = &Value> {
    calls.as_array().into_iter().flatten()
}

fn answers(vector: &Value) -> impl Iterator<Item = &Value> {
    vector["in"]["peer"].as_array().into_iter().flatten()
}

fn sent_nothing(fired: &Fired) -> bool {
    calls(&fired.calls).next().is_none()
}

/// Tells whether an object is patched by a strategy, which parameters may have set.
fn has_strategy(vector: &Value, strategy: &str) -> bool {
    let trigger = vector["in"]["trigger"].to_string();
    trigger.contains(&format!("\"{strategy}\"")) && trigger.contains("\"patch\"")
}

/// Tells whether a parameter of the object is about a member.
fn is_set(config: &Value, name: &str) -> bool {
    let parameters = config["parameters"].as_array().into_iter().flatten();
    parameters
        .into_iter()
        .any(|parameter| parameter["dest"] == name)
}

/// Returns the object of the source, as far as its text tells; `None` if it comes from elsewhere.
fn source(vector: &Value) -> Option<Value> {
    let source = &config(vector)["source"];
    let text = match (&source["inline"], &source["configmap"]) {
        (Value::String(text), _) => text.clone(),
        (_, Value::Object(selector)) => {
            let name = |part: &str| {
                selector
                    .get(part)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let maps = &vector["in"]["configmaps"];
            let bytes = byte_string(&maps[name("name")][name("key")])?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => {
            return source["resource"]
                .is_object()
                .then(|| source["resource"].clone());
        }
    };
    let mut object = json!({});
    for name in ["kind", "apiVersion"] {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}:")));
        if let Some(value) = value {
            object[name] = value.trim().into();
        }
    }
    Some(object)
}

/// Returns the index of the first answer of an artifact's server that refuses for good.
fn refused_at(vector: &Value) -> Option<usize> {
    let source = &config(vector)["source"];
    if !(source["url"].is_object() || source["s3"].is_object()) {
        return None;
    }
    let is_redirect = |answer: &Value| {
        matches!(answer["status"].as_u64(), Some(301..=303 | 307 | 308)) && has_location(answer)
    };
    if answers(vector).next().is_some() && answers(vector).all(is_redirect) {
        return Some(MOST_REDIRECTS);
    }
    answers(vector).position(|answer| match answer["status"].as_u64().unwrap_or(200) {
        200 | 408 | 425 | 429 | 500.. => false,
        301..=308 => !has_location(answer),
        _ => answer["closeWithoutAnswer"] != true && answer["raw"].is_null(),
    })
}

fn has_location(answer: &Value) -> bool {
    let mut headers = answer["headers"].as_array().into_iter().flatten();
    headers.any(|header| header[0] == "Location")
}

fn looks_where_it_is(vector: &Value, fired: &Fired) -> bool {
    let object = source(vector).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = Resource::guess(&text(&object["apiVersion"]), &text(&object["kind"]));
    let path = resource.and_then(|it| it.path("", Some(&text(&object["metadata"]["name"]))));
    let first = calls(&fired.calls).next().cloned().unwrap_or_default();
    path.is_ok_and(|path| first["path"] == path && first["verb"] == "GET")
}

fn goes_where_it_belongs(wanted: &Value, fired: &Fired) -> bool {
    let same = |(wanted, call): (&Value, &Value)| {
        let body = byte_string(&wanted["body"]).unwrap_or_default();
        let object: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resource = Resource::guess(&text(&object["apiVersion"]), &text(&object["kind"]));
        let path = resource.and_then(|it| it.path(&text(&object["metadata"]["namespace"]), None));
        let is_at = |path: String| text(&call["path"]).starts_with(&path);
        call["body"] == wanted["body"]
            && call["verb"] == wanted["verb"]
            && (body.is_empty() || path.is_ok_and(is_at))
    };
    calls(&wanted["calls"]).count() == calls(&fired.calls).count()
        && calls(&wanted["calls"]).zip(calls(&fired.calls)).all(same)
}

fn applies_once(wanted: &Value, fired: &Fired) -> bool {
    let sent: Vec<_> = calls(&fired.calls).collect();
    let [call] = sent.as_slice() else {
        return false;
    };
    let body = calls(&wanted["calls"]).last().map(|last| &last["body"]);
    let query = call["query"].as_str().unwrap_or_default();
    call["verb"] == "PATCH"
        && call["contentType"] == "application/apply-patch+yaml"
        && Some(&call["body"]) == body
        && query.starts_with("fieldManager=argo-events")
        && query.ends_with("&force=true")
}
