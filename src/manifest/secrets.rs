//! Secrets and ConfigMaps without a cluster: from the environment, from folders, from manifests.

use argo_events_core::{
    Error, ErrorKind, FieldPath, Problem, Problems, Result, Secret, SecretSource,
    secret::{KeySelector, absent},
};
use async_trait::async_trait;
use base64::{DecodeError, Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
};

/// Where pods of the reference have their Secrets and ConfigMaps.
const POD_SECRETS: &str = "/argo-events/secrets";
const POD_CONFIGS: &str = "/argo-events/config";
/// Largest value that is read from a file, as in Kubernetes.
const MAX_VALUE_BYTES: u64 = 1024 * 1024;

/// Values of Secrets and ConfigMaps on one machine. The first place that has one wins:
///
/// 1. the environment, if [`Self::with_environment`] was called: key `password` of the Secret
///    `smtp-auth` is `ARGO_EVENTS_SECRET_SMTP_AUTH_PASSWORD`, of a ConfigMap
///    `ARGO_EVENTS_CONFIG_…`; letters in upper case, every other sign an underscore;
/// 2. folders given by [`Self::with_directory`]: the file `smtp-auth/password`;
/// 3. Secrets and ConfigMaps among the manifests.
///
/// Environment and files are read at each use, so that a value that changed takes effect.
#[derive(Clone, Default)]
pub struct LocalSecrets {
    environment: bool,
    directories: Vec<Directory>,
    values: BTreeMap<(Holder, String, String), Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Directory {
    path: PathBuf,
    /// The only kind of values in it; `None` for both.
    only: Option<Holder>,
}

/// What holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Secret,
    ConfigMap,
}

impl LocalSecrets {
    /// Looks into the environment too.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.environment = true;
        self
    }

    /// Looks into a folder too, for files `NAME/KEY`.
    #[must_use]
    pub fn with_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directories.push(Directory {
            path: path.into(),
            only: None,
        });
        self
    }

    /// Looks where pods of the reference have their values too: below `/argo-events`.
    #[must_use]
    pub fn with_pod_directories(mut self) -> Self {
        let (secrets, configs) = (Some(Holder::Secret), Some(Holder::ConfigMap));
        self.directories.push(Directory {
            path: POD_SECRETS.into(),
            only: secrets,
        });
        self.directories.push(Directory {
            path: POD_CONFIGS.into(),
            only: configs,
        });
        self
    }

    /// Adds a value of a Secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, key: &str, value: impl Into<Vec<u8>>) -> Self {
        self.values.insert(
            (Holder::Secret, name.to_owned(), key.to_owned()),
            value.into(),
        );
        self
    }

    /// Adds a value of a ConfigMap.
    #[must_use]
    pub fn with_config(mut self, name: &str, key: &str, value: impl Into<Vec<u8>>) -> Self {
        self.values.insert(
            (Holder::ConfigMap, name.to_owned(), key.to_owned()),
            value.into(),
        );
        self
    }

    /// Returns the name of the variable of the environment that holds a value.
    pub(super) fn variable(selector: &KeySelector, is_config: bool) -> String {
        let holder = if is_config {
            Holder::ConfigMap
        } else {
            Holder::Secret
        };
        variable(holder, selector)
    }

    /// Adds everything that the other has; its values win, its places are looked at last.
    pub fn extend(&mut self, other: Self) {
        self.environment |= other.environment;
        self.directories.extend(other.directories);
        self.values.extend(other.values);
    }

    /// Tells whether there is a value for a key of a Secret.
    pub fn has_secret(&self, selector: &KeySelector) -> bool {
        self.find(Holder::Secret, selector)
            .is_ok_and(|found| found.is_some())
    }

    /// Tells whether there is a value for a key of a ConfigMap.
    pub fn has_config(&self, selector: &KeySelector) -> bool {
        self.find(Holder::ConfigMap, selector)
            .is_ok_and(|found| found.is_some())
    }

    /// Lists name and key of the Secrets that manifests hold; never values.
    pub fn secret_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .keys()
            .filter(|(holder, _, _)| *holder == Holder::Secret)
            .map(|(_, name, key)| (name.as_str(), key.as_str()))
    }

    fn find(&self, holder: Holder, selector: &KeySelector) -> Result<Option<Vec<u8>>> {
        if let Some(value) = self
            .environment
            .then(|| env::var_os(variable(holder, selector)))
            .flatten()
        {
            return Ok(Some(value.into_encoded_bytes()));
        }
        let fitting = |directory: &&Directory| directory.only.is_none_or(|only| only == holder);
        for directory in self.directories.iter().filter(fitting) {
            if let Some(value) = read(&directory.path, selector)? {
                return Ok(Some(value));
            }
        }
        let key = (holder, selector.name.clone(), selector.key.clone());
        Ok(self.values.get(&key).cloned())
    }

    /// Finds a value away from the threads that run events.
    async fn value(&self, holder: Holder, selector: &KeySelector) -> Result<Vec<u8>> {
        let (this, wanted) = (self.clone(), selector.clone());
        let found = if self.directories.is_empty() {
            self.find(holder, selector)?
        } else {
            let reading = tokio::task::spawn_blocking(move || this.find(holder, &wanted));
            reading.await.map_err(|error| {
                Error::transient(ErrorKind::Closed, "reading was given up").caused_by(error)
            })??
        };
        let what = if holder == Holder::Secret {
            "secret"
        } else {
            "config map"
        };
        found.ok_or_else(|| absent(what, selector))
    }

    /// Reads a Secret or a ConfigMap.
    pub(super) fn from_object(object: &Value, is_secret: bool, problems: &mut Problems) -> Self {
        let holder = if is_secret {
            Holder::Secret
        } else {
            Holder::ConfigMap
        };
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let mut values = BTreeMap::new();
        let mut put = |key: &str, value: Vec<u8>| {
            values.insert((holder, name.to_owned(), key.to_owned()), value);
        };
        for (field, encoded) in [
            ("data", is_secret),
            ("binaryData", true),
            ("stringData", false),
        ] {
            for (key, value) in object[field].as_object().into_iter().flatten() {
                let text = value.as_str().unwrap_or_default();
                match if encoded {
                    decoded(text)
                } else {
                    Ok(text.as_bytes().to_vec())
                } {
                    Ok(value) => put(key, value),
                    Err(reason) => {
                        let path = FieldPath::root().field(field).field(key);
                        let help = "write plain text under `stringData`";
                        problems
                            .push(Problem::error(path, format!("not base64: {reason}")).help(help));
                    }
                }
            }
        }
        Self {
            values,
            ..Self::default()
        }
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, DecodeError> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(compact)
}

