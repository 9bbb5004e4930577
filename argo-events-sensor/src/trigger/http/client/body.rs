//! Reads the body of an answer, or throws it away, so that its connection can serve again.

use super::answer::Body;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Most bytes that are read to save a connection; a longer body ends it.
const MOST: u64 = 256 * 1024;

/// Reads a body to its end. Returns whether the connection can serve again.
pub(super) async fn drain(stream: &mut (impl AsyncBufRead + Unpin), body: Body) -> bool {
    match body {
        Body::Length(length) => length <= MOST && skip(stream, length).await.is_some(),
        Body::Chunked => drain_chunks(stream).await.is_some(),
        Body::UntilClose => false,
    }
}

async fn skip(stream: &mut (impl AsyncBufRead + Unpin), mut length: u64) -> Option<()> {
    while length > 0 {
        let here = stream.fill_buf().await.ok()?.len();
        let taken = here.min(usize::try_from(length).unwrap_or(usize::MAX));
        if taken == 0 {
            return None;
        }
        stream.consume(taken);
        length -= taken as u64;
    }
    Some(())
}

/// Why a body could not be read.
#[cfg(feature = "artifact")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It has more bytes than are wanted.
    TooLong,
    /// It ends too early, or its chunks are none.
    CutOff,
}

/// Reads a body of at most so many bytes.
#[cfg(feature = "artifact")]
pub(super) async fn read(
    stream: &mut (impl AsyncBufRead + Unpin),
    body: Body,
    most: usize,
) -> Result<Vec<u8>, Unread> {
    let mut out = Vec::new();
    match body {
        Body::Length(length) => take(stream, length, most, &mut out).await?,
        Body::Chunked => read_chunks(stream, most, &mut out).await?,
        Body::UntilClose => {
            let mut limited = stream.take(most as u64 + 1);
            let read = limited.read_to_end(&mut out).await;
            read.map_err(|_| Unread::CutOff)?;
            if out.len() > most {
                return Err(Unread::TooLong);
            }
        }
    }
    Ok(out)
}

/// Appends so many bytes.
#[cfg(feature = "artifact")]
async fn take(
    stream: &mut (impl AsyncBufRead + Unpin),
    length: u64,
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), Unread> {
    if length.saturating_add(out.len() as u64) > most as u64 {
        return Err(Unread::TooLong);
    }
    let read = stream.take(length).read_to_end(out).await;
    match read {
        Ok(count) if count as u64 == length => Ok(()),
        _ => Err(Unread::CutOff),
    }
}

#[cfg(feature = "artifact")]
async fn read_chunks(
    stream: &mut (impl AsyncBufRead + Unpin),
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), Unread> {
    loop {
        let line = short_line(stream).await.ok_or(Unread::CutOff)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = u64::from_str_radix(digits, 16).map_err(|_| Unread::CutOff)?;
        if length == 0 {
            return Ok(());
        }
        take(stream, length, most, out).await?;
        let end = short_line(stream).await;
        end.filter(String::is_empty).ok_or(Unread::CutOff)?;
    }
}

async fn drain_chunks(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<()> {
    let mut left = MOST;
    loop {
        let line = short_line(stream).await?;
        let digits = line.split(';').next()?.trim();
        let length = u64::from_str_radix(digits, 16).ok()?;
        left = left.checked_sub(length)?;
        if length == 0 {
            break;
        }
        skip(stream, length).await?;
        short_line(stream).await.filter(String::is_empty)?;
    }
    for _ in 0..MOST_TRAILERS {
        if short_line(stream).await?.is_empty() {
            return Some(());
        }
    }
    None
}

const MOST_TRAILERS: usize = 64;

/// Reads a line that has no reason to be long.
async fn short_line(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    const MOST: u64 = 8 * 1024;
    let mut line = String::new();
    stream.take(MOST).read_line(&mut line).await.ok()?;
    let line = line.strip_suffix('\n')?;
    Some(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn left_after(text: &str, body: Body) -> Option<String> {
        let mut rest = text.as_bytes();
        drain(&mut rest, body)
            .await
            .then(|| String::from_utf8(rest.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_end_and_no_further() {
        assert_eq!(
            left_after("abcNEXT", Body::Length(3)).await.unwrap(),
            "NEXT"
        );
        let chunks = "2;x=y\r\nab\r\n0\r\nT: v\r\n\r\nNEXT";
        assert_eq!(left_after(chunks, Body::Chunked).await.unwrap(), "NEXT");
    }

    #[cfg(feature = "artifact")]
    #[tokio::test]
    async fn a_body_is_read_up_to_a_limit() {
        let chunks = "2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        for (text, body) in [
            ("abcNEXT", Body::Length(3)),
            (chunks, Body::Chunked),
            ("abc", Body::UntilClose),
        ] {
            assert_eq!(read(&mut text.as_bytes(), body, 3).await.unwrap(), b"abc");
            let short = read(&mut text.as_bytes(), body, 2).await;
            assert_eq!(short, Err(Unread::TooLong));
        }
        for (text, body) in [("ab", Body::Length(3)), ("2\r\nab", Body::Chunked)] {
            let read = read(&mut text.as_bytes(), body, 3).await;
            assert_eq!(read, Err(Unread::CutOff));
        }
    }

    #[tokio::test]
    async fn a_body_that_is_cut_off_too_long_or_broken_ends_the_connection() {
        assert!(left_after("ab", Body::Length(3)).await.is_none());
        assert!(left_after("", Body::Length(MOST + 1)).await.is_none());
        assert!(left_after("zz\r\n", Body::Chunked).await.is_none());
        assert!(left_after("ab", Body::UntilClose).await.is_none());
    }
}
