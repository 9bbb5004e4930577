//! A key–value bucket of NATS: a stream that keeps the last message of each subject.
//!
//! What a key is, and what becomes of a deleted one, is decided by those who use it: `store` for
//! state of ours, `predecessor` for what the reference left.

use super::{
    api::{self, Refusal, StreamInfo, code},
    link::Link,
    stream,
};
use argo_events_core::{Result, Versioned, event::random_id};
use async_nats::{HeaderMap, HeaderValue, Message, StatusCode, header::NATS_MESSAGE_ID};
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

/// Largest value, if the server takes as much.
const MOST_BYTES: usize = 512 * 1024;
/// What a message needs beside its value: headers, subject.
const OVERHEAD: usize = 4096;
/// How often a request is tried, and how long it is waited between.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);
const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
const OPERATION: &str = "KV-Operation";

/// A bucket, which need not exist yet.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) link: Arc<Link>,
    name: String,
    /// Whether only the leader can say what was written last: several servers keep it, or it does not
    /// let itself be read directly.
    asks_leader: AtomicBool,
}

/// The last message of a key.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) versioned: Versioned,
    /// It says that the key was deleted.
    pub(super) is_marker: bool,
}

impl Bucket {
    /// Describes a bucket; nothing is asked of the server yet.
    pub(super) fn new(link: Arc<Link>, name: impl Into<String>) -> Self {
        let (name, asks_leader) = (name.into(), AtomicBool::new(true));
        Self {
            link,
            name,
            asks_leader,
        }
    }

    fn stream(&self) -> String {
        format!("KV_{}", self.name)
    }

