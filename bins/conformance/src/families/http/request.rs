//! What a vector's request says, whether it is written in parts or raw.

use super::text::bytes;
use serde_json::Value;

/// A request as it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) version: Vec<u8>,
    /// Lines of the head after the first, as written.
    pub(crate) lines: Vec<Vec<u8>>,
    /// What follows the head.
    pub(crate) body: Vec<u8>,
    /// Whether blank lines come before it.
    pub(crate) after_blank_lines: bool,
}

impl Sent {
    /// Reads the requests of a vector or a step.
    pub(crate) fn all(input: &Value) -> Vec<Self> {
        let read = |request: &Value| Self::read(&whole(request));
        match &input["requests"] {
            Value::Array(requests) => requests.iter().map(read).collect(),
            _ => vec![read(&input["request"])],
        }
    }

    fn read(all: &[u8]) -> Self {
        let blank = all.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let sent = &all[blank..];
        let (head, body) = split(sent, b"\r\n\r\n")
            .or_else(|| split(sent, b"\n\n"))
            .unwrap_or((sent, b""));
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.trim_ascii_end().to_vec());
        let first = lines.next().unwrap_or_default();
        let mut words = first.splitn(3, |byte| *byte == b' ').map(<[u8]>::to_vec);
        let mut word = || words.next().unwrap_or_default();
        let (method, target, version) = (word(), word(), word());
        Self {
            method,
            target,
            version,
            lines: lines.collect(),
            body: body.to_vec(),
            after_blank_lines: blank > 0,
        }
    }

    /// Returns the first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.lines.iter().find_map(|line| {
            let (found, value) = split(line, b":")?;
            found
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| value.trim_ascii())
        })
    }

    /// Returns the length that the head announces.
    pub(crate) fn announced(&self) -> Option<usize> {
        std::str::from_utf8(self.header("content-length")?)
            .ok()?
            .parse()
            .ok()
    }

    /// Tells whether the body is framed in pieces.
    pub(crate) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"))
    }

    /// Reads the pieces of a body; tells whether they end as they should.
    pub(crate) fn pieces(&self) -> (Vec<u8>, bool) {
        let (mut whole, mut rest) = (Vec::new(), &*self.body);
        while let Some((size, after)) = split(rest, b"\r\n") {
            let digits = split(size, b";").map_or(size, |(digits, _)| digits);
            let text = String::from_utf8_lossy(digits).into_owned();
            let size = usize::from_str_radix(text.trim(), 16).ok();
            match size {
                Some(0) => return (whole, true),
                Some(size) if after.len().checked_sub(2).is_some_and(|most| most >= size) => {
                    whole.extend_from_slice(&after[..size]);
                    rest = &after[size + 2..];
                }
                _ => break,
            }
        }
        (whole, false)
    }
}

/// Gives all bytes of a request.
pub(crate) fn whole(request: &Value) -> Vec<u8> {
    if request["raw"].is_object() {
        return bytes(&request["raw"]);
    }
    [head(request), bytes(&request["body"])].concat()
}

/// Gives the bytes of a request that is written in parts, up to its body.
pub(crate) fn head(request: &Value) -> Vec<u8> {
    let words = ["method", "target", "version"].map(|name| bytes(&request[name]));
    let mut head = words.join(&b' ');
    for header in request["headers"].as_array().into_iter().flatten() {
        head.extend(
            [
                b"\r\n".to_vec(),
                bytes(&header[0]),
                b": ".to_vec(),
                bytes(&header[1]),
            ]
            .concat(),
        );
    }
    head.extend_from_slice(b"\r\n\r\n");
    head
}

/// Splits at the first occurrence.
fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..found], &bytes[found + at.len()..]))
}
