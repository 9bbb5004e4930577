//! Family `filter`: which events a dependency lets pass, and what is said of the others.

use super::events;
use crate::{Outcome, exceptions};
use argo_events_core::{FieldPath, Problems, api::Dependency};
use argo_events_expr::{
    gjson,
    language::{Input, Language, Limits},
};
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
    if vector["panic"] == true {
        return exceptions::sensor::EXPRESSION_MEMBERSHIP.require(vector, Ok(()));
    }
    if wanted == given {
        return Outcome::Passed;
    }
    differs(vector, &got)
        .unwrap_or_else(|| Outcome::failed(vector["want"].to_string(), got.to_string()))
}

/// Finds the rule by which a verdict differs.
fn differs(vector: &Value, got: &Value) -> Option<Outcome> {
    let rules = &exceptions::sensor::TEMPLATE_WHOLE;
    if (rules.applies)(vector) {
        let whole = verdict(&vector["in"], &spelled_out(&vector["in"]));
        let given = if whole == *got {
            Ok(())
        } else {
            Err(got.to_string())
        };
        return Some(rules.require(vector, given));
    }
    let rerun = |event: &[u8]| {
        let mut input = vector["in"].clone();
        input["event"]["data"] = events::byte_string(event);
        let got = verdict(&input, &input["filter"]);
        Outcome::compare(&vector["want"]["pass"], &got["pass"])
    };
    let is_script = is_text(&vector["in"]["filter"]["script"]);
    let by_script = is_script.then(|| {
        let text = got["error"].as_str().unwrap_or_default();
        exceptions::scripts::script(vector, text, rerun)
    });
    let by_script = by_script.flatten();
    if let Some(Outcome::Differs(_)) = by_script {
        return by_script;
    }
    let alone = |filter: &Value| verdict(&vector["in"], filter);
    exceptions::sensor::filter_alternatives(vector, got, alone).or(by_script)
}

/// Replaces the paths of entries with a template by what the template writes, as a literal.
fn spelled_out(input: &Value) -> Value {
    let mut filter = input["filter"].clone();
    let body = events::bytes(&input["event"]["data"]).unwrap_or_default();
    for entry in filter["data"].as_array_mut().into_iter().flatten() {
        let written = written(entry, &body);
        if let Some(text) = written.filter(|text| !text.is_empty()) {
            entry["path"] = format!("!{}", Value::from(text)).into();
            entry["template"] = Value::Null;
        }
    }
    filter
}

fn written(entry: &Value, body: &[u8]) -> Option<String> {
    let template = entry["template"].as_str().filter(|text| !text.is_empty())?;
    let found = gjson::get(body, entry["path"].as_str()?).ok()?;
    let template = Language::Template.compile(template, &Limits::default());
    let text = found.exists().then(|| found.text_bytes())?;
    let written = template
        .ok()?
        .run(Input::Text(&text))
        .ok()?
        .text()
        .into_owned();
    Some(written)
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// Says which language that this build lacks a filter needs.
fn waits(filter: &Value) -> Option<&'static str> {
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
    let is_own = ["data", "expr", "time"]
        .iter()
        .any(|group| text.starts_with(&format!("{group} filter error")));
    match text.find("error parsing regexp: ") {
        Some(start) => text[..start].into(),
        None if is_own => text.into(),
        None => "an error of a script".into(),
    }
}
