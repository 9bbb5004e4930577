//! Files in git repositories, read over HTTP without a git program and without a working copy.
//!
//! The newest commit is asked for at each attempt; only if it is another one, its files are fetched, and
//! no history with them. Speaks no ssh, follows no submodules, and reads no SHA-256 repositories.

mod github;
mod pack;
#[cfg(test)]
mod tests;
mod wire;

use super::{
    GitArtifact, GithubAppCreds,
    fetch::{Fetcher, Target, refused},
};
use crate::trigger::http::client::{Headers, basic};
use argo_events_core::{
    Error, ErrorKind, Result, SecretSource, Timestamp,
    secret::{KeySelector, Secret},
};
use bytes::Bytes;
use github::Tokens;
use pack::{Id, Pack};
use tokio::task::spawn_blocking;
use wire::Advertisement;

/// Branch where the manifest names nothing.
const BRANCH: &str = "master";
/// Largest list of references, and largest set of files.
const MOST_OF_REFERENCES: usize = 32 << 20;
const MOST_OF_FILES: usize = 64 << 20;
/// Under which name a token stands for a password.
const TOKEN_USER: &[u8] = b"x-access-token";

/// A file in a repository.
#[derive(Debug)]
pub(super) struct Repository {
    /// Where the repository is; of several places the first that has the reference counts.
    urls: Vec<String>,
    reference: String,
    path: String,
    credentials: Credentials,
}

/// Who we are to the server.
#[derive(Debug)]
enum Credentials {
    None,
    Basic(Option<KeySelector>, Option<KeySelector>),
    App(GithubAppCreds, Tokens),
}

impl Repository {
    pub(super) fn new(artifact: GitArtifact) -> Result<Self> {
        let invalid = |message: &str| Error::permanent(ErrorKind::ConfigInvalid, message);
        if let Some(mistake) = artifact.mistake() {
            return Err(invalid(mistake).with("field", "source.git"));
        }
        let remote = artifact.remote.as_ref();
        let remote = remote.and_then(|remote| remote.urls.first().cloned());
        let urls: Vec<_> = remote.into_iter().chain([artifact.url.clone()]).collect();
        let is_http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if !urls.iter().all(is_http) {
            let message = "git repositories are read by http and https only; a working copy next to the sensor can be read with file:";
            return Err(invalid(message).with("field", "source.git.url"));
        }
        Ok(Self {
            urls,
            reference: reference(&artifact),
            path: artifact.file_path,
            credentials: match (artifact.creds, artifact.github_app) {
                (Some(creds), _) => Credentials::Basic(creds.username, creds.password),
                (None, Some(app)) => Credentials::App(app, Tokens::default()),
                (None, None) => Credentials::None,
            },
        })
    }

    /// Reads the file as it is in the newest commit.
    pub(super) async fn read(
        &self,
        fetcher: &Fetcher,
        secrets: &dyn SecretSource,
        now: Timestamp,
    ) -> Result<Bytes> {
        let authorization = self
            .credentials
            .authorization(fetcher, secrets, now)
            .await?;
        for url in &self.urls {
            let place = Place {
                url: url.trim_end_matches('/'),
                fetcher,
                authorization: authorization.as_ref(),
            };
            if let Some(text) = self.read_from(&place).await? {
                return Ok(text);
            }
        }
        let message = "the git repository has no such reference";
        Err(Error::permanent(ErrorKind::NotFound, message).with("reference", &self.reference))
    }

    /// Reads the file from one place; `None` if the reference is not there.
    async fn read_from(&self, place: &Place<'_>) -> Result<Option<Bytes>> {
        let advertised = place.references().await?;
        let Some(tip) = advertised.find(&self.reference) else {
            return Ok(None);
        };
        // Found again even where the trigger is built anew for each firing.
        let name = format!("git {} {} {}", place.url, self.reference, self.path);
        if let Some(kept) = place.fetcher.kept(&name)
            && kept.tag == tip.to_string()
        {
            return Ok(Some(kept.body));
        }
        let files = place.files(&advertised, tip).await?;
        let text = files.file(tip, &self.path).map_err(|error| {
            let error = error.with("file", &self.path);
            error.with("reference", &self.reference)
        })?;
        place.fetcher.keep(name, tip.to_string(), text.clone());
        Ok(Some(text))
    }
}

