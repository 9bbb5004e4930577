//! Follows redirects by Go's rules.

use super::{answer::Answer, host, request::Request, url::Url};
use argo_events_core::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Most requests that one firing may cause.
const MOST_REQUESTS: usize = 10;

/// What a chain of redirects must remember.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    first: &'a Request,
    requests: usize,
    keeps_body: bool,
    stays: bool,
}

impl<'a> Chain<'a> {
    pub(super) fn new(first: &'a Request) -> Self {
        Self {
            first,
            requests: 1,
            keeps_body: true,
            stays: true,
        }
    }

    /// Returns the request that an answer asks for; `None` if the answer is the final one.
    pub(super) fn next(&mut self, last: &Request, answer: &Answer) -> Result<Option<Request>> {
        let (Some(location), Some(kind)) = (&answer.location, Kind::of(answer.status)) else {
            return Ok(None);
        };
        if self.requests >= MOST_REQUESTS {
            let message = format!("stopped after {MOST_REQUESTS} redirects");
            return Err(
                Error::permanent(ErrorKind::Rejected, message).with("url", last.url.shown())
            );
        }
        self.requests += 1;
        let url = last.url.join(location).map_err(|reason| {
            Error::permanent(
                ErrorKind::Rejected,
                format!("the redirect leads nowhere: {reason}"),
            )
            .with("url", last.url.shown())
        })?;
        self.keeps_body &= kind == Kind::Same;
        self.stays &= host::covers(self.first.url.host_name(), url.host_name());
        let turns_into_get = kind == Kind::Get && !matches!(&*last.method, "GET" | "HEAD");
        let method = if turns_into_get { "GET" } else { &last.method };
        Ok(Some(self.request(method.into(), url, last, location)))
    }

    fn request(&self, method: Arc<str>, url: Url, last: &Request, location: &str) -> Request {
        let mut headers = self
            .first
            .headers
            .after_redirect(self.keeps_body, self.stays);
        let keeps_secure = url.is_secure() || !last.url.is_secure();
        if keeps_secure && headers.get("Referer").is_none() {
            headers.set("Referer", last.url.without_user());
        }
        let is_relative = Url::parse(location).is_ok_and(|location| !location.is_absolute());
        let host = last.host.clone().filter(|_| is_relative);
        let body = if self.keeps_body {
            self.first.body.clone()
        } else {
            Default::default()
        };
        Request {
            method,
            url: Arc::new(url),
            host,
            headers,
            body,
        }
    }
}

/// What a status asks the client to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ask for the other place with GET.
    Get,
    /// Send the same request to the other place.
    Same,
}

impl Kind {
    fn of(status: u16) -> Option<Self> {
        match status {
            301..=303 => Some(Self::Get),
            307 | 308 => Some(Self::Same),
            _ => None,
        }
    }
}
