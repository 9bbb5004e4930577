//! The head of an answer: read as Go reads it, and only what a trigger needs is kept.

use std::mem;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Most bytes of heads before the final one ends; as in Go.
pub(super) const MAX_HEAD: u64 = 10 << 20;
/// As much as most lines take, in bytes.
const USUAL_LINE: usize = 128;

/// What a trigger needs to know of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(super) body: Body,
    /// The tag by which the other side knows what it sent.
    #[cfg_attr(
        not(feature = "artifact"),
        allow(dead_code, reason = "only documents have a use for it")
    )]
    pub(super) tag: Option<String>,
    /// Whether the body is zipped.
    #[cfg_attr(
        not(feature = "artifact"),
        allow(dead_code, reason = "only documents have a use for it")
    )]
    pub(super) is_zipped: bool,
    /// Whether the other side keeps the connection open.
    pub(super) keeps: bool,
}

/// How long the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Why no head could be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection ended before the first byte.
    Nothing,
    /// The connection broke.
    Broken(std::io::Error),
    /// What came is no HTTP.
    Malformed(String),
}

/// Reads heads until the final one.
pub(super) async fn read(
    stream: &mut (impl AsyncBufRead + Unpin),
    method: &str,
) -> Result<Answer, Failure> {
    let mut limited = stream.take(MAX_HEAD);
    let (mut begun, mut first) = (false, Vec::with_capacity(USUAL_LINE));
    loop {
        line(&mut limited, begun, &mut first).await?;
        begun = true;
        let (status, version) = status_line(&first)?;
        let headers = Fields::read(&mut limited).await?;
        if !(100..200).contains(&status) || status == 101 {
            return headers.answer(status, version, method);
        }
    }
}

/// The few headers that matter.
#[derive(Debug, Default)]
struct Fields {
    location: Option<String>,
    tag: Option<String>,
    is_zipped: bool,
    lengths: Vec<Vec<u8>>,
    encodings: Vec<Vec<u8>>,
    connection: Vec<u8>,
}

impl Fields {
    async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Self, Failure> {
        let mut fields = Self::default();
        // Empty as long as there is none.
        let mut field = Vec::with_capacity(USUAL_LINE);
        let mut next = Vec::with_capacity(USUAL_LINE);
        loop {
            line(stream, true, &mut next).await?;
            if matches!(next.first(), Some(b' ' | b'\t')) {
                if field.is_empty() {
                    return Err(malformed("a header begins with a blank", &next));
                }
                field.push(b' ');
                field.extend_from_slice(next.trim_ascii());
                continue;
            }
            if !field.is_empty() {
                fields.take(&field)?;
            }
            if next.is_empty() {
                return Ok(fields);
            }
            mem::swap(&mut field, &mut next);
        }
    }

