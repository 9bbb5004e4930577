//! Family `validate`: whether objects are found to be right or wrong.
//!
//! Compared is the fact, since this project reports every fault where the reference reports one.

mod admission;

use crate::{
    Outcome,
    exceptions::{Rule, validate::*},
};
use argo_events::{
    BuiltinKinds as _, Manifests, Registry,
    manifest::{Checks, Diagnostics},
};
use argo_events_expr::language::Language;
use serde_json::Value;
use std::sync::LazyLock;

/// Where this project differs on purpose, and whether such objects are valid here.
const RULES: &[(&Rule, bool)] = &[
    (&UNREACHABLE, false),
    (&ONE_ENDPOINT, false),
    (&STREAM, false),
    (&NO_ADDRESS, false),
    (&CALENDAR, false),
    (&RESOURCE, false),
    (&NO_KIND, false),
    (&CONDITION, false),
    (&DATA_TYPE, false),
    (&DEAD_LETTER, true),
    (&SOURCE_EXPRESSION, false),
    (&SENSOR_LANGUAGE, false),
];

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::builtin);

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    if vector["group"]
        .as_str()
        .is_some_and(|group| group.starts_with("webhook-"))
    {
        return admission::check(vector);
    }
    if !is_built(input) {
        return Outcome::Waits("kinds that are not built yet");
    }
    let wanted = vector["want"]["valid"] == true;
    let found = diagnostics(input);
    let valid = !found.has_errors();
    if valid == wanted {
        return Outcome::Passed;
    }
    let rule = RULES
        .iter()
        .find(|(rule, gives)| *gives == valid && (rule.applies)(vector));
    match rule {
        Some((rule, _)) => Outcome::Differs(rule.name),
        None if wanted && uses_a_later_language(input) => {
            Outcome::Waits("templates, jq and Lua: issues 4 and 5")
        }
        None => Outcome::failed(
            vector["want"].to_string(),
            format!("valid: {valid}\n{found}"),
        ),
    }
}

/// Checks the object, with its bus if there is one; what is wrong with the bus does not count.
fn diagnostics(input: &Value) -> Diagnostics {
    const OBJECT: &str = "object.json";
    let mut manifests = Manifests::from_text(OBJECT, input["object"].to_string());
    if let Some(bus) = input["bus"].as_object() {
        manifests.extend(Manifests::from_text(
            "bus.json",
            Value::from(bus.clone()).to_string(),
        ));
    }
    let found = manifests.check(&REGISTRY, &Checks::of_a_part());
    let mut kept = Diagnostics::default();
    kept.extend(
        found
            .into_iter()
            .filter(|diagnostic| diagnostic.file == OBJECT),
    );
    kept
}

/// Tells whether every kind that an object names is one of this build.
fn is_built(input: &Value) -> bool {
    let spec = &input["object"]["spec"];
    match input["kind"].as_str() {
        Some("EventSource") => {
            members(spec).all(|kind| !is_reference_source(kind) || has_source(kind))
        }
        Some("Sensor") => list(&spec["triggers"]).all(is_built_trigger),
        _ => true,
    }
}

/// Tells whether a dependency is judged or changed in a language that this build does not speak.
fn uses_a_later_language(input: &Value) -> bool {
    list(&input["object"]["spec"]["dependencies"]).any(|dependency| {
        let filters = &dependency["filters"];
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let lacks = |language: Language| !language.is_built_in();
        let mut templates = list(&filters["data"]).map(|data| &data["template"]);
        (lacks(Language::Lua) && text(&filters["script"]))
            || (lacks(Language::Jq) && dependency["transform"].is_object())
            || (lacks(Language::Template) && templates.any(text))
    })
}

fn is_built_trigger(trigger: &Value) -> bool {
    let built = |kind: &str| {
        !is_reference_trigger(kind) || REGISTRY.trigger(kind).is_ok_and(|one| one.is_available())
    };
    members(&trigger["template"]).all(built)
        && (trigger["dlqTrigger"].is_null() || is_built_trigger(&trigger["dlqTrigger"]))
}

fn has_source(kind: &str) -> bool {
    REGISTRY.source(kind).is_ok_and(|one| one.is_available())
}

fn members(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys().map(String::as_str))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_reference_source(kind: &str) -> bool {
    !matches!(
        kind,
        "template" | "service" | "eventBusName" | "replicas" | "unknownField" | "Webhook"
    )
}

fn is_reference_trigger(kind: &str) -> bool {
    !matches!(kind, "name" | "conditions" | "conditionsReset" | "join")
}
