//! Family `filter`: which events a dependency lets pass, and what is said of the others.

use super::events;
use crate::{Outcome, exceptions};
use argo_events_core::{FieldPath, Problems, api::Dependency};
use argo_events_expr::language::Language;
use argo_events_sensor::dependency::{Filter, Verdict};
use argo_events_sensor::trigger::decode::Decoder;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if let Some(reason) = waits(&vector["in"]["filter"]) {
        return Outcome::Waits(reason);
    }
    let got = verdict(&vector["in"], &vector["in"]["filter"]);
    let error = &vector["want"]["error"];
    let wanted = json!({"pass": vector["want"]["pass"], "error": comparable(error)});
    let given = json!({"pass": got["pass"], "error": comparable(&got["error"])});
    if wanted == given {
        return Outcome::Passed;
    }
    exceptions::sensor::filter_alternatives(vector, &got, |filter| verdict(&vector["in"], filter))
        .unwrap_or_else(|| Outcome::failed(vector["want"].to_string(), got.to_string()))
}

/// Says which language that this build lacks a filter needs.
fn waits(filter: &Value) -> Option<&'static str> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if is_text(&filter["script"]) && !Language::Lua.is_built_in() {
        return Some("Lua scripts: issue 5");
    }
    let mut entries = filter["data"].as_array().into_iter().flatten();
    let lacks_templates = !Language::Template.is_built_in();
    (lacks_templates && entries.any(|entry| is_text(&entry["template"])))
        .then_some("templates: issue 4")
}

/// Asks this project about the event of a vector.
fn verdict(input: &Value, filter: &Value) -> Value {
    let text =
        json!({"filters": filter, "filtersLogicalOperator": input["filtersLogicalOperator"]});
    let dependency: Dependency =
        match Decoder::of::<Dependency>().decode(text.to_string().as_bytes()) {
            Ok(dependency) => dependency,
            Err(error) => return json!({"pass": false, "error": error.to_string()}),
        };
    let filter =
        Filter::compile_unchecked(&dependency, &FieldPath::root(), &mut Problems::default());
    match filter.check(&events::event(&input["event"])) {
        Verdict::Passed => json!({"pass": true, "error": null}),
        Verdict::Rejected(_) => json!({"pass": false, "error": null}),
        Verdict::Failed(reason) => json!({"pass": false, "error": reason.as_ref()}),
    }
}

/// Cuts what parsers of others say; what is left is the reference's own.
fn comparable(error: &Value) -> Value {
    let Some(text) = error.as_str() else {
        return error.clone();
    };
    match text.find("error parsing regexp: ") {
        Some(start) => text[..start].into(),
        None => text.into(),
    }
}