    fn take(&mut self, field: &[u8]) -> Result<(), Failure> {
        let colon = field.iter().position(|byte| *byte == b':');
        let colon = colon.ok_or_else(|| malformed("a header has no colon", field))?;
        let (name, value) = (&field[..colon], field[colon + 1..].trim_ascii());
        if name.is_empty() {
            return Err(malformed("a header has no name", field));
        }
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"location") && self.location.is_none() {
            self.location = Some(String::from_utf8_lossy(value).into_owned());
        } else if is(b"etag") {
            // A tag that is no text cannot be asked about; without one the document is sent anew.
            self.tag = String::from_utf8(value.to_vec()).ok();
        } else if is(b"content-encoding") {
            self.is_zipped = value.eq_ignore_ascii_case(b"gzip");
        } else if is(b"content-length") {
            self.lengths.push(value.to_vec());
        } else if is(b"transfer-encoding") {
            self.encodings.push(value.to_vec());
        } else if is(b"connection") {
            self.connection.extend_from_slice(value);
            self.connection.push(b',');
        }
        Ok(())
    }

    fn answer(self, status: u16, version: Version, method: &str) -> Result<Answer, Failure> {
        let body = self.body(status, version, method)?;
        let keeps = match version {
            Version::One => has_token(&self.connection, b"keep-alive"),
            Version::Later => !has_token(&self.connection, b"close"),
        };
        let keeps = keeps && status != 101 && body != Body::UntilClose;
        let location = self.location.filter(|location| !location.is_empty());
        Ok(Answer {
            status,
            location,
            body,
            tag: self.tag,
            is_zipped: self.is_zipped,
            keeps,
        })
    }

    fn body(&self, status: u16, version: Version, method: &str) -> Result<Body, Failure> {
        let is_chunked = self.is_chunked(version)?;
        let length = self.length(is_chunked)?;
        let has_none = method == "HEAD" || matches!(status, 100..=199 | 204 | 304);
        Ok(match length {
            _ if has_none => Body::Length(0),
            _ if is_chunked => Body::Chunked,
            Some(length) => Body::Length(length),
            None => Body::UntilClose,
        })
    }

    fn is_chunked(&self, version: Version) -> Result<bool, Failure> {
        match self.encodings.as_slice() {
            [] => Ok(false),
            _ if version == Version::One => Ok(false),
            [one] if one.eq_ignore_ascii_case(b"chunked") => Ok(true),
            [one] => Err(malformed("its transfer encoding is not known", one)),
            _ => Err(malformed("it names several transfer encodings", b"")),
        }
    }

    fn length(&self, is_chunked: bool) -> Result<Option<u64>, Failure> {
        let Some((first, others)) = self.lengths.split_first().filter(|_| !is_chunked) else {
            return Ok(None);
        };
        if others.iter().any(|other| other != first) {
            return Err(malformed("it states two lengths", first));
        }
        let digits = std::str::from_utf8(first)
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        match digits.map(str::parse::<u64>) {
            Some(Ok(length)) => Ok(Some(length)),
            _ => Err(malformed("its length is no number", first)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Later,
}

fn status_line(line: &[u8]) -> Result<(u16, Version), Failure> {
    let text = String::from_utf8_lossy(line);
    let not_http = || malformed("it is not HTTP", line);
    let (version, rest) = text.split_once(' ').ok_or_else(not_http)?;
    let digits = version
        .strip_prefix("HTTP/")
        .map(str::as_bytes)
        .ok_or_else(not_http)?;
    let version = match digits {
        [b'0', b'.', b'0'..=b'9'] | [b'1', b'.', b'0'] => Version::One,
        [b'1'..=b'9', b'.', b'0'..=b'9'] => Version::Later,
        _ => return Err(not_http()),
    };
    let code = rest
        .trim_start_matches(' ')
        .split(' ')
        .next()
        .unwrap_or_default();
    match code.parse() {
        Ok(status) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()) => {
            Ok((status, version))
        }
        _ => Err(malformed("its status is not three digits", line)),
    }
}

/// Reads a line without its end; the end of the stream ends no line.
async fn line(
    stream: &mut (impl AsyncBufRead + Unpin),
    begun: bool,
    line: &mut Vec<u8>,
) -> Result<(), Failure> {
    line.clear();
    let count = stream
        .read_until(b'\n', line)
        .await
        .map_err(Failure::Broken)?;
    if count == 0 && !begun {
        return Err(Failure::Nothing);
    }
    let Some(rest) = line.strip_suffix(b"\n") else {
        return Err(malformed(
            "it ends within its head, or its head is too large",
            b"",
        ));
    };
    let length = rest.strip_suffix(b"\r").unwrap_or(rest).len();
    line.truncate(length);
    Ok(())
}

fn malformed(what: &str, line: &[u8]) -> Failure {
    const SHOWN: usize = 40;
    let line = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]);
    Failure::Malformed(format!("the answer is malformed: {what} {line:?}"))
}

/// Tells whether a list of words holds one of them, in any case.
pub(super) fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(text: &str) -> Result<Answer, Failure> {
        read(&mut text.as_bytes(), "POST").await
    }

    #[tokio::test]
    async fn informational_heads_are_passed_over() {
        let answer = answer("HTTP/1.1 102 P\r\nX: y\r\n\r\nHTTP/1.1 204 N\r\n\r\n")
            .await
            .unwrap();
        assert_eq!((answer.status, answer.body), (204, Body::Length(0)));
    }

    #[tokio::test]
    async fn any_three_digits_are_a_status_with_or_without_a_reason() {
        for (line, status) in [
            ("HTTP/1.1 000 X", 0),
            ("HTTP/1.1 999", 999),
            ("HTTP/2.0 200 OK", 200),
        ] {
            assert_eq!(
                answer(&format!("{line}\r\n\r\n")).await.unwrap().status,
                status
            );
        }
    }

    #[tokio::test]
    async fn bare_line_feeds_and_folded_headers_pass() {
        let text = "HTTP/1.1 200 OK\nX: a\n folded\nLocation: /x\nContent-Length: 3\n\n";
        let answer = answer(text).await.unwrap();
        assert_eq!(
            (answer.location.as_deref(), answer.body),
            (Some("/x"), Body::Length(3))
        );
    }

    #[tokio::test]
    async fn what_is_cut_off_or_no_http_is_an_error() {
        for text in [
            "HTTP/1.1 200 OK\r\nA",
            "ICY 200 OK\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n",
            "HTTP",
        ] {
            assert!(
                matches!(answer(text).await, Err(Failure::Malformed(_))),
                "{text}"
            );
        }
        assert!(matches!(answer("").await, Err(Failure::Nothing)));
    }

    #[tokio::test]
    async fn two_different_lengths_are_an_error_and_two_equal_ones_are_not() {
        let two = |second| {
            format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: {second}\r\n\r\n")
        };
        assert!(answer(&two(1)).await.is_ok());
        assert!(answer(&two(2)).await.is_err());
    }

    #[tokio::test]
    async fn a_head_without_end_is_cut_off() {
        let endless = std::iter::repeat_n(b'x', usize::try_from(MAX_HEAD).unwrap() + 1);
        let endless: Vec<u8> = b"HTTP/1.1 200 OK\r\nX: "
            .iter()
            .copied()
            .chain(endless)
            .collect();
        assert!(read(&mut endless.as_slice(), "GET").await.is_err());
    }
}
