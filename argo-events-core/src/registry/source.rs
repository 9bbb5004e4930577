//! Descriptors of event sources.

use super::{Register, Registry, decode, decode_or_fail, not_compiled, replace};
use crate::{EventSource, FieldPath, Problems, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::Arc;

/// Whether replicas of a source may run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Every replica serves; somebody outside spreads the load.
    Replicated,
    /// One replica runs, the others wait.
    Single,
}

/// The configuration of a kind of source. Always compiled, so that manifests can be validated.
pub trait SourceConfig: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// Key under `spec`, such as `pubSub`.
    const KIND: &'static str;
    /// Type token of its events, such as `pubsub`.
    const EVENT_TYPE: &'static str = Self::KIND;
    /// Cargo feature that compiles the client in.
    const FEATURE: &'static str = Self::KIND;
    /// Whether replicas may run side by side.
    const PLACEMENT: Placement;
    /// A manifest entry that works, as YAML.
    const EXAMPLE: &'static str = "";

    /// Reports what is wrong beyond types.
    fn validate(&self, path: &FieldPath, problems: &mut Problems);
}

/// A configuration that can be turned into a source in this build.
pub trait BuildSource: SourceConfig {
    /// Makes the source. Does no I/O.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for what `validate` would have reported.
    fn build(self) -> Result<Arc<dyn EventSource>>;
}

type Build = fn(&Value) -> Result<Arc<dyn EventSource>>;

/// What the registry knows about a kind of source.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SourceDescriptor {
    /// Key under `spec`.
    pub kind: &'static str,
    /// Type token of its events.
    pub event_type: &'static str,
    /// Cargo feature.
    pub feature: &'static str,
    /// Whether replicas may run side by side.
    pub placement: Placement,
    /// A manifest entry that works.
    pub example: &'static str,
    /// Makes the schema of the configuration.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    validate: fn(&Value, &FieldPath, &mut Problems),
    build: Option<Build>,
}

impl SourceDescriptor {
    /// Describes a kind that this build can run.
    pub fn of<C: BuildSource>() -> Self {
        let build: Build = |value| decode_or_fail::<C>(value, C::KIND)?.build();
        Self {
            build: Some(build),
            ..Self::config_only::<C>()
        }
    }

    /// Describes a kind that this build can validate, but not run.
    pub fn config_only<C: SourceConfig>() -> Self {
        Self {
            kind: C::KIND,
            event_type: C::EVENT_TYPE,
            feature: C::FEATURE,
            placement: C::PLACEMENT,
            example: C::EXAMPLE,
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

    /// Makes the source.
    ///
    /// # Errors
    /// `ConfigInvalid` for a bad configuration, `Unsupported` when the feature is off; both permanent.
    pub fn build(&self, config: &Value) -> Result<Arc<dyn EventSource>> {
        (self
            .build
            .ok_or_else(|| not_compiled(self.kind, self.feature))?)(config)
    }
}

impl Register for SourceDescriptor {
    fn register(self, registry: &mut Registry) {
        let entries = (&mut registry.sources, &mut registry.derived);
        replace(entries, self, |a, b| a.kind == b.kind);
    }
}
