//! Whether an object is right, as the admission webhook and the command find it.

use crate::{Settings, object};
use argo_events::manifest::{Checks, Diagnostic, Manifests};
use argo_events_core::{Severity, problem::Step};
use serde_json::{Value, json};

/// Finds what is wrong with an object, in its spec and in its name; nothing if it is right.
///
/// What was found to be right and has not changed since is not looked at again: with thousands of
/// objects, that is most of the work there is.
pub(crate) fn errors(object: &Value, settings: &Settings) -> Vec<Diagnostic> {
    if is_known_to_be_right(object) {
        return Vec::new();
    }
    let mut bare = json!({
        "apiVersion": argo_events_core::api::API_VERSION,
        "kind": object["kind"],
        "metadata": { "name": object["metadata"]["name"] },
        "spec": object["spec"],
    });
    if bare["spec"].is_null() {
        bare["spec"] = json!({});
    }
    let text = [("", bare.to_string())];
    let (_, found) = Manifests::checked(text, &settings.registry, &Checks::of_a_part());
    found
        .into_iter()
        .filter(|one| one.severity == Severity::Error)
        .collect()
}

/// Tells whether the status says so of the object as it is.
///
/// Each condition is asked when it was found out: the generation of the whole status moves with any
/// one of them.
fn is_known_to_be_right(object: &Value) -> bool {
    let generation = object::generation(object);
    let conditions = object["status"]["conditions"].as_array();
    let conditions = conditions.into_iter().flatten();
    let mut examined = conditions
        .filter(|one| one["type"] != "Deployed")
        .peekable();
    generation.is_some()
        && examined.peek().is_some()
        && examined
            .all(|one| one["status"] == "True" && one["observedGeneration"].as_i64() == generation)
}

/// Says what is wrong, for the message of a condition.
pub(crate) fn message<'a>(errors: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    /// A message that is read in a terminal need not have everything.
    const MOST: usize = 10;
    let mut lines: Vec<String> = errors.into_iter().map(line).collect();
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("; ")
}

fn line(error: &Diagnostic) -> String {
    let path = error.path.to_string();
    let at = if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    };
    match &error.help {
        Some(help) => format!("{at}{} ({help})", error.message),
        None => format!("{at}{}", error.message),
    }
}

/// Tells whether an error is about a member of the spec.
pub(crate) fn is_about(error: &Diagnostic, member: &str) -> bool {
    let field = |step: &Step, name: &str| matches!(step, Step::Field(field) if field == name);
    matches!(error.path.steps(), [spec, second, ..] if field(spec, "spec") && field(second, member))
}
