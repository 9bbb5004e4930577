//! Family `sjson`: values written by paths.

use crate::{Outcome, exceptions::SJSON_PADDING, vectors};
use argo_events_expr::{
    gojson,
    sjson::{Error, Path},
};
use serde_json::Value;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let want = vectors::bytes(vector, "want").unwrap_or_default();
    match (run(vector), vector["error"] == true) {
        (Err(Error::Padding { .. }), false) => SJSON_PADDING.require(vector, Ok(())),
        (Err(_), true) => Outcome::Passed,
        (Err(error), false) => Outcome::failed(lossy(&want), error.to_string()),
        (Ok(got), true) => Outcome::failed(vector["message"].to_string(), lossy(&got)),
        (Ok(got), false) if got == want => Outcome::Passed,
        (Ok(got), false) => Outcome::failed(lossy(&want), lossy(&got)),
    }
}

fn run(vector: &Value) -> Result<Vec<u8>, Error> {
    let field = |name| vectors::bytes(vector, name).unwrap_or_default();
    let path = Path::parse(field("path"))?;
    match vector["op"].as_str() {
        Some("set") => path.set(
            field("json"),
            &gojson::decode(&field("value")).map_err(Error::Value)?,
        ),
        Some("setRaw") => path.set_raw(field("json"), field("value")),
        _ => path.delete(field("json")),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
