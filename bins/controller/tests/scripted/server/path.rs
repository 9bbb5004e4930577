//! Paths and queries of the API server.

use http::Uri;
use std::collections::HashMap;

/// What a request is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) api_version: String,
    pub(super) plural: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) part: Option<String>,
    pub(super) query: HashMap<String, String>,
}

impl Path {
    pub(super) fn read(uri: &Uri) -> Self {
        let mut parts = uri
            .path()
            .trim_start_matches('/')
            .split('/')
            .map(str::to_owned);
        let root = parts.next().unwrap_or_default();
        let mut api_version = parts.next().unwrap_or_default();
        if root == "apis" {
            api_version = format!("{api_version}/{}", parts.next().unwrap_or_default());
        }
        let mut rest: Vec<String> = parts.collect();
        let mut namespace = None;
        if rest.first().is_some_and(|first| first == "namespaces") {
            namespace = Some(rest[1].clone());
            rest.drain(..2);
        }
        let mut rest = rest.into_iter();
        Self {
            api_version,
            namespace,
            plural: rest.next().unwrap_or_default(),
            name: rest.next(),
            part: rest.next(),
            query: uri.query().map(query).unwrap_or_default(),
        }
    }

    pub(super) fn is_watch(&self) -> bool {
        self.query.get("watch").is_some_and(|it| it == "true")
    }

    /// Tells whether an object carries the labels that are asked for.
    pub(super) fn selects(&self, object: &serde_json::Value) -> bool {
        let in_namespace = self.namespace.is_none()
            || object["metadata"]["namespace"].as_str() == self.namespace.as_deref();
        let selector = self.query.get("labelSelector");
        in_namespace && selector.is_none_or(|selector| matches(selector, object))
    }
}

fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            decoded.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).unwrap()
}

/// Knows `key=value`, `key in (a,b)` and lists of the former.
fn matches(selector: &str, object: &serde_json::Value) -> bool {
    let label = |key: &str| object["metadata"]["labels"][key].as_str();
    if let Some((key, values)) = selector.split_once(" in (") {
        let mut values = values.trim_end_matches(')').split(',');
        return label(key).is_some_and(|label| values.any(|value| value == label));
    }
    let mut pairs = selector.split(',').filter_map(|pair| pair.split_once('='));
    pairs.all(|(key, value)| label(key) == Some(value))
}
