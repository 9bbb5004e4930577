//! What manifests say about a gRPC server.

use crate::kit::ExpressionFilter;
use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{Placement, SourceConfig},
    secret::KeySelector,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Configures a source that listens to a gRPC server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GenericConfig {
    /// Address of the server, such as `localhost:8080`.
    pub url: String,
    /// What the server is told, as it is.
    pub config: String,
    /// Whether to speak without TLS.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Certificates, where those of the system do not do. Unknown to the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<GenericTls>,
    /// Bearer token for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_secret: Option<KeySelector>,
    /// Whether the server sends JSON, which becomes the body as it is; otherwise it becomes base64.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub json_body: bool,
    /// Added to every event as `metadata`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Drops events for which the expression does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExpressionFilter>,
}

/// Certificates in PEM text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GenericTls {
    /// Authority that vouches for the server, instead of those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_secret: Option<KeySelector>,
    /// Certificate to present to the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert_secret: Option<KeySelector>,
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_secret: Option<KeySelector>,
}

impl GenericConfig {
    /// Returns the address as a URI: with a scheme, and without what gRPC puts before host names.
    pub(super) fn uri(&self) -> String {
        let address = ["dns:///", "passthrough:///", "http://", "https://"]
            .iter()
            .find_map(|prefix| self.url.strip_prefix(prefix))
            .unwrap_or(&self.url);
        let scheme = if self.insecure { "http" } else { "https" };
        format!("{scheme}://{address}")
    }

    fn validate_tls(&self, path: &FieldPath, problems: &mut Problems) {
        let Some(tls) = &self.tls else {
            return;
        };
        if self.insecure {
            problems.warning(path.clone(), "is not used, because insecure is true");
        }
        if tls.client_cert_secret.is_some() != tls.client_key_secret.is_some() {
            problems.error(
                path.clone(),
                "clientCertSecret and clientKeySecret go together",
            );
        }
    }
}

impl SourceConfig for GenericConfig {
    const KIND: &'static str = "generic";
    const PLACEMENT: Placement = Placement::Single;
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        let url = path.field("url");
        if self.url.is_empty() {
            let problem = Problem::error(url, "server url can't be empty");
            problems.push(problem.help("write host and port, such as localhost:8080"));
        } else if let Err(error) = self.uri().parse::<http::Uri>() {
            problems.error(url, format!("{:?} is no address: {error}", self.url));
        }
        if self.config.is_empty() {
            problems.error(path.field("config"), "event source config can't be empty");
        }
        self.validate_tls(&path.field("tls"), problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_scheme_that_insecure_says() {
        let cases = [
            ("localhost:80", true, "http://localhost:80"),
            ("dns:///host:1", false, "https://host:1"),
            ("https://host:1", true, "http://host:1"),
        ];
        for (url, insecure, wanted) in cases {
            let config = GenericConfig {
                url: url.to_owned(),
                insecure,
                ..GenericConfig::default()
            };
            assert_eq!(config.uri(), wanted, "{url}");
        }
    }
}
