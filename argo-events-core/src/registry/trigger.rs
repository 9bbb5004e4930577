//! Descriptors of triggers.

use super::{Clients, Register, Registry, decode, decode_or_fail, not_compiled, replace};
use crate::{Clock, FieldPath, Problems, Result, SecretSource, Trigger};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::Arc;

/// The configuration of a kind of trigger. Always compiled, so that manifests can be validated.
pub trait TriggerConfig: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// Key within a trigger's template, such as `http`.
    const KIND: &'static str;
    /// Cargo feature that compiles the client in.
    const FEATURE: &'static str = Self::KIND;
    /// A template that works, as YAML.
    const EXAMPLE: &'static str = "";

    /// Reports what is wrong beyond types.
    fn validate(&self, path: &FieldPath, problems: &mut Problems);
}

/// What a trigger is made of, beside its configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TriggerBuild {
    /// Name of the sensor.
    pub sensor: String,
    /// Namespace of the sensor; empty without a cluster.
    pub namespace: String,
    /// Name of the trigger.
    pub trigger: String,
    /// Where secrets and config maps are found.
    pub secrets: Arc<dyn SecretSource>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What triggers built one after another share, such as connections.
    pub clients: Clients,
}

impl TriggerBuild {
    /// Makes the surroundings of a trigger without a namespace.
    pub fn new(
        sensor: impl Into<String>,
        trigger: impl Into<String>,
        secrets: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sensor, trigger, namespace) = (sensor.into(), trigger.into(), String::new());
        Self {
            sensor,
            namespace,
            trigger,
            secrets,
            clock,
            clients: Clients::default(),
        }
    }
}

/// A configuration that can be turned into a trigger in this build.
pub trait BuildTrigger: TriggerConfig {
    /// Makes the trigger. Does no I/O; compiles every expression.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for what `validate` would have reported.
    fn build(self, build: &TriggerBuild) -> Result<Arc<dyn Trigger>>;
}

type Build = fn(&Value, &TriggerBuild) -> Result<Arc<dyn Trigger>>;

/// What the registry knows about a kind of trigger.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TriggerDescriptor {
    /// Key within a trigger's template.
    pub kind: &'static str,
    /// Cargo feature.
    pub feature: &'static str,
    /// A template that works.
    pub example: &'static str,
    /// Makes the schema of the configuration.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    validate: fn(&Value, &FieldPath, &mut Problems),
    build: Option<Build>,
}

impl TriggerDescriptor {
    /// Describes a kind that this build can run.
    pub fn of<C: BuildTrigger>() -> Self {
        let build: Build = |value, build| decode_or_fail::<C>(value, C::KIND)?.build(build);
        Self {
            build: Some(build),
            ..Self::config_only::<C>()
        }
    }

    /// Describes a kind that this build can validate, but not run.
    pub fn config_only<C: TriggerConfig>() -> Self {
        Self {
            kind: C::KIND,
            feature: C::FEATURE,
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

    /// Makes the trigger.
    ///
    /// # Errors
    /// `ConfigInvalid` for a bad configuration, `Unsupported` when the feature is off; both permanent.
    pub fn build(&self, config: &Value, build: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        (self
            .build
            .ok_or_else(|| not_compiled(self.kind, self.feature))?)(config, build)
    }
}

impl Register for TriggerDescriptor {
    fn register(self, registry: &mut Registry) {
        let entries = (&mut registry.triggers, &mut registry.derived);
        replace(entries, self, |a, b| a.kind == b.kind);
    }
}