/// Returns the name of the environment variable of a key.
fn variable(holder: Holder, selector: &KeySelector) -> String {
    let kind = if holder == Holder::Secret {
        "SECRET"
    } else {
        "CONFIG"
    };
    let name = format!("ARGO_EVENTS_{kind}_{}_{}", selector.name, selector.key);
    let sign = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(sign).collect()
}

/// Reads a file `NAME/KEY`; `None` if it is not there.
fn read(directory: &Path, selector: &KeySelector) -> Result<Option<Vec<u8>>> {
    let is_name =
        |text: &str| !text.is_empty() && text != ".." && !text.contains(['/', '\\', '\0']);
    if !is_name(&selector.name) || !is_name(&selector.key) {
        return Ok(None);
    }
    let path = directory.join(&selector.name).join(&selector.key);
    let unreadable = |error: std::io::Error| {
        Error::transient(
            ErrorKind::Unavailable,
            format!("cannot read a secret's file: {error}"),
        )
        .with("path", path.display())
    };
    match fs::metadata(&path) {
        Ok(metadata) if metadata.len() > MAX_VALUE_BYTES => Err(Error::permanent(
            ErrorKind::TooLarge,
            "a secret's file is larger than 1 MiB",
        )
        .with("path", path.display())),
        Ok(metadata) if metadata.is_file() => fs::read(&path).map(Some).map_err(unreadable),
        // Most often not there at all; a folder is no value either.
        Ok(_) | Err(_) => Ok(None),
    }
}

#[async_trait]
impl SecretSource for LocalSecrets {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        text(self.value(Holder::Secret, selector).await?, selector).map(Secret::new)
    }

    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        self.value(Holder::Secret, selector).await.map(Secret::new)
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        text(self.value(Holder::ConfigMap, selector).await?, selector)
    }
}

fn text(bytes: Vec<u8>, selector: &KeySelector) -> Result<String> {
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Error::permanent(
            ErrorKind::ConfigInvalid,
            format!("the value of {selector} is not UTF-8 text"),
        )
    })?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Shows where it looks and how much it holds, never a value.
impl fmt::Debug for LocalSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalSecrets")
            .field("environment", &self.environment)
            .field("directories", &self.directories)
            .field("values", &self.values.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn files_win_over_manifests_and_lose_one_newline() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("smtp")).unwrap();
        fs::write(folder.path().join("smtp/password"), "hunter2\n\n").unwrap();
        let secrets = LocalSecrets::default()
            .with_secret("smtp", "password", "old")
            .with_secret("smtp", "user", "me")
            .with_directory(folder.path());
        let secret = async |key| secrets.secret(&KeySelector::new("smtp", key)).await;
        assert_eq!(secret("password").await.unwrap().expose(), "hunter2\n");
        assert_eq!(secret("user").await.unwrap().expose(), "me");
        let error = secret("absent").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn the_environment_has_a_name_for_every_key() {
        let selector = KeySelector::new("smtp-auth", "tls.key");
        assert_eq!(
            variable(Holder::Secret, &selector),
            "ARGO_EVENTS_SECRET_SMTP_AUTH_TLS_KEY"
        );
        assert_eq!(
            variable(Holder::ConfigMap, &selector),
            "ARGO_EVENTS_CONFIG_SMTP_AUTH_TLS_KEY"
        );
    }

    #[test]
    fn a_name_does_not_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("password"), "x").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let secrets = LocalSecrets::default().with_directory(inner);
        assert!(!secrets.has_secret(&KeySelector::new("..", "password")));
        assert!(!secrets.has_secret(&KeySelector::new("a/..", "password")));
    }

    #[test]
    fn objects_give_data_and_plain_text() {
        let mut problems = Problems::default();
        let object = json!({"metadata": {"name": "s"}, "data": {"a": "aGk=", "b": "%"}, "stringData": {"c": "hi"}});
        let secrets = LocalSecrets::from_object(&object, true, &mut problems);
        assert_eq!(
            secrets.secret_keys().collect::<Vec<_>>(),
            [("s", "a"), ("s", "c")]
        );
        assert_eq!(problems.iter().next().unwrap().path.to_string(), "data.b");
        assert!(!format!("{secrets:?}").contains("hi\""));
    }
}
