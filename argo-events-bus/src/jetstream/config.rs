//! What a manifest says of a JetStream bus, for validation and for the client.
//!
//! The fields are those of [`argo_events_core::api`], which controller and validation share; how a
//! cluster is set up is no business of a client.

use super::settings::StreamSettings;
use argo_events_core::{FieldPath, Problem, Problems, Severity, api, registry::BusConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of a bus on NATS JetStream servers that exist.
///
/// ```
/// use argo_events_bus::JetStreamConfig;
///
/// let config: JetStreamConfig = serde_json::from_str(r#"{ "url": "nats://nats:4222" }"#)?;
/// assert_eq!(config.0.url, "nats://nats:4222");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct JetStreamConfig(pub api::JetStreamExoticBus);

/// Settings of a JetStream cluster that the controller sets up; a client only validates them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ManagedJetStreamConfig(pub api::JetStreamBus);

impl BusConfig for JetStreamConfig {
    const KIND: &'static str = "jetstreamExotic";
    const FEATURE: &'static str = "jetstream";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        problems.require(path.field("url"), &self.0.url);
        settings(self.0.stream_config.as_deref(), path, problems);
        if let Some(tls) = &self.0.tls {
            certificates(tls, &path.field("tls"), problems);
        }
    }
}

impl BusConfig for ManagedJetStreamConfig {
    const KIND: &'static str = "jetstream";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        settings(self.0.stream_config.as_deref(), path, problems);
    }
}

fn settings(text: Option<&str>, path: &FieldPath, problems: &mut Problems) {
    if let Err(reason) = StreamSettings::read(text.unwrap_or_default()) {
        problems.error(path.field("streamConfig"), reason);
    }
}

fn certificates(tls: &api::BusTls, path: &FieldPath, problems: &mut Problems) {
    let (lone, other) = match (&tls.client_cert_secret, &tls.client_key_secret) {
        (Some(_), None) => ("clientCertSecret", "clientKeySecret"),
        (None, Some(_)) => ("clientKeySecret", "clientCertSecret"),
        _ => return,
    };
    let message = format!("needs {other} beside it, and is not used without");
    let problem = Problem::new(Severity::Warning, path.field(lone), message);
    problems.push(problem.help("a client proves who it is with a certificate and its key"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let config: JetStreamConfig = serde_json::from_str(text).unwrap();
        let mut problems = Problems::default();
        config.validate(&FieldPath::root(), &mut problems);
        problems
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect()
    }

    #[test]
    fn mistakes_are_found_before_anything_connects() {
        assert!(problems(r#"{"url":"nats://a:4222","streamConfig":"maxBytes: 1GB"}"#).is_empty());
        let found = problems(
            r#"{"streamConfig":"maxBytes: 1ZB","tls":{"clientKeySecret":{"name":"a","key":"b"}}}"#,
        );
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[1].starts_with("streamConfig: maxBytes"), "{found:?}");
        assert!(
            found[2].starts_with("tls.clientKeySecret: needs clientCertSecret"),
            "{found:?}"
        );
    }
}
