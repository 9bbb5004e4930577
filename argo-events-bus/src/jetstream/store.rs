//! State in a key–value bucket: one for all scopes of a bus.
//!
//! A key is a subject below the bucket, made so that a folder of keys is a subject filter. Versions
//! are sequences of the bucket's stream, and the server compares them. A deleted key leaves nothing
//! behind: it is purged up to its version, so that a newer one survives.

use super::{
    api::{self, Purged, Refusal, StreamInfo, code},
    link::Link,
    names, stream,
};
use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned, event::random_id};
use async_nats::{HeaderMap, HeaderValue, Message, StatusCode, header::NATS_MESSAGE_ID};
use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::sleep;

/// The bucket of all scopes.
const BUCKET: &str = "argo-events";
/// Largest value, if the server takes as much.
const MOST_BYTES: usize = 512 * 1024;
/// What a message needs beside its value: headers, subject.
const OVERHEAD: usize = 4096;
/// How often a write is tried, and how long it is waited between.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);
const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";

/// The state of one scope.
#[derive(Debug)]
pub(super) struct Store {
    link: Arc<Link>,
    /// What subjects of this scope begin with.
    root: String,
    /// Whether several servers keep the bucket, so that only the leader knows the newest value.
    is_replicated: AtomicBool,
}

impl Store {
    /// Opens the state of a scope; makes the bucket if there is none.
    pub(super) async fn open(link: Arc<Link>, scope: &str) -> Result<Self> {
        let root = format!("$KV.{BUCKET}.{}", names::encode_scope(scope));
        let store = Self {
            link,
            root,
            is_replicated: AtomicBool::new(false),
        };
        store.ensure().await?;
        Ok(store)
    }

    async fn ensure(&self) -> Result<()> {
        let events = self.link.stream.ensure(&self.link.client).await?;
        let bucket = match stream::info(&self.link.client, &name()).await {
            Err(refusal) if refusal.is(&[code::STREAM_NOT_FOUND]) => {
                self.make(events.replicas()).await
            }
            found => found,
        };
        let bucket =
            bucket.map_err(|refusal| refusal.during("open the state").with("bucket", BUCKET))?;
        self.is_replicated.store(bucket.replicas() > 1, Relaxed);
        Ok(())
    }

    async fn make(&self, replicas: u64) -> Result<StreamInfo, Refusal> {
        let name = name();
        let config = json!({
            "name": name,
            "subjects": [format!("$KV.{BUCKET}.>")],
            "retention": "limits",
            "storage": "file",
            "max_msgs_per_subject": 1,
            "discard": "new",
            "num_replicas": replicas,
            "duplicate_window": 120_000_000_000_u64,
            "deny_delete": true,
            "allow_rollup_hdrs": true,
            "allow_direct": true,
        });
        match api::call(&self.link.client, &format!("STREAM.CREATE.{name}"), &config).await {
            Err(refusal) if refusal.is(&[code::STREAM_IN_USE]) => {
                stream::info(&self.link.client, &name).await
            }
            made => made,
        }
    }

    fn subject(&self, key: &str) -> String {
        format!("{}.{}", self.root, names::encode_key(key))
    }

    /// Repeats what failed in passing; makes the bucket again if it is gone.
    async fn retry<T, F>(&self, operation: &'static str, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let mut pause = PAUSE;
        for left in (0..ATTEMPTS).rev() {
            self.link.check_open(operation)?;
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(refusal) if refusal.is_missing() && left > 0 => self.ensure().await?,
                Err(Refusal::Silent | Refusal::Broken(_)) if left > 0 => {
                    sleep(pause).await;
                    pause *= 2;
                }
                Err(refusal) => return Err(refusal.during(operation)),
            }
        }
        Err(Refusal::Silent.during(operation))
    }

    async fn find(&self, subject: &str) -> Result<Option<Versioned>, Refusal> {
        if self.is_replicated.load(Relaxed) {
            find_at_leader(&self.link, &name(), subject).await
        } else {
            find_directly(&self.link, &name(), subject).await
        }
    }

    async fn list(&self, filter: &str) -> Result<Vec<String>, Refusal> {
        let mut subjects = Vec::new();
        loop {
            let request = json!({ "subjects_filter": filter, "offset": subjects.len() });
            let info: StreamInfo = api::call(
                &self.link.client,
                &format!("STREAM.INFO.{}", name()),
                &request,
            )
            .await?;
            let count = info.state.subjects.len();
            subjects.extend(info.state.subjects.into_keys());
            if count == 0 || subjects.len() >= info.total {
                return Ok(subjects);
            }
        }
    }

    async fn write(&self, subject: &str, value: Bytes, headers: HeaderMap) -> Result<u64, Refusal> {
        let ack = self
            .link
            .publisher
            .send(subject.to_owned(), headers, value)
            .await?;
        Ok(ack.seq)
    }

    fn check_size(&self, value: &Bytes) -> Result<()> {
        let most = self.max_value_bytes();
        if value.len() > most {
            let message = format!(
                "a value of {} bytes is larger than {most} bytes",
                value.len()
            );
            return Err(Error::permanent(ErrorKind::TooLarge, message).during("put"));
        }
        Ok(())
    }
}

