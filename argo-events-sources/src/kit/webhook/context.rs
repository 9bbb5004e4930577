//! What manifests say about every kind of webhook.

use crate::http::{Pattern, Port};
use argo_events_core::{FieldPath, Problem, Problems, secret::KeySelector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a webhook listens, and whom it lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookContext {
    /// Path to listen on, such as `/orders`; `{name}` and `{name:expression}` stand for anything.
    pub endpoint: String,
    /// Method of requests: `GET` or `POST`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Port to listen on; several events may share one.
    pub port: String,
    /// Public address of the port, for registration with the provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Certificate chain in PEM text; with the key it makes the port speak TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_cert_secret: Option<KeySelector>,
    /// Private key in PEM text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_key_secret: Option<KeySelector>,
    /// Added to every event as `metadata`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Bearer token that callers must present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_secret: Option<KeySelector>,
    /// Most bytes of a body; 1048576 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payload_size: Option<i64>,
}

impl WebhookContext {
    /// Most bytes of a body where the manifest does not say.
    pub const MAX_PAYLOAD_SIZE: i64 = 1024 * 1024;

    /// Returns the most bytes of a body; a negative setting is zero.
    pub fn max_body_bytes(&self) -> usize {
        let most = self
            .max_payload_size
            .unwrap_or(Self::MAX_PAYLOAD_SIZE)
            .max(0);
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// Reports what is wrong.
    pub fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        self.validate_endpoint(&path.field("endpoint"), problems);
        self.validate_port(&path.field("port"), problems);
        if self.server_cert_secret.is_some() != self.server_key_secret.is_some() {
            let message = "needs serverKeySecret and serverCertSecret; with one alone the port speaks plain HTTP";
            problems.warning(path.field("serverCertSecret"), message);
        }
        if self.max_payload_size.is_some_and(|most| most <= 0) {
            let message = "refuses every body; leave it out for 1048576 bytes";
            problems.warning(path.field("maxPayloadSize"), message);
        }
    }

    fn validate_endpoint(&self, path: &FieldPath, problems: &mut Problems) {
        if self.endpoint.is_empty() {
            let problem = Problem::error(path.clone(), "endpoint can't be empty");
            return problems.push(problem.help("write a path such as /orders"));
        }
        if let Err(error) = Pattern::parse(&self.endpoint) {
            return problems.error(path.clone(), format!("{:?} {error}", self.endpoint));
        }
        if !self.endpoint.starts_with('/') {
            let message = format!("begins without a slash; /{} is served", self.endpoint);
            problems.warning(path.clone(), message);
        }
    }

    fn validate_port(&self, path: &FieldPath, problems: &mut Problems) {
        if self.port.is_empty() {
            let problem = Problem::error(path.clone(), "port can't be empty");
            return problems.push(problem.help("write a number such as \"12000\""));
        }
        if let Err(error) = Port::parse(&self.port) {
            problems.error(path.clone(), error.message());
        }
    }
}
