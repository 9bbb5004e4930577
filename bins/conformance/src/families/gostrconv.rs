//! Family `gostrconv`: numbers, booleans and quotes in Go's spelling.

use crate::{Outcome, vectors};
use argo_events_expr::{
    gjson::Found,
    gostrconv::{Error, FloatFormat, format_float, parse_bool, parse_float, parse_int, quote},
};
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let text = vectors::bytes(vector, "in").unwrap_or_default();
    match (
        run(vector["op"].as_str().unwrap_or_default(), &text),
        vector["message"].as_str(),
    ) {
        (Ok(got), None) => Outcome::compare(&vector["want"], &got),
        (Err(error), Some(message)) => Outcome::compare(message.to_owned(), error.to_string()),
        (got, _) => Outcome::failed(vector.to_string(), format!("{got:?}")),
    }
}

fn run(operation: &str, text: &[u8]) -> Result<Value, Error> {
    Ok(match operation {
        "parseFloat" => json!(format_float(parse_float(text)?, FloatFormat::General, None)),
        "parseBool" => json!(parse_bool(text)?),
        "parseInt" => json!(parse_int(text, 0)?.to_string()),
        "quote" => json!(quote(text)),
        "quoteThenGjson" => read_back(&quote(text)),
        other => json!(format!("unknown op {other}")),
    })
}

/// Reads a quoted text as a data filter reads the output of a template.
fn read_back(quoted: &str) -> Value {
    let found = Found::parse(quoted);
    let float = format_float(found.as_f64(), FloatFormat::General, None);
    json!({"str": found.text(), "bool": found.as_bool(), "float": float})
}
