//! A request and its head on the wire.

use super::url::Url;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use std::{borrow::Cow, fmt, sync::Arc};

/// Sent where the manifest names no other; receivers of the reference know it.
const USER_AGENT: &str = "Go-http-client/1.1";
/// Names that the client writes itself, from what it knows.
const OWN: [&str; 4] = ["host", "content-length", "transfer-encoding", "trailer"];
/// Headers that speak about a body; they go when a redirect drops it.
const OF_THE_BODY: [&str; 4] = [
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
];
/// Headers that hold credentials; they go when a redirect leaves the host.
const CREDENTIALS: [&str; 6] = [
    "authorization",
    "www-authenticate",
    "cookie",
    "cookie2",
    "proxy-authorization",
    "proxy-authenticate",
];

/// A request that can be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Arc<str>,
    pub(crate) url: Arc<Url>,
    /// What the `Host` header says instead of the URL's host.
    pub(crate) host: Option<Arc<str>>,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// Headers sorted by name, which is the order in which they go out. Names keep their case.
#[derive(Clone, Default)]
pub(crate) struct Headers(Vec<(Cow<'static, str>, Header)>);

#[derive(Clone)]
struct Header {
    value: Vec<u8>,
    is_secret: bool,
}

impl Headers {
    /// Sets a header; one of the same spelling is replaced.
    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Vec<u8>>) {
        self.put(name.into(), value.into(), false);
    }

    /// Sets a header that must not leave the host it is meant for.
    pub(crate) fn set_secret(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Vec<u8>>,
    ) {
        self.put(name.into(), value.into(), true);
    }

    fn put(&mut self, name: Cow<'static, str>, value: Vec<u8>, is_secret: bool) {
        let header = Header { value, is_secret };
        match self.place(&name) {
            Ok(place) => self.0[place].1 = header,
            Err(place) => self.0.insert(place, (name, header)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(spelling, _)| (**spelling).cmp(name))
    }

    /// Returns the value under exactly this spelling.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let place = self.place(name).ok()?;
        Some(&self.0[place].1.value)
    }

    /// Returns the spelling and the value of a name in any case.
    pub(crate) fn find(&self, name: &str) -> Option<(&str, &[u8])> {
        let found = self
            .0
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(name));
        found.map(|(spelling, header)| (&**spelling, header.value.as_slice()))
    }

    /// Iterates over names and values in the order of the wire.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, header)| (&**name, header.value.as_slice()))
    }

    /// Says which header no request can carry.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, header) in &self.0 {
            if !is_token(name) {
                return Err(format!("{name:?} is no name of a header"));
            }
            if header
                .value
                .iter()
                .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
            {
                return Err(format!(
                    "the value of header {name} contains a control character"
                ));
            }
        }
        Ok(())
    }

    /// Returns what may go on to where a redirect leads.
    pub(crate) fn after_redirect(&self, keeps_body: bool, stays: bool) -> Self {
        let passes = |name: &str, header: &Header| {
            let is_one_of = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
            (keeps_body || !is_one_of(&OF_THE_BODY))
                && (stays || !(header.is_secret || is_one_of(&CREDENTIALS)))
        };
        let kept = self.0.iter().filter(|(name, header)| passes(name, header));
        Self(kept.cloned().collect())
    }
}

/// Shows names only: any value may be a secret.
impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.debug_set().entries(names).finish()
    }
}

impl Request {
    /// Adds the credentials of the URL, unless there are others.
    pub(super) fn with_credentials(&self) -> Cow<'_, Self> {
        match &self.url.user {
            Some(user) if self.headers.get("Authorization").is_none() => {
                let mut request = self.clone();
                let value = basic(&user.name, user.password.as_deref().unwrap_or_default());
                request.headers.set("Authorization", value);
                Cow::Owned(request)
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// Writes the head. `target` is what the request line names.
    pub(crate) fn head(&self, target: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        put(
            &mut out,
            &[
                self.method.as_bytes(),
                b" ",
                target.as_bytes(),
                b" HTTP/1.1",
            ],
        );
        line(
            &mut out,
            "Host",
            super::host::header(self.host.as_deref().unwrap_or(&self.url.host)).as_bytes(),
        );
        let (agent_name, agent) = self
            .headers
            .find("user-agent")
            .unwrap_or(("User-Agent", USER_AGENT.as_bytes()));
        if !agent.is_empty() {
            line(&mut out, agent_name, agent);
        }
        if !self.body.is_empty() || matches!(&*self.method, "POST" | "PUT" | "PATCH") {
            line(
                &mut out,
                "Content-Length",
                self.body.len().to_string().as_bytes(),
            );
        }
        let passes = |name: &str| !is_own(name) && !name.eq_ignore_ascii_case("user-agent");
        for (name, value) in self.headers.iter().filter(|(name, _)| passes(name)) {
            line(&mut out, name, value);
        }
        if self.wants_gzip() {
            line(&mut out, "Accept-Encoding", b"gzip");
        }
        out.extend_from_slice(b"\r\n\r\n");
        out
    }

    /// Triggers throw bodies of answers away, so for them this is a matter of looking like the reference;
    /// documents are unzipped.
    fn wants_gzip(&self) -> bool {
        &*self.method != "HEAD"
            && self.headers.get("Range").is_none()
            && self.headers.find("accept-encoding").is_none()
    }

    /// Tells whether the connection ends with this request.
    pub(crate) fn closes(&self) -> bool {
        self.headers
            .find("connection")
            .is_some_and(|(_, value)| super::answer::has_token(value, b"close"))
    }

    /// Tells whether it does no harm when the request arrives twice.
    pub(crate) fn is_repeatable(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
            || self.headers.find("idempotency-key").is_some()
            || self.headers.find("x-idempotency-key").is_some()
    }
}

fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| name.eq_ignore_ascii_case(own))
}

fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    put(out, &[b"\r\n", name.as_bytes(), b": ", value.trim_ascii()]);
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Tells whether a text may name a method or a header.
pub(crate) fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Writes credentials as Basic authentication does.
pub(crate) fn basic(name: &[u8], password: &[u8]) -> String {
    format!(
        "Basic {}",
        BASE64_STANDARD.encode([name, b":", password].concat())
    )
}
