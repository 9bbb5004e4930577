//! Throws the body of an answer away, so that its connection can serve again.

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

    #[tokio::test]
    async fn a_body_that_is_cut_off_too_long_or_broken_ends_the_connection() {
        assert!(left_after("ab", Body::Length(3)).await.is_none());
        assert!(left_after("", Body::Length(MOST + 1)).await.is_none());
        assert!(left_after("zz\r\n", Body::Chunked).await.is_none());
        assert!(left_after("ab", Body::UntilClose).await.is_none());
    }
}
