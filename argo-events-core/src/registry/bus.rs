//! Descriptors of event buses.

use super::{Register, Registry, decode, decode_or_fail, not_compiled, replace};
use crate::{Clock, EventBus, FieldPath, Problems, Result, SecretSource};
use futures::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};

/// The configuration of a kind of bus. Always compiled, so that manifests can be validated.
pub trait BusConfig: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// Key under `spec`, such as `jetstreamExotic`.
    const KIND: &'static str;
    /// Cargo feature that compiles the client in.
    const FEATURE: &'static str = Self::KIND;

    /// Reports what is wrong beyond types.
    fn validate(&self, path: &FieldPath, problems: &mut Problems);
}

/// What a bus is made of, beside its configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BusBuild {
    /// Name of the EventBus.
    pub name: String,
    /// Namespace; empty without a cluster.
    pub namespace: String,
    /// Name of this replica, such as its pod's, if no other living process, nor another bus of this one, has it.
    pub replica: Option<String>,
    /// Where an embedded bus keeps its files.
    pub data_directory: PathBuf,
    /// Where secrets are found.
    pub secrets: Arc<dyn SecretSource>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl BusBuild {
    /// Makes the surroundings of a bus without a namespace.
    pub fn new(
        name: impl Into<String>,
        data_directory: impl Into<PathBuf>,
        secrets: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (name, namespace) = (name.into(), String::new());
        Self {
            name,
            namespace,
            replica: None,
            data_directory: data_directory.into(),
            secrets,
            clock,
        }
    }
}

/// A configuration that can be turned into a bus in this build.
pub trait BuildBus: BusConfig {
    /// Opens the bus.
    ///
    /// # Errors
    /// Permanent for a bad configuration, transient when the server cannot be reached.
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>>;
}

type Build = fn(&Value, BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>>;

/// What the registry knows about a kind of bus.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BusDescriptor {
    /// Key under `spec`.
    pub kind: &'static str,
    /// Cargo feature.
    pub feature: &'static str,
    /// Makes the schema of the configuration.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    validate: fn(&Value, &FieldPath, &mut Problems),
    build: Option<Build>,
}

impl BusDescriptor {
    /// Describes a kind that this build can run.
    pub fn of<C: BuildBus>() -> Self {
        let build: Build = |value, build| match decode_or_fail::<C>(value, C::KIND) {
            Ok(config) => config.build(build),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        };
        Self {
            build: Some(build),
            ..Self::config_only::<C>()
        }
    }

    /// Describes a kind that this build can validate, but not run.
    pub fn config_only<C: BusConfig>() -> Self {
        Self {
            kind: C::KIND,
            feature: C::FEATURE,
            schema: |generator| generator.subschema_for::<C>(),
            validate: |value, path, problems| {
                if let Some(config) = decode::<C>(value, path, problems) {
                    config.validate(path, problems);
                }
            },
            build: None,
        }
    }

    /// Tells whether this build can run the kind.
    pub fn is_available(&self) -> bool {
        self.build.is_some()
    }

    /// Reports what is wrong with a configuration.
    pub fn validate(&self, config: &Value, path: &FieldPath, problems: &mut Problems) {
        (self.validate)(config, path, problems);
    }

    /// Opens the bus.
    ///
    /// # Errors
    /// `ConfigInvalid` for a bad configuration, `Unsupported` when the feature is off, or the bus's own.
    pub async fn build(&self, config: &Value, build: BusBuild) -> Result<Arc<dyn EventBus>> {
        (self
            .build
            .ok_or_else(|| not_compiled(self.kind, self.feature))?)(config, build)
        .await
    }
}

impl Register for BusDescriptor {
    fn register(self, registry: &mut Registry) {
        let entries = (&mut registry.buses, &mut registry.derived);
        replace(entries, self, |a, b| a.kind == b.kind);
    }
}
