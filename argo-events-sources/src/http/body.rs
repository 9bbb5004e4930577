//! Reads a body within a limit, or throws it away.

use argo_events_core::http_host::BodyFault;
use bytes::Bytes;
use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use std::{
    pin::{Pin, pin},
    time::Duration,
};

/// How much of an unwanted body is read, so that the client sees the answer before the connection ends.
const DISCARDED: usize = 256 * 1024;
/// How long an unwanted body is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// A body that a server can hand over.
pub(super) trait Incoming:
    Body<Data = Bytes, Error: std::error::Error + 'static> + Send
{
}
impl<B: Body<Data = Bytes, Error: std::error::Error + 'static> + Send> Incoming for B {}

/// Reads a whole body of at most `most` bytes within the time given.
pub(super) async fn read<B: Incoming>(
    mut body: Pin<&mut B>,
    most: usize,
    patience: Duration,
) -> Result<Bytes, BodyFault> {
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return Err(BodyFault::TooLarge);
    }
    let mut whole = pin!(collect(body.as_mut(), most));
    // Most bodies are there with the head, and need no timer.
    if let Some(whole) = whole.as_mut().now_or_never() {
        return whole;
    }
    tokio::time::timeout(patience, whole)
        .await
        .unwrap_or(Err(BodyFault::TooSlow))
}

async fn collect<B: Incoming>(mut body: Pin<&mut B>, most: usize) -> Result<Bytes, BodyFault> {
    let Some(first) = next(body.as_mut()).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > most {
        return Err(BodyFault::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = Vec::from(first);
    while let Some(piece) = next(body.as_mut()).await? {
        if piece.len() > most - whole.len() {
            return Err(BodyFault::TooLarge);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

/// Returns the next piece; trailers are passed over.
async fn next<B: Incoming>(mut body: Pin<&mut B>) -> Result<Option<Bytes>, BodyFault> {
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(|error| fault(&error))?.into_data() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

fn fault(error: &(dyn std::error::Error + 'static)) -> BodyFault {
    let mut cause = Some(error);
    while let Some(current) = cause {
        let is_end = |error: &std::io::Error| error.kind() == std::io::ErrorKind::UnexpectedEof;
        if current
            .downcast_ref()
            .is_some_and(hyper::Error::is_incomplete_message)
            || current.downcast_ref().is_some_and(is_end)
        {
            return BodyFault::CutOff;
        }
        cause = current.source();
    }
    BodyFault::Broken(text_of(error))
}

fn text_of(error: &dyn std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// Throws away what is left of a body; tells whether its end was reached.
pub(super) async fn discard<B: Incoming>(mut body: Pin<&mut B>) -> bool {
    let drained = async {
        let mut left = DISCARDED;
        while let Ok(Some(piece)) = next(body.as_mut()).await {
            match left.checked_sub(piece.len()) {
                Some(less) => left = less,
                None => return false,
            }
        }
        body.is_end_stream()
    };
    tokio::time::timeout(PATIENCE, drained)
        .await
        .unwrap_or(false)
}
