//! The messages of the API server: an `AdmissionReview` with a question, and one with the answer.

use super::rules::{Operation, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};

/// A question of the API server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review {
    api_version: String,
    pub(super) request: Request,
}

/// What somebody wants to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    uid: String,
    pub(super) kind: Kind,
    pub(super) operation: Operation,
    #[serde(default)]
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) name: String,
    /// The object as it would be.
    #[serde(default)]
    pub(super) object: Value,
    /// The object as it is.
    #[serde(default)]
    pub(super) old_object: Value,
}

/// What the object is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Kind {
    pub(super) kind: String,
}

impl Review {
    /// Writes the answer.
    pub(super) fn answer(&self, verdict: &Verdict) -> Value {
        let mut response = json!({ "uid": self.request.uid, "allowed": verdict.is_allowed() });
        if !verdict.is_allowed() {
            response["status"] = json!({
                "status": "Failure",
                "message": verdict.message,
                "reason": "BadRequest",
                "code": 400,
            });
        }
        if !verdict.warnings.is_empty() {
            response["warnings"] = json!(verdict.warnings);
        }
        // The answer is of the version that was asked in, which is `v1` for what we register.
        json!({
            "apiVersion": self.api_version,
            "kind": "AdmissionReview",
            "response": response,
        })
    }
}