    /// Returns the subject of a key.
    pub(super) fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.name)
    }

    /// Tells whether the bucket is there.
    pub(super) async fn exists(&self) -> Result<bool> {
        let found = self.retry("open the state", false, || self.info()).await;
        found.map(|info| info.is_some())
    }

    async fn info(&self) -> Result<Option<StreamInfo>, Refusal> {
        match stream::info(&self.link.client, &self.stream()).await {
            Ok(info) => {
                self.see(&info);
                Ok(Some(info))
            }
            Err(refusal) if refusal.is(&[code::STREAM_NOT_FOUND]) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn see(&self, info: &StreamInfo) {
        let is_direct = info.config["allow_direct"] == true && info.replicas() == 1;
        self.asks_leader.store(!is_direct, Relaxed);
    }

    /// Finds the bucket, or makes it with as many replicas as the stream of events has.
    pub(super) async fn ensure(&self) -> Result<()> {
        let events = self.link.stream.ensure(&self.link.client).await?;
        let made = async {
            if self.info().await?.is_none() {
                self.make(events.replicas()).await?;
            }
            Ok(())
        };
        made.await
            .map_err(|refusal: Refusal| refusal.during("open the state").with("bucket", &self.name))
    }

    async fn make(&self, replicas: u64) -> Result<(), Refusal> {
        let stream = self.stream();
        let config = json!({
            "name": stream,
            "subjects": [self.subject(">")],
            "retention": "limits",
            "storage": "file",
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": -1,
            "max_msg_size": -1,
            "max_msgs_per_subject": 1,
            "discard": "new",
            "num_replicas": replicas,
            "duplicate_window": 120_000_000_000_u64,
            "deny_delete": true,
            "allow_rollup_hdrs": true,
            "allow_direct": true,
        });
        let subject = format!("STREAM.CREATE.{stream}");
        match api::call::<StreamInfo>(&self.link.client, &subject, &config).await {
            Ok(made) => self.see(&made),
            // Somebody else was faster, and may have made another one.
            Err(refusal) if refusal.is(&[code::STREAM_IN_USE]) => drop(self.info().await?),
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// Repeats what failed in passing; makes the bucket again if it is gone and shall be there.
    pub(super) async fn retry<T, F>(
        &self,
        operation: &'static str,
        must_exist: bool,
        attempt: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let mut pause = PAUSE;
        for left in (0..ATTEMPTS).rev() {
            self.link.check_open(operation)?;
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(refusal) if left == 0 => return Err(refusal.during(operation)),
                Err(refusal) if refusal.is_missing() && must_exist => {
                    if let Err(error) = self.ensure().await
                        && !error.is_transient()
                    {
                        return Err(error);
                    }
                }
                Err(refusal) if refusal.is_passing() => {}
                Err(refusal) => return Err(refusal.during(operation)),
            }
            sleep(pause).await;
            pause *= 2;
        }
        Err(Refusal::Silent.during(operation))
    }

    /// Returns the last message of a subject.
    pub(super) async fn last(&self, subject: &str) -> Result<Option<Last>, Refusal> {
        if self.asks_leader.load(Relaxed) {
            self.last_at_leader(subject).await
        } else {
            self.last_directly(subject).await
        }
    }

    /// Asks whichever server has the bucket.
    async fn last_directly(&self, subject: &str) -> Result<Option<Last>, Refusal> {
        let request = format!("{}.DIRECT.GET.{}.{subject}", api::PREFIX, self.stream());
        let answer = api::request(&self.link.client, request, Bytes::new()).await?;
        if answer.status == Some(StatusCode::NOT_FOUND) {
            return Ok(None);
        }
        let version = header(&answer, "Nats-Sequence").and_then(|text| text.parse().ok());
        let Some(version) = version else {
            let status = answer.status;
            return Err(Refusal::Broken(format!("the server answered {status:?}")));
        };
        let is_marker = matches!(header(&answer, OPERATION), Some("DEL" | "PURGE"));
        let value = answer.payload;
        Ok(Some(Last {
            versioned: Versioned { value, version },
            is_marker,
        }))
    }

    /// Asks the leader, who alone knows what was written last.
    async fn last_at_leader(&self, subject: &str) -> Result<Option<Last>, Refusal> {
        let request = json!({ "last_by_subj": subject });
        let path = format!("STREAM.MSG.GET.{}", self.stream());
        let found: Found = match api::call(&self.link.client, &path, &request).await {
            Ok(found) => found,
            Err(refusal) if refusal.is(&[code::NO_MESSAGE]) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        found.message.read().map(Some)
    }

    /// Lists the subjects below a filter that have a message.
    pub(super) async fn subjects(&self, filter: &str) -> Result<Vec<String>, Refusal> {
        let path = format!("STREAM.INFO.{}", self.stream());
        let mut subjects = Vec::new();
        loop {
            let request = json!({ "subjects_filter": filter, "offset": subjects.len() });
            let info: StreamInfo = api::call(&self.link.client, &path, &request).await?;
            let found = info.state.subjects.unwrap_or_default();
            let count = found.len();
            subjects.extend(found.into_keys());
            if count == 0 || subjects.len() >= info.total {
                return Ok(subjects);
            }
        }
    }

    /// Writes a message if the last of its subject is the one expected; 0 is none.
    pub(super) async fn write(
        &self,
        subject: &str,
        value: Bytes,
        headers: HeaderMap,
    ) -> Result<u64, Refusal> {
        let sent = self.link.publisher.send(subject.to_owned(), headers, value);
        sent.await.map(|ack| ack.seq)
    }

    /// Removes what a subject holds up to a version, without a trace; returns whether there was any.
    pub(super) async fn purge(&self, subject: &str, version: u64) -> Result<bool, Refusal> {
        let request = json!({ "filter": subject, "seq": version + 1 });
        let path = format!("STREAM.PURGE.{}", self.stream());
        let purged: api::Purged = api::call(&self.link.client, &path, &request).await?;
        Ok(purged.purged > 0)
    }

    /// Returns the largest value.
    pub(super) fn max_value_bytes(&self) -> usize {
        MOST_BYTES.min(self.link.client.max_payload().saturating_sub(OVERHEAD))
    }
}

/// Returns the headers of a write that expects a version; repeated with the same headers, it is done once.
pub(super) fn expecting(version: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EXPECTED, HeaderValue::from(version));
    if let Ok(id) = HeaderValue::from_str(&random_id()) {
        headers.insert(NATS_MESSAGE_ID, id);
    }
    headers
}

/// Makes a write a deletion, as the reference's client writes one.
pub(super) fn deleting(version: u64) -> HeaderMap {
    let mut headers = expecting(version);
    headers.insert(OPERATION, "DEL");
    headers
}

fn header<'a>(message: &'a Message, name: &'static str) -> Option<&'a str> {
    message.headers.as_ref()?.get(name).map(HeaderValue::as_str)
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

impl FoundMessage {
    fn read(self) -> Result<Last, Refusal> {
        let decode = |text: &str| {
            let decoded = BASE64_STANDARD.decode(text);
            decoded.map_err(|error| Refusal::Broken(error.to_string()))
        };
        let headers = decode(&self.hdrs)?;
        let headers = String::from_utf8_lossy(&headers);
        let mut lines = headers.lines().filter_map(|line| line.split_once(':'));
        let is_marker =
            lines.any(|(name, value)| name == OPERATION && matches!(value.trim(), "DEL" | "PURGE"));
        let (value, version) = (decode(&self.data)?.into(), self.seq);
        Ok(Last {
            versioned: Versioned { value, version },
            is_marker,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaders_answer_is_read_with_its_markers() {
        let message = |headers: &str, data: &str| FoundMessage {
            seq: 7,
            hdrs: BASE64_STANDARD.encode(headers),
            data: BASE64_STANDARD.encode(data),
        };
        let last = message("NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n", "one")
            .read()
            .unwrap();
        let wanted = Versioned {
            value: "one".into(),
            version: 7,
        };
        assert_eq!((last.versioned, last.is_marker), (wanted, false));
        assert!(
            message("NATS/1.0\r\nKV-Operation: DEL\r\n\r\n", "")
                .read()
                .unwrap()
                .is_marker
        );
        assert!(!message("", "x").read().unwrap().is_marker);
    }
}
