//! Requests of the JetStream API, as JSON: what is asked, what comes back, what a refusal means.
//!
//! Only what this bus needs. Decisions about when to ask lie with `stream`, `consumer` and `store`.

use argo_events_core::{Error, ErrorKind};
use async_nats::{Client, Message, RequestErrorKind};
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::time::sleep;

/// How often it is looked whether the connection is another one.
const GLANCE: Duration = Duration::from_millis(100);
/// How long an answer may take on a connection that is new.
const ANSWER: Duration = Duration::from_secs(1);
/// Before every subject of the API.
pub(super) const PREFIX: &str = "$JS.API";

/// Numbers by which the server names its refusals.
pub(super) mod code {
    pub(crate) const NOT_ENABLED: u16 = 10076;
    pub(crate) const NOT_ENABLED_FOR_ACCOUNT: u16 = 10039;
    pub(crate) const CONSUMER_NOT_FOUND: u16 = 10014;
    pub(crate) const CONSUMER_IN_USE: u16 = 10013;
    pub(crate) const CONSUMER_EXISTS: u16 = 10105;
    pub(crate) const CONSUMER_ALREADY_EXISTS: u16 = 10148;
    pub(crate) const CONSUMER_DOES_NOT_EXIST: u16 = 10149;
    pub(crate) const STREAM_NOT_FOUND: u16 = 10059;
    pub(crate) const STREAM_IN_USE: u16 = 10058;
    pub(crate) const NO_MESSAGE: u16 = 10037;
    pub(crate) const MESSAGE_TOO_LARGE: u16 = 10054;
    pub(crate) const WRONG_SEQUENCE: u16 = 10071;
    pub(crate) const WRONG_SEQUENCE_UNKNOWN: u16 = 10164;
    pub(crate) const NO_REPLICAS: u16 = 10074;
    pub(crate) const NO_PEERS: u16 = 10005;
    pub(crate) const CLUSTER_UNAVAILABLE: u16 = 10008;
    pub(crate) const NOT_LEADER: u16 = 10009;
    pub(crate) const ID_IN_PROCESS: u16 = 10158;
    pub(crate) const TOO_MANY_REQUESTS: u16 = 10167;
}

/// Why a request did not do what it was to do.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The server answered that it refuses.
    Answered { code: u16, reason: String },
    /// Nobody answers on that subject: there is no such thing, or no JetStream at the moment.
    NoResponders,
    /// No answer came in time.
    Silent,
    /// The client cannot send, or the answer cannot be read.
    Broken(String),
}

impl Refusal {
    /// Tells whether the server gave one of these reasons.
    pub(super) fn is(&self, codes: &[u16]) -> bool {
        matches!(self, Self::Answered { code, .. } if codes.contains(code))
    }

    /// Tells whether what was asked for is gone, such as after the loss of the server's disk.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::NoResponders)
            || self.is(&[code::STREAM_NOT_FOUND, code::CONSUMER_NOT_FOUND])
    }

    /// Tells whether it may work in a moment: nobody answered, a cluster is finding its leader, or a message
    /// with the same id is being stored.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Silent | Self::Broken(_) | Self::NoResponders)
            || self.is(&[
                code::CLUSTER_UNAVAILABLE,
                code::NOT_LEADER,
                code::ID_IN_PROCESS,
                code::TOO_MANY_REQUESTS,
            ])
    }

    /// Turns the refusal into the error of an operation.
    pub(super) fn during(self, operation: &'static str) -> Error {
        let message = self.to_string();
        let error = match self {
            Self::Silent => Error::transient(ErrorKind::Timeout, message),
            Self::NoResponders | Self::Broken(_) => {
                Error::transient(ErrorKind::Unavailable, message)
            }
            Self::Answered { code, .. } => answered(code, message),
        };
        error.during(operation)
    }
}

fn answered(code: u16, message: String) -> Error {
    match code {
        code::WRONG_SEQUENCE | code::WRONG_SEQUENCE_UNKNOWN => {
            Error::permanent(ErrorKind::Conflict, message)
        }
        code::MESSAGE_TOO_LARGE => Error::permanent(ErrorKind::TooLarge, message),
        code::NO_REPLICAS | code::NO_PEERS => Error::transient(
            ErrorKind::ConfigInvalid,
            format!("{message}; set replicas in streamConfig to what the servers can give"),
        ),
        code::NOT_ENABLED | code::NOT_ENABLED_FOR_ACCOUNT => Error::transient(
            ErrorKind::Unavailable,
            format!("{message}; start the server with JetStream and let the account use it"),
        ),
        _ => Error::transient(ErrorKind::Unavailable, message),
    }
    .with("code", code)
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { reason, .. } => write!(formatter, "the server refuses: {reason}"),
            Self::NoResponders => formatter.write_str("no JetStream answers"),
            Self::Silent => formatter.write_str("the server did not answer in time"),
            Self::Broken(reason) => formatter.write_str(reason),
        }
    }
}