fn name() -> String {
    format!("KV_{BUCKET}")
}

/// Asks whichever server has the bucket.
pub(super) async fn find_directly(
    link: &Link,
    stream: &str,
    subject: &str,
) -> Result<Option<Versioned>, Refusal> {
    let request = format!("{}.DIRECT.GET.{stream}.{subject}", api::PREFIX);
    let answer = link.client.request(request, Bytes::new()).await;
    let answer = answer.map_err(|error| match error.kind() {
        async_nats::RequestErrorKind::TimedOut => Refusal::Silent,
        async_nats::RequestErrorKind::NoResponders => Refusal::NoResponders,
        _ => Refusal::Broken(error.to_string()),
    })?;
    if answer.status == Some(StatusCode::NOT_FOUND) {
        return Ok(None);
    }
    let version = header(&answer, "Nats-Sequence").and_then(|text| text.parse().ok());
    match version {
        Some(_) if is_marker(&answer) => Ok(None),
        Some(version) => Ok(Some(Versioned {
            value: answer.payload,
            version,
        })),
        None => Err(Refusal::Broken(format!(
            "the server answered {:?}",
            answer.status
        ))),
    }
}

fn header<'a>(message: &'a Message, name: &'static str) -> Option<&'a str> {
    message.headers.as_ref()?.get(name).map(HeaderValue::as_str)
}

fn is_marker(message: &Message) -> bool {
    matches!(header(message, "KV-Operation"), Some("DEL" | "PURGE"))
}

#[derive(Deserialize)]
struct Found {
    message: FoundMessage,
}

#[derive(Deserialize)]
struct FoundMessage {
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

/// Asks the leader, who alone knows what was written last.
pub(super) async fn find_at_leader(
    link: &Link,
    stream: &str,
    subject: &str,
) -> Result<Option<Versioned>, Refusal> {
    let request = json!({ "last_by_subj": subject });
    let found: Found =
        match api::call(&link.client, &format!("STREAM.MSG.GET.{stream}"), &request).await {
            Ok(found) => found,
            Err(refusal) if refusal.is(&[code::NO_MESSAGE]) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
    let decode = |text: &str| {
        BASE64_STANDARD
            .decode(text)
            .map_err(|error| Refusal::Broken(error.to_string()))
    };
    let headers = decode(&found.message.hdrs)?;
    let headers = String::from_utf8_lossy(&headers);
    if headers.contains("KV-Operation: DEL") || headers.contains("KV-Operation: PURGE") {
        return Ok(None);
    }
    let value = decode(&found.message.data)?.into();
    Ok(Some(Versioned {
        value,
        version: found.message.seq,
    }))
}

fn headers(expected: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EXPECTED, HeaderValue::from(expected));
    // Lets the server recognise a write that is tried again.
    if let Ok(id) = HeaderValue::from_str(&random_id()) {
        headers.insert(NATS_MESSAGE_ID, id);
    }
    headers
}

fn moved(key: &str) -> Error {
    Error::permanent(ErrorKind::Conflict, "another version is there").with("key", key)
}

#[async_trait]
impl StateStore for Store {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        let subject = self.subject(key);
        self.retry("get", || self.find(&subject)).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        self.check_size(&value)?;
        let (subject, headers) = (self.subject(key), headers(expected.unwrap_or(0)));
        let write = || self.write(&subject, value.clone(), headers.clone());
        self.retry("put", write)
            .await
            .map_err(|error| error.with("key", key))
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        let subject = self.subject(key);
        match self.retry("delete", || self.find(&subject)).await? {
            None => return Ok(()),
            Some(found) if found.version != expected => return Err(moved(key).during("delete")),
            Some(_) => {}
        }
        let request = json!({ "filter": subject, "seq": expected + 1 });
        let path = format!("STREAM.PURGE.{}", name());
        let purge = || api::call::<Purged>(&self.link.client, &path, &request);
        if self.retry("delete", purge).await?.purged > 0 {
            return Ok(());
        }
        match self.retry("delete", || self.find(&subject)).await? {
            None => Ok(()),
            Some(_) => Err(moved(key).during("delete")),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let filter = names::filter_of_prefix(&self.root, prefix);
        let subjects = self.retry("keys", || self.list(&filter)).await?;
        let key = |subject: String| names::decode_key(subject.get(self.root.len() + 1..)?);
        let mut keys: Vec<_> = subjects.into_iter().filter_map(key).collect();
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    fn max_value_bytes(&self) -> usize {
        MOST_BYTES.min(self.link.client.max_payload().saturating_sub(OVERHEAD))
    }
}
