//! What the HTTP trigger is configured with.

use crate::param::{Parameters, Purpose};
use argo_events_core::{
    FieldPath, Problem, Problems,
    api::Parameter,
    registry::TriggerConfig,
    secret::{KeySelector, ValueFrom},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Methods that a manifest may name; parameters may set any other.
const METHODS: [&str; 5] = ["GET", "DELETE", "PATCH", "POST", "PUT"];

/// Sends an HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpConfig {
    /// Where to send the request; `http` or `https`.
    pub url: String,
    /// Builds the body; without it the request has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Vec<Parameter>>,
    /// TLS; without it the system's authorities are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
    /// Method; `POST` if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Edit this configuration before it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
    /// Seconds that the request and its redirects may take; 60 if absent or not positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
    /// Credentials sent as Basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_auth: Option<BasicAuth>,
    /// Headers. Their names are sent in the given case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Headers whose values come from secrets and config maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_headers: Option<Vec<SecureHeader>>,
    /// Headers whose values come from events; `dest` is the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_headers: Option<Vec<Parameter>>,
    /// Sent as `Host` instead of the host of the URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Whether `Idempotency-Key` (the id of the firing) and `traceparent` are sent too; they are if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing_headers: Option<bool>,
}

/// A header whose value is kept in a secret or config map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecureHeader {
    /// Name of the header.
    pub name: String,
    /// Where its value is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ValueFrom>,
}

/// Credentials; what is absent counts as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BasicAuth {
    /// Key of a secret that holds the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<KeySelector>,
    /// Key of a secret that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<KeySelector>,
}

/// What is trusted, and with which certificate we show ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsConfig {
    /// Key of a secret with the certificates to trust, in PEM; the system's are not trusted then.
    #[serde(rename = "caCertSecret", skip_serializing_if = "Option::is_none")]
    pub ca_cert_secret: Option<KeySelector>,
    /// Key of a secret with our certificate, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert_secret: Option<KeySelector>,
    /// Key of a secret with our key, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_secret: Option<KeySelector>,
    /// Trusts every certificate; everything else here is ignored then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure_skip_verify: bool,
    /// Allows to name no certificate at all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub enabled: bool,
}

impl TlsConfig {
    /// Says what is wrong, if anything is.
    pub fn mistake(&self) -> Option<&'static str> {
        let (certificate, key) = (&self.client_cert_secret, &self.client_key_secret);
        if self.insecure_skip_verify {
            return None;
        }
        match (&self.ca_cert_secret, certificate, key) {
            (None, None, None) if !self.enabled => Some(
                "name caCertSecret, or clientCertSecret and clientKeySecret, or set enabled: true",
            ),
            (_, Some(_), None) | (_, None, Some(_)) => {
                Some("clientCertSecret and clientKeySecret must both be there")
            }
            _ => None,
        }
    }
}

impl TriggerConfig for HttpConfig {
    const KIND: &'static str = "http";
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        problems.require(path.field("url"), &self.url);
        problems.one_of(path.field("method"), &self.method, &METHODS);
        if let Some(mistake) = self.tls.as_ref().and_then(TlsConfig::mistake) {
            problems.error(path.field("tls"), mistake);
        }
        for (name, list, purpose) in [
            ("payload", &self.payload, Purpose::Payload),
            ("parameters", &self.parameters, Purpose::Edit),
            ("dynamicHeaders", &self.dynamic_headers, Purpose::Names),
        ] {
            let list = list.as_deref().unwrap_or_default();
            if let Err(found) = Parameters::compile(list, purpose, None, &path.field(name)) {
                problems.extend(found);
            }
        }
        for (index, header) in self.secure_headers.iter().flatten().enumerate() {
            header.validate(&path.field("secureHeaders").index(index), problems);
        }
    }
}

impl SecureHeader {
    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        problems.require(path.field("name"), &self.name);
        let names_key =
            |from: &ValueFrom| from.secret_key_ref.is_some() || from.config_map_key_ref.is_some();
        if !self.value_from.as_ref().is_some_and(names_key) {
            let problem = Problem::error(
                path.field("valueFrom"),
                "names neither a secret nor a config map",
            );
            problems.push(problem.help("write {secretKeyRef: {name: …, key: …}}"));
        }
    }
}
