//! Family `params`: values taken from events and where they are written.

use super::events;
use crate::{Outcome, exceptions::sensor::TEMPLATE_HERMETIC};
use argo_events_core::{
    FieldPath, Firing, Problems, Registry, Result,
    api::{Parameter, ParameterSource},
};
use argo_events_expr::gjson::Kind;
use argo_events_sensor::{
    kubernetes::Object,
    param::{Documents, Parameters, Purpose, Source},
    trigger::{self, Templates, decode::Decoder},
};
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    if [
        &input["src"],
        &input["params"],
        &input["trigger"]["parameters"],
    ]
    .into_iter()
    .any(events::lacks_templates)
    {
        return Outcome::Waits("templates: issue 4");
    }
    if let Some(kind) = untyped_kind(input) {
        return Outcome::Waits(kind);
    }
    let firing = events::firing(&input["events"], "sensor-x", "trg");
    let got = match input["call"].as_str() {
        Some("resolve") => resolve(&input["src"], &firing),
        Some("applyParams") => apply(input, &firing).map(|object| events::byte_string(&object)),
        Some("constructPayload") => payload(&input["params"], &firing),
        Some("applyTemplateParameters") => template(&input["trigger"], &firing),
        Some("applyResourceParameters") => resource(input, &firing),
        other => return Outcome::failed("a known call", format!("{other:?}")),
    };
    match compare(vector, got) {
        Outcome::Failed { .. } if (TEMPLATE_HERMETIC.applies)(vector) => {
            TEMPLATE_HERMETIC.require(vector, hermetic(vector, &firing))
        }
        outcome => outcome,
    }
}

/// Checks that a source gives what it gives without its template.
fn hermetic(vector: &Value, firing: &Firing) -> std::result::Result<(), String> {
    let source = &vector["in"]["src"];
    let given = resolve(source, firing);
    let mut without = source.clone();
    for template in ["dataTemplate", "contextTemplate"] {
        if !source[template].is_null() {
            without[template] = "{{ fail }}".into();
        }
    }
    let required = resolve(&without, firing);
    match (required, given) {
        (Err(_), Err(_)) => Ok(()),
        (Ok(required), Ok(given)) if required == given => Ok(()),
        (_, given) => Err(format!("{given:?}")),
    }
}

fn compare(vector: &Value, got: Result<Value>) -> Outcome {
    let wants_error = vector["error"] == true;
    match got {
        Err(_) if wants_error && vector["panic"] == true => Outcome::Passed,
        Err(error) if wants_error => {
            let (wanted, got) = (
                own_text(vector["message"].as_str()),
                own_text(Some(error.message())),
            );
            if wanted.is_none() || wanted == got {
                Outcome::Passed
            } else {
                Outcome::failed(vector["message"].to_string(), error.message())
            }
        }
        Err(error) => Outcome::failed(vector["want"].to_string(), error.to_string()),
        Ok(got) if wants_error => Outcome::failed(vector["message"].to_string(), got.to_string()),
        Ok(got) => compare_values(&vector["want"], &got),
    }
}

/// Texts of the reference's own; those of decoders, parsers and path writers are not compared.
fn own_text(message: Option<&str>) -> Option<&str> {
    let message = message?;
    let own = ["unable to resolve", "event data is not", "unsupported"];
    own.iter()
        .any(|start| message.starts_with(start))
        .then_some(message)
}

fn compare_values(wanted: &Value, got: &Value) -> Outcome {
    match (wanted["template"].as_str(), got.get("template")) {
        (Some(text), Some(template)) => {
            let wanted: Value = serde_json::from_str(text).unwrap_or_default();
            Outcome::compare(without_empties(wanted), without_empties(template.clone()))
        }
        _ => Outcome::compare(wanted.clone(), got.clone()),
    }
}

