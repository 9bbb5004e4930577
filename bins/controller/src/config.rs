//! The configuration file of the controller, as the reference reads it.
//!
//! Usually the key `controller-config.yaml` of the ConfigMap `argo-events-controller-config`,
//! mounted under `/etc/argo-events`. Watching the file for changes is not done here.

use argo_events_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Config {
    /// Buses that the controller sets up.
    pub event_bus: Buses,
}

/// Buses that the controller sets up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Buses {
    /// NATS JetStream.
    pub jetstream: JetStream,
}

/// How JetStream is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JetStream {
    /// Settings of JetStream, as text of the server's configuration.
    pub settings: String,
    /// Settings of the stream, as YAML text.
    pub stream_config: String,
    /// Versions that may be asked for.
    pub versions: Vec<Version>,
}

/// A version of the server with the images it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Version {
    /// Name that an EventBus asks for it by.
    pub version: String,
    /// Image of the server.
    pub nats_image: String,
    /// Image of the container that serves metrics.
    pub metrics_exporter_image: String,
    /// Image of the container that watches the configuration.
    pub config_reloader_image: String,
    /// The server's program within its image.
    pub start_command: String,
}

impl Config {
    /// Reads the file's text. Fields that are not known are left alone, as the reference does.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, when it is no YAML, a field has the wrong type, or no version of
    /// JetStream is listed.
    pub fn from_yaml(text: &str) -> Result<Self> {
        let invalid = |message: String| {
            Error::permanent(ErrorKind::ConfigInvalid, message)
                .during("read the controller's configuration")
        };
        let value = argo_events::manifest::value_of(text)?;
        let config: Self =
            serde_json::from_value(value).map_err(|error| invalid(error.to_string()))?;
        if config.event_bus.jetstream.versions.is_empty() {
            let message = "eventBus.jetstream.versions lists no version".to_owned();
            return Err(invalid(message));
        }
        Ok(config)
    }

    /// Reads a configuration that was JSON all along.
    ///
    /// # Errors
    /// As [`Self::from_yaml`].
    pub fn from_json(value: &Value) -> Result<Self> {
        Self::from_yaml(&value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the reference's manifests have it.
    const FILE: &str = "
eventBus:
  nats:
    versions:
      - { version: 0.22.1, natsStreamingImage: stan, metricsExporterImage: exporter }
  jetstream:
    settings: |
      max_file_store: 1TB
    streamConfig: |
      maxMsgs: 50000
    versions:
      - version: latest
        natsImage: nats:2.10
        metricsExporterImage: exporter
        configReloaderImage: reloader
        startCommand: /nats-server
";

    #[test]
    fn the_file_of_the_reference_is_read() {
        let jetstream = Config::from_yaml(FILE).unwrap().event_bus.jetstream;
        assert_eq!(jetstream.settings, "max_file_store: 1TB\n");
        assert_eq!(jetstream.versions[0].nats_image, "nats:2.10");
        assert_eq!(jetstream.versions[0].start_command, "/nats-server");
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told() {
        let cases = [
            ("eventBus: {}", "lists no version"),
            ("eventBus: [1]", "invalid type"),
            ("a: b\n c: [", ""),
        ];
        for (text, wanted) in cases {
            let error = Config::from_yaml(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
