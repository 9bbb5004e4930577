//! Family `gojson`: values and documents through Go's JSON encoder.

use crate::{Outcome, vectors};
use argo_events_expr::gojson::{
    self, Error, compact, encode_bytes_into, encode_f32_into, encode_f64_into, indent,
    raw_message_into, recode, recode_object,
};
use serde_json::Value;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if vector["op"] == "valid" {
        let document = vectors::bytes(vector, "json").unwrap_or_default();
        return Outcome::compare(vector["want"].as_bool(), Some(gojson::valid(&document)));
    }
    match (run(vector), vectors::bytes(vector, "message")) {
        (Ok(_), Some(message)) => Outcome::failed(lossy(&message), "no error"),
        (Err(error), Some(message)) => Outcome::compare(lossy(&message), error.to_string()),
        (Err(error), None) => Outcome::failed(vector["want"].to_string(), error.to_string()),
        (Ok(got), None) => {
            let want = vectors::bytes(vector, "want").unwrap_or_default();
            if want == got {
                Outcome::Passed
            } else {
                Outcome::failed(lossy(&want), lossy(&got))
            }
        }
    }
}

fn run(vector: &Value) -> Result<Vec<u8>, Error> {
    let bytes = |field| vectors::bytes(vector, field).unwrap_or_default();
    let bits = || u64::from_str_radix(vector["bits"].as_str().unwrap_or_default(), 16).unwrap_or(0);
    let mut out = Vec::new();
    match vector["op"].as_str().unwrap_or_default() {
        "float64" => encode_f64_into(&mut out, f64::from_bits(bits()))?,
        "float32" => encode_f32_into(&mut out, f32::from_bits(bits() as u32))?,
        "string" => return Ok(gojson::encode_string(bytes("in"))),
        "bytes" => encode_bytes_into(&mut out, vectors::bytes(vector, "in").as_deref()),
        "recode" => return recode_object(&bytes("json")),
        "recodeAny" => return recode(&bytes("json")),
        "compact" => return compact(&bytes("json")),
        "indent2" => return indent(&bytes("json"), "  "),
        "rawMessage" => {
            out.extend_from_slice(b"{\"r\":");
            raw_message_into(&mut out, &bytes("json"))?;
            out.push(b'}');
        }
        other => out.extend_from_slice(format!("unknown op {other}").as_bytes()),
    }
    Ok(out)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
