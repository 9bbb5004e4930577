//! Fetches documents from web servers; what did not change is not sent again.

use super::read::too_large;
use crate::trigger::http::{
    TlsConfig,
    client::{Client, Fetched, Headers, Proxies, Request, Tls, Url},
};
use argo_events_core::{Error, ErrorKind, Result, secret::MemorySecrets};
use bytes::Bytes;
use std::{
    collections::HashMap,
    io::Read as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a document may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Most documents that are kept to be asked about.
const MOST_KEPT: usize = 64;

/// Fetches documents.
#[derive(Debug)]
pub(super) struct Fetcher {
    checking: Client,
    trusting: Client,
    /// What was fetched before, by URL or another name.
    kept: Mutex<HashMap<String, Kept>>,
}

/// A document with the tag by which its server knows it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) tag: String,
    pub(super) body: Bytes,
}

/// A document on a web server.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) checks_certificate: bool,
}

impl Default for Fetcher {
    fn default() -> Self {
        let client = |tls: Option<TlsConfig>| {
            let tls = Tls::new(tls, Arc::new(MemorySecrets::default()));
            Client::new(tls, Proxies::from_environment(), TIMEOUT)
        };
        let trusting = TlsConfig {
            insecure_skip_verify: true,
            ..TlsConfig::default()
        };
        Self {
            checking: client(None),
            trusting: client(Some(trusting)),
            kept: Mutex::default(),
        }
    }
}

impl Target {
    pub(super) fn new(url: &str, checks_certificate: bool) -> Result<Self> {
        let url = Url::parse(url).map_err(|reason| {
            let message = format!("the artifact's url is not valid: {reason}");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })?;
        Ok(Self {
            url,
            checks_certificate,
        })
    }
}

impl Fetcher {
    /// Fetches a document of at most so many bytes.
    pub(super) async fn get(&self, target: &Target, most: usize) -> Result<Bytes> {
        let fetched = self.get_with(target, Headers::default(), most).await?;
        if fetched.status == 200 {
            Ok(fetched.body)
        } else {
            Err(refused(fetched.status).with("url", target.url.shown()))
        }
    }

    /// Fetches a document with headers, whatever the status.
    ///
    /// Asks whether it changed, if it was fetched before, and gives what was fetched then if not.
    pub(super) async fn get_with(
        &self,
        target: &Target,
        mut headers: Headers,
        most: usize,
    ) -> Result<Fetched> {
        // What came without a look at the certificate is nothing to those who look.
        let name = format!("{} {}", target.checks_certificate, target.url);
        let kept = self.kept(&name);
        if let Some(kept) = &kept {
            headers.set("If-None-Match", kept.tag.as_str());
        }
        let fetched = self
            .send(target, "GET", headers, Bytes::new(), most)
            .await?;
        if let (304, Some(kept)) = (fetched.status, kept) {
            return Ok(Fetched {
                status: 200,
                body: kept.body,
                ..fetched
            });
        }
        if let (200, Some(tag)) = (fetched.status, fetched.tag.clone()) {
            self.keep(name, tag, fetched.body.clone());
        }
        Ok(fetched)
    }

    /// Sends a request and reads the answer's body.
    pub(super) async fn send(
        &self,
        target: &Target,
        method: &str,
        headers: Headers,
        body: Bytes,
        most: usize,
    ) -> Result<Fetched> {
        let request = Request {
            method: method.into(),
            url: target.url.clone().into(),
            host: None,
            headers,
            body,
        };
        let client = if target.checks_certificate {
            &self.checking
        } else {
            &self.trusting
        };
        let mut fetched = client.fetch(request, most).await?;
        // An answer without a body, such as a 304, may name an encoding all the same.
        if fetched.is_zipped && !fetched.body.is_empty() {
            fetched.body = unzip(&fetched.body, most)?;
        }
        Ok(fetched)
    }

    /// Returns what was kept under a name.
    pub(super) fn kept(&self, name: &str) -> Option<Kept> {
        self.lock().get(name).cloned()
    }

    /// Keeps a document with the tag by which it is known.
    pub(super) fn keep(&self, name: String, tag: String, body: Bytes) {
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(name, Kept { tag, body });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the error of an answer that is no document.
pub(super) fn refused(status: u16) -> Error {
    let message = format!("the artifact's server answered with status {status}, not 200");
    match status {
        408 | 425 | 504 => Error::transient(ErrorKind::Timeout, message),
        429 => Error::transient(ErrorKind::RateLimited, message),
        500.. => Error::transient(ErrorKind::Unavailable, message),
        401 | 403 => Error::permanent(ErrorKind::Unauthorized, message),
        404 | 410 => Error::permanent(ErrorKind::NotFound, message),
        _ => Error::permanent(ErrorKind::Rejected, message),
    }
}

fn unzip(body: &[u8], most: usize) -> Result<Bytes> {
    let mut text = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(body)
        .take(most as u64 + 1)
        .read_to_end(&mut text);
    if let Err(error) = read {
        let message = format!("the artifact cannot be unzipped: {error}");
        return Err(Error::transient(ErrorKind::PayloadInvalid, message));
    }
    if text.len() > most {
        return Err(too_large(most as u64));
    }
    Ok(text.into())
}
