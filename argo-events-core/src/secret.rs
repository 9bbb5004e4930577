//! Secrets and config maps: how a manifest refers to them, and where they are found.

use crate::{Error, ErrorKind, Result};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A value that is never shown: neither by `Debug` nor by `Display`.
///
/// ```
/// use argo_events_core::Secret;
///
/// let token = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{token:?}"), "Secret(…)");
/// assert_eq!(token.expose(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value; a call that reviewers look for.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Compares in time that does not depend on where the texts differ.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.as_bytes().ct_eq(candidate).into()
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Refers to a key of a Secret or of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeySelector {
    /// Name of the Secret or ConfigMap.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Key within it.
    #[serde(default)]
    pub key: String,
    /// Whether it may be absent; kept for compatibility, an absent key is an error when it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

impl KeySelector {
    /// Makes a selector.
    pub fn new(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: key.into(),
            optional: None,
        }
    }
}

impl fmt::Display for KeySelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.name, self.key)
    }
}

/// Takes a value from a Secret or from a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueFrom {
    /// From a Secret; wins over the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeySelector>,
    /// From a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeySelector>,
}

/// Where secrets and config maps are found. Read at each use, so that a rotated value takes effect.
///
/// One newline at the end of a value is removed, as the reference does.
#[async_trait]
pub trait SecretSource: Send + Sync + fmt::Debug + 'static {
    /// Returns the value of a key of a Secret.
    ///
    /// # Errors
    /// `NotFound`, permanent, naming secret and key.
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>>;

    /// Returns the value of a key of a Secret, which need not be text.
    ///
    /// # Errors
    /// As [`Self::secret`].
    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        Ok(Secret::new(
            self.secret(selector).await?.expose().clone().into_bytes(),
        ))
    }

    /// Returns the value of a key of a ConfigMap.
    ///
    /// # Errors
    /// `NotFound`, permanent, naming config map and key.
    async fn config(&self, selector: &KeySelector) -> Result<String>;
}

/// Values held in memory, such as those of manifests.
#[derive(Clone, Default)]
pub struct MemorySecrets {
    secrets: BTreeMap<(String, String), Secret<String>>,
    configs: BTreeMap<(String, String), String>,
}

impl MemorySecrets {
    /// Adds a key of a Secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, key: &str, value: impl Into<String>) -> Self {
        self.secrets
            .insert((name.into(), key.into()), Secret::new(value.into()));
        self
    }

    /// Adds a key of a ConfigMap.
    #[must_use]
    pub fn with_config(mut self, name: &str, key: &str, value: impl Into<String>) -> Self {
        self.configs.insert((name.into(), key.into()), value.into());
        self
    }

    /// Lists the names and keys of the secrets that are held, never their values.
    pub fn secret_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets
            .keys()
            .map(|(name, key)| (name.as_str(), key.as_str()))
    }
}

impl fmt::Debug for MemorySecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_set()
            .entries(self.secrets.keys())
            .entries(self.configs.keys())
            .finish()
    }
}

#[async_trait]
impl SecretSource for MemorySecrets {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        let found = self
            .secrets
            .get(&(selector.name.clone(), selector.key.clone()));
        found
            .map(|value| Secret::new(trimmed(value.expose())))
            .ok_or_else(|| absent("secret", selector))
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        let found = self
            .configs
            .get(&(selector.name.clone(), selector.key.clone()));
        found
            .map(|value| trimmed(value))
            .ok_or_else(|| absent("config map", selector))
    }
}

/// Removes one newline at the end, as the reference does with mounted files.
pub fn trimmed(value: &str) -> String {
    value.strip_suffix('\n').unwrap_or(value).to_owned()
}

/// Makes the error of a selector that finds nothing.
pub fn absent(what: &'static str, selector: &KeySelector) -> Error {
    Error::permanent(
        ErrorKind::NotFound,
        format!("{what} {selector} is not there"),
    )
    .with("name", &selector.name)
    .with("key", &selector.key)
}