/// Removes what the reference writes even where it is absent.
fn without_empties(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    match value {
        Value::Object(members) => {
            let cleared = members
                .into_iter()
                .map(|(name, member)| (name, without_empties(member)));
            Value::Object(cleared.filter(|(_, member)| !is_empty(member)).collect())
        }
        Value::Array(elements) => elements.into_iter().map(without_empties).collect(),
        other => other,
    }
}

fn resolve(source: &Value, firing: &Firing) -> Result<Value> {
    let source = Decoder::of::<ParameterSource>().decode(source.to_string().as_bytes())?;
    let mut problems = Problems::default();
    let source = Source::compile(&source, None, &FieldPath::root(), &mut problems);
    let found = source.resolve(firing, &mut Documents::default())?;
    Ok(match found {
        None => json!({"type": "String", "value": null}),
        Some(found) => json!({"type": name_of(found.kind), "value": events::text(&found.text)}),
    })
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "Null",
        Kind::False => "False",
        Kind::Number => "Number",
        Kind::String => "String",
        Kind::True => "True",
        Kind::Json => "JSON",
    }
}

fn compile(list: &Value, purpose: Purpose) -> Result<Parameters> {
    let list = if list.is_null() {
        json!([])
    } else {
        list.clone()
    };
    let list: Vec<Parameter> =
        Decoder::of::<Vec<Parameter>>().decode(list.to_string().as_bytes())?;
    let mut problems = Problems::default();
    Ok(Parameters::compile_unchecked(
        &list,
        purpose,
        None,
        &FieldPath::root(),
        &mut problems,
    ))
}

fn apply(input: &Value, firing: &Firing) -> Result<Vec<u8>> {
    let object = match input["object"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => events::bytes(&input["object"]).unwrap_or_default(),
    };
    compile(&input["params"], Purpose::Edit)?.apply(object, firing)
}

fn resource(input: &Value, firing: &Firing) -> Result<Value> {
    let object = Object::read(input["object"].as_str().unwrap_or_default().as_bytes())?;
    // What comes from an artifact has doubles for numbers.
    let object = object.with_doubles();
    let edited = object.edited(&compile(&input["params"], Purpose::Edit)?, firing)?;
    Ok(events::byte_string(edited.to_json().trim_ascii_end()))
}

fn payload(list: &Value, firing: &Firing) -> Result<Value> {
    let payload = compile(list, Purpose::Payload)?.payload(firing)?;
    Ok(payload.map_or(Value::Null, |payload| events::byte_string(&payload)))
}

fn template(trigger: &Value, firing: &Firing) -> Result<Value> {
    let registry = trigger::descriptors()
        .into_iter()
        .fold(Registry::default(), Registry::with);
    let templates = Templates::new(&registry);
    let text = match &trigger["template"] {
        Value::Null => b"null".to_vec(),
        template => serde_json::to_vec(&templates.read(template.to_string().as_bytes())?)
            .unwrap_or_default(),
    };
    let edited = compile(&trigger["parameters"], Purpose::Edit)?.apply(text, firing)?;
    if edited == b"null" {
        return Ok(json!({ "template": null }));
    }
    Ok(json!({ "template": templates.read(&edited)? }))
}

/// Says which kind of trigger a vector needs whose fields have no types yet.
fn untyped_kind(input: &Value) -> Option<&'static str> {
    if input["call"] != "applyTemplateParameters" {
        return None;
    }
    let text = input["trigger"].to_string().to_ascii_lowercase();
    let untyped = [
        "argoworkflow",
        "awslambda",
        "azureeventhubs",
        "azureservicebus",
        "kafka",
        "pulsar",
        "nats",
        "slack",
        "openwhisk",
        "custom",
        "email",
    ];
    let names =
        |kind: &&str| text.contains(&format!("\"{kind}\"")) || text.contains(&format!("\"{kind}."));
    untyped
        .iter()
        .any(names)
        .then_some("types of the fields of other kinds of triggers")
}
