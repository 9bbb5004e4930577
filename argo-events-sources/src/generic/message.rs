//! The messages of `generic.proto`, by hand: two of them are no reason for a compiler of protocols.

use bytes::Bytes;

/// Says what the caller wants to hear about.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EventSource {
    /// Name of the event in the manifest.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The manifest's `config`.
    #[prost(bytes = "bytes", tag = "2")]
    pub config: Bytes,
}

/// Something that happened.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    /// A name; nothing is done with it.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What is published.
    #[prost(bytes = "bytes", tag = "2")]
    pub payload: Bytes,
}

/// Path of the only method.
pub(super) const METHOD: &str = "/generic.Eventing/StartEventSource";
