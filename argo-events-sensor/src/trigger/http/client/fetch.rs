//! Requests whose answers are read to their end, for those who want a document.

use super::{Client, Connection, Request, answer::Failure, body, check, converse, failed};
use crate::trigger::http::client::redirect::Chain;
use argo_events_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::borrow::Cow;
use tokio::time::timeout;

/// An answer with its body.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// The tag by which the server knows the document.
    pub(crate) tag: Option<String>,
    /// Whether the body is zipped.
    pub(crate) is_zipped: bool,
    pub(crate) body: Bytes,
}

impl Client {
    /// Sends a request, follows redirects, and returns the final answer with a body of at most so many
    /// bytes. Each request has a connection of its own.
    ///
    /// # Errors
    /// `TooLarge`, permanent, for a longer body; transient ones when no whole answer comes in time.
    pub(crate) async fn fetch(&self, mut request: Request, most: usize) -> Result<Fetched> {
        request.headers.set("Connection", "close");
        match timeout(self.timeout, self.follow_and_read(&request, most)).await {
            Ok(result) => result,
            Err(_) => {
                let message = "no whole answer came in time";
                let error = Error::transient(ErrorKind::Timeout, message);
                Err(error
                    .with("timeout", format!("{:?}", self.timeout))
                    .with("url", request.url.shown()))
            }
        }
    }

    async fn follow_and_read(&self, first: &Request, most: usize) -> Result<Fetched> {
        let mut chain = Chain::new(first);
        let mut request = Cow::Borrowed(first);
        loop {
            check(&request)?;
            let mut connection = Connection::open(&request.url, &self.tls, &self.proxies).await?;
            let message = self.message(&request, &connection);
            let answered = converse(&mut connection, &message, &request.method).await;
            let answer = answered.map_err(|failure| failed(failure, &request.url))?;
            if let Some(next) = chain.next(&request, &answer)? {
                request = Cow::Owned(next);
                continue;
            }
            let body = body::read(&mut connection.reader, answer.body, most).await;
            let body = body.map_err(|failure| unread(failure, &request, most))?;
            return Ok(Fetched {
                status: answer.status,
                tag: answer.tag,
                is_zipped: answer.is_zipped,
                body: body.into(),
            });
        }
    }
}

fn unread(failure: body::Unread, request: &Request, most: usize) -> Error {
    match failure {
        body::Unread::TooLong => {
            let message = format!("the answer has more than {most} bytes");
            let error = Error::permanent(ErrorKind::TooLarge, message);
            error.with("url", request.url.shown())
        }
        body::Unread::CutOff => {
            let reason = "the answer breaks off before its end".to_owned();
            failed(Failure::Malformed(reason), &request.url)
        }
    }
}