/// Returns the full name of what is to be read: a reference beats a tag, a tag a branch.
fn reference(artifact: &GitArtifact) -> String {
    match (
        artifact.reference.as_str(),
        artifact.tag.as_str(),
        artifact.branch.as_str(),
    ) {
        ("", "", "") => format!("refs/heads/{BRANCH}"),
        ("", "", branch) => format!("refs/heads/{branch}"),
        ("", tag, _) => format!("refs/tags/{tag}"),
        (reference, _, _) => reference.to_owned(),
    }
}

impl Credentials {
    /// Makes the value of the header that says who we are.
    async fn authorization(
        &self,
        fetcher: &Fetcher,
        secrets: &dyn SecretSource,
        now: Timestamp,
    ) -> Result<Option<Secret<String>>> {
        let value = match self {
            Self::None => return Ok(None),
            Self::Basic(name, password) => {
                let mut parts = [Vec::new(), Vec::new()];
                for (selector, part) in [name, password].into_iter().zip(&mut parts) {
                    if let Some(selector) = selector {
                        let value = secrets.secret_bytes(selector).await?;
                        part.extend_from_slice(value.expose());
                    }
                }
                basic(&parts[0], &parts[1])
            }
            Self::App(app, tokens) => {
                let token = tokens.get(app, fetcher, secrets, now).await?;
                basic(TOKEN_USER, token.expose().as_bytes())
            }
        };
        Ok(Some(Secret::new(value)))
    }
}

/// A repository on a server.
struct Place<'a> {
    url: &'a str,
    fetcher: &'a Fetcher,
    authorization: Option<&'a Secret<String>>,
}

impl Place<'_> {
    async fn references(&self) -> Result<Advertisement> {
        let path = "info/refs?service=git-upload-pack";
        let answer = self
            .send(
                "GET",
                path,
                Headers::default(),
                Bytes::new(),
                MOST_OF_REFERENCES,
            )
            .await?;
        Advertisement::read(&answer).map_err(|reason| self.unreadable(&reason))
    }

    async fn files(&self, advertised: &Advertisement, tip: Id) -> Result<Pack> {
        let mut headers = Headers::default();
        headers.set("Content-Type", "application/x-git-upload-pack-request");
        headers.set("Accept", "application/x-git-upload-pack-result");
        let body = advertised.request(tip).into();
        let answer = self
            .send("POST", "git-upload-pack", headers, body, MOST_OF_FILES)
            .await?;
        // Much to unpack, on a thread that may.
        let read = spawn_blocking(move || Pack::read(&wire::pack(&answer)?));
        let read = read.await.unwrap_or_else(|panic| Err(panic.to_string()));
        read.map_err(|reason| self.unreadable(&reason))
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        mut headers: Headers,
        body: Bytes,
        most: usize,
    ) -> Result<Bytes> {
        let target = Target::new(&format!("{}/{path}", self.url), true)?;
        if let Some(authorization) = self.authorization {
            headers.set_secret("Authorization", authorization.expose().as_str());
        }
        headers.set("Accept-Encoding", "identity");
        let sent = self.fetcher.send(&target, method, headers, body, most);
        let fetched = sent.await?;
        if fetched.status == 200 {
            Ok(fetched.body)
        } else {
            Err(refused(fetched.status).with("url", target.url.shown()))
        }
    }

    fn unreadable(&self, reason: &str) -> Error {
        let message = format!("the git server's answer cannot be read: {reason}");
        let error = Error::transient(ErrorKind::Unexpected, message);
        match Target::new(self.url, true) {
            Ok(target) => error.with("url", target.url.shown()),
            Err(_) => error,
        }
    }
}
