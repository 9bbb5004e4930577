//! Family `jq`: programs that make an object of an object.

use crate::{Outcome, vectors};
use argo_events_expr::{
    gojson,
    jq::{CompileErrorKind, Program, ReshapeError, Settings},
};
use serde_json::Value;

/// What the reference says of every result that is no object, errors included.
const NO_OBJECT: &str = "jq transformation output must be a JSON object";

/// What the reference says if there is no result.
const NO_OUTPUT: &str = "no output available from the jq command execution";

/// Functions whose results may differ in the last digit.
const TRANSCENDENTAL: [&str; 14] = [
    "sin", "cos", "tan", "exp", "log", "pow", "gamma", "erf", "j0", "j1", "y0", "y1", "jn", "yn",
];

/// How a run ended: the reference's stage and message, and the error that it hides.
struct Failure {
    stage: &'static str,
    message: String,
    detail: String,
}

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = vectors::bytes(vector, "input").unwrap_or_default();
    let query = vector["query"].as_str().unwrap_or_default();
    let text = |name: &str| vector[name].as_str().unwrap_or_default();
    match run(query, &input) {
        Ok(got) => {
            let Some(wanted) = vectors::bytes(vector, "want") else {
                return Outcome::failed(text("message"), String::from_utf8_lossy(&got));
            };
            agree(query, &wanted, &got)
        }
        Err(failure) if vector["error"] == true => {
            let wanted = [text("stage"), text("message"), text("detail")];
            let got = [failure.stage, &failure.message, &failure.detail];
            Outcome::compare(wanted.join(" | ").as_str(), &got.join(" | "))
        }
        Err(failure) => Outcome::failed(
            vector["want"].to_string(),
            format!("{} {}", failure.message, failure.detail),
        ),
    }
}

fn run(query: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |stage, message: &str, detail: String| Failure {
        stage,
        message: message.to_owned(),
        detail,
    };
    // The reference reads the document before the program.
    let empty =
        Program::compile("{}").map_err(|error| failed("parse", &error.message, String::new()))?;
    if let Err(ReshapeError::Input(error)) = empty.reshape(input, &Settings::default()) {
        let stage = match error {
            gojson::Error::Syntax { .. } => "",
            _ => "input",
        };
        return Err(failed(stage, &error.to_string(), String::new()));
    }
    let program = Program::compile(query).map_err(|error| match error.kind {
        CompileErrorKind::Syntax => failed("parse", &error.message, String::new()),
        // Names are looked up when the program runs, and the error is hidden.
        _ => failed("type", NO_OBJECT, error.message),
    })?;
    program
        .reshape(input, &Settings::default())
        .map_err(|error| match error {
            ReshapeError::Run(error) => failed("type", NO_OBJECT, error.to_string()),
            ReshapeError::NoOutput => failed("run", NO_OUTPUT, String::new()),
            ReshapeError::Output(error) => failed("encode", &error.to_string(), String::new()),
            _ => failed("type", NO_OBJECT, String::new()),
        })
}

/// Compares results byte for byte, but for the last digits of transcendental functions.
fn agree(query: &str, wanted: &[u8], got: &[u8]) -> Outcome {
    let is_inexact = TRANSCENDENTAL.iter().any(|name| query.contains(name));
    if is_inexact
        && let (Ok(wanted), Ok(got)) = (serde_json::from_slice(wanted), serde_json::from_slice(got))
        && nearly(&wanted, &got)
    {
        return Outcome::Passed;
    }
    let (wanted, got) = (
        String::from_utf8_lossy(wanted),
        String::from_utf8_lossy(got),
    );
    Outcome::compare(&*wanted, &got)
}

fn nearly(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Array(wanted), Value::Array(got)) => {
            let mut pairs = wanted.iter().zip(got);
            wanted.len() == got.len() && pairs.all(|(wanted, got)| nearly(wanted, got))
        }
        (Value::Object(wanted), Value::Object(got)) => {
            let same = |(name, wanted)| got.get(name).is_some_and(|got| nearly(wanted, got));
            wanted.len() == got.len() && wanted.iter().all(same)
        }
        _ => match (wanted.as_f64(), got.as_f64()) {
            (Some(wanted), Some(got)) => (wanted - got).abs() <= wanted.abs() * 1e-12,
            _ => wanted == got,
        },
    }
}
