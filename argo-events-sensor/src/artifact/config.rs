//! Where manifests say that an object comes from.

use super::document;
use argo_events_core::{FieldPath, Problem, Problems, secret::KeySelector};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where an object comes from; of several places the first counts, in the order given here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactLocation {
    /// From a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Artifact>,
    /// The object itself, as YAML or JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// From a file next to the sensor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileArtifact>,
    /// From a web server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<UrlArtifact>,
    /// From a git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitArtifact>,
    /// From a key of a config map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configmap: Option<KeySelector>,
    /// The object itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_object")]
    pub resource: Option<Value>,
}

/// An object in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct S3Artifact {
    /// Host and optional port of the server, without a scheme.
    pub endpoint: String,
    /// Where in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<S3Bucket>,
    /// Region; `us-east-1` if absent, or what the server says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Whether to do without TLS.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Key of a secret with the id of the access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<KeySelector>,
    /// Key of a secret with the access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<KeySelector>,
    /// Has no effect here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<KeySelector>,
    /// Has no effect here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Has no effect here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<S3Filter>,
    /// Has no effect here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// A place in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct S3Bucket {
    /// Path of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Name of the bucket.
    pub name: String,
}

/// Names of objects in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct S3Filter {
    /// What they begin with.
    pub prefix: String,
    /// What they end with.
    pub suffix: String,
}

/// A file next to the sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct FileArtifact {
    /// Path of the file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// A document on a web server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct UrlArtifact {
    /// The URL.
    pub path: String,
    /// Whether the server must show a certificate that the system trusts; not if absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub verify_cert: bool,
}

/// A file in a git repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GitArtifact {
    /// Where the repository is, by `https` or `http`.
    pub url: String,
    /// Has no effect here, since there is no working copy.
    pub clone_directory: String,
    /// Name and password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creds: Option<GitCreds>,
    /// Has no effect here, since there is no ssh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_secret: Option<KeySelector>,
    /// Path of the file within the repository.
    pub file_path: String,
    /// Branch to take; `master` if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub branch: String,
    /// Tag to take instead of a branch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Full name of a reference to take instead of tag and branch.
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// Another place to fetch from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<GitRemoteConfig>,
    /// Has no effect here, since there is no ssh.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure_ignore_host_key: bool,
    /// An app of GitHub in whose name to clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_app: Option<GithubAppCreds>,
}

/// Name and password for a git server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GitCreds {
    /// Key of a secret with the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<KeySelector>,
    /// Key of a secret with the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<KeySelector>,
}

/// An app of GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GithubAppCreds {
    /// Key of a secret with the app's private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<KeySelector>,
    /// Number of the app.
    #[serde(rename = "appID")]
    pub app_id: i64,
    /// Number of its installation.
    #[serde(rename = "installationID")]
    pub installation_id: i64,
}

/// A remote of a git repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GitRemoteConfig {
    /// Its name.
    pub name: String,
    /// Where it is; the first counts.
    pub urls: Vec<String>,
}

impl ArtifactLocation {
    /// Reports what cannot work. The reference accepts all of it, so these are warnings.
    pub fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if let Some(s3) = &self.s3 {
            s3.validate(&path.field("s3"), problems);
        } else if let Some(inline) = &self.inline {
            if let Err(error) = document::read(inline.as_bytes()) {
                problems.warning(path.field("inline"), error.message());
            }
        } else if let Some(file) = &self.file {
            demand(path.field("file").field("path"), &file.path, problems);
        } else if let Some(url) = &self.url {
            url.validate(&path.field("url"), problems);
        } else if let Some(git) = &self.git {
            git.validate(&path.field("git"), problems);
        } else if let Some(selector) = &self.configmap {
            let path = path.field("configmap");
            demand(path.field("name"), &selector.name, problems);
            demand(path.field("key"), &selector.key, problems);
        } else if self.resource.is_none() {
            let problem = Problem::warning(path.clone(), "names no place, so every firing fails");
            problems.push(problem.help(
                "write resource: with the object, or one of s3, inline, file, url, git, configmap",
            ));
        }
    }
}

impl S3Artifact {
    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if let Some(mistake) = self.mistake() {
            problems.warning(path.clone(), mistake);
        }
    }

    /// Says what is wrong, if anything is.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        let (bucket, key) = self.bucket.as_ref().map_or(("", ""), |bucket| {
            (bucket.name.as_str(), bucket.key.as_str())
        });
        if self.endpoint.is_empty() || self.endpoint.contains('/') {
            return Some("endpoint must be a host with an optional port, such as s3.amazonaws.com");
        }
        if self.access_key.is_none() || self.secret_key.is_none() {
            return Some("accessKey and secretKey must both be there");
        }
        if !(3..=63).contains(&bucket.len()) {
            return Some("bucket.name must have 3 to 63 letters");
        }
        if key.is_empty() {
            return Some("bucket.key must name an object");
        }
        None
    }
}

impl UrlArtifact {
    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if !(self.path.starts_with("http://") || self.path.starts_with("https://")) {
            let problem = Problem::warning(path.field("path"), "is no URL");
            problems.push(problem.help("write http://… or https://…"));
        } else if self.path.starts_with("https://") && !self.verify_cert {
            let message = "the server's certificate is not checked, so anybody in between can give another object";
            let problem = Problem::warning(path.field("verifyCert"), message);
            problems.push(problem.help("write verifyCert: true"));
        }
    }
}

impl GitArtifact {
    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        demand(path.field("url"), &self.url, problems);
        if let Some(mistake) = self.mistake() {
            problems.warning(path.clone(), mistake);
        }
    }

    /// Says what is wrong, if anything is.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        let leaves = |text: &str| text.contains("..") || text.contains(['~', '\\']);
        if self.file_path.is_empty() {
            return Some("filePath must name a file");
        }
        if leaves(&self.file_path) || leaves(&self.clone_directory) {
            return Some("filePath and cloneDirectory may not contain .., ~ or \\");
        }
        let is_ssh =
            self.url.starts_with("ssh://") || (!self.url.contains("://") && self.url.contains('@'));
        if is_ssh {
            return Some("ssh is not supported; use https with creds or githubApp");
        }
        None
    }
}

fn demand(path: FieldPath, text: &str, problems: &mut Problems) {
    if text.is_empty() {
        problems.warning(path, "is empty, so every firing fails");
    }
}

fn any_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "The object itself.",
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

/// Returns the members of an embedded object.
#[cfg(feature = "artifact")]
pub(super) fn members(resource: Value) -> Option<serde_json::Map<String, Value>> {
    match resource {
        Value::Object(members) => Some(members),
        _ => None,
    }
}