/// The error member of an answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    err_code: u16,
    #[serde(default)]
    description: String,
}

impl From<ErrorBody> for Refusal {
    fn from(body: ErrorBody) -> Self {
        Self::Answered {
            code: body.err_code,
            reason: body.description,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Option<ErrorBody>,
}

/// Asks the API.
pub(super) async fn call<R: DeserializeOwned>(
    client: &Client,
    subject: &str,
    body: &impl Serialize,
) -> Result<R, Refusal> {
    let body = serde_json::to_vec(body).map_err(|error| Refusal::Broken(error.to_string()))?;
    let answer = request(client, format!("{PREFIX}.{subject}"), body.into()).await?;
    read(&answer.payload)
}

/// Sends a request and waits for its answer, but not for one that was lost with its connection.
pub(super) async fn request(
    client: &Client,
    subject: String,
    body: Bytes,
) -> Result<Message, Refusal> {
    let answer = client.request(subject, body);
    tokio::select! {
        answer = answer => answer.map_err(|error| match error.kind() {
            RequestErrorKind::TimedOut => Refusal::Silent,
            RequestErrorKind::NoResponders => Refusal::NoResponders,
            _ => Refusal::Broken(error.to_string()),
        }),
        () = connected_anew(client) => Err(Refusal::Silent),
    }
}

/// Waits until there is another connection, and then as long as the answer to what was sent on it may take.
async fn connected_anew(client: &Client) {
    let statistics = client.statistics();
    let before = statistics.connects.load(Relaxed);
    while statistics.connects.load(Relaxed) == before {
        sleep(GLANCE).await;
    }
    sleep(ANSWER).await;
}

/// Reads an answer.
pub(super) fn read<R: DeserializeOwned>(payload: &[u8]) -> Result<R, Refusal> {
    let unreadable = |error: serde_json::Error| {
        Refusal::Broken(format!("the server's answer cannot be read: {error}"))
    };
    let envelope: Envelope = serde_json::from_slice(payload).map_err(unreadable)?;
    match envelope.error {
        Some(error) => Err(error.into()),
        None => serde_json::from_slice(payload).map_err(unreadable),
    }
}

/// What the server says of a stream.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StreamInfo {
    pub(super) config: Value,
    /// When the stream was made; another stream of the name was made at another time.
    pub(super) created: String,
    pub(super) state: StreamState,
    #[serde(default)]
    pub(super) total: usize,
}

/// What is in a stream.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StreamState {
    pub(super) last_seq: u64,
    /// Only if they were asked for, and `null` if there are none.
    #[serde(default)]
    pub(super) subjects: Option<std::collections::BTreeMap<String, u64>>,
}

impl StreamInfo {
    /// Returns how many servers keep each message.
    pub(super) fn replicas(&self) -> u64 {
        self.config["num_replicas"].as_u64().unwrap_or(1).max(1)
    }
}

/// What the server says of a consumer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) name: String,
    pub(super) config: serde_json::Map<String, Value>,
    pub(super) delivered: Progress,
    pub(super) ack_floor: Progress,
    #[serde(default)]
    pub(super) num_ack_pending: u64,
    #[serde(default)]
    pub(super) num_pending: u64,
}

/// How far a consumer is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) consumer_seq: u64,
    pub(super) stream_seq: u64,
}

/// The answer to a deletion.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Purged {
    #[serde(default)]
    pub(super) purged: u64,
}

/// The answer to a published message.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct PubAck {
    #[serde(default)]
    pub(super) seq: u64,
    #[serde(default)]
    pub(super) duplicate: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_whose_id_is_being_stored_is_sent_again_and_a_wrong_version_is_not() {
        let answered = |text: &str| read::<PubAck>(text.as_bytes()).unwrap_err();
        let in_process = r#"{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"},"stream":"default","seq":0}"#;
        assert!(answered(in_process).is_passing());
        let conflict = r#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 4"},"stream":"default","seq":0}"#;
        assert!(!answered(conflict).is_passing());
    }
}
