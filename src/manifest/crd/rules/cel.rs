//! Rules in CEL, made of the names of fields.

use super::Rule;
use argo_events_core::registry::Placement;
use argo_events_sources::kinds;
use serde_json::Value;

/// Names that CEL keeps for itself; as fields they are written between underscores.
const RESERVED: &[&str] = &["namespace", "package", "in", "as", "import", "function"];

/// Returns a rule and what to say if it does not hold; gives the field that the schema lacks.
pub(super) fn of(rule: Rule, schema: &Value) -> Result<(String, String), &'static str> {
    let given = |field| given(schema, field);
    Ok(match rule {
        Rule::Any(fields) => {
            let each: Result<Vec<_>, _> = fields.iter().map(|field| given(field)).collect();
            (
                each?.join(" || "),
                format!("one of {} is required", fields.join(", ")),
            )
        }
        Rule::NotBoth(one, other) => (
            format!("!({} && {})", given(one)?, given(other)?),
            format!("{one} and {other} cannot both be given"),
        ),
        Rule::Together(one, other) => (
            format!("({}) == ({})", given(one)?, given(other)?),
            format!("{one} and {other} go together"),
        ),
        Rule::Wants(one, other) => (
            format!("!({}) || {}", given(one)?, given(other)?),
            format!("{one} needs {other}"),
        ),
        Rule::Holds(rule, message) => (rule.to_owned(), message.to_owned()),
        other => unreachable!("{other:?} is no rule in CEL"),
    })
}

/// Asks whether a field is there and not empty.
fn given(schema: &Value, field: &'static str) -> Result<String, &'static str> {
    let name = escaped(field);
    match &schema["properties"][field] {
        Value::Null => Err(field),
        property => Ok(match property["type"].as_str() {
            Some("string") => format!("(has(self.{name}) && self.{name} != '')"),
            Some("array") => format!("(has(self.{name}) && size(self.{name}) > 0)"),
            Some("boolean") => format!("(has(self.{name}) && self.{name})"),
            _ => format!("has(self.{name})"),
        }),
    }
}

fn escaped(field: &str) -> String {
    if RESERVED.contains(&field) {
        format!("__{field}__")
    } else {
        field.to_owned()
    }
}

/// Returns the rule that kinds of either placement do not share an EventSource.
pub(super) fn placements() -> (String, String) {
    let any = |placement| {
        let kinds = kinds::ALL.iter().filter(|kind| kind.placement == placement);
        let filled = |key: &str| format!("(has(self.{key}) && size(self.{key}) > 0)");
        kinds
            .map(|kind| filled(kind.key))
            .collect::<Vec<_>>()
            .join(" || ")
    };
    let rule = format!(
        "!(({}) && ({}))",
        any(Placement::Replicated),
        any(Placement::Single)
    );
    let message = "sources of which every replica serves (such as webhook) and sources that run in \
                   one replica (such as calendar) cannot be in one EventSource";
    (rule, message.to_owned())
}
